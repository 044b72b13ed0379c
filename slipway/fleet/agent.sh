# Slipway's end of a connection: runs on the host while the control machine is connected, and is gone with it.
#
# It holds the app's lock, runs the scripts that arrive on its standard input one after another, and is the
# host's own judgement when the other side falls silent: it ends the running script with all its processes, and
# runs the undo journal, if there is one: an operation is under way that nobody has confirmed.
#
# arguments: LOCK (path, or '' for none)  UNDO (path of the journal, or '')  OWNER (one line)  SILENCE (seconds)
# stdin:     '' (a heartbeat) | run SEQ SCRIPT_BYTES PAYLOAD_BYTES + bytes | kill | bye
# stdout:    the scripts' output, and lines that begin with \001: ready | busy OWNER | done SEQ CODE

lock=$1 undo=$2 owner=$3 silence=$4
job='' seq=0 script=''
trap '' PIPE HUP TERM INT

say() { printf '\001%s\n' "$*"; }

# Reads exactly $1 bytes; a sender that falls silent is given up after $silence seconds for each 256 KiB.
receive() {
  local left=$1 part
  while ((left > 0)); do
    part=$((left < 262144 ? left : 262144))
    timeout --foreground "$silence" head -c "$part" || return 1
    left=$((left - part))
  done
}

end_job() {
  [[ $job ]] || return 0
  kill -TERM -- "-$job" 2>/dev/null
  for _ in {1..50}; do kill -0 -- "-$job" 2>/dev/null || break; sleep 0.1; done
  kill -KILL -- "-$job" 2>/dev/null
  wait "$job" 2>/dev/null
  job=''
}

# Called outside of any condition: bash ignores `set -e` in everything that runs inside one.
# The payload goes through a file that has no name any more, so that nothing of it can be left behind.
start_job() {
  local payload size
  seq=$1
  script=$(receive "$2") || lost
  payload=$(mktemp "${TMPDIR:-/tmp}/slipway.XXXXXX") || lost
  exec 4< "$payload" 5> "$payload"
  rm -f "$payload"
  size=$3
  ((size == 0)) || receive "$size" >&5 || lost
  exec 5>&-
  set -m
  ( trap - PIPE HUP TERM INT
    ( eval "$script" ) <&4 4<&- 2>&1
    say "done $seq $?" ) &
  job=$!
  set +m
  exec 4<&-
}

lost() {
  exec > /dev/null 2>&1
  end_job
  [[ ! $undo || ! -e $undo ]] || bash "$undo" < /dev/null
  exit 1
}

if [[ $lock ]]; then
  exec 9>> "$lock" || { say "refused"; exit 1; }
  if ! flock -n 9; then say "busy $(cat "$lock")"; exit 1; fi
  printf '%s\n' "$owner" > "$lock"
fi
say ready
while IFS= read -r -t "$silence" line; do
  case $line in
    '') ;;
    run\ *) read -r _ a b c <<< "$line"; start_job "$a" "$b" "$c" ;;
    kill) end_job; say "done $seq 143" ;;
    bye) break ;;
  esac
done
[[ $line == bye ]] || lost
[[ ! $lock ]] || : > "$lock"
