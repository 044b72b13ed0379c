"""Collects static files, once for all releases whose files are provably the same; nginx serves them."""

from __future__ import annotations

from slipway.core.shell import Script, sh
from slipway.model.step import Step, Target
from slipway.steps import unchanged
from slipway.steps.common import remote_in_release


def collect(target: Target) -> Step:
    """Run Django's collectstatic, or share the folder of the current release.

    A folder `static/ID/` holds `files/` (what nginx serves below `public`), `links` (those among them), `inputs` (the
    proof) and `link`: where the app itself looks for the files inside its source (STATIC_ROOT), which becomes a link.
    """
    wanted = target.app.static and target.detected.kind == "django"
    return Step("static", "collect static files", _collect(target) if wanted else Script(""))


def _collect(target: Target) -> Script:
    folder = target.layout.static / target.release.id
    current = target.layout.current / "static"
    options = {
        "tree": str(target.paths.app),
        "root": str(folder / "files"),
        "domains": list(target.app.domains or [target.host.target]),
        "https": target.app.https,
        "record": str(folder / "read"),
        "link": str(folder / "link"),
    }
    return sh(
        """
{{prepare}}
if {{proven}}; then
  follow collected {{current}}
else
  mkdir -p {{folder}} {{files}}
  chmod 2771 {{folder}}
  chmod 2775 {{files}}
{{program}}
  [[ ! -e {{read}} ]] || {{keep}}
  find {{files}} -maxdepth 3 -type l > {{folder}}/links
  collected={{id}}
fi
ln -sT ../../static/"$collected" {{static}}
ln -sT static/files {{public}}
# What nginx shall serve out of shared/, such as uploads, it must be able to enter.
if [[ -s {{static}}/links ]]; then
  while IFS= read -r link; do
    folder=$(readlink -f "$link")
    [[ $folder == {{shared}}/* && -O $folder && -d $folder ]] || continue
    [[ $(stat -c %A "$folder") == *x ]] || find "$folder" -uid "$EUID" -exec chmod o+rX {} +
  done < {{static}}/links
fi
if [[ -s {{static}}/link ]]; then
  { read -r inside; read -r name; } < {{static}}/link
  place={{app}}/$inside
  [[ ! -e $place && ! -L $place ]] || rm -rf "$place"
  [[ -d ${place%/*} ]] || mkdir -p "${place%/*}"
  ln -sT {{public}}/"$name" "$place"
fi""",
        prepare=unchanged.prepare(target),
        proven=unchanged.proven(target, current / "inputs", "static"),
        current=current,
        static=target.paths.static,
        folder=folder,
        files=folder / "files",
        program=remote_in_release(target, "django.collectstatic", options),
        read=folder / "read",
        keep=unchanged.keep(target, folder / "inputs", "static", folder / "read"),
        id=target.release.id,
        shared=target.layout.shared,
        public=target.paths.public,
        app=target.paths.app,
    )
