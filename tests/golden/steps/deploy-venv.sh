hash python3 2> /dev/null || true
python=$(exec readlink -f "${BASH_CMDS[python3]:-python3}")
count() { local all=("$1"/lib/python*/site-packages/*); echo "${#all[@]}"; }
is_whole() { # VENV
  local noted= all=("$1"/lib/python*/site-packages/*)
  [[ -x $1/bin/python && -e $1/.complete && ! -e $1/.damaged ]] || return 1
  read -r noted < "$1/.complete" || true
  [[ ! $noted || $noted == "${#all[@]}" ]]  # versions before this noted nothing
}
plain=/srv/shop/venvs/4c9daf661903ad1f-${python##*/} venv= like= id=20261120-131502-abc1234
for made in "$plain" /srv/shop/venvs/4c9daf661903ad1f.*-"${python##*/}"; do
  ! is_whole "$made" || venv=$made
done
if [[ ! $venv || no == yes ]]; then
  venv=$plain
  # Never in the place of one that is whole: releases may run from it.
  [[ ! -e $plain/.complete ]] || venv=/srv/shop/venvs/4c9daf661903ad1f.${id:0:15}-${python##*/}

fi
name=${venv##*/}
reused=
[[ ! -e $venv/.complete ]] || reused=$venv
if [[ ! $reused ]]; then
  rm -rf "$venv" "$venv".{wheels,local,locked}
  # Files of a damaged venv are those of uv's cache.
  [[ no == no && $venv == "$plain" ]] || rm -rf /srv/shop/cache/*
  (
    umask 022
export UV_CACHE_DIR=/srv/shop/cache UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never UV_NO_EDITABLE=1
for UV_CONFIG_FILE in "${UV_CONFIG_FILE:-/}" ~/.config/uv/uv.toml /etc/uv/uv.toml /dev/null; do
  [[ ! -f $UV_CONFIG_FILE && $UV_CONFIG_FILE != /dev/null ]] || break
done
export UV_CONFIG_FILE
    export VIRTUAL_ENV="$venv" UV_PROJECT_ENVIRONMENT="$venv"

    cd /srv/shop/releases/20261120-131502-abc1234/app
for file in ./requirements.txt; do
  [[ $(exec readlink -f -- "$file") == "$(pwd -P)"/* ]] || fail "$file leads out of the source"
done
/opt/slipway/tools/bin/uv venv -q --no-project --python "$python" "$venv"
made=$(< "$venv/pyvenv.cfg")
install() { # WORD...
/opt/slipway/tools/bin/uv pip install "$@" -r requirements.txt &&
/opt/slipway/tools/bin/uv pip install "$@" gunicorn
}
if ! said=$(install --no-build 2>&1); then
  printf '%s\n' "$said"
  [[ $said == *[Bb]uild* || $said == *"no usable wheels"* ]] || fail '`uv pip install` cannot install the dependencies: its last lines say why'
  id -u shop-build > /dev/null 2>&1 || fail 'a package has to be built, and the account for building is missing. Run `fab provision` for this host first.'
  build() {
    tar -chf - -T /dev/null ./requirements.txt | sudo -n -H -u shop-build -- bash -c 'set -euo pipefail
umask 077
exec 3>&1 >&2
kill -KILL -- -1 2> /dev/null || true
! hash crontab 2> /dev/null || crontab -r < /dev/null > /dev/null 2>&1 || true
for place in ~/commands ~/scratch ~/local; do
  [[ -L $place || ! -d $place ]] || chmod -R u+rwX -- "$place" || true
  rm -rf -- "$place"
done
cd ~
rm -rf cache/sdists-*/git cache/sdists-*/url cache/sdists-*/path
mkdir scratch
cd scratch
tar -xf -
export UV_CACHE_DIR=~/cache UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never
export VIRTUAL_ENV=~/scratch/.venv UV_PROJECT_ENVIRONMENT=~/scratch/.venv
/opt/slipway/tools/bin/uv venv -q --no-project --python "$1" .venv

install() {
/opt/slipway/tools/bin/uv pip install -q -r requirements.txt &&
/opt/slipway/tools/bin/uv pip install -q gunicorn
}
install
python3 -I -S -c '"'"'from __future__ import annotations


import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

def main(options: dict[str, Any]) -> None:
    wanted = set(installed(options["venv"]))
    newest: dict[str, str] = {}
    for path in wheels(options["cache"]):
        key = distribution(os.path.basename(path))
        if key in wanted and (key not in newest or os.path.getmtime(path) > os.path.getmtime(newest[key])):
            newest[key] = path
    output = sys.stdout.buffer
    for path in newest.values():
        with open(path, "rb") as file:
            content = file.read()
        name = os.fsencode(os.path.basename(path))
        output.write(b"file %d %d\n%b%b" % (len(name), len(content), name, content))
    output.write(b"report 2\n{}")
    output.flush()

def installed(venv: str) -> Iterable[str]:
    for _, folders, _ in os.walk(os.path.join(venv, "lib")):
        yield from (distribution(name[: -len(".dist-info")]) for name in folders if name.endswith(".dist-info"))

def wheels(cache: str) -> Iterable[str]:
    for folder, _, files in os.walk(cache):
        if "/sdists-" in folder:
            yield from (os.path.join(folder, name) for name in files if name.endswith(".whl"))

def distribution(name: str) -> str:
    return "-".join(name.split("-")[:2]).lower()

if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
'"'"' '"'"'{"cache": "'"'"'"$UV_CACHE_DIR"'"'"'", "venv": "'"'"'"$VIRTUAL_ENV"'"'"'"}'"'"' >&3
cd ~
rm -rf scratch' build "$python"
  }
{ printf '%s\n' "$BASHPID"; build; } | SLIPWAY_NONCE=${nonce-} python3 -I -S /dev/fd/3 '{"folder": "'"$venv.wheels"'"}' '{"sender": true}' 3<<'SLIPWAY_RECEIVER'
...
SLIPWAY_RECEIVER
  sudo -n -u shop-build -- kill -KILL -1 2> /dev/null || true
  mapfile -t built < "$venv.wheels/names"
  install --no-build --overrides "$venv.wheels/overrides"
  rm -rf "$venv.wheels"
else
  printf '%s\n' "$said"
fi
    for packages in "$venv"/lib/python*/site-packages; do
      leads=$(exec grep -lsFe /srv/shop/releases/ -e "$(pwd -P)" \
        "$packages"/*.pth "$packages"/__editable__* "$packages"/*.dist-info/direct_url.json) || true
      leads=${leads//"$packages"\//}
      [[ ! $leads ]] || fail "a dependency leads into the release (${leads//$'\n'/, }), but releases share venvs:" \
        "do not install local folders; move their code into the app's own folder"
    done
    rm -rf "$venv/.lock" "$venv".{wheels,local,locked}  # the lock is uv's, for everybody to write
    for ours in pyvenv.cfg .complete bin lib; do
  if [[ -L $venv/$ours || ( $ours == pyvenv.cfg && $(< "$venv/pyvenv.cfg") != "$made" ) ||
    ( $ours == .complete && -e $venv/.complete ) ]]; then
    rm -rf "$venv"
    fail "a dependency brings a file $ours, which would replace that of the venv: find it, and remove it from the list"
  fi
done
    "$python" -I -S -m compileall -q -j 0 "$venv/lib" > /dev/null || true
files_of() { # VENV: size and path of each file but bytecode, sorted
  find "$1/bin" "$1/lib" -type f ! -name '*.pyc' -printf '%s %P\n' | LC_ALL=C sort
}
files_of "$venv" > "$venv/.files"
    count "$venv" > "$venv/.complete"
  )
fi
ln -sT "../../venvs/$name" /srv/shop/releases/20261120-131502-abc1234/venv
fact venv "$name"
find -P /srv/shop/releases/20261120-131502-abc1234/app \( -name __pycache__ -o -path /srv/shop/releases/20261120-131502-abc1234/app/data \) -prune -o -type f -name '*.py' -print0 |
  xargs -0r "$python" -I -S -m compileall -q > /dev/null &
compiling=$!
files_of() { # VENV: size and path of each file but bytecode, sorted
  find "$1/bin" "$1/lib" -type f ! -name '*.pyc' -printf '%s %P\n' | LC_ALL=C sort
}
damage=
if [[ $reused && -s $reused/.files ]]; then
  exec {damage}< <(LC_ALL=C comm -23 "$reused/.files" <(files_of "$reused"))
fi
is_damaged() { # sets damaged_file; tells only once
  local from=$damage
  damage=
  [[ $from ]] && IFS=' ' read -r _ damaged_file <&"$from" || return 1
  : > "$reused/.damaged"
}
trap '(($? == 0)) || ! is_damaged || echo "the venv is damaged ($damaged_file is missing or has another size): \`fab deploy\` again makes it anew"' EXIT
