"""Has nginx take long domains, where the app has one: nginx as it is installed refuses them."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.provision.target import Site
from slipway.render.nginx_site import LONG_NAMES, server_names

LONGEST = 40  # characters of a name that nginx takes as it is installed, whatever the processor


def long_names(site: Site) -> Script:
    """Write the setting, unless somebody has set it already; `added` names the file until nginx has agreed."""
    if all(len(name) <= LONGEST for name in server_names(site.app, site.host)):
        return Script("")
    return sh(
        """
names={{file}}
if [[ ! -e $names ]] && ! grep -rqsE '^[[:space:]]*server_names_hash_bucket_size' \\
    /etc/nginx/nginx.conf /etc/nginx/conf.d "$enabled/" && [[ $site_text != *server_names_hash_bucket_size* ]]; then
  printf '%s\\n' {{line}} > "$names"
  added=$names
  touch "$unread"
  fact changed "nginx setting for long names"
fi""",
        file="/etc/nginx/conf.d/slipway-names.conf",
        line=LONG_NAMES,
    )
