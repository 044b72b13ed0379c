"""A release without a web side: what is written for it, and what its deploy leaves out."""

from __future__ import annotations

import json
import subprocess

import pytest
from msgspec.structs import replace

from slipway.core.errors import UsageError
from slipway.detect import Detected
from slipway.model.add_procfile_processes import with_declared
from slipway.model.step import Target
from slipway.operations import plans
from slipway.provision import Site, provision_steps
from slipway.provision.nginx import NGINX_ACCOUNT
from slipway.steps import boot_options, config
from slipway.steps.boot_and_switch import HEALTH_COMMAND
from tests.steps.targets import target
from tests.steps.test_scripts import RESTART


def program(**app: object) -> Target:
    made = target(**{"web": False, "domains": (), "health": None, "migrate": False, **app})  # type: ignore[arg-type]
    return replace(made, detected=Detected(kind="program"))


def names(made: Target) -> list[str]:
    return [step.name for phase in plans.deploy([made]).phases for each in phase.steps.values() for step in each]


def test_its_deploy_boots_and_asks_no_web_server() -> None:
    steps = names(program())
    assert not {"boot", "verify", "static", "health-command"} & set(steps)
    assert {"switch", "workers", "retire"} <= set(steps)
    assert "health-command" in names(program(health_command="python check.py"))


def test_nothing_of_it_names_nginx_a_socket_or_gunicorn() -> None:
    text = config.write(program()).script.text
    assert "mails.program" in text
    for word in ("nginx", "web.sock", "gunicorn", "boot.json", "ask.json"):
        assert word not in text


def test_the_health_command_runs_as_the_user_of_the_app_and_with_an_end() -> None:
    made = program(health_command="python check.py 'two words' | cat")
    told = json.loads(boot_options.question_files(made)[made.paths.conf / HEALTH_COMMAND])
    assert told["words"][:5] == ["sudo", "-n", "-u", "shop", "--"]
    assert told["words"][5:9] == ["timeout", "-k", "5", "{seconds}"]
    assert told["words"][-2:] == ["-c", "python check.py 'two words' | cat"]


def test_provision_sets_up_no_nginx_and_removes_a_site_that_is_there() -> None:
    made = program()
    text = "\n".join(step.script.text for step in provision_steps(Site(made.host, made.app, made.layout)))
    assert "sites-available/$1" not in text
    assert "names=(acl ca-certificates git iproute2 python3 python3-venv rsync sudo)" in text
    assert "conf/web.program" in text


def test_hosts_of_one_fleet_may_differ() -> None:
    web, worker = target("web1"), target("worker1", leader=False, web=False)
    made = plans.deploy([web, worker])
    boot = next(phase for phase in made.phases if phase.name == "boot")
    assert list(boot.steps) == ["web1"]
    switch = next(phase for phase in made.phases if phase.name == "switch")
    assert {host: [step.name for step in steps] for host, steps in switch.steps.items()} == {
        "web1": ["switch", "verify", "workers"],
        "worker1": ["switch", "workers"],
    }


def test_a_restart_runs_the_health_command_before_the_old_processes_end() -> None:
    phases = [(phase.name, step.name) for phase in RESTART.phases for step in phase.steps["web1"]]
    assert phases.index(("switch", "health-command")) < phases.index(("finish", "retire"))


def test_an_app_without_a_web_side_must_have_something_else_that_runs() -> None:
    made = program(processes={})
    with pytest.raises(UsageError, match="web is false, and nothing else would run"):
        with_declared(made.host, made.detected)
    declared = replace(made.detected, processes={"bot": "python bot.py"}, declared_in="Procfile")
    assert list(with_declared(made.host, declared).app.workers) == ["bot"]


def test_the_folder_is_made_where_nginx_is_not_installed() -> None:
    script = f"{NGINX_ACCOUNT}\nset -eu\nnginx_account"
    done = subprocess.run(["bash", "-c", script.replace("/etc/nginx", "/nowhere")], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "www-data")
