"""What a site serves, what a deploy demands of it, and what provision leaves in it until the switch."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from slipway.core.shell import PRELUDE, Script, sh
from slipway.inventory import Host
from slipway.inventory.app import App
from slipway.model.hosts_to_targets import layout_of
from slipway.render.nginx_site import nginx_site
from slipway.render.site_fits_release import demand, demand_of_release, demand_port, installed_site, keep_served


def host_of(tmp_path: Path, **settings: Any) -> Host:
    app = App(**{"name": "shop", "root": str(tmp_path), "port": 8080, "domains": ("old.test",), **settings})
    return Host(name="web1", app=app, address="web1.test", user="me", rootless=True)


def text_of(host: Host, **settings: Any) -> str:
    return nginx_site(host.app, host, layout_of(host), **settings)


def install(host: Host, text: str, release: str | None = None) -> None:
    """Put a site where nginx has it, and one where the current release has it."""
    layout = layout_of(host)
    place = Path(installed_site(host, layout))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    if release is not None:
        conf = Path(layout.current) / "conf"
        conf.mkdir(parents=True, exist_ok=True)
        (conf / "nginx.conf").write_text(release)


def bash(script: Script) -> tuple[int, str]:
    done = subprocess.run(["bash", "-c", f"{PRELUDE}{script}"], cwd="/", capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout + done.stderr


def demanded(host: Host) -> tuple[int, str]:
    layout = layout_of(host)
    return bash(demand_port(host, layout) + demand(host, layout))


def kept(host: Host, text: str = "") -> tuple[str, str]:
    """The site that provision would install, and what it says."""
    keep = keep_served(host.app, host, layout_of(host), Script("env"))
    run = sh(
        '{{keep}}\nkeep_served {{text}} {{https}}\nprintf %s "$site_text" > {{out}}',
        keep=keep,
        text=text or text_of(host),
        https=text_of(host_of(Path(host.app.root), domains=host.app.domains, https=True)),
        out=Path(host.app.root) / "out",
    )
    code, said = bash(run)
    assert code == 0, said
    return (Path(host.app.root) / "out").read_text(), said


def old_style(text: str) -> str:
    """As a version wrote it whose sites had no first line of that kind."""
    return text.partition("\n")[2]


@pytest.mark.parametrize("written", [str, old_style])
def test_a_deploy_is_refused_where_nginx_lacks_a_name_a_port_or_https(tmp_path: Path, written: Any) -> None:
    host = host_of(tmp_path)
    install(host, written(text_of(host)))
    assert demanded(host) == (0, "")
    code, said = demanded(host_of(tmp_path, domains=("new.test", "old.test")))
    assert (code, "nginx does not serve new.test here yet: run `fab provision --hosts=web1` first" in said) == (1, True)
    code, said = demanded(host_of(tmp_path, https=True))
    assert (code, "nginx does not serve https here yet" in said) == (1, True)
    code, said = demanded(host_of(tmp_path, port=8081))
    assert (code, "nginx does not listen on port 8081 here yet: run `fab provision" in said) == (1, True)


def test_what_nginx_serves_besides_is_told_and_no_reason_to_stop(tmp_path: Path) -> None:
    install(host_of(tmp_path), text_of(host_of(tmp_path, domains=("old.test", "*.old.test"), https=True)))
    code, said = demanded(host_of(tmp_path))
    assert (code, "note nginx still serves *.old.test, https, which" in said) == (0, True)


def test_a_site_that_is_not_there_leads_to_provision(tmp_path: Path) -> None:
    host = host_of(tmp_path)
    install(host, "")
    Path(installed_site(host, layout_of(host))).unlink()
    code, said = demanded(host)
    assert (code, "nginx has no site of shop here: run `fab provision --hosts=web1` first" in said) == (1, True)


@pytest.mark.parametrize("written", [str, old_style])
def test_names_and_ports_of_the_serving_release_stay_until_another_one_serves(tmp_path: Path, written: Any) -> None:
    old, new = host_of(tmp_path), host_of(tmp_path, domains=("*.new.test", "new.test"), port=8081)
    install(old, written(text_of(old)), release=written(text_of(old)))
    site, said = kept(new)
    assert site.splitlines()[0] == "# serves: https no, ports 8081 8080, names *.new.test new.test old.test"
    assert "    server_name *.new.test new.test old.test;\n" in site
    assert "    listen 8081;\n    listen 8080;\n    listen [::]:8081;\n    listen [::]:8080;\n" in site
    assert "goes on serving what the current release was made for: old.test, port 8080" in said
    install(new, site, release=text_of(old))
    assert kept(new)[0] == site, "as often as provision runs"
    install(new, site, release=written(text_of(new)))
    assert kept(new) == (text_of(new), "")


def test_https_stays_until_a_release_without_it_serves(tmp_path: Path) -> None:
    old, new = host_of(tmp_path, https=True), host_of(tmp_path)
    install(old, text_of(old), release=text_of(old))
    site, _ = kept(new)
    assert site == text_of(old)
    install(old, site, release=text_of(new))
    assert kept(new) == (text_of(new), "")


def test_names_of_a_template_of_the_users_own_are_left_as_they_are(tmp_path: Path) -> None:
    old, new = host_of(tmp_path), host_of(tmp_path, domains=("new.test",))
    install(old, text_of(old), release=text_of(old))
    own = text_of(new).replace("server_name new.test;", "server_name .new.test;")
    site, said = kept(new, own)
    assert site == own
    assert "nginx serves old.test no more: a template of your own says which names it has" in said


def test_nothing_is_kept_where_nothing_serves(tmp_path: Path) -> None:
    install(host_of(tmp_path), text_of(host_of(tmp_path)))
    new = host_of(tmp_path, domains=("new.test",))
    assert kept(new) == (text_of(new), "")


def test_a_release_for_names_that_nginx_lacks_is_not_returned_to(tmp_path: Path) -> None:
    host = host_of(tmp_path, domains=("new.test",))
    install(host, text_of(host), release=text_of(host_of(tmp_path)))
    release = layout_of(host).current / "conf" / "nginx.conf"
    code, said = bash(demand_of_release(host, layout_of(host), release))
    assert (code, "this release was made for old.test, and nginx serves only new.test" in said) == (1, True)
    install(host, text_of(host_of(tmp_path, domains=("old.test", "new.test"))))
    assert bash(demand_of_release(host, layout_of(host), release)) == (0, "")
