declare -A changed  # two trees -> the files that differ, one a line; or `/`: some came or went, or git cannot tell
compare() { # TREE TREE
  local found i
  [[ ! ${changed[$1 $2]+known} ]] || return 0
  mapfile -d '' -t found < <(exec git diff-tree -r -z --name-status "$1" "$2" 2> /dev/null)
  wait "$!" || found=(/ /)
  changed[$1 $2]=
  for ((i = 0; i < ${#found[@]}; i += 2)); do
    if [[ ${found[i]} != M || ${found[i + 1]} == *$'\n'* ]]; then
      changed[$1 $2]=/
      return
    fi
    changed[$1 $2]+=${found[i + 1]}$'\n'
  done
}
proven() { # RECORD KEY TREE
  local lines path inputs
  [[ -s $1 ]] || return 1
  mapfile -t lines < "$1"
  [[ ${lines[0]} == "$2" && ${#lines[@]} -gt 2 ]] || return 1
  [[ ${lines[1]} != "$3" ]] || return 0
  compare "${lines[1]}" "$3"
  [[ ${changed[${lines[1]} $3]} != / ]] || return 1
  printf -v inputs '%s\n' '' "${lines[@]:2}"
  [[ $inputs != *[/$'\n']@(|.|..)[/$'\n']* ]] || return 1  # paths as an earlier version noted them
  while IFS= read -r path; do
    until [[ $inputs == *$'\n'"$path"$'\n'* ]]; do  # the file, or a folder that it is in
      [[ $path == */* ]] || continue 2
      path=${path%/*}
    done
    return 1
  done <<< "${changed[${lines[1]} $3]}"
}
keep_proof() { # RECORD KEY TREE PATHS
  { printf '%s\n%s\n' "$2" "$3"; cat "$4"; } > "$1.new"
  mv -f "$1.new" "$1"
}
follow venv_name /srv/shop/releases/20261120-131502-abc1234/venv
carry() { # FILE COPY
  local kept=()
  mapfile kept < "$1"
  printf %s "${kept[@]}" > "$2"
}
owner_of_link() { # TARGET: sets owner to whose a link to it must be
  owner=deploy
  [[ -O $1 || ! -e $1 ]] || owner=app
}
same_owners() { # FILE
  local to was owner
  while IFS=$'\t' read -r _ to was; do
    owner_of_link "$to"
    [[ $owner == "$was" ]] || return 1
  done < "$1"
}
inside_release() { # FOLDER PATH: makes the path's parents, none of which may be a link
  local place=$1 rest=$2
  while [[ $rest == */* ]]; do
    place+=/${rest%%/*} rest=${rest#*/}
    [[ ! -L $place ]] || fail "STATIC_ROOT ($2) lies below a link (${place#"$1"/}): put it elsewhere in the source"
    [[ -d $place ]] || mkdir "$place"
  done
}
if GIT_DIR=/srv/shop/repo.git proven /srv/shop/current/conf/static.proof 'static a55f6c9112ee8aa9 dddddddddddddddddddddddddddddddd shop.settings'" ../../venvs/$venv_name" 7777777777777777777777777777777777777777 && same_owners /srv/shop/current/conf/static.links; then
  follow collected /srv/shop/current/static
  for part in proof place links; do carry /srv/shop/current/conf/static.$part /srv/shop/releases/20261120-131502-abc1234/conf/static.$part; done
else
  mkdir /srv/shop/static/20261120-131502-abc1234
  chmod 2751 /srv/shop/static/20261120-131502-abc1234
sudo -n -u shop -- /srv/shop/releases/20261120-131502-abc1234/conf/run python - '{"commands": [], "domains": ["www.example.org"], "https": false, "tree": "/srv/shop/releases/20261120-131502-abc1234/app"}' <<'SLIPWAY_PROGRAM' | SLIPWAY_NONCE=${nonce-} python3 -I -S /dev/fd/3 '{"folder": "/srv/shop/static/20261120-131502-abc1234", "linked": ["data"], "shared": "/srv/shop/shared", "tree": "/srv/shop/releases/20261120-131502-abc1234/app"}' 3<<'SLIPWAY_RECEIVER'
...
SLIPWAY_PROGRAM
from __future__ import annotations


import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

TAIL_LINES = 16
CAUSE_LINES = 8
TAIL_BYTES = 16384
MACHINERY = '  File "<frozen importlib.'

NONCE = os.environ.pop("SLIPWAY_NONCE", "")

class Failed(Exception):
    pass

def say(text: str) -> None:
    print(text.replace("\x01", "?"), flush=True)

def mark(kind: str, text: str) -> None:
    print(f"\x01{NONCE and NONCE + ' '}{kind} {text}", flush=True)

def fact(key: str, value: Any) -> None:
    plain = isinstance(value, str) and "\n" not in value
    mark("fact", f"{key} {value if plain else json.dumps(value, sort_keys=True)}")

def note(text: str) -> None:
    mark("note", " ".join(text.split()))

def size(path: str | None) -> int:
    try:
        return os.path.getsize(path) if path else 0
    except OSError:
        return 0

def tail(path: str | None, since: int = 0) -> str:
    if not path:
        return ""
    try:
        with open(path, "rb") as log:
            end = log.seek(0, os.SEEK_END)
            begin = since if since < end else 0
            log.seek(max(begin, end - TAIL_BYTES))
            lines = log.read().decode("utf-8", "replace").splitlines()
    except OSError as error:
        return f"(the log {path} cannot be read: {error.strerror})"
    return "\n".join(essence(lines))

def essence(lines: list[str]) -> list[str]:
    lines = [line for line in lines if not line.startswith(MACHINERY)]
    begin = next((at for at, line in enumerate(lines) if line.startswith("Traceback ")), len(lines))
    end = next((at for at in range(begin + 1, len(lines)) if not lines[at].startswith(" ")), len(lines)) + 1
    if end > len(lines) - TAIL_LINES:
        return lines[-TAIL_LINES:]
    return [*lines[max(begin, end - CAUSE_LINES) : end], "...", *lines[CAUSE_LINES + 1 - TAIL_LINES :]]

def with_log(reason: str, path: str | None, since: int = 0) -> str:
    lines = tail(path, since)
    return f"{reason}\nLast lines of {path}:\n{lines}" if lines else reason

def options_in(word: str) -> dict[str, Any]:
    if word.startswith("{"):
        return dict(json.loads(word))
    with open(word, encoding="utf-8") as file:
        return dict(json.load(file))

def run(main: Callable[[dict[str, Any]], None]) -> None:
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        main({key: value for word in sys.argv[1:] for key, value in options_in(word).items()})
    except Failed as failed:
        reason, _, more = str(failed).partition("\n")
        mark("fail", reason)
        if more:
            say(more)
        sys.exit(1)
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

RESERVE = 100 << 20  # bytes that stay free on the disk
RESERVE_FILES = 2000  # and inodes
REPORT = 16 << 20
CHUNK = 1 << 18
NOTES = 50

def main(options: dict[str, Any]) -> None:
    root = os.path.join(options["folder"], "files")
    os.umask(0o022)
    os.mkdir(root)
    report = receive(sys.stdin.buffer, root)
    say(line(report.get("summary")))
    for text in list(report.get("notes") or [])[:NOTES]:
        note(line(text))
    for text in list(report.get("why") or [])[:NOTES]:
        say(f"the next deploy has to collect again: {line(text)}")
    write(options, report)

def receive(stream: BinaryIO, root: str) -> dict[str, Any]:
    disk = os.statvfs(root)
    room, count = disk.f_bavail * disk.f_frsize - RESERVE, disk.f_favail - RESERVE_FILES if disk.f_files else 1 << 40
    made = {root}
    while True:
        kind, sizes = header(stream)
        if kind == "file" and len(sizes) == 2 and sizes[0] <= 4096:
            name, size = plain(os.fsdecode(exactly(stream, sizes[0]))), sizes[1]
            room, count = room - size, count - 1 - name.count("/")
            if room < 0 or count < 0:
                raise Failed("there is no room for the app's static files: free some, or lower app.keep")
            write_file(stream, root, name, size, made)
        elif kind in ("report", "failed") and len(sizes) == 1 and sizes[0] <= REPORT:
            value = parsed(exactly(stream, sizes[0]))
            if kind == "failed":
                more = "\n".join(line(text) for text in str(value.get("more") or "").splitlines()[:50])
                raise Failed(f"{line(value.get('reason'))}\n{more}".strip())
            return value
        else:
            raise broken()

def broken() -> Failed:
    return Failed("the app did not hand over its static files to the end: its last lines say why")

def header(stream: BinaryIO) -> tuple[str, list[int]]:
    words = stream.readline(100).decode("ascii", "replace").split()
    if len(words) < 2 or not all(word.isdigit() and word.isascii() for word in words[1:]):
        raise broken()
    return words[0], [int(word) for word in words[1:]]

def exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise broken()
    return data

def parsed(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise broken() from None
    if not isinstance(value, dict):
        raise broken()
    return value

def line(text: Any) -> str:
    return "".join(char if char.isprintable() else " " for char in str(text or ""))[:1000]

def plain(name: Any) -> str:
    parts = name.split("/") if isinstance(name, str) else [""]
    strange = any(part in ("", ".", "..") or len(os.fsencode(part)) > 255 for part in parts)
    if strange or any(ord(char) < 32 or ord(char) == 127 for char in name):
        raise Failed(f"the app's static files have a path that cannot be served: {line(name)!r}")
    return str(name)

def write_file(stream: BinaryIO, root: str, name: str, size: int, made: set[str]) -> None:
    path = os.path.join(root, name)
    try:
        make_folder(os.path.dirname(path), made)
        target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            while size:
                data = exactly(stream, min(size, CHUNK))
                size -= len(data)
                while data:
                    data = data[os.write(target, data) :]
        finally:
            os.close(target)
    except OSError as error:
        raise Failed(f"the static file {line(name)} cannot be written: {error.strerror}") from None

def make_folder(path: str, made: set[str]) -> None:
    if path not in made:
        make_folder(os.path.dirname(path), made)
        os.mkdir(path, 0o755)
        made.add(path)

def write(options: dict[str, Any], report: dict[str, Any]) -> None:
    links = {plain(name): absolute(path) for name, path in dict(report.get("links") or {}).items()}
    place = ""
    if report.get("place"):
        inside, folder = plain(report["place"]), plain(report["folder"]) if report["folder"] else "."
        place = f"{inside}\n{folder}\n"
        for path in options["linked"]:
            if path.startswith(f"{inside}/"):
                links[os.path.normpath(os.path.join(folder, path[len(inside) + 1 :]))] = f"{options['shared']}/{path}"
    put(options, "place", place)
    put(options, "links", "".join(f"{name}\t{path}\n" for name, path in links.items()))
    if isinstance(report.get("read"), list):
        paths = [path for path in report["read"] if isinstance(path, str) and path and "\n" not in path]
        put(options, "read", "".join(f"{path}\n" for path in paths))

def absolute(path: Any) -> str:
    if not isinstance(path, str) or not path.startswith("/"):
        raise Failed(f"the app names a folder to serve that is no path: {line(path)!r}")
    return "/" + plain(path[1:])

def put(options: dict[str, Any], name: str, text: str) -> None:
    with open(os.path.join(options["folder"], name), "x", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)

if __name__ == "__main__":
    run(main)
SLIPWAY_RECEIVER
  while IFS=$'\t' read -r name to; do
    place=/srv/shop/static/20261120-131502-abc1234/files/$name
    [[ -d ${place%/*} ]] || (umask 022; mkdir -p "${place%/*}")
    [[ ! -e $place && ! -L $place ]] || rm -rf "$place"
    owner_of_link "$to"
    if [[ $owner == deploy ]]; then
      ln -sT "$to" "$place"
    else
      sudo -n -u shop -- ln -sT "$to" /srv/shop/releases/20261120-131502-abc1234/run/static-link
      mv -T /srv/shop/releases/20261120-131502-abc1234/run/static-link "$place"
      [[ -L $place ]] || fail "/srv/shop/releases/20261120-131502-abc1234/run was changed while static files were collected: deploy again"
    fi
    printf '%s\t%s\t%s\n' "$name" "$to" "$owner"
  done < /srv/shop/static/20261120-131502-abc1234/links > /srv/shop/releases/20261120-131502-abc1234/conf/static.links
  carry /srv/shop/static/20261120-131502-abc1234/place /srv/shop/releases/20261120-131502-abc1234/conf/static.place
  : > /srv/shop/releases/20261120-131502-abc1234/conf/static.proof
  [[ ! -e /srv/shop/static/20261120-131502-abc1234/read ]] || keep_proof /srv/shop/releases/20261120-131502-abc1234/conf/static.proof 'static a55f6c9112ee8aa9 dddddddddddddddddddddddddddddddd shop.settings'" ../../venvs/$venv_name" 7777777777777777777777777777777777777777 /srv/shop/static/20261120-131502-abc1234/read
  collected=20261120-131502-abc1234
fi
ln -sT ../../static/"$collected" /srv/shop/releases/20261120-131502-abc1234/static
ln -sT static/files /srv/shop/releases/20261120-131502-abc1234/public
shut=
while IFS=$'\t' read -r _ to owner; do
  [[ $owner == deploy && $to == /srv/shop/shared/* && -d $to ]] || continue
  [[ $(exec stat -c %A "$to") == *x ]] || shut=yes
done < /srv/shop/releases/20261120-131502-abc1234/conf/static.links
if [[ $shut ]]; then
SLIPWAY_NONCE=${nonce-} python3 -I -S - '{"links": "/srv/shop/releases/20261120-131502-abc1234/conf/static.links", "shared": "/srv/shop/shared"}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
fi
if [[ -s /srv/shop/releases/20261120-131502-abc1234/conf/static.place ]]; then
  { read -r inside; read -r name; } < /srv/shop/releases/20261120-131502-abc1234/conf/static.place
  inside_release /srv/shop/releases/20261120-131502-abc1234/app "$inside"
  place=/srv/shop/releases/20261120-131502-abc1234/app/$inside
  [[ ! -e $place && ! -L $place ]] || rm -rf "$place"
  ln -sT /srv/shop/releases/20261120-131502-abc1234/public/"$name" "$place"
fi
