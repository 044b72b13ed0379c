#!/bin/bash
# The yardstick: what a careful operator would write by hand to do what `fab deploy` does, as fast as ssh and bash allow.
#
#   deploy.sh CONFIG ADDRESS...
#
# One master connection a host, three scripts on it (survey, prepare, finish), hosts in parallel, a barrier after each.
# The hosts are those that `fab provision` makes. CONFIG is a bash file that sets
#   app repo domain health env_file identity known_hosts control linked   see benchmarks/world.py
#   static_inputs migrate_inputs   pathspecs: what collectstatic and migrate depend on, which the operator knows
# SSH_PORT (22), FORCE (empty) and SHARED (empty; else gunicorn's master loads Django for its workers, as Slipway has it)
# come from the environment.
#
# What it leaves out, because nobody writes that by hand: detection of the app, known kinds of failures explained, a lock
# that frees itself, hosts that put themselves back when this machine is lost, secrets kept out of every message.
set -Eeuo pipefail
source "$1"
shift
here=$(dirname "$(readlink -f "$0")")
# Named by process: two runs share nothing.
mkdir -p "$control"
run=$(mktemp -d "$control/XXXXXX")
ssh=(ssh -F /dev/null -i "$identity" -l deploy -p "${SSH_PORT:-22}" -o UserKnownHostsFile="$known_hosts"
  -o StrictHostKeyChecking=yes -o BatchMode=yes -o IdentitiesOnly=yes -o PreferredAuthentications=publickey
  -o ControlMaster=auto -o ControlPath="$run/%h" -o ControlPersist=60 -o ServerAliveInterval=5 -o LogLevel=ERROR)

leave() {
  local host
  for host in "${hosts[@]}"; do
    [[ ! -S $run/$host ]] || "${ssh[@]}" -O exit "$host" 2> /dev/null &
  done
  wait
  rm -rf "$run"
}
hosts=("$@")
trap leave EXIT

# on HOST SCRIPT [WORD...]: run one script; its payload is standard input, its answer goes to a file
on() {
  local host=$1 script=$2
  shift 2
  "${ssh[@]}" "$host" "exec bash -c ${text[$script]} $script ${*@Q}" > "$run/$host.$script" 2> "$run/$host.error"
}

# everywhere FUNCTION: on all hosts at once; stop if any failed
everywhere() {
  local host failed='' jobs=()
  for host in "${hosts[@]}"; do "$1" "$host" & jobs+=("$!"); done
  for host in "${!hosts[@]}"; do wait "${jobs[host]}" || failed+=" ${hosts[host]}"; done
  [[ $failed ]] || return 0
  for host in $failed; do printf '%s: %s failed\n' "$host" "$1"; tail -n 20 "$run/$host".{error,"$1"}; done >&2
  return 1
}

declare -A text
for script in survey prepare finish revert; do
  body=$(< "$here/remote/$script.sh")
  text[$script]=${body@Q}
done

cd "$repo"
[[ -z $(git status --porcelain -- .) ]] || { echo "uncommitted work in $repo" >&2; exit 2; }
{ read -r commit; read -r tree; read -r requirements; } < <(git rev-parse HEAD 'HEAD^{tree}' HEAD:requirements.txt)
# shellcheck disable=SC2086 # pathspecs are words
static=$(git ls-tree -r "$tree" -- $static_inputs | sha1sum | cut -c1-16)
migrate=$(git ls-tree -r "$tree" -- $migrate_inputs | sha1sum | cut -c1-16)
settings=$({ cat "$env_file" "$here/remote/prepare.sh"; echo "${SHARED:-}"; } | sha256sum | cut -c1-16)
id=$(TZ=UTC printf '%(%Y%m%d-%H%M%S)T')-${commit:0:7}

survey() { on "$1" survey "$app" "$commit $settings" "$domain" "$health" "${FORCE:-}" < /dev/null; }

# The env file and the pack travel as standard input, each behind its size.
payload() {
  local trees="$run/$1.trees" pack
  printf '%s\n' "$(stat -c %s "$env_file")"
  cat "$env_file"
  grep -xE '[0-9a-f]{40}' "$run/$1.survey" | git cat-file --batch-check='%(objectname) %(objecttype)' |
    sed -n 's/ tree$//p' > "$trees" || true
  if grep -qx "$tree" "$trees"; then echo 0; return; fi
  pack="$run/$1.pack"
  { echo "$tree"; sed 's/^/^/' "$trees"; } | git pack-objects --revs --stdout -q --threads=1 > "$pack"
  stat -c %s "$pack"
  cat "$pack"
}
prepare() {
  payload "$1" | on "$1" prepare "$app" "$id" "$commit" "$tree" "$settings" "$requirements" "$static" "$migrate" \
    "$domain" "$health" "$linked" "${FORCE:-}" "${SHARED:-}"
}
finish() { on "$1" finish "$app" "$id" "$commit" "$domain" "$health" "$(id -un)@$HOSTNAME" < /dev/null; }
# Whoever did not get the lock has nothing to take back.
revert() { ! grep -qx locked "$run/$1.survey" || on "$1" revert "$app" "$id" < /dev/null; }

everywhere survey || { everywhere revert || true; exit 1; }
if [[ $(grep -hx same "$run"/*.survey | wc -l) == "${#hosts[@]}" ]]; then
  echo "$commit is everywhere already"
  exit
fi
everywhere prepare || { everywhere revert || true; exit 1; }
everywhere finish || { everywhere revert || true; exit 1; }
echo "$id on ${#hosts[@]} hosts"
