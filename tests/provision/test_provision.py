"""Provision: the configuration that lands on hosts, the scripts that put it there, and those that run without root.

Golden files are written anew with SLIPWAY_UPDATE_GOLDEN=1; what changes in them is part of the review.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import typing
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from slipway.core.errors import UsageError
from slipway.core.shell import PRELUDE, Script, join, sh
from slipway.inventory import Host
from slipway.inventory.app import App, Nginx, Process
from slipway.inventory.hardening import Hardening
from slipway.inventory.tls import Tls
from slipway.model.hosts_to_targets import layout_of
from slipway.model.step import Step, compose
from slipway.provision import Site, certificate_steps, provision_steps
from slipway.provision.accounts import _keys, accounts
from slipway.provision.folders import folders
from slipway.provision.packages import packages
from slipway.provision.supervisor import stop_timeout
from slipway.provision.systemd_hardening import DIRECTIVES, directives
from slipway.provision.target import PUT
from slipway.render.nginx_site import WITHOUT_IPV6, check_nginx, nginx_site, server_names, sockets
from slipway.render.templates import shipped_folder

DOCUMENT = Path(__file__).parents[2] / "docs" / "provision.md"
GOLDEN = Path(__file__).parents[1] / "golden" / "provision"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk me@laptop"


def site(keys: tuple[str, ...] = (KEY,), rootless: bool = False, address: str = "203.0.113.5", **app: Any) -> Site:
    user = "joe" if rootless else "deploy"
    place = {"root": "/home/joe/slipway", "user": "joe", "port": 8080} if rootless else {}
    made = App(**{"name": "hello", "domains": ("hello.example",), **place, **app})
    host = Host(name="web1", app=made, address=address, user=user, rootless=rootless)
    return Site(host, made, layout_of(host), keys)


def text_of(site: Site) -> str:
    return nginx_site(site.app, site.host, site.layout)


def golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("SLIPWAY_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def bash(script: Script | Step, cwd: Path, **variables: str) -> tuple[int, list[str], str]:
    """Run a script as the fleet would; returns its exit code, its marker lines, and everything else."""
    text = PRELUDE + (script.script if isinstance(script, Step) else script).text
    env = {**os.environ, **variables}
    done = subprocess.run(["bash", "-c", text], cwd=cwd, env=env, capture_output=True, text=True, timeout=30)
    lines = (done.stdout + done.stderr).splitlines()
    marked = [line[1:] for line in lines if line.startswith("\x01")]
    return done.returncode, marked, "\n".join(line for line in lines if not line.startswith("\x01"))


def changes(marked: Sequence[str]) -> list[str]:
    return [line.removeprefix("fact changed ") for line in marked if line.startswith("fact changed ")]


# What lands on hosts


def test_the_nginx_site() -> None:
    golden("site.conf", text_of(site()))


def test_the_nginx_site_behind_tls_with_a_wildcard_and_limits_of_its_own() -> None:
    limits = Nginx(max_body="1g", read_timeout=300)
    golden("site-https.conf", text_of(site(domains=("Shop.example", "*.shop.example"), https=True, nginx=limits)))


def test_the_nginx_site_without_root() -> None:
    golden("site-rootless.conf", text_of(site(rootless=True, address="127.0.1.2", domains=())))


@pytest.mark.parametrize("template", ["supervisord.conf", "sudoers"])
def test_configuration_that_knows_only_the_site(template: str) -> None:
    golden(template, site().render(f"{template}.j2"))


def test_the_unit_that_keeps_supervisord_running() -> None:
    golden("slipway.service", site().render("slipway.service.j2", stop_timeout=85, hardening=directives(())))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_itself_finds_the_unit_well_hardened(tmp_path: Path) -> None:
    unit = tmp_path / "slipway-hello.service"
    unit.write_text(site().render("slipway.service.j2", stop_timeout=85, hardening=directives(())))
    line = ["systemd-analyze", "security", "--offline=true", "--threshold=40", str(unit)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze cannot read files")
    assert done.returncode == 0, done.stdout


def test_the_inventory_can_give_back_each_directive_and_all_that_implies_it() -> None:
    assert set(typing.get_args(Hardening)) == {"all", *DIRECTIVES} - {"SystemCallErrorNumber"}
    assert directives(["all"]) == {}
    assert "PrivateTmp" not in directives(["PrivateTmp"])
    assert not {"SystemCallErrorNumber", "SystemCallFilter"} & set(directives(["SystemCallFilter"]))
    without = directives(["NoNewPrivileges"])
    assert {"NoNewPrivileges", "SystemCallFilter", "LockPersonality"} & set(without) == set()
    assert {"PrivateTmp", "ProtectHome"} <= set(without)


def test_log_rotation() -> None:
    golden("logrotate", site().render("logrotate.j2", logs=PurePosixPath("/var/log/slipway/hello")))


def test_what_starts_everything_where_there_is_no_root() -> None:
    lonely = site(rootless=True)
    golden("start", lonely.render("start-rootless.j2", home=lonely.home))
    golden("nginx-rootless.conf", lonely.render("nginx-rootless.conf.j2", home=lonely.home))


def test_the_steps_of_a_host_with_root() -> None:
    steps = provision_steps(site())
    golden("steps", "".join(f"{step.name}: {step.title}\n" for step in steps))
    assert all(step.payload is None for step in steps)


@pytest.mark.parametrize("rootless", [False, True])
def test_scripts_are_whole_bash(rootless: bool, tmp_path: Path) -> None:
    script = PRELUDE + compose(provision_steps(site(rootless=rootless))).text
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_connection_to_an_upstream_is_kept() -> None:
    lines = [line.strip() for line in text_of(site()).splitlines()]
    assert not [line for line in lines if line.startswith("keepalive")]
    assert "server unix:/srv/hello/current/run/web.sock max_fails=0;" in lines


def test_one_block_of_the_site_can_be_the_users_own(tmp_path: Path) -> None:
    block = "{% block extra %}\n    add_header X-App {{ app.name }};\n{% endblock %}\n"
    (tmp_path / "nginx.conf.j2").write_text('{% extends "shipped/nginx.conf.j2" %}\n' + block)
    one = site()
    changed = nginx_site(one.app, one.host, one.layout, tmp_path)
    assert changed.replace("    add_header X-App hello;\n", "") == text_of(one)


@pytest.mark.parametrize(
    ("domains", "address", "names"),
    [
        (("B.example", "a.example", "b.example"), "10.0.0.1", ("b.example", "a.example")),
        ((), "10.0.0.1", ("10.0.0.1",)),
        ((), "Web1.example", ("web1.example",)),
        ((), "fe80::1%eth0", ("[fe80::1]",)),
    ],
)
def test_a_site_answers_to_its_domains_or_else_to_the_hosts_address(
    domains: tuple[str, ...], address: str, names: tuple[str, ...]
) -> None:
    one = site(domains=domains, address=address)
    assert server_names(one.app, one.host) == names


def test_rootless_hosts_on_one_machine_listen_on_their_own_loopback_addresses() -> None:
    lonely, real = site(rootless=True, address="127.0.1.2"), site(rootless=True, address="203.0.113.5")
    assert sockets(lonely.app, lonely.host) == ("127.0.1.2:8080",)
    assert sockets(real.app, real.host) == ("8080", "[::]:8080")


def test_systemd_waits_for_programs_that_supervisord_ends_one_after_another() -> None:
    processes = {"mail": Process(command="x", stop_timeout=100)}
    assert stop_timeout(site()) == 35 + 35 + 15
    assert stop_timeout(site(processes=processes)) == 35 + 35 + 100 + 15


def test_packages_of_the_app_are_installed_once_each() -> None:
    text = packages(site(packages=("libpq5", "git"))).script.text
    assert "names=(acl ca-certificates git iproute2 libpq5 logrotate nginx " in text


def test_a_folder_that_is_too_deep_for_sockets_is_refused_before_any_host_is_asked() -> None:
    with pytest.raises(UsageError, match=r"web1: /srv/a{60}/hello is too long a path for sockets below it") as caught:
        provision_steps(site(root="/srv/" + "a" * 60))
    assert "shorter" in caught.value.hint


# Values cannot become commands


def test_what_a_key_says_is_only_ever_text(tmp_path: Path) -> None:
    nasty = f"ssh-ed25519 AAAA $(touch {tmp_path}/planted)`id`'\"; exit 9"
    home = tmp_path / "home"
    home.mkdir()
    code, _, _ = bash(_keys(site((nasty,), rootless=True)), tmp_path, HOME=str(home))
    assert code == 0
    assert (home / ".ssh/authorized_keys").read_text() == nasty + "\n"
    assert not (tmp_path / "planted").exists()


def test_text_that_would_end_a_script_for_the_other_account_is_refused() -> None:
    with pytest.raises(ValueError, match="ends it"):
        site().as_login(Script("true\nSLIPWAY_AS_LOGIN\nrm -rf /"))


def test_an_error_in_what_runs_as_the_other_account_is_told_and_nothing_else(tmp_path: Path) -> None:
    fake = tmp_path / "runuser"
    fake.write_text('#!/bin/bash\nshift 3\nexec "$@"\n')  # -u LOGIN --
    fake.chmod(0o755)
    code, out, err = bash(
        site().as_login(Script("grep -q x /dev/null")), tmp_path, PATH=f"{tmp_path}:{os.environ['PATH']}"
    )
    assert code == 1
    assert any("error 1 grep -q x /dev/null" in line for line in out)
    assert "unbound" not in err


def test_accounts_are_quoted_everywhere() -> None:
    text = accounts(site()).script.text
    assert "user=hello login=deploy" in text


# What runs without root, run here


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)  # whatever the umask is
    return home


def test_keys_are_added_and_never_taken_away(tmp_path: Path, home: Path) -> None:
    (home / ".ssh").mkdir()
    file = home / ".ssh/authorized_keys"
    file.write_text("ssh-rsa OLD colleague")  # no newline at its end
    code, marked, _ = bash(_keys(site()), tmp_path, HOME=str(home))
    assert code == 0
    assert file.read_text() == f"ssh-rsa OLD colleague\n{KEY}\n"
    assert "key me@laptop for" in " ".join(changes(marked))
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert changes(bash(_keys(site()), tmp_path, HOME=str(home))[1]) == []


def test_a_key_that_is_there_with_options_or_another_comment_is_not_added_again(tmp_path: Path, home: Path) -> None:
    (home / ".ssh").mkdir(mode=0o700)
    file = home / ".ssh/authorized_keys"
    file.write_text('from="10.0.0.0/8" ' + KEY.replace("me@laptop", "other") + "\n")
    file.chmod(0o600)
    assert changes(bash(_keys(site()), tmp_path, HOME=str(home))[1]) == []


def test_a_home_that_others_may_write_is_closed_since_sshd_would_refuse_its_keys(tmp_path: Path, home: Path) -> None:
    home.chmod(0o777)
    _, marked, _ = bash(_keys(site()), tmp_path, HOME=str(home))
    assert home.stat().st_mode & 0o777 == 0o755
    assert "mode of the home of" in changes(marked)[0]


def test_without_any_key_there_is_a_warning(tmp_path: Path, home: Path) -> None:
    _, marked, _ = bash(_keys(site(())), tmp_path, HOME=str(home))
    assert [line for line in marked if line.startswith("note no key can log in")]


def test_folders_are_made_once_and_their_modes_put_right(tmp_path: Path) -> None:
    one = site(rootless=True, root=str(tmp_path / "root"))
    base = tmp_path / "root" / "hello"
    code, marked, said = bash(folders(one), tmp_path)
    assert (code, said) == (0, "")
    assert len(changes(marked)) == 14
    assert {path.stat().st_mode & 0o7777 for path in [base, *base.iterdir()]} == {0o700}
    assert bash(folders(one), tmp_path)[1] == []
    (base / "env").chmod(0o777)
    assert changes(bash(folders(one), tmp_path)[1]) == [f"mode of {base}/env"]
    assert (base / "env").stat().st_mode & 0o777 == 0o700


def put(path: Path, text: str, mode: str = "640") -> Script:
    return join([PUT, sh("put {{path}} {{mode}} {{text}} it", path=str(path), mode=mode, text=text)])


def test_a_file_is_written_once_and_reported_once(tmp_path: Path) -> None:
    file = tmp_path / "file"
    assert bash(put(file, "a\n\n"), tmp_path) == (0, ["fact changed it"], "")
    inode = file.stat().st_ino
    assert bash(put(file, "a\n\n"), tmp_path) == (0, [], "")
    assert (file.read_text(), file.stat().st_ino, file.stat().st_mode & 0o777) == ("a\n\n", inode, 0o640)
    assert bash(put(file, "a\n"), tmp_path)[1] == ["fact changed it"]
    assert file.read_text() == "a\n"


def test_only_the_mode_of_a_file_is_put_right_where_only_that_differs(tmp_path: Path) -> None:
    file = tmp_path / "file"
    bash(put(file, "a"), tmp_path)
    inode = file.stat().st_ino
    file.chmod(0o666)
    assert bash(put(file, "a"), tmp_path)[1] == ["fact changed it"]
    assert (file.stat().st_ino, file.stat().st_mode & 0o777) == (inode, 0o640)


def test_a_link_where_a_file_shall_be_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("a")
    (tmp_path / "file").symlink_to(tmp_path / "target")
    bash(put(tmp_path / "file", "b"), tmp_path)
    assert (tmp_path / "target").read_text() == "a"
    assert not (tmp_path / "file").is_symlink()


def test_ipv6_sockets_go_only_where_the_kernel_has_ipv6(tmp_path: Path) -> None:
    filtered = sh("{{functions}}\nwithout_ipv6 <<< {{text}}", functions=WITHOUT_IPV6, text=text_of(site()))
    without = filtered.text.replace("/proc/net/if_inet6", str(tmp_path / "nothing"))
    _, _, said = bash(Script(without), tmp_path)
    assert "listen 80;" in said
    assert "[::]" not in said
    within = filtered.text.replace("/proc/net/if_inet6", "/proc/version")
    assert "listen [::]:80;" in bash(Script(within), tmp_path)[2]


# The check of a site, with an nginx that stands for the real one


def fake_nginx(folder: Path, body: str) -> str:
    """A PATH on which `nginx` prints and ends as `body` says; it sees its configuration as $conf."""
    (folder / "bin").mkdir()
    program = folder / "bin" / "nginx"
    program.write_text(f"#!/bin/bash\nconf=${{@: -1}}\nsite=${{conf%/nginx.conf}}/site.conf\n{body}\n")
    program.chmod(0o755)
    return f"{folder}/bin:{os.environ['PATH']}"


def test_the_check_asks_nginx_about_a_copy_that_needs_no_root(tmp_path: Path) -> None:
    tls = text_of(site()).replace("listen 80;", "listen 80;\n    listen 443 ssl;")
    (tmp_path / "site.conf").write_text(tls)
    path = fake_nginx(tmp_path, f'cp "$site" {tmp_path}/seen; cp "$conf" {tmp_path}/main')
    bash(check_nginx(PurePosixPath(tmp_path / "site.conf")), tmp_path, PATH=path, TMPDIR=str(tmp_path))
    seen, main = (tmp_path / "seen").read_text(), (tmp_path / "main").read_text()
    assert "[::]" not in seen
    sockets = re.findall(r"listen unix:(\S+?)( ssl)?;", seen)
    assert [ssl for _, ssl in sockets] == ["", " ssl"]
    assert len({path for path, _ in sockets}) == 2
    assert seen.count("\n") == tls.count("\n"), "nginx would name the wrong lines"
    assert "access_log off;" in seen
    assert "/var/log" not in seen + main
    assert "proxy_temp_path" in main


def test_the_check_says_what_nginx_says_and_where_in_the_file_that_was_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "site.conf"
    file.write_text("x")
    said = 'printf "2026/11/20 13:47:09 [emerg] 7#7: unknown directive x in %s:1\\nfailed\\n" "$site" >&2; exit 1'
    path = fake_nginx(tmp_path, said)
    code, marked, _ = bash(check_nginx(PurePosixPath(file)), tmp_path, PATH=path, TMPDIR=str(tmp_path))
    assert code == 1
    assert marked[0] == f"fail nginx refuses the site: unknown directive x in {file}:1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "site.conf"]


def test_the_check_leaves_to_provision_what_cannot_be_read_without_root(tmp_path: Path) -> None:
    (tmp_path / "site.conf").write_text("x")
    path = fake_nginx(tmp_path, 'echo "[emerg] cannot load key: Permission denied" >&2; exit 1')
    assert bash(check_nginx(PurePosixPath(tmp_path / "site.conf")), tmp_path, PATH=path)[0] == 0


def test_where_nginx_is_not_installed_there_is_nothing_to_check(tmp_path: Path) -> None:
    check = check_nginx(PurePosixPath(tmp_path / "site.conf"))
    text = check.text.replace("/usr/sbin:/usr/local/sbin", "/nowhere")
    (tmp_path / "bin").mkdir()
    assert bash(Script(text), tmp_path, PATH=f"{tmp_path}/bin:/bin")[0] == 0


# The documentation


def test_the_documentation_names_every_block_of_every_template_of_provision() -> None:
    documented = dict(re.findall(r"^\| (`\w[\w.`, -]*\.j2`) \| (.+) \|$", DOCUMENT.read_text(encoding="utf-8"), re.M))
    for names, blocks in documented.items():
        for name in re.findall(r"[\w.-]+\.j2", names):
            text = (shipped_folder() / name).read_text(encoding="utf-8")
            assert re.findall(r"`(\w+)`", blocks) == re.findall(r"\{%-? block (\w+)", text), name
    assert len(documented) == 6


def test_the_documentation_names_every_step() -> None:
    named = re.findall(r"^\| `(\w+)` \|", DOCUMENT.read_text(encoding="utf-8"), re.M)
    secure = site(tls=Tls(issuer="letsencrypt"))
    of_tls = [step.name for step in (*provision_steps(secure), *certificate_steps(secure))]
    assert [step.name for step in provision_steps(site())] == [n for n in named if n not in ("tls", "certificate")]
    assert of_tls == [name for name in named if name != "no_tls"]
