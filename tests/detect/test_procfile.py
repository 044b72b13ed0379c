"""A Procfile decides what serves the app, what runs besides, and what is done once for each release."""

from __future__ import annotations

import pytest

from slipway.detect import callable_in_web_command
from slipway.detect.split_shell_commands import is_own
from slipway.inventory.app import Process
from tests.detect.test_detect import FASTAPI, FLASK, STARTPROJECT, found, refused

AT = "--bind 0.0.0.0:$PORT"


@pytest.mark.parametrize(
    ("command", "interface", "target", "chdir"),
    [
        ("gunicorn mysite.wsgi", "wsgi", "mysite.wsgi:application", ""),
        (f"gunicorn mysite.wsgi:application {AT} --log-file -", "wsgi", "mysite.wsgi:application", ""),
        (f"exec gunicorn -w 4 -b :$PORT --preload 'shop:create_app()' {AT}", "wsgi", "shop:create_app()", ""),
        ("gunicorn -k uvicorn.workers.UvicornWorker api.main:app", "asgi", "api.main:app", ""),
        ("gunicorn --worker-class=uvicorn_worker.UvicornWorker api.main:app", "asgi", "api.main:app", ""),
        ("gunicorn --chdir src/web app:app", "wsgi", "app:app", "src/web"),
        ("cd backend && gunicorn config.wsgi", "wsgi", "config.wsgi:application", "backend"),
        ("cd a; cd b && uv run gunicorn x:y", "wsgi", "x:y", "a/b"),
        ("python manage.py migrate && gunicorn mysite.wsgi", "wsgi", "mysite.wsgi:application", ""),
        ("python3 -m gunicorn mysite.wsgi", "wsgi", "mysite.wsgi:application", ""),
        ("./.venv/bin/gunicorn mysite.wsgi", "wsgi", "mysite.wsgi:application", ""),
        ("uvicorn main:app --host=0.0.0.0 --port=${PORT:-8000} --workers 2", "asgi", "main:app", ""),
        ("poetry run uvicorn --factory --no-access-log api:make", "asgi", "api:make()", ""),
        ("python -m uvicorn main:app --host 0.0.0.0 --port $PORT", "asgi", "main:app", ""),
        ("hypercorn asgi:api.main:app", "asgi", "api.main:app", ""),
        ("daphne asgi:application -p $PORT -b 0.0.0.0", "asgi", "asgi:application", ""),
        ("waitress-serve --port=$PORT --call shop:create_app", "wsgi", "shop:create_app()", ""),
    ],
)
def test_the_callable_is_read_from_the_command_of_a_web_server(
    command: str, interface: str, target: str, chdir: str
) -> None:
    parsed = callable_in_web_command.parse(command)
    assert parsed
    assert (parsed.interface, parsed.target, parsed.chdir) == (interface, target, chdir)


@pytest.mark.parametrize(
    "command",
    [
        "gunicorn -c gunicorn.conf.py",
        "gunicorn -k gevent app:app",
        "gunicorn --chdir ../elsewhere app:app",
        "MODE=x gunicorn app:app",
        "newrelic-admin run-program gunicorn app:app",
        "gunicorn app:app | tee log",
        "gunicorn 'unbalanced",
        "python app.py",
        "",
    ],
)
def test_a_command_that_no_other_server_can_replace_is_left_as_it_is(command: str) -> None:
    assert callable_in_web_command.parse(command) is None


def test_what_the_web_process_does_first_is_done_by_the_deploy_or_told() -> None:
    web = "web: flask db upgrade; flask translate compile; gunicorn shop:app\n"
    detected = found({"shop.py": FLASK, "Procfile": web})
    assert (detected.wsgi, detected.release_command) == ("shop:app", "flask db upgrade")
    (note,) = detected.notes
    assert note == (
        'Procfile: web runs "flask translate compile" first, which a deploy does not: name it in [app.build] or'
        " [app.once] [procfile-option]"
    )
    detected = found({"shop.py": FLASK, "Procfile": f"release: alembic upgrade head\n{web}"})
    assert detected.release_command == "alembic upgrade head"
    assert found({"shop.py": FLASK, "Procfile": web}, migrate=False).release_command is None


@pytest.mark.parametrize("command", ["bash start.sh", "sh -e ./start.sh", "./start.sh", "exec ./start.sh"])
def test_a_script_that_the_web_process_runs_is_read(command: str) -> None:
    script = "#!/bin/bash\nset -e\n\n# tables\nalembic upgrade head\nexec uvicorn other.main:api --port $PORT\n"
    files = {"app.py": FLASK, "other/main.py": FASTAPI, "Procfile": f"web: {command}\n", "start.sh": script}
    detected = found(files)
    assert (detected.asgi, detected.release_command) == ("other.main:api", "alembic upgrade head")
    loop = script.replace("exec ", "while true; do sleep 1; done\n")
    assert found({**files, "start.sh": loop}).wsgi == "app:app"


def test_the_web_process_of_a_procfile_decides_between_candidates() -> None:
    files = {"a/app.py": FLASK, "b/main.py": FASTAPI, "requirements.txt": "fastapi"}
    detected = found({**files, "Procfile": "web: uvicorn b.main:app --port $PORT\n"})
    assert (detected.asgi, detected.place, detected.servers) == (
        "b.main:app",
        "Procfile",
        ("gunicorn", "uvicorn-worker"),
    )
    detected = found({**files, "Procfile": "web: gunicorn --chdir a --pythonpath lib app:app\n"})
    assert (detected.wsgi, detected.chdir, detected.python_path) == ("app:app", "a", ("a/lib",))


def test_the_inventory_wins_over_a_procfile() -> None:
    files = {"app.py": FLASK, "Procfile": "web: gunicorn other:app\nworker: work\nrelease: prepare\n"}
    detected = found(files, wsgi="mine:app", migrate=False)
    assert (detected.wsgi, detected.release_command) == ("mine:app", None)
    own = {"web": Process(command="serve --socket $SOCKET")}
    assert "web" not in found(files, processes=own).processes


def test_django_keeps_its_settings_and_migrations_with_a_procfile() -> None:
    procfile = "release: python manage.py migrate --noinput\nweb: gunicorn mysite.wsgi --log-file -\nclock: tick\n"
    detected = found({**STARTPROJECT, "Procfile": procfile})
    assert (detected.kind, detected.settings, detected.wsgi) == ("django", "mysite.settings", "mysite.wsgi:application")
    assert (detected.release_command, detected.processes) == (None, {"clock": "tick"})
    more = procfile.replace("--noinput", "&& python manage.py createcachetable")
    assert "createcachetable" in (found({**STARTPROJECT, "Procfile": more}).release_command or "")


def test_a_project_below_a_procfile_is_served_from_where_the_command_runs() -> None:
    below = {f"backend/{path}": text for path, text in STARTPROJECT.items()}
    detected = found(
        {**below, "Procfile": "web: gunicorn --chdir backend mysite.wsgi\nworker: celery -A mysite worker\n"}
    )
    assert (detected.kind, detected.chdir, detected.python_path) == ("django", "backend", ())
    assert detected.processes == {"worker": "cd .. && celery -A mysite worker"}
    detected = found({**below, "Procfile": "web: gunicorn backend.mysite.wsgi\n"})
    assert (detected.chdir, detected.python_path) == ("backend", ("",))


@pytest.mark.parametrize(
    "command",
    [
        "serve --unix ${SOCKET}",
        "gunicorn -k gevent -b unix:$SOCKET app:app",
        "serve --port $PORT",
        "serve :${PORT:-80}",
    ],
)
def test_a_command_that_listens_where_it_is_told_runs_as_it_is(command: str) -> None:
    detected = found({"app.py": FLASK, "Procfile": f"web: {command}\n"})
    assert (detected.processes, detected.target, detected.servers) == ({"web": command}, None, ())


@pytest.mark.parametrize("command", ["python app.py", "serve --port 8000", "gunicorn -c gunicorn.conf.py"])
def test_a_command_that_does_not_listen_on_the_socket_gives_way_to_what_serves_the_app(command: str) -> None:
    assert found({"app.py": FLASK, "Procfile": f"web: {command}\n"}).wsgi == "app:app"
    error = refused({"serve.py": "run()", "Procfile": f"web: {command}\n"})
    assert str(error).startswith(f"Procfile: web ('{command}') does not show what serves the app")
    assert "app.wsgi or app.asgi" in error.hint


def test_a_procfile_without_web_is_that_of_a_program() -> None:
    files = {"bot.py": "run()", "Procfile": "bot: python bot.py\n"}
    assert "web = false" in refused(files).hint
    detected = found(files, web=False)
    assert (detected.kind, detected.processes) == ("program", {"bot": "python bot.py"})
    assert found({**files, "app.py": FLASK}).wsgi == "app:app"
    assert "web" not in found({**files, "Procfile": "web: serve $SOCKET\nbot: x\n"}, web=False).processes


def test_options_that_only_the_inventory_can_set_are_told_with_their_lines() -> None:
    files = {
        "app.py": FLASK,
        "Procfile": f"web: gunicorn app:app --timeout 120 -w 4 --threads=$N {AT} --max-requests 9\n",
    }
    (note,) = found(files).notes
    assert "put into [app]: gunicorn.timeout = 120; gunicorn.workers = 4 [procfile-option]" in note


@pytest.mark.parametrize(
    "web", ["python manage.py runserver 0.0.0.0:$PORT", "flask run --debug", "uvicorn a:b --reload"]
)
def test_a_procfile_for_developers_is_not_used(web: str) -> None:
    detected = found({"app.py": FLASK, "Procfile": f"web: {web}\nassets: npm run watch\n"})
    assert (detected.wsgi, detected.processes, detected.declared_in) == ("app:app", {}, "")
    assert any("procfile-not-used" in note for note in detected.notes)


def test_names_of_processes_are_written_as_the_inventory_has_them() -> None:
    procfile = "# comment\nCelery_Beat: celery beat\n\nnot a line\nworker:  run it  \n"
    assert found({"app.py": FLASK, "Procfile": procfile}).processes == {
        "celery-beat": "celery beat",
        "worker": "run it",
    }
    assert str(refused({"app.py": FLASK, "Procfile": "x: 1\n9to5: work\n"})) == (
        "Procfile, line 2: '9to5' cannot be the name of a process"
    )
    assert "twice" in str(refused({"app.py": FLASK, "Procfile": "a: 1\nA: 2\n"}))


@pytest.mark.parametrize(
    ("command", "own"),
    [
        ("python manage.py migrate", True),
        ("uv run manage.py migrate --noinput && python manage.py collectstatic --noinput", True),
        ("django-admin migrate", True),
        ("python manage.py migrate && python manage.py loaddata x", False),
        ("flask db upgrade", False),
        ("sh release.sh", False),
        ("python manage.py migrate | tee log", False),
        ("", False),
    ],
)
def test_what_a_deploy_does_by_itself_is_known(command: str, own: bool) -> None:
    assert is_own(command) is own
