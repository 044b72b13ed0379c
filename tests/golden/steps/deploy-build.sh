size=0 build_env=
IFS= read -r size
IFS= LC_ALL=C read -r -N "$size" build_env
built=/srv/shop/builds/2118e59d7d343399-$name
if [[ no == yes || ! -d $built ]]; then
  mkdir -p -m 2750 /srv/shop/builds
  rm -rf /srv/shop/builds/new
  mkdir /srv/shop/builds/new
id -u shop-build > /dev/null 2>&1 || fail 'the account that builds, or setfacl, is missing. Run `fab provision` for this host first.'
hash setfacl 2> /dev/null || fail 'the account that builds, or setfacl, is missing. Run `fab provision` for this host first.'
setfacl -m u:shop-build:--x -- /srv/shop /srv/shop/venvs || fail 'the account that builds cannot be let into /srv/shop/venvs: see the lines above'
setfacl -m u:shop-build:--- -- /srv/shop/releases /srv/shop/static /srv/shop/shared /srv/shop/maintenance
  wait "$compiling" || true  # what it writes would disturb tar
  send_code() {
    printf '%s\n%s' "$size" "$build_env"
    tar -C /srv/shop/releases/20261120-131502-abc1234/app --exclude=__pycache__  -cf - -- .
  }
  begin_build() {
    send_code | sudo -n -H -u shop-build -- bash -c 'set -euo pipefail
umask 077
kill -KILL -- -1 2> /dev/null || true
! hash crontab 2> /dev/null || crontab -r < /dev/null > /dev/null 2>&1 || true
for place in ~/commands ~/scratch ~/local; do
  [[ -L $place || ! -d $place ]] || chmod -R u+rwX -- "$place" || true
  rm -rf -- "$place"
done
mkdir -p ~/commands/app ~/commands/home
cd ~/commands
IFS= read -r size
head -c "$size" > env
tar -xf - -C app
exec python3 -I -S -c '"'"'from __future__ import annotations


import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Output(Protocol):
        def write(self, data: bytes, /) -> object: ...

CHUNK = 1 << 18

def send_file(output: Output, name: str, path: str, shorter: str) -> None:
    with open(path, "rb") as file:
        stat = os.fstat(file.fileno())
        left = stat.st_size
        send_head(output, "program" if stat.st_mode & 0o100 else "file", name, b"", left)
        while left:
            data = file.read(min(left, CHUNK))
            if not data:
                sys.exit(f"{name} {shorter}")
            left -= len(data)
            output.write(data)

def send_head(output: Output, kind: str, name: str, content: bytes, size: int = 0) -> None:
    path = os.fsencode(name)
    output.write(b"%b %d %d\n%b%b" % (kind.encode(), len(path), size or len(content), path, content))

import json
import os
import stat as modes
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, BinaryIO

UNWANTED = "__pycache__"  # for paths of this account, which the release does not have

def main(options: dict[str, Any]) -> None:
    tree = options["tree"]
    if options.get("begin"):
        with open(options["snapshot"], "w", encoding="utf-8", errors="surrogateescape") as file:
            json.dump({name: mark(os.lstat(path)) for name, path in inside(tree)}, file)
        return
    with open(options["snapshot"], encoding="utf-8", errors="surrogateescape") as file:
        before = json.load(file)
    output = sys.stdout.buffer
    for name, path in sorted(inside(tree)):
        stat = os.lstat(path)
        if wanted(name, options["only"]) and before.get(name) != mark(stat):
            send(output, tree, name, path, stat)
    output.write(b"report 2\n{}")
    output.flush()

def inside(tree: str) -> Iterable[tuple[str, str]]:
    for folder, folders, files in os.walk(tree):
        folders[:] = [name for name in folders if name != UNWANTED]
        linked = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in [*files, *linked]:
            path = os.path.join(folder, name)
            yield os.path.relpath(path, tree), path

def mark(stat: os.stat_result) -> list[int]:
    return [stat.st_ino, stat.st_size, stat.st_ctime_ns]

def wanted(name: str, only: list[str]) -> bool:
    return not only or any(f"{name}/".startswith(f"{path}/") for path in only)

def send(output: BinaryIO, tree: str, name: str, path: str, stat: os.stat_result) -> None:
    if modes.S_ISLNK(stat.st_mode):
        send_head(output, "link", name, os.fsencode(target(tree, path)))
    elif modes.S_ISREG(stat.st_mode):
        send_file(output, name, path, "became shorter while it was read: a build command has left a process behind")
    else:
        print(f"{name} is neither a file nor a link: it is left out", file=sys.stderr)

def target(tree: str, path: str) -> str:
    to = os.readlink(path)
    top = os.path.realpath(tree)
    if to == top or to.startswith(f"{top}/"):
        return os.path.relpath(to, os.path.join(top, os.path.relpath(os.path.dirname(path), tree)))
    return to

if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
'"'"' '"'"'{"tree": "app", "snapshot": "before.json", "begin": true}'"'"'' 2>&1
  }
{ printf '%s\n' "$BASHPID"; begin_build; } | SLIPWAY_NONCE=${nonce-} python3 -I -S /dev/fd/3 '{"facts": {}, "mute": true}' '{"sender": true}' 3<<'SLIPWAY_RECEIVER'
...
SLIPWAY_RECEIVER
run_build() { exec sudo -n -H -u shop-build -- bash -c 'cd ~/commands && exec "$@"' in sh -c 'set -a
LANG=C.UTF-8
PYTHONUNBUFFERED=1
PYTHONDONTWRITEBYTECODE=1
HOME=$PWD/home
DJANGO_SETTINGS_MODULE=shop.settings
. ./env
SLIPWAY_APP=shop
VIRTUAL_ENV=$1
PATH=$1/bin:$PATH
set +a
umask 022
cd app || exit 1
exec sh -c "$2"' build "$venv" "$1" < /dev/null 2>&1; }
  if ! {
{ printf '%s\n' "$BASHPID"; run_build 'npm ci && npm run build'; } | SLIPWAY_NONCE=${nonce-} python3 -I -S /dev/fd/3 '{"facts": {}, "mute": true}' '{"sender": true}' 3<<'SLIPWAY_RECEIVER'
...
SLIPWAY_RECEIVER
  }; then fail 'the build command `npm ci && npm run build` failed: its last lines say why'; fi
  if ! {
{ printf '%s\n' "$BASHPID"; run_build 'python manage.py compilemessages'; } | SLIPWAY_NONCE=${nonce-} python3 -I -S /dev/fd/3 '{"facts": {}, "mute": true}' '{"sender": true}' 3<<'SLIPWAY_RECEIVER'
...
SLIPWAY_RECEIVER
  }; then fail 'the build command `python manage.py compilemessages` failed: its last lines say why'; fi
  sudo -n -H -u shop-build -- kill -KILL -1 2> /dev/null || true
{ printf '%s\n' "$BASHPID"; exec sudo -n -H -u shop-build -- bash -c 'cd ~/commands && exec "$@"' in python3 -I -S - '{"only": [], "snapshot": "before.json", "tree": "app"}' <<'SLIPWAY_PROGRAM'; } | SLIPWAY_NONCE=${nonce-} python3 -I -S /dev/fd/3 '{"folder": "/srv/shop/builds/new/files"}' '{"sender": true}' 3<<'SLIPWAY_RECEIVER'
...
SLIPWAY_PROGRAM
...
SLIPWAY_RECEIVER
  sudo -n -H -u shop-build -- bash -c 'kill -KILL -- -1 2> /dev/null || true
! hash crontab 2> /dev/null || crontab -r < /dev/null > /dev/null 2>&1 || true
for place in ~/commands ~/scratch ~/local; do
  [[ -L $place || ! -d $place ]] || chmod -R u+rwX -- "$place" || true
  rm -rf -- "$place"
done'
  rm -rf "$built"
  mv -T /srv/shop/builds/new "$built"
else
  echo "build commands: nothing that they depend on has changed"
fi
made_python=$(exec find "$built/files" -name '*.py' -print -quit)
[[ ! $made_python ]] || wait "$compiling" || true
cp -al --remove-destination -T -- "$built/files" /srv/shop/releases/20261120-131502-abc1234/app || fail 'what the build commands made cannot be put into the release: the lines above say what is in the way'
ln -sT "../../builds/${built##*/}" /srv/shop/releases/20261120-131502-abc1234/build
if [[ $made_python ]]; then
find -P /srv/shop/releases/20261120-131502-abc1234/app \( -name __pycache__ -o -path /srv/shop/releases/20261120-131502-abc1234/app/data \) -prune -o -type f -name '*.py' -print0 |
  xargs -0r "$python" -I -S -m compileall -q > /dev/null &
compiling=$!
fi
