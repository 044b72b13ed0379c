python=python3
hash "$python" 2> /dev/null || true
python=$(exec readlink -f "${BASH_CMDS[$python]:-$python}")
name=4c9daf661903ad1f-${python##*/}
venv=/srv/shop/venvs/$name
if [[ ! -e $venv/.complete ]]; then
  rm -rf "$venv"
  (
    umask 022
    export UV_CACHE_DIR=/srv/shop/cache UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1 UV_COMPILE_BYTECODE=1 VIRTUAL_ENV="$venv"
    /opt/slipway/tools/bin/uv venv -q --python python3 "$venv"
    cd /srv/shop/releases/20261120-131502-abc1234/app
/opt/slipway/tools/bin/uv pip install -r requirements.txt gunicorn
    rm -f "$venv/.lock"  # of uv, for everybody to write
    touch "$venv/.complete"
  )
fi
ln -sT "../../venvs/$name" /srv/shop/releases/20261120-131502-abc1234/venv
fact venv "$name"
"$venv/bin/python" -I -S -m compileall -q /srv/shop/releases/20261120-131502-abc1234/app > /dev/null &
compiling=$!
