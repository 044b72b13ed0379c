"""Collects static files, once for all releases whose files are provably the same; nginx serves them."""

from __future__ import annotations

import hashlib
import json

from slipway.core.shell import Script, piped, python, sh
from slipway.inventory.web_servers import SERVERS
from slipway.model.step import Step, Target
from slipway.remote import program
from slipway.steps import skip_unchanged_commands
from slipway.steps.common import as_app, remote
from slipway.steps.server_command import runs_gunicorn


def collect(target: Target) -> Step:
    """Run Django's collectstatic, or share the folder of the current release.

    The app's user collects into a folder of its own and hands the files over by a pipe: `static/ID/files`, which
    nginx serves, is never the app's to write, so that no later command and no later release changes what this one has.
    The release's `conf/` keeps `static.proof` (what the files depend on), `static.place` (where the app itself looks
    for them inside its source, STATIC_ROOT, which becomes a link) and `static.links` (what nginx serves besides).

    The settings are judged on the way: DEBUG, and a SECRET_KEY that is none. Where nothing is collected they are judged
    all the same, unless gunicorn's workers do so when they boot.
    """
    served = target.app.web and target.detected.kind == "django"
    if not served or (not target.app.static and workers_look(target)):
        return Step("static", "collect static files", Script(""))
    title = "collect static files" if target.app.static else "look at the settings"
    return Step("static", title, _collect(target))


def workers_look(target: Target) -> bool:
    """Whether each web worker looks for risks when it has loaded the app, as Slipway's own gunicorn.conf.py says.

    A template of the user's own is not rendered for that: it is known by what it extends, or defines itself.
    """
    if not runs_gunicorn(target.app):
        return False
    own = target.templates and target.templates / "gunicorn.conf.py.j2"
    text = own.read_text("utf-8", "replace") if own and own.is_file() else "extends"
    return "extends" in text or "def post_worker_init(" in text


# nginx follows a link only to what belongs to the link's own owner. A link of the account that deploys leads to this
# app's own folders that the app cannot replace, and to nothing else: other apps' folders belong to that account, too,
# and the app may put a link to them in the place of anything in shared/. All other links belong to the app, so that
# nginx follows them to what the app made.
_FUNCTIONS = Script(
    """
carry() { # FILE COPY
  local kept=()
  mapfile kept < "$1"
  printf %s "${kept[@]}" > "$2"
}
owner_of_link() { # TARGET: sets owner to whose a link to it must be
  local here=$PWD inside=${1#"$app_base"} real= there=
  owner=app
  if [[ $1 != "$inside" && -O $1 && $inside == /@(shared|releases/*/app/?*|static/?*) ]]; then
    cd -P -- "$app_base" && real=$PWD && cd -P -- "$1" && there=$PWD
    cd -- "$here"
    [[ $there != "$real$inside" ]] || owner=deploy
  fi
}
same_owners() { # FILE
  local to was owner
  while IFS=$'\\t' read -r _ to was; do
    owner_of_link "$to"
    [[ $owner == "$was" ]] || return 1
  done < "$1"
}
inside_release() { # FOLDER PATH: makes the path's parents, none of which may be a link
  local place=$1 rest=$2
  while [[ $rest == */* ]]; do
    place+=/${rest%%/*} rest=${rest#*/}
    [[ ! -L $place ]] || fail "STATIC_ROOT ($2) lies below a link (${place#"$1"/}): put it elsewhere in the source"
    [[ -d $place ]] || mkdir "$place"
  done
}""".strip()
)


def _collect(target: Target) -> Script:
    current, conf = target.layout.current / "conf", target.paths.conf
    what = f"static {_digest(target)}"
    return sh(
        """
{{prepare}}
app_base={{base}}
{{functions}}
if {{proven}} && same_owners {{old}}.links; then
  follow collected {{serving}}
  for part in proof place links; do carry {{old}}.$part {{new}}.$part; done
  [[ ! -e {{old}}.told ]] || carry {{old}}.told {{new}}.told
else
{{collect}}
  collected={{id}}
fi
ln -sT ../../static/"$collected" {{static}}
ln -sT static/files {{public}}
{{media}}
if [[ -s {{new}}.place ]]; then
  { read -r inside; read -r name; } < {{new}}.place
  inside_release {{app}} "$inside"
  place={{app}}/$inside
  [[ ! -e $place && ! -L $place ]] || rm -rf "$place"
  ln -sT {{public}}/"$name" "$place"
fi""",
        prepare=skip_unchanged_commands.prepare(target),
        base=target.layout.base,
        functions=_FUNCTIONS,
        proven=skip_unchanged_commands.proven(target, current / "static.proof", what),
        old=current / "static",
        new=conf / "static",
        serving=target.layout.current / "static",
        collect=_collect_anew(target, what),
        id=target.release.id,
        static=target.paths.static,
        public=target.paths.public,
        media=_media(target),
        app=target.paths.app,
    )


def _collect_anew(target: Target, what: str) -> Script:
    """Have the app's user collect, and take over what it hands over."""
    folder = target.layout.static / target.release.id
    options = {
        "tree": str(target.paths.app),
        "shared": str(target.layout.shared),
        "domains": list(target.app.domains or [target.host.target]),
        "https": target.app.by_https,
        "own_server": target.app.web_process.command is not None or not SERVERS[target.app.server_name].reads_scheme,
        "allow": list(target.app.allow),
        "commands": list(target.app.static_commands),
        **({} if target.app.static else {"nothing": True}),
        **({} if workers_look(target) else {"compare_keys": True}),
    }
    received = {
        "folder": str(folder),
        "tree": str(target.paths.app),
        "shared": str(target.layout.shared),
        "linked": list(_linked(target)),
        "told": str(target.layout.current / "conf" / "static.told"),
    }
    user = as_app(target)
    python = sh("{{user}} {{launcher}} python", user=user, launcher=target.paths.launcher)
    return sh(
        """
  mkdir {{folder}}
  chmod 2751 {{folder}}
{{collecting}}
  while IFS=$'\\t' read -r name to; do
    place={{files}}/$name
    [[ -d ${place%/*} ]] || (umask 022; mkdir -p "${place%/*}")
    [[ ! -e $place && ! -L $place ]] || rm -rf "$place"
    owner_of_link "$to"
    if [[ $owner == deploy ]]; then
      ln -sT "$to" "$place"
    else
      {{user}} ln -sT "$to" {{run}}/static-link
      mv -T {{run}}/static-link "$place"
      [[ -L $place ]] || fail "{{run}} was changed while static files were collected: deploy again"
      [[ {{rootless}} == yes || ! -O $to ]] || note media-owner "$to {{owned}}"
    fi
    printf '%s\\t%s\\t%s\\n' "$name" "$to" "$owner"
  done < {{folder}}/links > {{new}}.links
  carry {{folder}}/place {{new}}.place
  carry {{folder}}/told {{new}}.told
  : > {{new}}.proof
  [[ ! -e {{folder}}/read ]] || {{keep}}""",
        folder=folder,
        files=folder / "files",
        user=user,
        collecting=piped(
            (program("django.collectstatic"), options, python),
            (program("django.receive_static_from_app"), received),
        ),
        run=target.paths.run,
        rootless="yes" if target.host.rootless else "no",
        owned=Script(
            "belongs to the account that deploys, and nginx serves uploads from folders of the app alone: "
            "have it in shared/, where \\`fab provision\\` gives it to the app"
        ),
        new=target.paths.conf / "static",
        keep=skip_unchanged_commands.keep(target, target.paths.conf / "static.proof", what, folder / "read"),
    )


def _media(target: Target) -> Script:
    """What nginx shall serve out of shared/, such as uploads, it must be able to enter, by all the folders above it."""
    links = f"{target.paths.conf}/static.links"
    options = {"shared": str(target.layout.shared), "links": links}
    own_python = sh("{{user}} python3 -I -S", user=as_app(target))
    return sh(
        """
above=()
while IFS=$'\\t' read -r _ to _; do
  [[ $to == {{shared}}/* && -d $to ]] || continue
  while [[ $to != {{shared}} ]]; do above+=("$to"); to=${to%/*}; done
done < {{links}}
if ((${#above[@]})) && [[ $(exec stat -c %A -- "${above[@]}")$'\\n' == *[!xt]$'\\n'* ]]; then
{{open}}
{{open_as_app}}
fi""",
        shared=target.layout.shared,
        open=remote("host.open_served_folders", options),
        open_as_app=python(program("host.open_served_folders"), options, own_python)
        if not target.host.rootless
        else Script(""),
        links=links,
    )


def _linked(target: Target) -> tuple[str, ...]:
    """Paths in the source that lead into shared/."""
    return tuple(place.path for place in target.shared_places)


def _digest(target: Target) -> str:
    """Stands for the settings that decide what is collected, and where it is put."""
    parts: list[object] = [sorted(_linked(target)), list(target.app.static_commands)]
    judged: list[object] = [sorted(target.app.allow), not target.app.static, not workers_look(target)]
    parts += judged if any(judged) else []
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
