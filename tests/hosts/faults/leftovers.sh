# Says which release is current, then what an operation left on a host that should not be there: one line for each thing.
# It runs as root in the app's folder. What still ends, such as a process that finishes its last requests, has time.
# arguments: SECONDS (how long to wait until the lock is free, and then until nothing is left)

shopt -s nullglob
user=$(stat -c %G .)
owner=$(stat -c %U .)

id_of() { basename "$(readlink "$1" || true)"; }

known() { [[ -e releases/$1/release.json ]]; }

journals() {
  local file
  for file in undo*; do echo "the journal $file"; done
  flock -n lock true || echo "the lock, held by: $(cat lock)"
  find . -maxdepth 4 -name '*.new' -not -path './venvs/*' -not -path './releases/*/app/*' -not -path './cache/*'
  find repo.git -name '*.lock' -o -name 'tmp_*'
  find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'slipway.*'
  python3 - <<'PROGRAM'
import json
for number, line in enumerate(open("history.jsonl"), 1):
    try:
        json.loads(line)
    except ValueError:
        print(f"line {number} of the history: {line!r}")
PROGRAM
}

releases() {
  local path id
  for path in releases/*; do
    id=${path#releases/}
    known "$id" || echo "a half-made release: $id"
    [[ -e $path/venv/.complete ]] || echo "a release without a whole venv: $id"
    [[ -e env/$id.env ]] || echo "a release without its env file: $id"
    git --git-dir=repo.git rev-parse -q --verify "refs/slipway/$id" > /dev/null || echo "a release without objects: $id"
  done
  for path in env/*; do id=${path#env/}; known "${id%.env}" || echo "$path"; done
  for path in $(git --git-dir=repo.git for-each-ref --format='%(refname)' refs/slipway); do
    known "${path##*/}" || echo "$path"
  done
  for path in venvs/* static/*; do
    [[ $path == static/* || -e $path/.complete ]] || echo "a half-made venv: $path"
    [[ " $(readlink releases/*/venv releases/*/static | tr '\n' ' ') " == *"../$path "* ]] || echo "unused: $path"
  done
}

# PID PARENT RELEASE for each process of the app's user, who alone may look into their environments.
processes() {
  runuser -u "$user" -- python3 -I - "$user" <<'PROGRAM'
import os, pwd, sys
user = pwd.getpwnam(sys.argv[1]).pw_uid
for pid in [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]:
    try:
        if os.stat(f"/proc/{pid}").st_uid != user:
            continue
        fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
        command = open(f"/proc/{pid}/cmdline").read()
        environment = open(f"/proc/{pid}/environ").read().split("\0")
    except OSError:
        continue
    releases = [line.partition("=")[2] for line in environment if line.startswith("SLIPWAY_RELEASE=")]
    release = "supervisord" if "bin/supervisord\0" in command else releases[0] if releases else "none"
    if fields[0] != "Z":
        print(pid, fields[1], release)
PROGRAM
}

running() {
  local current standby pid parent release supervisor='' path all
  all=$(processes)
  current=$(id_of current) standby=$(id_of standby)
  [[ -z $current ]] || known "$current" || echo "current leads to $current"
  [[ -z $standby ]] || known "$standby" || echo "standby leads to $standby"
  while read -r pid parent release; do
    case $release in
      supervisord) [[ -z $supervisor ]] || echo "a second supervisord"; supervisor=$pid ;;
      "$current" | "$standby") ;;
      *) echo "process $pid of release $release: $(tr '\0' ' ' < "/proc/$pid/cmdline")" ;;
    esac
  done <<< "$all"
  [[ $supervisor ]] || echo "no supervisord"
  for path in supervisor.d/*; do
    case ${path#supervisor.d/} in "$current".*.conf | "$standby".web.conf) ;; *) echo "$path" ;; esac
  done
  for path in releases/*/run/*.sock; do
    [[ ! -L $path ]] || continue
    case $path in releases/"$current"/* | releases/"$standby"/*) ;; *) echo "$path" ;; esac
  done
  expect "$current" supervisor.d/"$current".*.conf
  [[ ! $standby ]] || expect "$standby" supervisor.d/"$standby".web.conf
  pgrep -a -u "$owner" || true
}

# supervisord itself has started one process of a release for each of these files.
expect() { # RELEASE FILE...
  local count
  count=$(awk -v supervisor="$supervisor" -v release="$1" '$2 == supervisor && $3 == release' <<< "$all" | wc -l)
  ((count == $# - 1)) || echo "supervisord runs $count processes for ${*:2}"
}

timeout "$1" flock lock true
echo "current: $(id_of current)"
rm -rf .fill
until=$((SECONDS + $1))
while true; do
  left=$(journals; releases; running)
  [[ $left && $SECONDS -lt $until ]] || break
  sleep 0.4
done
printf '%s' "$left"
