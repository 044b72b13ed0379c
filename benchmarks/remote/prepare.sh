# prepare APP ID COMMIT TREE SETTINGS REQUIREMENTS STATIC MIGRATE DOMAIN HEALTH LINKED FORCE SHARED
# stdin: size of the env file, env file, size of the pack, pack
# Lays the release down beside the current one, and boots it until it is healthy.
set -Eeuo pipefail
umask 027
app=$1 id=$2 commit=$3 tree=$4 settings=$5 requirements=$6 static=$7 migrate=$8 domain=$9
health=${10} linked=${11} force=${12} shared=${13}
base=/srv/$app release=/srv/$app/releases/$id
as_app() { sudo -n -u "$app" -- "$@"; }
export GIT_DIR=$base/repo.git
cd "$base"
[[ -d lock.d ]] || mkdir lock.d # a host that had nothing to do, while others have

# code
(umask 077; read -r size; head -c "$size" > "env/$id.env.new")
chmod 0640 "env/$id.env.new"
mv "env/$id.env.new" "env/$id.env"
[[ -e repo.git/HEAD ]] || git init -q --bare repo.git
read -r size
if ((size > 1048576)); then git index-pack --stdin > /dev/null; elif ((size > 0)); then git unpack-objects -q; fi
git update-ref "refs/slipway/$id" "$tree"
mkdir -p "$release"/{conf,app,run}
chmod 0751 "$release"
chmod 2771 "$release/run"
(cd "$release/app" && GIT_WORK_TREE=$PWD GIT_INDEX_FILE=$release/index git read-tree --reset -u "$tree")
rm "$release/index"

# venv
python=$(readlink -f "$(command -v python3)")
venv=$base/venvs/$requirements-${python##*/}
if [[ ! -e $venv/.complete || $force ]]; then
  rm -rf "$venv"
  (
    umask 022
    export UV_CACHE_DIR=$base/cache UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1 UV_COMPILE_BYTECODE=1 VIRTUAL_ENV=$venv
    /opt/slipway/tools/bin/uv venv -q --python python3 "$venv"
    cd "$release/app"
    /opt/slipway/tools/bin/uv pip install -q -r requirements.txt gunicorn
    touch "$venv/.complete"
  )
fi
ln -s "$venv" "$release/venv"
"$venv/bin/python" -m compileall -q "$release/app" > /dev/null || true

# what outlives releases
for path in $linked; do
  if [[ ! -e shared/$path ]]; then
    (umask 007; mkdir -p "shared/$path"; [[ ! -e $release/app/$path ]] || cp -rT "$release/app/$path" "shared/$path")
    chmod -R g+w "shared/$path"
  fi
  rm -rf "${release:?}/app/$path"
  ln -s "$base/shared/$path" "$release/app/$path"
done

# how anything is started
cat > "$release/conf/run" << END
#!/bin/sh
set -a
LANG=C.UTF-8
PYTHONUNBUFFERED=1
DJANGO_SETTINGS_MODULE=hello.settings
. $base/env/$id.env
SLIPWAY_RELEASE=$id
SLIPWAY_COMMIT=$commit
SLIPWAY_DOMAINS=$domain
VIRTUAL_ENV=$venv
PATH=$venv/bin:\$PATH
set +a
cd $release/app || exit 1
exec "\$@"
END
chmod 0750 "$release/conf/run"
cat > "$release/conf/gunicorn.conf.py" << END
import os

bind = "unix:$release/run/web.sock"
workers = 2
timeout = 30
graceful_timeout = 30
umask = 0
worker_tmp_dir = "/dev/shm"
control_socket_disable = True
forwarded_allow_ips = "*"
errorlog = "-"


def post_worker_init(worker):
    open("$release/run/worker-%d" % worker.pid, "w").close()


def worker_exit(server, worker):
    try:
        os.unlink("$release/run/worker-%d" % worker.pid)
    except FileNotFoundError:
        pass
END
if [[ $shared ]]; then
  cat >> "$release/conf/gunicorn.conf.py" << END


def on_starting(server):
    import gc

    import django.core.wsgi

    gc.freeze()
END
fi
if [[ $force || ! -e current/conf/checked || $(< current/conf/checked) != "$settings $venv" ]]; then
  as_app "$release/conf/run" gunicorn --check-config -c "$release/conf/gunicorn.conf.py" hello.wsgi:application
fi
echo "$settings $venv" > "$release/conf/checked"
echo "$commit $settings" > "$release/conf/wanted"

# static files, once for all releases that have the same
files=$base/static/$static-${venv##*/}
if [[ ! -e $files/.complete || $force ]]; then
  mkdir -p "$files/files/static"
  chmod 2771 "$files"
  chmod 2775 "$files/files" "$files/files/static"
  ln -sT "$files/files/static" "$release/app/staticfiles"
  (umask 022; as_app "$release/conf/run" python manage.py collectstatic --noinput -v 0)
  touch "$files/.complete"
else
  ln -sT "$files/files/static" "$release/app/staticfiles"
fi
ln -s "$files" "$release/static"
ln -s static/files "$release/public"

# migrations
if [[ $force || ! -e migrated || $(< migrated) != "$migrate ${venv##*/}" ]]; then
  as_app "$release/conf/run" python manage.py migrate --noinput --skip-checks
  echo "$migrate ${venv##*/}" > migrated
fi
printf '{"release": "%s", "commit": "%s", "tree": "%s"}\n' "$id" "$commit" "$tree" > "$release/release.json"

# boot beside the current release
cat > "supervisor.d/$id.web.conf.new" << END
[program:$id.web]
command=$release/conf/run gunicorn -c $release/conf/gunicorn.conf.py hello.wsgi:application
directory=$release/app
autorestart=true
startsecs=1
umask=022
stopsignal=TERM
stopwaitsecs=35
killasgroup=true
redirect_stderr=true
stdout_logfile=$base/log/web.$id.log
END
mv "supervisor.d/$id.web.conf.new" "supervisor.d/$id.web.conf"
exec python3 -I - "$base" "$id" "$domain" "$health" << 'END'
import os, re, socket, sys, time

base, id, domain, health = sys.argv[1:]
run, name, end = f"{base}/releases/{id}/run", f"{id}.web", time.monotonic() + 30


def exchange(path, request):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(path)
        connection.sendall(request.encode())
        answer = b""
        while True:
            data = connection.recv(65536)
            answer += data
            head, _, body = answer.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            if not data or (length and len(body) >= int(length[1])):
                return answer.decode()


def call(method, *args):
    values = "".join(f"<param><value><string>{arg}</string></value></param>" for arg in args)
    body = f"<methodCall><methodName>supervisor.{method}</methodName><params>{values}</params></methodCall>"
    request = f"POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    return exchange(f"{base}/run/supervisor.sock", request)


def healthy():
    try:
        marks = [mark for mark in os.listdir(run) if mark.startswith("worker-")]
        if len(marks) < 2:
            return False
        for _ in range(2):
            if " 200 " not in exchange(f"{run}/web.sock", f"GET {health} HTTP/1.0\r\nHost: {domain}\r\n\r\n")[:20]:
                return False
        return True
    except OSError:
        return False


call("reloadConfig")
call("addProcessGroup", name)
while not healthy():
    state = re.search(r"<name>statename</name>\s*<value><string>(\w+)", call("getProcessInfo", name))
    if time.monotonic() > end or (state and state[1] not in ("STARTING", "RUNNING")):
        sys.exit(f"{name} is not healthy: see {base}/log/web.{id}.log")
    time.sleep(0.02)
END
