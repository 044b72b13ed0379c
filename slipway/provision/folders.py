"""Creates the app's folders, each with the owner and mode that it needs."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.model.release_layout import RUN_MODE
from slipway.model.step import Step
from slipway.provision.nginx import NGINX_ACCOUNT
from slipway.provision.target import Site

# 2xxx: what is made inside belongs to the app's group. The last digit is for whoever got into the app's folder, which
# is nginx alone: 1 lets it through to what it knows the name of (sockets, public files), 0 keeps it out.
PRIVATE = "2700"  # deploys alone
SHUT = "2750"  # deploys write, the app reads
THROUGH = "2751"  # the same, and nginx passes through
OPEN = "2770"  # the app writes too
OPEN_THROUGH = "2771"  # the app writes, nginx passes through


def folders(site: Site) -> Step:
    """Make the folders of the app; all of them belong to the account that deploys."""
    layout = site.layout
    modes = {
        layout.releases: THROUGH,
        layout.static: THROUGH,
        layout.venvs: SHUT,
        layout.env: SHUT,
        layout.conf: SHUT,
        layout.programs: SHUT,
        # uv hardlinks from here, so the files are those of the venvs; but its locks are for everybody to write.
        layout.cache: PRIVATE,
        layout.repo: "0700",
        layout.shared: OPEN_THROUGH,
        layout.run: OPEN,
        layout.log: OPEN,
        layout.tasks: OPEN,
        layout.maintenance.folder: THROUGH,
    }
    private = site.host.rootless
    words = [word for path, mode in modes.items() for word in (str(path), "0700" if private else mode)]
    inside = sh(
        """
{{folder}}
set -- {{words}}
while (($#)); do folder "$1" "$2"; shift 2; done
if [[ -e {{lock}} && $(stat -c %a {{lock}}) != 600 ]]; then chmod 0600 {{lock}}; fact changed "mode of {{lock}}"; fi
{{sealed}}""",
        lock=layout.lock,
        folder=_FOLDER,
        words=words,
        sealed=Script("") if private else _sealed(site),
    )
    script = sh("{{base}}\n{{inside}}", base=_base(site), inside=site.as_login(inside))
    return Step("folders", "make the folders", script)


def _sealed(site: Site) -> Script:
    """Take what nginx serves of releases that an earlier version made out of the app's hands: static files, sockets.

    The link to uploads, which the app made, must be of the owner of what it leads to,
    or nginx does not follow it.
    """
    return sh(
        """
for collected in $(find {{static}} -mindepth 1 -maxdepth 1 -type d -user "$me" -perm /020); do
  chmod g-w "$collected"
  fact changed "mode of $collected"
  [[ -d $collected/files && -O $collected/files && ! -L $collected/files ]] || continue
  for link in "$collected"/files/*; do
    [[ -L $link ]] || continue
    to=$(readlink -f "$link") || continue
    if [[ $to == {{shared}}/* && -O $to ]]; then ln -sfnT -- "$to" "$link" || true; fi
  done
done
for run in {{releases}}/*/run; do
  if [[ -d $run && -O $run && ! -k $run ]]; then chmod {{run_mode}} "$run"; fact changed "mode of $run"; fi
done""",
        static=site.layout.static,
        shared=site.layout.shared,
        releases=site.layout.releases,
        run_mode=RUN_MODE,
    )


def _base(site: Site) -> Script:
    """The app's folder itself, which only root can make in /srv.

    Of all other accounts only nginx's passes through, by an access control list: so one folder closes everything in it,
    and neither nginx nor what runs of the app has to be started anew, as for a group.
    """
    if site.host.rootless:
        return sh(
            """
base={{base}}
if [[ ! -d $base || $(stat -c %a "$base") != 700 ]]; then
  mkdir -p "$base"
  chmod 00700 "$base"
  fact changed "folder $base"
fi""",
            base=site.layout.base,
        )
    return sh(
        """
{{nginx_account}}
base={{base}} owner={{owner}}
[[ -d $base ]] || (umask 022; mkdir -p -- "$base")
[[ $(stat -c '%U:%G' -- "$base") == "$owner" ]] || chown -- "$owner" "$base"
entry="user:$(nginx_account):--x"
if [[ $(stat -c %a -- "$base") == 2750 ]] && getfacl -cp -- "$base" | grep -qxF -- "$entry"; then :
elif said=$(setfacl -m "u::rwx,$entry,g::r-x,m::r-x,o::---" -- "$base" 2>&1); then
  chmod g+s -- "$base"
  fact changed "folder $base, for nginx alone"
elif [[ $said != *'not supported'* ]]; then
  fail "setfacl: $said"
else
  if [[ $(stat -c %a -- "$base") != 2751 ]]; then chmod 2751 -- "$base"; fact changed "folder $base"; fi
  note folder-not-closed {{not_closed}}
fi
# Folders that an earlier version made there: nginx serves uploads from those of the app alone. No link is followed.
if [[ -d {{shared}} ]] && cd -P -- {{shared}}; then
  given=$(find -P . -mindepth 1 -type d -user {{login}} -print -execdir chown -h -- {{user}} '{}' ';')
  cd /
  [[ ! $given ]] || fact changed "owner of folders in {{shared}}"
fi""",
        nginx_account=NGINX_ACCOUNT,
        base=site.layout.base,
        owner=f"{site.host.user}:{site.app.user}",
        shared=site.layout.shared,
        login=site.host.user,
        user=site.app.user,
        not_closed=f"the file system of {site.layout.base} has no access control lists: every account of this host can "
        "connect to the app's sockets, so other apps there can pretend to be nginx",
    )


# The group comes from the parent, which has the setgid bit; where a folder was made otherwise, it is set right.
_FOLDER = Script(
    """me=$(id -un)
folder() {
  local mode=${2#0} group
  group=$(stat -c %G -- "${1%/*}")
  if [[ ! -d $1 ]]; then
    mkdir -- "$1"
    fact changed "folder $1"
  elif [[ $(stat -c '%a %U:%G' -- "$1") != "$mode $me:$group" ]]; then
    [[ -O $1 ]] || fail "$1 belongs to $(stat -c %U -- "$1"): give it to $me, or move it away"
    fact changed "mode of $1"
  else
    return 0
  fi
  chgrp -- "$group" "$1"
  chmod -- "0$2" "$1"
}"""
)
