"""Fingerprints what makes up a release, so that a deploy finds out that a host serves the same already."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import PurePosixPath

from msgspec.structs import replace

from slipway.core.shell import sh
from slipway.model.step import Step, Target, compose
from slipway.render.templates import recipe
from slipway.steps import build_commands, config, env_file, operator_files, push_code, shared_links, static, venv
from slipway.steps.boot_and_switch import ask, watch_processes

FACT = "same"


def fingerprint(target: Target) -> str:
    """64 hex digits: the same for two releases if all that is done for them is the same, but for their id.

    Made from the scripts themselves, so that whatever a script comes to depend on counts; of the configuration only
    from what it is rendered from, all settings of the app among it. Files that are sent besides (`app.uploads`) are not
    known here: an app that has some is never the same. Settings that are kept on the hosts do not count: a deploy takes
    over those of the release with which it is compared.
    """
    target = replace(target.plain or target, offers=None, receives=None)
    configure = partial(config.write, fill=recipe)
    laid_down = (push_code.fetch, venv.build, build_commands.run, env_file.write)
    makes = (*laid_down, operator_files.write, shared_links.link, static.collect, configure)
    whole = [compose(tuple(make(target) for make in makes)).text, target.env_digest, str(target.app.migrate)]
    whole += sorted(target.app.once)  # a new one has to run
    if target.app.uploads:
        whole.append(f"{target.release.when}")
    return hashlib.sha256("\0".join(whole).replace(target.release.id, "ID").encode()).hexdigest()


def look(target: Target, known: Mapping[str, str]) -> Step:
    """Report the fact `same` as yes, if the current release is the same and answers through nginx.

    Args:
        known: the fingerprint of each host's release, by the host's name.
    """
    script = sh(
        """
if [[ -s {{mark}} && $(< {{mark}}) == {{fingerprint}} ]] && (
{{ask}}
) > /dev/null; then fact {{fact}} yes; fi""",
        mark=_mark(target.layout.current),
        fingerprint=known[target.host.name],
        ask=ask(target, target.layout.current / "conf") if target.app.web else watch_processes(target, 0),
        fact=FACT,
    )
    return Step("same", "see whether it is there already", script)


def keep(target: Target, known: Mapping[str, str]) -> Step:
    """Write the release's fingerprint down, see `look`."""
    mark = _mark(target.paths.path)
    script = sh("printf %s {{fingerprint}} > {{mark}}", fingerprint=known[target.host.name], mark=mark)
    return Step("fingerprint", "note what the release is made of", script)


def _mark(release: PurePosixPath) -> str:
    return str(release / "conf" / "fingerprint")
