"""Unplugs a container host's network for a test, and plugs it in again.

Taking the link down loses the default route, which is kept in a file meanwhile. (Blackhole routes would
stop only what the host sends: it would still receive and carry out what a cut-off client had sent.)
"""

from __future__ import annotations

PULL = """set -eu
routes=/run/slipway-lab.routes
if [ ! -e "$routes" ]; then ip -o route show default >"$routes"; fi
for link in $(ls /sys/class/net); do
  if [ "$link" != lo ]; then ip link set dev "$link" down; fi
done
"""

PLUG = """set -eu
routes=/run/slipway-lab.routes
for link in $(ls /sys/class/net); do ip link set dev "$link" up; done
if [ -e "$routes" ]; then
  while read -r route; do ip route replace $route; done <"$routes"
  rm "$routes"
fi
"""
