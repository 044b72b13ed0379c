"""Configuration of the bench: like what lands on hosts, without what needs root."""

from __future__ import annotations

SUPERVISORD = """[supervisord]
nodaemon=true
user={user}
logfile={base}/log/supervisord.log
pidfile={base}/run/supervisord.pid
[unix_http_server]
file={base}/run/supervisor.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[include]
files = {base}/supervisor.d/*.conf
"""

PROGRAM = """[program:{name}]
command={command}
directory={directory}
environment={environment}
autorestart=true
startsecs={startsecs}
startretries=1
stopwaitsecs=20
killasgroup=true
redirect_stderr=true
stdout_logfile={base}/log/{name}.log
"""

GUNICORN = """import json, os, pathlib, runpy
bind = "unix:{run}/web.sock"
workers = {workers}
graceful_timeout = 15
timeout = 30
def post_worker_init(worker):
    found = runpy.run_path("{run}/../app_risks.py")["look"](worker.wsgi, "{run}/../app")
    pathlib.Path("{run}", f"worker-{{os.getpid()}}.new").write_text(json.dumps(found))
    os.rename(f"{run}/worker-{{os.getpid()}}.new", f"{run}/worker-{{os.getpid()}}")
"""
