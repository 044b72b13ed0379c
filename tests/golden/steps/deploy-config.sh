printf %s '# Slipway wrote this for shop, release 20261120-131502-abc1234. An app'"'"'s own gunicorn.conf.py is not read.
import gc
import json
import logging
import logging.handlers
import os
import runpy
import sys

# Where it listens stands on its command line: a restart boots it once more beside itself, on another socket.
workers = 2
timeout = 30
graceful_timeout = 30
# Only nginx reaches the socket'"'"'s folder; the heartbeat file belongs in memory, where no slow disk can stall it.
umask = 0
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
control_socket_disable = True
# Whoever speaks on the unix socket is nginx.
forwarded_allow_ips = "*"
errorlog = "-"
accesslog = None


def on_starting(server):
    """Load the framework before the workers are forked: they share it in memory, and none has to load it again.

    The app itself is loaded by each worker. A worker class that patches the standard library has to be first.
    """
    if not any(name in server.cfg.worker_class_str for name in ("gevent", "eventlet")):
        try:
            import django.core.wsgi
        except ImportError:
            return  # the workers will fail for it, and say where
        gc.freeze()  # or looking for garbage would copy each page that is shared


# Handlers that write where `fab logs` does not look. (Whoever names a NullHandler wants silence.)
_ELSEWHERE = (
    logging.FileHandler,
    logging.handlers.HTTPHandler,
    logging.handlers.SMTPHandler,
    logging.handlers.SocketHandler,
    logging.handlers.SysLogHandler,
)


def _prints(handler, django):
    """Say whether a handler prints errors, or was named for silence.

    One of the app'"'"'s own kind does if it is a stream handler; else it may well write into a database.
    """
    debug = [one for one in handler.filters if isinstance(one, (django.RequireDebugTrue, django.RequireDebugFalse))]
    if handler.level > logging.ERROR or not all(one.filter(None) for one in debug):
        return False
    if isinstance(handler, logging.FileHandler) and handler.baseFilename.startswith(("/dev/", "/proc/")):
        return True
    if isinstance(handler, (*_ELSEWHERE, django.AdminEmailHandler)):
        return False
    kind = type(handler)
    known = isinstance(handler, logging.StreamHandler) or kind.__module__.split(".")[0] in ("logging", "rich")
    return known or "loguru" in sys.modules  # to which handlers of the app'"'"'s own kind pass everything on


def _print_django_errors():
    """Print the errors of Django'"'"'s requests, with their tracebacks, where no handler does.

    With DEBUG off Django'"'"'s own LOGGING sends them to ADMINS and prints nothing. One handler more is added then; all
    that the app has set stays as it is.
    """
    django = sys.modules.get("django.utils.log")
    last = logger = logging.getLogger("django.request")
    if django is None or logger.getEffectiveLevel() > logging.ERROR:
        return  # another framework; or errors are not wanted
    handlers = []
    while logger:
        handlers += logger.handlers
        last = logger if logger.name.startswith("django") else last
        logger = logger.parent if logger.propagate else None
    request = logging.getLogger("django.request")
    if not request.disabled and (not handlers or any(_prints(handler, django) for handler in handlers)):
        return  # without any handler Python prints errors by itself
    if request.disabled:  # by `disable_existing_loggers`; what else hears of it must not do so now
        last, request.propagate, request.disabled = request, False, False
    handler = logging.StreamHandler()
    handler.setLevel(logging.ERROR)
    layout = "%(asctime)s [%(process)d] [%(levelname)s] %(message)s"
    handler.setFormatter(logging.Formatter(layout, "[%Y-%m-%d %H:%M:%S %z]"))
    last.addHandler(handler)


def _mark(worker):
    return os.path.join("/srv/shop/releases/20261120-131502-abc1234/run", "worker-%d" % worker.pid)


def post_fork(server, worker):
    """Take back the umask of the socket: what the app makes is for nobody else to write."""
    os.umask(0o022)


def post_worker_init(worker):
    """Say that this worker has loaded the app, and what it must not be deployed with: the deploy waits for all of them."""
    _print_django_errors()
    try:
        found = runpy.run_path("/srv/shop/releases/20261120-131502-abc1234/conf/app_risks.py")["look"](worker.wsgi, "/srv/shop/releases/20261120-131502-abc1234/app")
    except Exception:
        worker.log.exception("Slipway cannot look at the app'"'"'s settings")
        found = {}
    mark = _mark(worker)
    with open(mark + ".new", "w") as file:
        json.dump(found, file)
    os.rename(mark + ".new", mark)


def worker_exit(server, worker):
    try:
        os.unlink(_mark(worker))
    except FileNotFoundError:
        pass
' > /srv/shop/releases/20261120-131502-abc1234/conf/gunicorn.conf.py
printf %s '# serves: https no, ports 80, names www.example.org
# Written by `fab provision`; changes made here are overwritten. docs/provision.md says how to change it.
upstream slipway_shop {
    # Resolved at each connection: renaming `current` moves the traffic. Hence no `keepalive` in here: kept
    # connections would go on to the old release.
    server unix:/srv/shop/current/run/web.sock max_fails=0;
}

# For `fab maintenance.on`. Whom --allow lets pass: a visitor'"'"'s address, and the three networks around it
# (IPv4: /24, /16, /8; IPv6: /64, /48, /32) by the groups that they begin with.
map $remote_addr $slipway_shop_from {
    default $remote_addr;
}
map $slipway_shop_from $slipway_shop_net3 {
    default none;
    "~^([0-9]+\.[0-9]+\.[0-9]+)\.[0-9]+$" $1;
    "~^([0-9a-f]+:[0-9a-f]+:[0-9a-f]+:[0-9a-f]+):" $1;
    "~^([0-9a-f]+:[0-9a-f]+:[0-9a-f]+)::" "$1:0";
    "~^([0-9a-f]+:[0-9a-f]+)::" "$1:0:0";
    "~^([0-9a-f]+)::(?!(?:[0-9a-f]+:){4})" "$1:0:0:0";
}
map $slipway_shop_net3 $slipway_shop_net2 {
    default none;
    "~^(.+)[.:][0-9a-f]+$" $1;
}
map $slipway_shop_net2 $slipway_shop_net1 {
    default none;
    "~^(.+)[.:][0-9a-f]+$" $1;
}
# Slipway'"'"'s own questions pass by a word that only the host knows.
map $http_slipway_pass $slipway_shop_pass {
    default none;
    "~^[0-9a-f]{32}$" $http_slipway_pass;
}
# Programs that take JSON and no pages get JSON.
map $http_accept $slipway_shop_form {
    default html;
    "~*^(?!.*text/html).*[/+]json" json;
}
# The folder of the page carries Retry-After in its name.
map $realpath_root $slipway_shop_wait {
    default "";
    "~\.([0-9]+)$" $1;
}

server {
    listen 80;
    listen [::]:80;
    server_name www.example.org;
    access_log /var/log/slipway/shop/access.log;
    error_log /var/log/slipway/shop/error.log;
    client_max_body_size 20m;
    server_tokens off;

    # $host is one of our names whatever the Host header says. Only the port is taken from the header: where a port is
    # forwarded to nginx, nobody else knows by which one the visitor came.
    set $visited_host $host;
    if ($http_host ~ "(:[0-9]{1,5})$") {
        set $visited_host $host$1;
    }
    set $upgrade_to "";
    set $connection_is "close";
    if ($http_upgrade ~* "^websocket$") {
        set $upgrade_to $http_upgrade;
        set $connection_is "upgrade";
    }

    # Closed for as long as the link `maintenance/on` is there: it comes and goes without a reload.
    set $closed "";
    set $switch /srv/shop/maintenance/on;
    if (-f $switch/page.html) {
        set $closed yes;
    }
    if (-f $switch/allow/$slipway_shop_from) {
        set $closed "";
    }
    if (-f $switch/allow/$slipway_shop_net3) {
        set $closed "";
    }
    if (-f $switch/allow/$slipway_shop_net2) {
        set $closed "";
    }
    if (-f $switch/allow/$slipway_shop_net1) {
        set $closed "";
    }
    if (-f $switch/pass/$slipway_shop_pass) {
        set $closed "";
    }
    # Load balancers ask for it.
    if ($uri = /healthz) {
        set $closed "";
    }
    if ($uri ~ "^/\.slipway/maintenance\.") {
        set $closed "";
    }
    # A status of its own, so that nobody'"'"'s 503 becomes this page.
    error_page 598 =503 /.slipway/maintenance.$slipway_shop_form;
    if ($closed) {
        return 598;
    }
    location = /.slipway/maintenance.html {
        internal;
        root /srv/shop/maintenance/page;
        try_files /page.html =503;
        types { }
        default_type "text/html; charset=utf-8";
        client_max_body_size 0;
        add_header Retry-After $slipway_shop_wait always;
        add_header Cache-Control "no-store" always;
    }
    location = /.slipway/maintenance.json {
        internal;
        root /srv/shop/maintenance/page;
        try_files /page.json =503;
        types { }
        default_type application/json;
        client_max_body_size 0;
        add_header Retry-After $slipway_shop_wait always;
        add_header Cache-Control "no-store" always;
    }
    # /.git, /.env and the like are nobody'"'"'s business; /.well-known is (RFC 8615).
    location ~ "/\.(?!well-known(?:/|$))" {
        return 404;
    }

    root /srv/shop;
    # disable_symlinks: a link leads only to what belongs to the owner of the link, so what the app links to is served if it
    # is the app'"'"'s own. Not for the whole server: the questions of the maintenance above are for files that nginx may not open.
    # Names that hold a hash of the content, as Django'"'"'s ManifestStaticFilesStorage makes them.
    location ~ "\.[0-9a-f]{12}\.[A-Za-z0-9.]+$" {
        disable_symlinks if_not_owner from=$document_root;
        try_files /current/public$uri /standby/public$uri @app;
        add_header Cache-Control "public, max-age=31536000, immutable";
        add_header X-Content-Type-Options "nosniff";
        gzip_types text/css text/javascript application/javascript application/json image/svg+xml;
        gzip_vary on;
    }
    # The previous release'"'"'s files are still there for pages that were loaded before the switch.
    location / {
        disable_symlinks if_not_owner from=$document_root;
        try_files /current/public$uri /standby/public$uri @app;
        add_header X-Content-Type-Options "nosniff";
        gzip_types text/css text/javascript application/javascript application/json image/svg+xml;
        gzip_vary on;
    }

    location @app {
        # Somebody has used `fab stop`: no gateway is bad then, the site is not available.
        if (-e /srv/shop/stopped/web) {
            return 503;
        }
        proxy_pass http://slipway_shop;
        proxy_http_version 1.1;
        proxy_set_header Host $visited_host;
        # Nothing stands in front: what a visitor claims about addresses is not passed on.
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Host $visited_host;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Real-IP $remote_addr;
        # Whatever else frameworks believe of a proxy is not for visitors to say.
        proxy_set_header Forwarded "";
        proxy_set_header X-Forwarded-Port "";
        proxy_set_header X-Forwarded-Prefix "";
        proxy_set_header X-Forwarded-Protocol "";
        proxy_set_header X-Forwarded-Scheme "";
        proxy_set_header X-Forwarded-Server "";
        proxy_set_header X-Forwarded-Ssl "";
        proxy_set_header X-Script-Name "";
        proxy_set_header X-Original-URL "";
        proxy_set_header X-Rewrite-URL "";
        proxy_set_header Proxy "";
        # The word by which Slipway'"'"'s own questions pass in maintenance is nothing for the app.
        proxy_set_header Slipway-Pass "";
        proxy_set_header Upgrade $upgrade_to;
        proxy_set_header Connection $connection_is;
        proxy_redirect off;
        # A request that reached the app is never sent twice.
        proxy_next_upstream off;
        proxy_connect_timeout 5s;
        proxy_read_timeout 60s;
        proxy_send_timeout 60s;
        proxy_buffer_size 16k;
        proxy_buffers 8 16k;
        proxy_busy_buffers_size 32k;
    }
}
' > /srv/shop/releases/20261120-131502-abc1234/conf/nginx.conf
printf %s '{"allow": [], "files": {"20261120-131502-abc1234.web": "/srv/shop/supervisor.d/20261120-131502-abc1234.web.conf"}, "grace": 10, "health": "/healthz", "host": "www.example.org", "https": false, "https_redirect": false, "log": "/srv/shop/log/web.20261120-131502-abc1234.log", "marks": "/srv/shop/releases/20261120-131502-abc1234/run", "programs": ["20261120-131502-abc1234.web"], "socket": "/srv/shop/releases/20261120-131502-abc1234/run/web.1.sock", "sockets": {"20261120-131502-abc1234.web": "/srv/shop/releases/20261120-131502-abc1234/run/web.1.sock"}, "supervisor": "/srv/shop/run/supervisor.sock", "timeout": 30, "wait": 10, "web": "20261120-131502-abc1234.web", "workers": 2}
' > /srv/shop/releases/20261120-131502-abc1234/conf/boot.json
printf %s '{"health": "/healthz", "host": "www.example.org", "https": false, "https_redirect": false, "timeout": 30}
' > /srv/shop/releases/20261120-131502-abc1234/conf/ask.json
printf %s 'GET /healthz HTTP/1.0
Host: www.example.org
X-Forwarded-Proto: http
X-Forwarded-For: 127.0.0.1
User-Agent: slipway
Accept: */*
Connection: close

' > /srv/shop/releases/20261120-131502-abc1234/conf/ask.http
printf %s '; Slipway wrote this for shop, release 20261120-131502-abc1234: one supervisor program a file.
[program:20261120-131502-abc1234.web]
command=/srv/shop/releases/20261120-131502-abc1234/conf/run gunicorn -c /srv/shop/releases/20261120-131502-abc1234/conf/gunicorn.conf.py --bind unix:/srv/shop/releases/20261120-131502-abc1234/run/web.1.sock shop.wsgi:application
directory=/srv/shop/releases/20261120-131502-abc1234/app
autostart=true
autorestart=true
; One that ends sooner than startsecs is started again after a pause, which grows by a second each time; it is not given up.
startsecs=5
startretries=1000000
umask=022
stopsignal=TERM
stopwaitsecs=35
killasgroup=true
redirect_stderr=true
stdout_logfile=/srv/shop/log/web.20261120-131502-abc1234.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
' > /srv/shop/releases/20261120-131502-abc1234/conf/web.program
printf %s '; Slipway wrote this for shop, release 20261120-131502-abc1234: one supervisor program a file.
[program:20261120-131502-abc1234.mails]
command=/srv/shop/releases/20261120-131502-abc1234/conf/run sh -c '"'"'exec python manage.py mails'"'"'
directory=/srv/shop/releases/20261120-131502-abc1234/app
autostart=true
autorestart=true
; One that ends sooner than startsecs is started again after a pause, which grows by a second each time; it is not given up.
startsecs=5
startretries=1000000
umask=022
stopsignal=TERM
stopwaitsecs=35
killasgroup=true
redirect_stderr=true
stdout_logfile=/srv/shop/log/mails.20261120-131502-abc1234.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
' > /srv/shop/releases/20261120-131502-abc1234/conf/mails.program
printf %s '{"files": {"20261120-131502-abc1234.mails": "/srv/shop/supervisor.d/20261120-131502-abc1234.mails.conf"}, "grace": 10, "logs": {"20261120-131502-abc1234.mails": "/srv/shop/log/mails.20261120-131502-abc1234.log"}, "programs": ["20261120-131502-abc1234.mails"], "socket": null, "supervisor": "/srv/shop/run/supervisor.sock", "timeout": 35, "wait": 10}
' > /srv/shop/releases/20261120-131502-abc1234/conf/workers.json
printf %s '' > /srv/shop/releases/20261120-131502-abc1234/conf/notes
printf %s 'from __future__ import annotations


import hashlib
import os
import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

DEFAULTS = (
    *("change-me", "changeme", "change_me", "changeit", "replace-me", "secret", "secret-key", "secret_key", "insecure"),
    *("dev", "your-secret-key", "your_secret_key", "your-secret-key-here", "super-secret", "supersecret"),
)
LONG = 16  # characters of a text that no source has by chance
SOURCE_BYTES = 1 << 20  # bytes
CONFIGURATION = (".env", ".toml", ".yaml", ".yml", ".json", ".ini", ".cfg", ".conf")
DEPTH = 6  # of middleware around an app
DEBUG = "DEBUG is on: visitors would see settings and source code. Switch it off for the host ({how})."
KNOWN = (
    "{what}: whoever reads it can forge sessions and sign in as anybody. Take it from the environment: "
    "`SECRET_KEY = {{ generate = 50 }}` in [env] of the inventory has one made."
)

def look(app: Any, tree: str) -> dict[str, Any]:
    risks: dict[str, str] = {}
    keys: dict[str, str] = {}
    for name, value, debug, how in facts(app):
        if debug:
            risks["debug"] = DEBUG.format(how=how)
        if value:
            keys[name] = digest(value)
            where = known(name, value, tree)
            if where:
                risks["committed-secret-key"] = KNOWN.format(what=where)
    return {"risks": risks, "keys": keys}

def digest(key: Any) -> str:
    return hashlib.sha256(b"slipway " + as_bytes(key)).hexdigest()

def facts(app: Any) -> Iterator[tuple[str, Any, bool, str]]:
    conf = sys.modules.get("django.conf")
    if conf and conf.settings.configured:
        settings = conf.settings
        yield "SECRET_KEY", settings.SECRET_KEY, bool(settings.DEBUG), "Django: DEBUG = False"
    for one in layers(app):
        modules = {kind.__module__.split(".")[0] for kind in type(one).__mro__}
        if modules & {"flask", "quart"}:
            yield "secret_key", one.secret_key, bool(one.debug), "Flask: app.debug, FLASK_DEBUG"
        elif modules & {"starlette", "fastapi"} and hasattr(one, "user_middleware"):
            yield "", None, bool(one.debug), "debug=False where the app is made"
            for middleware in one.user_middleware:
                options = getattr(middleware, "kwargs", None) or getattr(middleware, "options", {})
                yield "secret_key", options.get("secret_key"), False, ""

def layers(app: Any) -> Iterator[Any]:
    for _ in range(DEPTH):
        if app is None:
            return
        yield app
        inner = vars(app) if hasattr(app, "__dict__") else {}
        app = next((inner[name] for name in ("app", "wsgi_app", "application", "asgi_app") if inner.get(name)), None)

def as_bytes(key: Any) -> bytes:
    return key if isinstance(key, bytes) else str(key).encode("utf-8", "surrogateescape")

def known(name: str, key: Any, tree: str) -> str:
    place = committed(as_bytes(key), tree)
    if place:
        return f"{name} stands in the committed source ({place})"
    if as_bytes(key).decode("utf-8", "replace").strip().lower() in DEFAULTS:
        return f"{name} is a well-known default"
    return ""

def committed(key: bytes, tree: str) -> str:
    escaped = repr(key)[2:-1].encode()
    forms = {b"'"'"'%b'"'"'" % key, b'"'"'"%b"'"'"' % key, b"'"'"'%b'"'"'" % escaped, b'"'"'"%b"'"'"' % escaped}
    assigned = re.compile(rb"[=:][ \t]*%b[ \t]*\r?$" % re.escape(key), re.MULTILINE)
    top = os.path.realpath(tree) + os.sep
    for path in files(top):
        try:
            with open(path, "rb") as file:
                text = file.read(SOURCE_BYTES)
        except OSError:
            continue
        places = [text.find(form) for form in forms if form in text]
        if not path.endswith(".py"):
            places += [match.start() for match in assigned.finditer(text)]
        for at in sorted(places):
            line = text[text.rfind(b"\n", 0, at) + 1 : (text.find(b"\n", at) + 1 or len(text) + 1) - 1]
            if len(key) >= LONG or b"secret" in line.lower():
                return f"{path[len(top) :]}:{text.count(bytes([10]), 0, at) + 1}"
    return ""

def files(top: str) -> Iterator[str]:
    loaded = {str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())}
    modules = sorted(path for path in map(os.path.realpath, loaded) if path.startswith(top) and path.endswith(".py"))
    yield from modules
    for folder in dict.fromkeys([top.rstrip(os.sep), os.getcwd(), *map(os.path.dirname, modules)]):
        for name in sorted(os.listdir(folder)) if os.path.realpath(folder + os.sep + "x").startswith(top) else ():
            path = os.path.join(os.path.realpath(folder), name)
            wanted = name.endswith(CONFIGURATION) or name.startswith((".env", ".flaskenv"))
            if wanted and os.path.isfile(path) and not os.path.islink(path):
                yield path
' > /srv/shop/releases/20261120-131502-abc1234/conf/app_risks.py
follow venv_name /srv/shop/releases/20261120-131502-abc1234/venv
checked="DIGEST ../../venvs/$venv_name" known=
[[ ! -s /srv/shop/current/conf/checked ]] || IFS= read -r known < /srv/shop/current/conf/checked
if [[ no == yes || $known != "$checked" ]]; then
if ! { printf '%s\n' "$BASHPID"; exec sudo -n -u shop -- /srv/shop/releases/20261120-131502-abc1234/conf/run gunicorn --check-config -c /srv/shop/releases/20261120-131502-abc1234/conf/gunicorn.conf.py shop.wsgi:application 2>&1; } | SLIPWAY_NONCE=${nonce-} python3 -I -S /dev/fd/3 '{"facts": {}, "mute": true}' '{"sender": true}' 3<<'SLIPWAY_RECEIVER'
...
SLIPWAY_RECEIVER
then
  codes=("${PIPESTATUS[@]}")
  ((codes[0])) || codes[0]=1
  mark error "${codes[0]}" 'gunicorn --check-config -c /srv/shop/releases/20261120-131502-abc1234/conf/gunicorn.conf.py shop.wsgi:application'
  exit "${codes[0]}"
fi
nginx_says() { sed -nE 's/.*\[emerg\] ([0-9]+#[0-9]+: )?//p' <<< "$1" | head -n 1; }
if nginx=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v nginx); then (
  site=/srv/shop/releases/20261120-131502-abc1234/conf/nginx.conf check=$(mktemp -d)
  trap 'rm -rf -- "$check"' EXIT
  # Line by line, so that the lines that nginx names are those of the site.
  # Our own certificates are root's to read, so nothing speaks TLS in the copy of a site that names one.
  tls=$(grep -cE '^ *ssl_certificate +/opt/slipway/tls/' "$site" || true)
  awk -v folder="$check" -v tls="$tls" '/^[ \t]*listen +\[::\]/ { $0 = "" }
    tls && /^[ \t]*listen / { gsub(/ (ssl|http2)/, "") }
    /^[ \t]*ssl_certificate(_key)? +\/opt\/slipway\/tls\// { $0 = "" }
    /^[ \t]*include +\/opt\/slipway\/tls\/.*\/peers\.conf;/ { $0 = "server 127.0.0.1:1;" }
    { sub(/^[ \t]*listen +[^ ;]+/, "listen unix:" folder "/" NR)
      sub(/^[ \t]*access_log .*/, "access_log off;"); sub(/^[ \t]*error_log .*/, "error_log stderr;"); print }' \
    "$site" > "$check/site.conf"
  { printf 'pid %s/pid; error_log stderr; events { }\nhttp {\n' "$check"
    for kind in client_body proxy fastcgi uwsgi scgi; do printf '%s_temp_path %s/%s;\n' $kind "$check" $kind; done
    grep -q server_names_hash_bucket_size "$site" || echo 'server_names_hash_bucket_size 512;'
    printf 'include /etc/nginx/mime.type[s];\ninclude %s/site.conf;\n}\n' "$check"
  } > "$check/nginx.conf"
  if ! said=$("$nginx" -t -q -p "$check" -c "$check/nginx.conf" 2>&1) && [[ $said != *'Permission denied'* ]]; then
    fail "nginx refuses the site: $(nginx_says "${said//"$check/site.conf"/$site}")"
  fi
) fi
fi
printf '%s\n' "$checked" > /srv/shop/releases/20261120-131502-abc1234/conf/checked
without_ipv6() { # FILE: sets text
  local line
  text=
  while IFS= read -r line; do [[ $line == *'listen [::]:'* ]] || text+=$line$'\n'; done < "$1"
}
if [[ -r /etc/nginx/sites-available/slipway-shop.conf ]]; then
  without_ipv6 /etc/nginx/sites-available/slipway-shop.conf
  installed=$text
  without_ipv6 /srv/shop/releases/20261120-131502-abc1234/conf/nginx.conf
  # Where the first lines differ, the survey has told in which names and ports.
  if [[ $installed == '# serves:'* && ${installed%%$'\n'*} != "${text%%$'\n'*}" ]]; then :
  elif [[ $text != "$installed" ]]; then note nginx-site-differs 'nginx'"'"'s site is not what the inventory says: `fab provision --hosts=web1` fixes that'; fi
fi
