"""Runs lab hosts as containers with systemd and sshd: what podman and docker have in common."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from slipway.core.errors import SlipwayError

from . import container_labels, host_addresses, image, inotify_limit, network_cable
from .engine import Found, Lab, Say, Unfit
from .first_boot_files import host_files
from .host_addresses import HostAddress
from .probe_systemd import COMMAND, WITHOUT, boots, way_to_run
from .run_program import Answer, must, run
from .runtime_and_limits import Way, ways_here
from .ssh_keys import IDENTITY, KNOWN_HOSTS, host_pair
from .state import LabHost

HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
# From version 257 on, systemd loads the filters of system calls that a unit asks for while it still has this one.
SINCE_DEBIAN_13 = ("--cap-add", "SYS_ADMIN")
HTTP, HTTPS = 80, 443  # ports of the website in a container


class ContainerEngine:
    """The engine `binary`; a subclass says what differs in how systemd is run."""

    name = ""
    binary = ""
    remove_words: Sequence[str] = ()

    def __init__(self) -> None:
        self._globals: tuple[str, ...] = ()
        self._flags: tuple[str, ...] = ()
        self._image = ""
        self._trusts_ours = False

    def argv(self, *words: str) -> list[str]:
        """A command line of this engine."""
        return [self.binary, *words]

    def trouble(self) -> str:
        answer = run(self.argv("info"), timeout=20)
        return "" if answer.ok else answer.reason

    def ready(self, lab: Lab, count: int, say: Say) -> None:
        if short := inotify_limit.shortage(count):
            raise SlipwayError(short, hint=inotify_limit.remedy())
        try:
            made = image.ensure(self, lab.release, lab.folder / ".build", say)
            before, limits = way_to_run(self, self.ways(), made.name)
        except SlipwayError as error:
            raise Unfit(error.message, hint=error.hint) from None
        complaints: list[str] = []
        for boot in self.boot_flags():
            way = before, (*boot, *capabilities(lab.release), *limits)
            complaint = boots(self, way, made.name, self._container(lab, "probe"), f"{container_labels.LAB}={lab.id}")
            if not complaint:
                return self.choose_boot_flags(*way, made)
            complaints.append(complaint)
        raise Unfit(f"systemd does not boot in a container: {complaints[0]}", hint=WITHOUT)

    def boot_flags(self) -> Sequence[Sequence[str]]:
        """Flags with which systemd may boot in a container, the most modest first."""
        raise NotImplementedError

    def choose_boot_flags(self, before: tuple[str, ...], flags: tuple[str, ...], made: image.Image) -> None:
        """Make hosts in this way from now on: flags of the engine, flags of a container, and the image."""
        self._globals, self._flags = before, flags
        self._image, self._trusts_ours = made.name, made.extra > 0

    def ways(self) -> list[Way]:
        """Ways to run a container here, most likely first."""
        return ways_here(self.name)

    def found(self, lab: Lab) -> dict[str, Found]:
        return {
            host.name: host
            for host in container_labels.hosts(container_labels.inspect(self, f"{container_labels.LAB}={lab.id}"))
        }

    def held(self) -> set[HostAddress]:
        return {host.endpoint for host in container_labels.hosts(container_labels.inspect(self, container_labels.LAB))}

    def look(self, address: str, port: int) -> str:
        return host_addresses.look(address, port)

    def make(self, lab: Lab, name: str, endpoint: HostAddress) -> None:
        container = self._container(lab, name)
        # An address of its own has room for HTTPS, too, unless something of this machine listens there already.
        https = endpoint.http == HTTP and host_addresses.look(endpoint.address, HTTPS) == host_addresses.FREE
        must(self.create_argv(lab, name, endpoint, https), f"make {name}")
        public = (lab.folder / IDENTITY).with_suffix(".pub").read_bytes()
        data = host_files(host_pair(name), public, trusts_ours=self._trusts_ours)
        must(self.argv("cp", "-", f"{container}:/"), f"prepare {name}", data=data)
        must(self.argv("start", container), f"start {name}")

    def create_argv(self, lab: Lab, name: str, endpoint: HostAddress, https: bool = False) -> list[str]:
        """The command line that makes a host, not yet started; with `https`, port 443 is forwarded, too."""
        words = [*self._globals, "create", "--name", self._container(lab, name), "--hostname", name]
        for key, value in container_labels.labels(lab, name, endpoint).items():
            words += ["--label", f"{key}={value}"]
        words += ["-p", f"{endpoint.address}:{endpoint.ssh}:22", "-p", f"{endpoint.address}:{endpoint.http}:{HTTP}"]
        if https:
            words += ["-p", f"{endpoint.address}:{HTTPS}:{HTTPS}"]
        return self.argv(*words, *self._flags, self._image, *COMMAND)

    def start(self, lab: Lab, name: str) -> None:
        self._do(lab, name, "start")

    def restart(self, lab: Lab, name: str) -> None:
        self._do(lab, name, "restart", "-t", "10")

    def kill(self, lab: Lab, name: str) -> None:
        self._do(lab, name, "kill", "-s", "KILL")

    def pause(self, lab: Lab, name: str) -> None:
        self._do(lab, name, "pause")

    def unpause(self, lab: Lab, name: str) -> None:
        self._do(lab, name, "unpause")

    def disconnect(self, lab: Lab, name: str) -> None:
        self._inside(lab, name, "disconnect", network_cable.PULL)

    def reconnect(self, lab: Lab, name: str) -> None:
        self._inside(lab, name, "reconnect", network_cable.PLUG)

    def host_key(self, lab: Lab, name: str) -> str:
        container = self._container(lab, name)
        argv = self.argv("cp", f"{container}:{HOST_KEY}.pub", "-")
        return image.only_file(must(argv, f"read the host key of {name}").stdout)

    def log(self, lab: Lab, name: str) -> str:
        container = self._container(lab, name)
        inside = ("journalctl", "--no-pager", "-o", "cat", "-n", "15", "-p", "notice")
        answers = [run(self.argv("exec", container, *words), timeout=20) for words in (inside, ("ss", "-Hltn"))]
        answers.append(run(self.argv("logs", "--tail", "5", container), timeout=20))
        return "\n".join(text for answer in answers for text in (answer.text, answer.stderr.strip()) if text)

    def remove(self, lab: Lab, names: Collection[str]) -> None:
        for name in names:
            must(self.argv(*self.remove_words, self._container(lab, name)), f"remove {name}")

    def clear(self, lab: Lab, keep_image: bool) -> None:
        left = [f"{container_labels.LAB}={lab.id}", f"{container_labels.LAB}={image.BUILD}"]
        for container in (container for label in left for container in container_labels.inspect(self, label)):
            run(self.argv(*self.remove_words, container["Id"]))
        if not keep_image:
            image.remove(self)

    def describe(self, lab: Lab, found: Found) -> LabHost:
        return LabHost(
            name=found.name,
            address=found.endpoint.address,
            port=found.endpoint.ssh,
            http_port=found.endpoint.http,
            admin="root",
            identity=str(lab.folder / IDENTITY),
            known_hosts=str(lab.folder / KNOWN_HOSTS),
            engine=self.name,
            container=found.container or self._container(lab, found.name),
        )

    def _container(self, lab: Lab, name: str) -> str:
        return f"slipway-{lab.id}-{name}"

    def _do(self, lab: Lab, name: str, verb: str, *words: str) -> Answer:
        return must(self.argv(verb, *words, self._container(lab, name)), f"{verb} {name}")

    def _inside(self, lab: Lab, name: str, verb: str, script: str) -> None:
        container = self._container(lab, name)
        must(self.argv("exec", container, "/bin/sh", "-c", script), f"{verb} {name}")


def capabilities(release: str) -> tuple[str, ...]:
    """What hosts of a Debian release need besides, so that the hardening of units can be applied in a container."""
    return SINCE_DEBIAN_13 if release.isdigit() and int(release) >= 13 else ()
