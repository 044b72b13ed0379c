"""Opens interactive shells on a host, by the system's own ssh client, which has a real terminal."""

from __future__ import annotations

import json
from pathlib import Path

from slipway.core.errors import UsageError
from slipway.core.shell import Script, command_line, sh
from slipway.inventory import Host
from slipway.inventory.host import LAB_UP
from slipway.model.hosts_to_targets import layout_of
from slipway.steps.common import as_user_of
from slipway.steps.oneoff_tasks import OneOffCommand, history
from slipway.steps.revert_journal import BY_ITSELF


def client(host: Host, tty: bool) -> list[str]:
    """The words that open a connection with OpenSSH as the fleet does: login, port, key, known hosts, gateway.

    Args:
        tty: whether somebody sits at a terminal; without one, input is passed on as it is.

    Raises:
        UsageError: the host is one of a lab that is not running.
    """
    if host.lab_trouble:
        raise UsageError(host.lab_trouble, hint=LAB_UP)
    options = _options(host)
    words = ["ssh", "-tt" if tty else "-T", *options]
    if host.port:
        words += ["-p", str(host.port)]
    if host.gateway:
        # Not -J, whose own connection knows nothing of the key and the known hosts given here.
        words += ["-o", f"ProxyCommand={command_line(['ssh', *options, '-W', '[%h]:%p', *_gateway(host.gateway)])}"]
    return [*words, "-l", host.user, "--", host.target]


def _options(host: Host) -> list[str]:
    words = ["-o", f"StrictHostKeyChecking={'accept-new' if host.host_keys == 'accept-new' else 'yes'}"]
    if host.ssh_config:
        words += ["-F", str(host.ssh_config)]
    if host.known_hosts:
        words += ["-o", f'UserKnownHostsFile="{_literal(host.known_hosts)}"']
    if host.identity:
        words += ["-i", str(host.identity), "-o", "IdentitiesOnly=yes"]
    return words


def _gateway(text: str) -> list[str]:
    """`[user@]host[:port]` as words for ssh."""
    login, at, place = text.rpartition("@")
    name, colon, port = place.rpartition(":")
    plain = not colon or not port.isdigit() or (":" in name and not name.startswith("["))
    words = [] if plain else ["-p", port]
    return [*words, *(["-l", login] if at else []), (place if plain else name).strip("[]")]


def _literal(path: Path) -> str:
    return str(path).replace("%", "%%")


def in_release(host: Host, words: Script) -> str:
    """What runs on the host: a command in the current release, with its venv and env, as the app's user."""
    layout = layout_of(host)
    script = sh(
        """
release=$(readlink -f -- {{current}}) && [ -e "$release/conf/run" ] || {
  echo {{nothing}} >&2
  exit 1
}
exec {{user}} "$release/conf/run" {{words}}""",
        current=layout.current,
        nothing=f"error: {host.name}: nothing has been deployed here yet: run `fab deploy` first",
        user=as_user_of(host),
        words=words,
    )
    return command_line(["sh", "-c", script.text])


def command(host: Host, order: OneOffCommand) -> str:
    """A command in the current release at a terminal. When it ends, also by a lost connection, the host records it.

    The trap catches SIGHUP without having the command ignore it.
    """
    layout = layout_of(host)
    facts = {key: value for key, value in history(layout, order).facts.items() if key not in ("id", "detached")}
    line = json.dumps({**facts, "by": BY_ITSELF}, sort_keys=True)
    script = sh(
        """
trap : HUP INT
code=0
{{command}} || code=$?
if [ "$code" = 0 ]; then outcome=ok; else outcome=failed; fi
printf '%s, "outcome": "%s"}\\n' {{line}} "$outcome" >> {{history}}
exit "$code"
""",
        command=Script(in_release(host, sh("sh -c {{line}}", line=order.command))),
        line=line[:-1],
        history=layout.history,
    )
    return command_line(["sh", "-c", script.text])


def shell(host: Host, tty: bool) -> str:
    """A shell in the current release. No rc file is read, which may put another Python first."""
    prompt = rf"\[\e[1m\]{host.app.name}@{host.name}\[\e[0m\] \W\$ "
    if not tty:
        return in_release(host, Script("bash --norc"))
    return in_release(host, sh("env PS1={{prompt}} bash --norc -i", prompt=prompt))


def console(host: Host, tty: bool) -> str:
    """Django's shell where the release is a Django app, else python."""
    django = sh('grep -qs {{kind}} "$top/release.json"', kind='"kind": "django"')
    line = sh(
        "top=${VIRTUAL_ENV%/venv}; if [ -e manage.py ] && {{django}}; then exec python manage.py shell; fi; {{python}}",
        django=django,
        python=Script("exec python -i" if tty else "exec python -"),
    )
    return in_release(host, sh("sh -c {{line}}", line=line.text))
