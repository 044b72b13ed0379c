# Slipway's end of a connection: runs on the host while the control machine is connected, and is gone with it.
#
# It holds the app's lock, runs the scripts that arrive on its standard input one after another, and is the
# host's own judgement when the other side falls silent: it ends the running script with all its processes, and
# runs the undo journal, if there is one: an operation is under way that nobody has confirmed. One that the whole fleet
# has confirmed (the journal is called UNDO.done then) it brings to its end.
#
# arguments: LOCK (path, or '' for none)  UNDO (path of the journal, or '')  OWNER (one line)  SILENCE (seconds)
#            LOGIN, the last one ('', or whose lock it is: it is taken where it exists, and root writes nothing there)
#            NONCE (a random word, which proves that a line is ours; it is never exported, and no word of a command)
# stdin:     '' (a heartbeat) | run SEQ SCRIPT_BYTES PAYLOAD_BYTES + bytes | now SEQ SCRIPT_BYTES + bytes | kill | bye
#            A payload is followed by a heartbeat, which proves that all of it has come.
# stdout:    the scripts' output, and lines that begin with \001 and NONCE:
#            ready | busy OWNER | absent FOLDER | refused LOCK | alive | fail TEXT | done SEQ CODE
#
# A job keeps the lock (fd 9) for as long as one of its processes lives.

lock=$1 undo=$2 owner=$3 silence=$4 nonce=$5 login=$6
job='' seq=0 script=''
trap '' PIPE HUP TERM INT
exec 8>&1

say() { printf '\001%s %s\n' "$nonce" "$*" >&8; }

# Keeps $1 bytes of stdin as fd 4. A sender that is silent while a part is due is given up.
keep() {
  local line
  if (($1 > 4096)); then
    keep_in_file "$1"
  else  # every pipe holds that much
    exec 4< <(exec timeout --foreground "$silence" head -c "$1" <&0)
    wait "$!" || lost
  fi
  IFS= read -r -t "$silence" line && [[ ! $line ]] || lost
}

# In a file that has no name any more, so that nothing of it can be left behind; it is /dev/full where there is no room.
# All of $1 bytes are read even then.
keep_in_file() {
  local left=$1 part file
  if file=$(mktemp "${TMPDIR:-/tmp}/slipway.XXXXXX"); then
    exec 4< "$file" 5> "$file"
    rm -f "$file"
  else
    exec 4< /dev/null 5> /dev/full
  fi
  while ((left > 0)); do
    part=$((left < 262144 ? left : 262144))
    timeout --foreground "$silence" head -c "$part" | tee -a /dev/fd/5 > /dev/null
    case ${PIPESTATUS[*]} in
      '0 0') ;;
      0\ *) exec 5> /dev/full ;;
      *) lost ;;
    esac
    left=$((left - part))
    say alive
  done
  [[ ! /dev/fd/5 -ef /dev/full ]] || exec 4< /dev/full
  exec 5>&-
}

# Sets script to $1 bytes of stdin. Short ones bash reads by itself: a microsecond for each byte, where two more
# processes take some thousand.
hear() {
  local LC_ALL=C
  script=''
  if (($1 < 4096)); then
    IFS= read -r -N "$1" -t "$silence" script || lost
  else
    script=$(timeout --foreground "$silence" head -c "$1"; echo .)
    script=${script%.}
  fi
  ((${#script} == $1)) || lost
}

# Called outside of any condition: bash ignores `set -e` in everything that runs inside one.
start_job() {
  seq=$1
  hear "$2"
  exec 4< /dev/null
  ((!$3)) || keep "$3"
  if [[ /dev/fd/4 -ef /dev/full ]]; then
    say "fail there is no disk space for what was sent in ${TMPDIR:-/tmp}: free some there"
    say "done $seq 1"
    exec 4<&-
    return
  fi
  set -m
  ( set +m
    trap - PIPE HUP TERM INT
    ( eval "$script" ) <&4 4<&- 8>&- 2>&1
    say "done $seq $?"
    exit 0 ) &
  job=$!
  set +m
  exec 4<&-
}

# Runs a short script here and now: once it has arrived it is done, whatever becomes of the client, who may not even
# be there to hear what it says.
run_now() {
  local said code
  seq=$1
  IFS= LC_ALL=C read -r -N "$2" -t "$silence" script || lost
  said=$( { eval "$script"; } < /dev/null 2>&1 8>&- )
  code=$?
  [[ ! $said ]] || printf '%s\n' "$said"
  say "done $seq $code"
}

# Folders in /proc of the job's processes. Zombies do not count: in some containers nobody ever reaps them.
living() {
  local folder line fields
  for folder in /proc/[0-9]*; do
    read -r line < "$folder/stat" || continue
    fields=(${line##*) })
    [[ ${fields[2]} != "$job" || ${fields[0]} == Z ]] || echo "$folder"
  done
}

# Terminates the job again and again, since at its very start it still ignores that, and at last kills it. What
# runs by sudo as another user, only that user may kill.
end_job() {
  local user until last
  [[ $job ]] || return 0
  for ((until = SECONDS + 5, last = -1; SECONDS < until;)); do
    ((SECONDS == last)) || kill -TERM -- "-$job"
    last=$SECONDS
    sleep 0.05
    [[ $(living) ]] || break
  done
  kill -KILL -- "-$job"
  for user in $(living | xargs -r stat -c %u | sort -u); do
    [[ $user == "$EUID" || $user == 0 ]] || sudo -n -u "#$user" kill -KILL -- "-$job" < /dev/null
  done
  wait "$job"
  job=''
} 2> /dev/null

# A job whose own shell was killed, for its memory say, cannot tell that it is done.
check_job() {
  local code
  [[ $job ]] || return 0
  ! kill -0 "$job" 2> /dev/null || return 0
  wait "$job" 2> /dev/null
  code=$?
  if ((code)); then
    end_job
    say "done $seq $code"
  fi
  job=''
}

# Writes into the lock who holds it; root has that done by the account that the file belongs to.
sign() {
  if [[ $login && $EUID == 0 && $login != root ]]; then
    runuser -u "$login" -- bash -c '[[ ! -f $2 || -L $2 ]] || printf %s "$1" > "$2"' _ "$1" "$lock" < /dev/null
  elif [[ -e $lock || ! $login ]]; then
    printf %s "$1" > "$lock"
  fi
} 9>&- 2> /dev/null

leave() {
  [[ ! $lock ]] || sign ''
  exit "$1"
}

lost() {
  exec > /dev/null 2>&1 8>&1
  end_job
  if [[ $undo && -e $undo ]]; then
    ( trap - PIPE HUP TERM INT; exec bash "$undo" < /dev/null )
  elif [[ $undo && -e $undo.done ]]; then
    ( trap - PIPE HUP TERM INT; exec bash "$undo.done" onward < /dev/null )
  elif [[ $lock && $undo && -e $undo.aside ]]; then
    linger
  fi
  leave 1
}

# This host has agreed to stay, and nobody has told it what became of the others. A client that lives comes back to tell,
# and takes the lock; one that does not come has died when there was nothing left to decide. It may notice the loss later
# than we do, by its own silence, and tries for two more and 15 s: nothing is decided here before it has given up.
linger() {
  local until
  : > "$lock"
  flock -u 9
  for ((until = SECONDS + 3 * silence + 20; SECONDS < until;)); do
    sleep 1
    [[ -e $undo.aside ]] || exit 1
  done
  flock -w 5 9 || exit 1  # who holds it for longer is an operation, which does this first
  [[ ! -e $undo.aside ]] || ( trap - PIPE HUP TERM INT; exec bash "$undo.aside" onward < /dev/null )
}

if [[ $login && ( ! -f $lock || -L $lock ) ]]; then lock=''; fi
if [[ $lock ]]; then
  [[ -d ${lock%/*} ]] || { say "absent ${lock%/*}"; exit 1; }
  umask 077  # nobody else may open the lock, and so hold it
  { if [[ $login ]]; then exec 9< "$lock"; else exec 9>> "$lock"; fi; } 2> /dev/null || { say "refused $lock"; exit 1; }
  if ! flock -n 9; then
    IFS= read -r owner < "$lock"
    say "busy $owner"
    exit 1
  fi
  sign "$owner"$'\n'
  umask 022
fi
say ready
while IFS= read -r -t "$silence" line; do
  case $line in
    '') say alive; check_job ;;
    run\ *) read -r _ a b c <<< "$line"; start_job "$a" "$b" "$c" ;;
    now\ *) read -r _ a b <<< "$line"; run_now "$a" "$b" ;;
    kill) end_job; say "done $seq 143" ;;
    bye) break ;;
  esac
done
[[ $line == bye ]] || lost
leave 0
