"""Says it where the kernel does not enforce the limits that the inventory has: only provision may set them."""

from __future__ import annotations

from types import MappingProxyType

from slipway.core.shell import Script, join, sh
from slipway.model.step import Target

PAGE = 4096  # the kernel counts memory in pages
UNITS = MappingProxyType({"k": 1 << 10, "m": 1 << 20, "g": 1 << 30})


def check_limits(target: Target) -> Script:
    """Compare `memory` and `cpu` of [app.limits] with what the control group of the app's unit says."""
    limits = target.app.limits
    wanted = {key: value for key, value in (("memory", limits.memory), ("cpu", limits.cpu)) if value}
    if not wanted:
        return Script("")
    if target.host.rootless:
        what = " and ".join(f"{key} = {value}" for key, value in wanted.items())
        return _note(f"{what} of [app.limits] is not enforced: only root can have the kernel do that")
    return sh(
        """
group=$(systemctl show -p ControlGroup --value {{unit}} 2> /dev/null) || group=
{{checks}}""",
        unit=f"slipway-{target.app.name}.service",
        checks=join(_check(target, key, value) for key, value in wanted.items()),
    )


def _check(target: Target, key: str, value: str) -> Script:
    """One limit. Without the control itself, as in a container that may not set any, provision would not help."""
    advice = f"fab provision --hosts={target.host.name}"
    return sh(
        """
now= controls=
[[ ! -e /sys/fs/cgroup$group/{{file}} ]] || read -r now < "/sys/fs/cgroup$group/{{file}}"
[[ ! -e /sys/fs/cgroup/cgroup.controllers ]] || read -r controls < /sys/fs/cgroup/cgroup.controllers
if [[ $now == {{wanted}} ]]; then :
elif [[ " $controls " == *" "{{key}}" "* ]]; then
  {{differs}}
else
  {{impossible}}
fi""",
        key=key,
        file=f"{key}.max",
        wanted=kernel_value(key, value),
        impossible=_note(
            f"{key} = {value} of [app.limits] is not enforced: the host has no control over it (cgroup v2)"
        ),
        differs=_note(f"{key} = {value} of [app.limits] is not in force yet: `{advice}` sets it"),
    )


def kernel_value(key: str, value: str) -> str:
    """A limit as systemd writes it into the control group."""
    if key == "cpu":
        return f"{int(value[:-1]) * 1000} 100000"
    return str(int(value[:-1]) * UNITS[value[-1].lower()] // PAGE * PAGE)


def _note(text: str) -> Script:
    return sh("note limits-not-enforced {{text}}", text=text)
