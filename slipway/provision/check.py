"""The last step: does what was set up answer?"""

from __future__ import annotations

from slipway.provision.site import Site
from slipway.shell import sh
from slipway.sites import server_names, sockets
from slipway.step import Step

TIMEOUT = 15  # seconds


def check(site: Site) -> Step:
    """Ask supervisord and nginx; nginx by a path that it answers itself, so that the app hears nothing of it."""
    address, _, port = sockets(site.app, site.host)[0].rpartition(":")
    return Step(
        "check",
        "ask supervisord and nginx",
        sh(
            r"""
log={{log}}
python3 -I - {{socket}} {{timeout}} <<'SLIPWAY_PROGRAM' || fail "supervisord does not answer: see $log"
import socket, sys, time
deadline = time.monotonic() + float(sys.argv[2])
while True:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(sys.argv[1])
            connection.sendall(b"GET /favicon.ico HTTP/1.0\r\n\r\n")
            if connection.recv(5) == b"HTTP/":
                sys.exit(0)
    except OSError as error:
        if time.monotonic() > deadline:
            sys.exit(f"{sys.argv[1]}: {error}")
    time.sleep(0.05)
SLIPWAY_PROGRAM
name={{name}} port={{port}}
ask() (
  exec 3<> /dev/tcp/{{address}}/$port
  printf 'GET /.slipway HTTP/1.0\r\nHost: %s\r\n\r\n' "$name" >&3
  IFS= read -r -t {{timeout}} answer <&3 && [[ $answer == *' 404 '* ]]
) 2> /dev/null
if [[ {{nginx}} == yes || -e {{running}} ]]; then
  for try in {1..40}; do
    if ask; then break; fi
    ((try < 40)) || fail "nginx does not answer for $name on port $port"
    sleep 0.05
  done
fi""",
            socket=site.layout.supervisor_socket,
            timeout=TIMEOUT,
            log=site.layout.log / "supervisord.log",
            address=address or "127.0.0.1",
            port=port or sockets(site.app, site.host)[0],
            nginx="no" if site.host.rootless else "yes",
            running=site.home / "nginx" / "nginx.pid",
            name=server_names(site.app, site.host)[0].replace("*", "slipway"),
        ),
    )
