"""Speak with the PostgreSQL server of this host as its superuser: settings, statements, restarts."""

from __future__ import annotations

import os
import time

from slipway.remote.host.program_io import Failed, fact
from slipway.remote.services.postgres_settings import listen_addresses, read_settings, settings_text, tuned
from slipway.remote.services.quote_sql import sql
from slipway.remote.services.write_as_owner import text_of, write_as_owner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OWN_FILE = "00-slipway.conf"
QUIET = "SET log_statement = 'none'; SET log_min_error_statement = 'panic'; SET log_min_duration_statement = -1;\n"
START_TIMEOUT = 30  # seconds


class Cluster:
    """A server as Debian counts them: version, name, port; its configuration lies in /etc/postgresql."""

    def __init__(self, version: str, name: str, port: str) -> None:
        self.version = version
        self.name = name
        self.port = port


def cluster_of(version: str, told: str | None = None) -> Cluster:
    """Return the cluster called main of a version, or of the newest that is there."""
    told = output("pg_lsclusters", "-h") if told is None else told
    found = [Cluster(*words[:3]) for line in told.splitlines() if len(words := line.split()) >= 6]
    found = [one for one in found if one.name == "main" and version in ("", one.version)]
    if not found:
        raise Failed(
            f"there is no cluster called main of PostgreSQL {version or 'here'}: make one with pg_createcluster"
        )
    return max(found, key=lambda one: int(one.version) if one.version.isdigit() else 0)


def output(*words: str, data: str = "") -> str:
    """Return what a command prints; raise Failed with its own words if it fails."""
    import subprocess

    done = subprocess.run(words, input=data, capture_output=True, text=True, cwd="/")
    if done.returncode:
        raise Failed(f"{words[0]}: {' '.join((done.stderr or done.stdout).split())[:500]}")
    return done.stdout.strip()


class PostgresServer:
    """One server.

    Args:
        cluster: which one.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.version = cluster.version
        self.unit = f"postgresql@{cluster.version}-{cluster.name}.service"

    def ask(self, statement: str, database: str = "postgres") -> str:
        """Run one statement, and return its first row, columns by |; statements never are words of a command line."""
        words = ("runuser", "-u", "postgres", "--", "psql", "-XAtq", "-v", "ON_ERROR_STOP=1")
        return output(*words, "-p", self.cluster.port, "-d", database, "-f", "-", data=f"{QUIET}{statement};\n")

    def start(self) -> None:
        """See that it runs, now and after a reboot."""
        import subprocess

        if subprocess.run(["systemctl", "is-active", "--quiet", self.unit]).returncode:
            output("systemctl", "start", self.unit)
            fact("changed", f"postgres: {self.unit} started")
        if subprocess.run(["systemctl", "is-enabled", "--quiet", "postgresql.service"]).returncode:
            output("systemctl", "enable", "--quiet", "postgresql.service")
            fact("changed", "postgres: started at each boot")
        self.wait()

    def wait(self) -> None:
        """Wait until it takes statements."""
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            try:
                self.ask("SELECT 1")
            except Failed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def write_settings(self, options: dict[str, Any]) -> bool:
        """Write our own file of conf.d/, and tell each setting that changes; return whether any does."""
        folder = f"/etc/postgresql/{self.cluster.version}/{self.cluster.name}/conf.d"
        if not os.path.isdir(folder):
            raise Failed(f"there is no {folder}: is `include_dir = 'conf.d'` gone from postgresql.conf?")
        path = f"{folder}/{OWN_FILE}"
        before = read_settings(text_of(path))
        most = max(options["max_connections"], int(before.get("max_connections", 0)))
        wanted = tuned(memory_of_host(), most, options["alone"])
        if options["clients"] or "listen_addresses" in before:
            theirs = self.ask(
                sql(
                    "SELECT setting FROM pg_file_settings WHERE name = 'listen_addresses' AND error IS NULL"
                    " AND sourcefile <> {{own}} ORDER BY seqno DESC LIMIT 1",
                    own=path,
                )
            )
            had = before.get("listen_addresses", theirs)
            wanted["listen_addresses"] = listen_addresses(had, [options["address"]] if options["clients"] else [])
        if wanted == before:
            return False
        write_as_owner(path, settings_text(wanted), 0o644)
        for name, value in wanted.items():
            if before.get(name) != value:
                fact("changed", f"postgres: {name} = {value}")
        return True

    def reload(self) -> None:
        """Have it read its configuration, and wait until it has."""
        before = self.ask("SELECT pg_conf_load_time()")
        self.ask("SELECT pg_reload_conf()")
        deadline = time.monotonic() + START_TIMEOUT
        while self.ask("SELECT pg_conf_load_time()") == before and time.monotonic() < deadline:
            time.sleep(0.05)
        wrong = self.ask("SELECT string_agg(error, '; ') FROM pg_hba_file_rules WHERE error IS NOT NULL")
        if wrong:
            raise Failed(f"PostgreSQL cannot read its pg_hba.conf: {wrong}")

    def restart(self) -> None:
        """Restart it, and wait until it serves again."""
        output("systemctl", "restart", self.unit)
        self.wait()

    def about(self, certificate: bool) -> dict[str, Any]:
        """Return what the app's hosts have to know of it."""
        found: dict[str, Any] = {
            "port": int(self.cluster.port),
            "version": self.ask("SHOW server_version").partition(" ")[0],
            "max_connections": int(self.ask("SHOW max_connections")),
            "certificate": "",
        }
        if certificate:
            if self.ask("SHOW ssl") != "on":
                raise Failed("this PostgreSQL has TLS switched off (ssl = off), and other hosts are to reach it")
            path = os.path.join(self.ask("SHOW data_directory"), self.ask("SHOW ssl_cert_file"))
            names = output("openssl", "x509", "-noout", "-subject", "-issuer", "-in", path).splitlines()
            if len({name.partition("=")[2].strip() for name in names}) == 1:  # its own issuer: it can be pinned
                found["certificate"] = output("openssl", "x509", "-in", path)
        return found


def memory_of_host() -> int:
    """Return how much memory there is: the machine's, or less where a control group says so."""
    total = 0
    for line in text_of("/proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            total = int(line.split()[1]) * 1024
    limit = text_of("/sys/fs/cgroup/memory.max").strip()
    return min(total, int(limit)) if limit.isdigit() else total
