"""Whatever is wrong with an inventory is said in one line with file and key, and nothing is contacted."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from slipway.core.errors import UsageError
from slipway.inventory import load
from tests.inventory.test_docs import keys

APP = '[app]\nname = "hello"\n'
HOSTS = '[hosts.web1]\naddress = "192.0.2.1"\n[hosts.web2]\naddress = "192.0.2.2"\n'
WRONG = [
    # keys
    (APP + "kep = 3\n" + HOSTS, "app.kep: unknown key; did you mean 'keep'?"),
    (APP + "colour = 3\n" + HOSTS, "app.colour: unknown key"),
    (APP + "[app.nginx]\nmax_bodi = '1m'\n" + HOSTS, "app.nginx.max_bodi: unknown key; did you mean 'max_body'?"),
    (APP + HOSTS + "[host.web3]\n", "host: unknown key; did you mean 'hosts'?"),
    (APP + HOSTS + "adress = 'x'\n", "hosts.web2.adress: unknown key; did you mean 'address'?"),
    (APP + HOSTS + "[groups.prod]\nhost = []\n", "groups.prod.host: unknown key; did you mean 'hosts'?"),
    (APP + HOSTS + "[ssh]\nusr = 'x'\n", "ssh.usr: unknown key; did you mean 'user'?"),
    (
        APP + "[app.processes.mails]\ncommand = 'x'\ncuont = 2\n" + HOSTS,
        "app.processes.mails.cuont: unknown key; did you mean 'count'?",
    ),
    (
        APP + HOSTS + "app.gunicorn.wrkers = 3\n",
        "hosts.web2.app.gunicorn.wrkers: unknown key; did you mean 'workers'?",
    ),
    # what nginx keeps from visitors
    *(
        (APP + f"health = '{path}'\n" + HOSTS, "app.health: nginx answers 404 to every path with '/.'")
        for path in ("/.web/", "/a/.git/x", "/%2Eweb", "/.well-knownx")
    ),
    # a password that stands in the inventory is not repeated
    (
        APP + "[app.build]\nindex = 'https://ann:s3cret@a.org/simple'\n" + HOSTS,
        "app.build.index: this is not an index address such as "
        "'https://${INDEX_USER}:${INDEX_PASSWORD}@pypi.example.org/simple' "
        "(name and password by the names of variables in your environment, never the password itself)",
    ),
    (
        APP + "[app.build]\nextra_indexes = ['https://a.org', 'https://ann:s3cret@a.org/simple']\n" + HOSTS,
        "app.build.extra_indexes[1]: this is not an index address such as "
        "'https://${INDEX_USER}:${INDEX_PASSWORD}@pypi.example.org/simple' "
        "(name and password by the names of variables in your environment, never the password itself)",
    ),
    # what is missing
    ("[app]\n" + HOSTS, "app.name: is missing"),
    (HOSTS, "app: is missing"),
    (APP + HOSTS + "[groups.prod]\nlab = false\n", "groups.prod.hosts: is missing"),
    (APP, "has no hosts; add [hosts.NAME] with an address"),
    # types
    (APP + "keep = '5'\n" + HOSTS, "app.keep: expected a whole number, got text in quotes"),
    (APP + "keep = true\n" + HOSTS, "app.keep: expected a whole number, got true or false"),
    (APP + "python = 3.12\n" + HOSTS, "app.python: expected text in quotes, got a number"),
    (APP + "domains = 'a.org'\n" + HOSTS, "app.domains: expected a list, got text in quotes"),
    (APP + "domains = ['a.org', 1]\n" + HOSTS, "app.domains[1]: expected text in quotes, got a whole number"),
    (APP + "nginx = 1\n" + HOSTS, "app.nginx: expected a table, got a whole number"),
    (APP + "processes = 'x'\n" + HOSTS, "app.processes: expected a table of processes"),
    (APP + "migrate = 1\n" + HOSTS, "app.migrate: expected true or false or text in quotes, got a whole number"),
    (APP + "source = 1\n" + HOSTS, "app.source: expected a path in quotes"),
    (APP + "[app.processes]\nmails = 3\n" + HOSTS, "app.processes.mails: expected a command in quotes, or a table"),
    ("hosts = 3\n" + APP, "hosts: expected a table, got a whole number"),
    (APP + "[hosts]\nweb1 = '192.0.2.1'\n", "hosts.web1: expected a table, got text in quotes"),
    (APP + HOSTS + "[env]\nDEBUG = 1\n", "env.DEBUG: expected text in quotes"),
    (APP + HOSTS + "port = 2024-01-01\n", "hosts.web2.port: expected a whole number, got a date"),
    # values
    ("[app]\nname = 'My_App'\n" + HOSTS, "app.name: 'My_App' is not a name such as 'web1' (a to z first, "),
    (APP + "keep = 1\n" + HOSTS, "app.keep: must be 2 or more"),
    (APP + HOSTS + "port = 70000\n", "hosts.web2.port: must be 65535 or less"),
    (APP + "kind = 'rails'\n" + HOSTS, "app.kind: 'rails' is none of 'django', 'wsgi', 'asgi'"),
    (APP + "domains = ['http://a.org']\n" + HOSTS, "app.domains[0]: 'http://a.org' is not a domain such as "),
    (APP + "linked_dirs = ['../x']\n" + HOSTS, "app.linked_dirs[0]: '../x' is not a relative path such as "),
    (APP + "linked_dirs = ['media/']\n" + HOSTS, "app.linked_dirs[0]: 'media/' is not a relative path such as "),
    (APP + "linked_files = ['']\n" + HOSTS, "app.linked_files[0]: '' is not a relative path such as "),
    (APP + "root = '/srv;x'\n" + HOSTS, "app.root: '/srv;x' is not an absolute path such as "),
    (APP + "[app.nginx]\nmax_body = '20 MB'\n" + HOSTS, "app.nginx.max_body: '20 MB' is not a size such as '20m'"),
    (APP + "[app.processes]\nMails = 'x'\n" + HOSTS, "app.processes.Mails: 'Mails' is not a name such as "),
    (APP + '[app.processes]\nmails = "a\\nb"\n' + HOSTS, "app.processes.mails.command: 'a\\nb' is not a command on"),
    (APP + "wsgi = 'hello.wsgi'\n" + HOSTS, "app.wsgi: 'hello.wsgi' is not a module and an object such as "),
    (APP + HOSTS + "[ssh]\nhost_keys = 'off'\n", "ssh.host_keys: 'off' is none of 'accept-new', 'refuse'"),
    (APP + HOSTS + "[ssh]\nidentity = ''\n", "ssh.identity: expected a path in quotes"),
    (APP + "[hosts.Web]\naddress = 'a'\n", "hosts.Web: 'Web' is not a name such as "),
    (APP + "[hosts.a]\naddress = 'u@h'\n", "hosts.a.address: 'u@h' is not a host name, an IP address or an alias"),
    (APP + "[hosts.a]\naddress = 'h:22'\n", "hosts.a.address: 'h:22' is not a host name, an IP address or an alias"),
    (APP + "[hosts.a]\naddress = '-oProxy'\n", "hosts.a.address: '-oProxy' is not a host name"),
    (APP + HOSTS + "[env]\nA = { generate = 8 }\n", "env.A.generate: must be 16 or more"),
    (APP + HOSTS + "[env]\nA = { comand = 'x' }\n", "env.A.comand: unknown key; did you mean 'command'?"),
    (
        APP + HOSTS + "[env]\nA = ['hidden']\n",
        'env.A: expected text in quotes, or a table: { generate = 50 }, { command = ... }, { domains = "," } ...',
    ),
    (APP + HOSTS + "[env]\nA = { url = false }\n", "env.A.url: must be true; to have no such variable, leave it out"),
    (APP + HOSTS + "[env]\nA = { domains = '' }\n", "env.A.domains: this is not what stands between two domains"),
    (APP + HOSTS + "[env]\nA = { domains = ',', scheme = true }\n", "env.A.scheme: unknown key"),
    ("env_required = ['A-B']\n" + APP + HOSTS, "env_required[0]: A-B is not a name"),
    ("env_commands = ['']\n" + APP + HOSTS, "env_commands[0]: this is not a command on one line"),
    (APP + HOSTS + "[env]\nA-B = 'hidden'\n", "env: A-B is not a name such as 'SECRET_KEY'"),
    (APP + HOSTS + "[env]\nSLIPWAY_APP = 'hidden'\n", "env: SLIPWAY_APP is reserved: names that begin with SLIPWAY_"),
    (APP + HOSTS + '[env]\nA = "hid\\u0000den"\n', "env.A: holds a NUL byte"),
    # names
    (APP + HOSTS + "[groups.web1]\nhosts = ['web2']\n", "groups.web1: is the name of a host, too; choose another"),
    (APP + HOSTS + "[groups.all]\nhosts = []\n", "groups.all: 'all' always means every host; choose another name"),
    (APP + HOSTS + "roles = ['web1']\n", "hosts.web2.roles[0]: 'web1' names something else already"),
    (
        APP + HOSTS + "[groups.prod]\nhosts = ['web1', 'wbe2']\n",
        "groups.prod.hosts[1]: unknown host 'wbe2'; did you mean 'web2'?",
    ),
    ("default = 'prd'\n" + APP + HOSTS, "default: unknown group, role or host 'prd'"),
    (
        "default = 'prd'\n" + APP + HOSTS + "[groups.prod]\nhosts = ['web1']\n",
        "default: unknown group, role or host 'prd'; did you mean 'prod'?",
    ),
    (
        APP + HOSTS + "[hosts.web3]\naddress = '192.0.2.1'\nport = 22\n",
        "hosts.web3: is the same host as 'web1' (address, port and user)",
    ),
    # what does not go together
    (APP + "wsgi = 'a:b'\nasgi = 'a:b'\n" + HOSTS, "app: has both wsgi and asgi; one of them serves"),
    (APP + "wsgi = 'a:b'\n" + HOSTS + "app.asgi = 'a:b'\n", "hosts.web2.app: has both wsgi and asgi"),
    (APP + "kind = 'asgi'\nwsgi = 'a:b'\n" + HOSTS, "app.kind: is 'asgi', but the other interface's callable is set"),
    (APP + "user = 'root'\n" + HOSTS, "app.user: the app must not run as root"),
    (APP + "user = 'deploy'\n" + HOSTS, "hosts.web1: 'deploy' cannot both deploy and run the app; set user or "),
    (APP + "schedules = 'x'\n" + HOSTS, "app.schedules: expected a table of schedules"),
    (
        APP + "[app.schedules]\nsync = 3\n" + HOSTS,
        "app.schedules.sync: expected a line as in a crontab, in quotes, or a",
    ),
    (APP + "[app.schedules]\nsync = '* * * * *'\n" + HOSTS, "app.schedules.sync: expected five fields and a command"),
    (APP + "[app.schedules]\nsync = '@daily'\n" + HOSTS, "app.schedules.sync: expected five fields and a command"),
    (
        APP + "[app.schedules]\nsync = '*/5 25 * * * make'\n" + HOSTS,
        "app.schedules.sync.cron: hour: '25' is not of 0 to 23",
    ),
    (APP + "[app.schedules.sync]\ncron = '@daily'\ncomand = 'x'\n" + HOSTS, "app.schedules.sync.comand: unknown key"),
    (APP + "[app.schedules.sync]\ncron = '@daily'\n" + HOSTS, "app.schedules.sync: has no command"),
    (APP + "[app.schedules]\nSync = '@daily x'\n" + HOSTS, "app.schedules.Sync: 'Sync' is not a name such as "),
    (
        APP + "[app.processes]\nsync = 'x'\n[app.schedules]\nsync = '@daily x'\n" + HOSTS,
        "app.schedules.sync: is the name of a process, whose log it would share",
    ),
    (
        APP + "[app.processes]\nschedules = 'x'\n[app.schedules]\nsync = '@daily x'\n" + HOSTS,
        "app.processes.schedules: is the name of the process that runs [app.schedules]",
    ),
    (APP + "scheduler = 'web9'\n" + HOSTS, "app.scheduler: unknown group, role or host 'web9'"),
    (APP + "[app.processes.web]\ncount = 2\n" + HOSTS, "app.processes.web.count: there is one web server; set app.gun"),
    (APP + "linked_dirs = ['a', 'a/b']\n" + HOSTS, "app: links 'a/b' twice, or a part of what it already links"),
    (APP + "linked_dirs = ['a']\nlinked_files=['a']\n" + HOSTS, "app: links 'a' twice, or"),
    # in lists of tables, and in tables whose keys are the user's
    (
        APP + "[[app.hooks]]\nat = 'x'\ncommand = 'x'\n" + HOSTS,
        "app.hooks[0].at: 'x' is none of 'before-deploy', 'before-migrate'",
    ),
    (APP + "[[app.hooks]]\nat = 'after-boot'\n" + HOSTS, "app.hooks[0].command: is missing"),
    (
        APP + "[[app.hooks]]\nat = 'after-boot'\ncomand = 'x'\n" + HOSTS,
        "app.hooks[0].comand: unknown key; did",
    ),
    (
        APP + "[[app.notify]]\nkind = 'slack'\nurl = 'hid'\n" + HOSTS,
        "app.notify[0].url: this is not an address",
    ),
    (APP + "[app.backup.to.s3]\nurl = 'hid x'\n" + HOSTS, "app.backup.to.s3.url: this is not "),
    # TOML itself
    (APP + 'keep = "5\n', "line 3, column 10: Illegal character"),
    (APP + "name = 'again'\n", "line 3, column 15: this key is there twice"),
    (APP + HOSTS + "[hosts.web1]\n", "line 7, column 12: this table is there twice"),
    ("[app\n", "line 1, column 5: Expected ']' at the end of a table declaration"),
]


@pytest.mark.parametrize(("content", "said"), WRONG, ids=[said[:50] for _, said in WRONG])
def test_an_error_is_one_line_that_names_file_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inventory.toml").write_text(content, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load()
    assert str(caught.value).startswith(f"inventory.toml: {said}")
    assert "\n" not in str(caught.value)
    assert "hid" not in str(caught.value)
    assert caught.value.code == 2


def test_no_inventory_says_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=f"no inventory.toml in {tmp_path} or any folder above it") as caught:
        load()
    assert "SLIPWAY_INVENTORY" in caught.value.hint


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"absent\.toml: cannot be read \(No such file or directory\)"):
        load(tmp_path / "absent.toml")
    (tmp_path / "latin.toml").write_bytes(b"[app]\nname = '\xfc'\n")
    with pytest.raises(UsageError, match=r"latin\.toml: is not UTF-8 text"):
        load(tmp_path / "latin.toml")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("[ssh]\nidentity = 'key'\n", "hosts.web1.identity: key: cannot be read"),
        ("[ssh]\nconfig = 'ssh_config'\n", "ssh.config: ssh_config: cannot be read"),
        ("[groups.prod]\nhosts = ['web1']\nenv_files = ['p.env']\n", "groups.prod.env_files[0]: p.env: cannot be read"),
    ],
)
def test_a_file_that_only_some_hosts_need_is_missed_only_by_them(tmp_path: Path, lines: str, said: str) -> None:
    only_web2 = "identity = 'other'\n" if "identity" in lines else ""
    (tmp_path / "other").touch()
    (tmp_path / "inventory.toml").write_text(APP + HOSTS + only_web2 + lines, encoding="utf-8")
    inventory = load(tmp_path)
    with pytest.raises(UsageError) as caught:
        inventory.select("web1")
    assert str(caught.value).startswith(f"{tmp_path}/inventory.toml: {said}")
    if "config" not in lines:
        assert inventory.select("web2")


@pytest.mark.parametrize(
    "text",
    [
        "[env]\nKEY = { command = '''echo\nhidden''' }\n",
        "env_commands = ['''echo\nhidden''']\n",
        "[env]\nKEY = { generate = 'hidden' }\n",
        "[env]\nKEY = { command = 'true', timeout = 'hidden' }\n",
        "[env]\nKEY = ['hidden']\n",
        "[env]\nKEY = hidden\n",
        "[env]\nKEY = 'hidden\n",
        '[env]\nKEY = "hidden\\q"\n',
        "[env]\nhidden text\n",
    ],
)
def test_an_error_in_an_environment_never_shows_what_stands_there(tmp_path: Path, text: str) -> None:
    before, table, env = text.partition("[env]")
    (tmp_path / "inventory.toml").write_text(
        f'{before}\n[app]\nname = "shop"\n[hosts.web1]\naddress = "a"\n{table}{env}'
    )
    with pytest.raises(UsageError) as caught:
        load(tmp_path)
    assert "hidden" not in caught.value.message + caught.value.hint


def with_wrong(table: str, key: str, value: str) -> str:
    """An inventory whose key, in a table of the reference such as `app.files.PATH`, has a value."""
    line = f"{key} = {value}\n"
    if table == "app":
        return (APP.replace('name = "hello"\n', "") if key == "name" else APP) + line + HOSTS
    if not table:
        return line + APP + HOSTS
    named = table.replace("NAME", "x").replace("PATH", '"x.yaml"')
    return APP + HOSTS + (f"[[{named}]]\n" if table in ("app.hooks", "app.notify") else f"[{named}]\n") + line


@pytest.mark.parametrize("value", ["1979-05-27", "[[1]]", "{ a = { b = 1 } }", "''", "-1", "'x\\ty'"])
@pytest.mark.parametrize(("table", "key"), [(table, key) for table, key, _ in keys()])
def test_a_wrong_value_of_any_key_is_no_error_of_ours(tmp_path: Path, table: str, key: str, value: str) -> None:
    (tmp_path / "inventory.toml").write_text(with_wrong(table, key, value), encoding="utf-8")
    with contextlib.suppress(UsageError):  # some of these are right for some keys; all else is a defect
        load(tmp_path)
