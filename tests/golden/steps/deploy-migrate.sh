proven() { # RECORD KEY TREE
  local lines
  [[ -s $1 ]] || return 1
  mapfile -t lines < "$1"
  [[ ${lines[0]} == "$2" && ${#lines[@]} -gt 2 ]] || return 1
  [[ -z $(git diff-tree -r --name-only --diff-filter=ADTRC "${lines[1]}" "$3" 2>&1) ]] || return 1
  GIT_LITERAL_PATHSPECS=1 git diff-tree -r --quiet "${lines[1]}" "$3" -- "${lines[@]:2}" 2> /dev/null
}
keep_proof() { # RECORD KEY TREE PATHS
  { printf '%s\n%s\n' "$2" "$3"; cat "$4"; } > "$1.new"
  mv -f "$1.new" "$1"
}
if ! GIT_DIR=/srv/shop/repo.git proven /srv/shop/migrated 'migrate dddddddddddddddddddddddddddddddd shop.settings'" $(readlink /srv/shop/releases/20261120-131502-abc1234/venv)" 7777777777777777777777777777777777777777; then
  rm -f /srv/shop/migrated
exec {hold}> >(exec sudo -n -u shop -- python3 -I -c 'import sys;exec(sys.stdin.buffer.read(int(sys.argv.pop(1))))' 15011 2>&1)
runner=$!
cat >&"$hold" <<'SLIPWAY_PROGRAM' 2> /dev/null || true
from __future__ import annotations


import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

TAIL_LINES = 16
CAUSE_LINES = 8
TAIL_BYTES = 16384

class Failed(Exception):
    pass

def say(text: str) -> None:
    print(text.replace("\x01", "?"), flush=True)

def fact(key: str, value: Any) -> None:
    plain = isinstance(value, str) and "\n" not in value
    print(f"\x01fact {key} {value if plain else json.dumps(value, sort_keys=True)}", flush=True)

def note(text: str) -> None:
    print(f"\x01note {' '.join(text.split())}", flush=True)

def size(path: str | None) -> int:
    try:
        return os.path.getsize(path) if path else 0
    except OSError:
        return 0

def tail(path: str | None, since: int = 0) -> str:
    if not path:
        return ""
    try:
        with open(path, "rb") as log:
            end = log.seek(0, os.SEEK_END)
            begin = since if since < end else 0
            log.seek(max(begin, end - TAIL_BYTES))
            lines = log.read().decode("utf-8", "replace").splitlines()
    except OSError as error:
        return f"(the log {path} cannot be read: {error.strerror})"
    return "\n".join(essence(lines))

def essence(lines: list[str]) -> list[str]:
    begin = next((at for at, line in enumerate(lines) if line.startswith("Traceback ")), len(lines))
    end = next((at for at in range(begin + 1, len(lines)) if not lines[at].startswith(" ")), len(lines)) + 1
    if end > len(lines) - TAIL_LINES:
        return lines[-TAIL_LINES:]
    return [*lines[max(begin, end - CAUSE_LINES) : end], "...", *lines[CAUSE_LINES + 1 - TAIL_LINES :]]

def with_log(reason: str, path: str | None, since: int = 0) -> str:
    lines = tail(path, since)
    return f"{reason}\nLast lines of {path}:\n{lines}" if lines else reason

def run(main: Callable[[dict[str, Any]], None]) -> None:
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        main({key: value for word in sys.argv[1:] for key, value in json.loads(word).items()})
    except Failed as failed:
        reason, _, more = str(failed).partition("\n")
        print(f"\x01fail {reason}", flush=True)
        if more:
            say(more)
        sys.exit(1)
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)

import os
import signal

def stat(pid: int) -> tuple[int, int, int] | None:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else (int(fields[1]), int(fields[2]), int(fields[3]))

def children(pid: int) -> set[int]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return {int(child) for child in file.read().split()}
    except OSError:
        return set()

def live() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]

def owner(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("Uid:")), None)
    except OSError:
        return None

def kill_group(group: int) -> None:
    if group <= 1:
        raise ValueError(f"{group} is no process group of an app")
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
    except PermissionError:
        members = (pid for pid in live() if (stat(pid) or (0, 0))[1] == group)
        for user in {owner(pid) for pid in members}:
            if user is not None:
                as_user(user, ["kill", "-KILL", "--", f"-{group}"])

def as_user(user: int, command: list[str]) -> str:
    import subprocess

    done = subprocess.run(
        ["sudo", "-n", "-u", f"#{user}", "--", *command],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.stdout

def memory(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0

import json
import os
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

POLL = 0.02  # seconds

def members(session: int) -> list[int]:
    return [pid for pid in live() if (stat(pid) or (0, 0, 0))[2] == session]

def signal_session(session: int, number: int) -> bool:
    pids = members(session) if session > 1 else []
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, number)
    return bool(pids)

def over(session: int, within: float, meanwhile: Callable[[], None] = lambda: None) -> bool:
    deadline = time.monotonic() + within
    while members(session):
        meanwhile()
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True

def born(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return int(file.read().rpartition(")")[2].split()[19])
    except OSError:
        return 0

def boot() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""

def kept(folder: str, name: str) -> dict[str, Any] | None:
    try:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            told = json.load(file)
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None

def keep(folder: str, name: str, told: dict[str, Any]) -> None:
    path = os.path.join(folder, name)
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        json.dump(told, file, sort_keys=True)
    os.replace(f"{path}.new", path)

def runs(task: dict[str, Any]) -> bool:
    if task.get("boot") != boot():
        return False
    pid, session = task.get("pid") or 0, task.get("session") or 0
    runner = stat(pid) is not None and born(pid) == task.get("born")
    return runner or bool(members(session))

import os
import select
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PIECE = 4096  # bytes: what a pipe that is ready takes without making us wait (PIPE_BUF, pipe(7))
LIMIT = 64 << 20  # bytes of output that are kept
GRACE = 3.0  # seconds from TERM to KILL; less than the five in which the agent ends us
TIMED_OUT = 124  # as timeout(1)
ASKING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
GONE = select.POLLERR | select.POLLHUP | select.POLLNVAL
LATE = "ended after"
NOT_WANTED = "stopped by its user, or for a lost connection"

class Record:

    def __init__(self, path: str | None) -> None:
        self.left = LIMIT
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o660) if path else None

    def keep(self, data: bytes) -> None:
        if self.file is None or self.left <= 0:
            return
        self.left -= len(data)
        if self.left <= 0:
            data += b"\n... the rest is not kept: there is too much of it\n"
        try:
            os.write(self.file, data)
        except OSError:
            self.left = 0

class Ended:

    def __init__(self) -> None:
        self.asked = False
        self.descriptor, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in ASKING:
            signal.signal(number, self.ask)

    def ask(self, *_: object) -> None:
        self.asked = True

def supervise(
    argv: list[str],
    given: str | None,
    output: str | None,
    timeout: float | None,
    shown: bool,
    begun: Callable[[int], None],
    umask: int = 0o027,
) -> tuple[int, str]:
    ended = Ended()
    record = Record(output)
    heard, pid = begin(argv, given, umask)
    begun(pid)
    why = watch(pid, heard, ended, record, timeout, shown)
    end(pid, lambda: drain(heard, record, shown))
    code = wait(pid)
    return (TIMED_OUT if why.startswith(LATE) else code), why

def begin(argv: list[str], given: str | None, umask: int) -> tuple[int, int]:
    import tempfile

    heard, said = os.pipe()
    pid = os.fork()
    if pid:
        os.close(said)
        os.set_blocking(heard, False)
        return heard, pid
    try:
        os.setsid()
        os.umask(umask)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGPIPE, signal.SIGCHLD, *ASKING):
            signal.signal(number, signal.SIG_DFL)
        with tempfile.TemporaryFile() as source:
            source.write((given or "").encode())
            source.seek(0)
            os.dup2(source.fileno(), 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.closerange(3, 4096)
        os.execvp(argv[0], argv)  # noqa: S606
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)

def watch(pid: int, heard: int, ended: Ended, record: Record, timeout: float | None, shown: bool) -> str:
    deadline = time.monotonic() + timeout if timeout else None
    waiting = b""
    poll = select.poll()
    poll.register(ended.descriptor, select.POLLIN)
    poll.register(heard, select.POLLIN)
    if shown:
        poll.register(0, select.POLLIN)
        poll.register(1, 0)
    while not gone(pid):
        events = dict(poll.poll(None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000 + 1))
        if deadline is not None and time.monotonic() >= deadline:
            return f"{LATE} {timeout:g} s, as --timeout says"
        if ended.descriptor in events:
            os.read(ended.descriptor, PIECE)
        if ended.asked or events.get(1, 0) & GONE or (0 in events and not os.read(0, PIECE)):
            return NOT_WANTED
        if waiting and events.get(1, 0) & select.POLLOUT:
            show(waiting)
            waiting = b""
            poll.modify(1, 0)
            poll.register(heard, select.POLLIN)
        elif heard in events:
            data = os.read(heard, PIECE)
            record.keep(data)
            if shown and data:
                waiting = data
                poll.modify(1, select.POLLOUT)
            if waiting or not data:
                poll.unregister(heard)
    show(waiting)
    return ""

def gone(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

def show(data: bytes) -> None:
    try:
        if data:
            os.write(1, data.replace(b"\x01", b"?"))
    except OSError:
        pass

def drain(heard: int, record: Record, shown: bool) -> None:
    try:
        while data := os.read(heard, PIECE):
            record.keep(data)
            if shown:
                show(data)
    except BlockingIOError:
        pass

def end(session: int, meanwhile: Callable[[], None]) -> None:
    meanwhile()
    if signal_session(session, signal.SIGTERM) and not over(session, GRACE, meanwhile):
        signal_session(session, signal.SIGKILL)
    meanwhile()

def wait(pid: int) -> int:
    status = os.waitpid(pid, 0)[1]
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)

import json
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KEEP = 200  # records

def main(_: dict[str, Any]) -> None:
    options = json.loads(sys.stdin.buffer.readline())
    os.umask(0o007)
    argv = [*inside(options), *options["argv"]]
    folder = options.get("folder")
    if folder:
        make(folder)
    if options.get("detach"):
        detach(argv, options)
        return
    code = recorded(argv, options, shown=True)
    sys.stdout.flush()
    os._exit(code)

def inside(options: dict[str, Any]) -> list[str]:
    launcher = options.get("launcher")
    if options.get("base"):
        release = os.path.realpath(os.path.join(options["base"], "current"))
        launcher = os.path.join(release, "conf", "run")
        if not os.path.exists(launcher):
            raise Failed("nothing has been deployed here yet: run `fab deploy` first")
        options["about"]["release"] = os.path.basename(release)
    return [launcher] if launcher else []

def make(folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise Failed(f"{folder} cannot be made ({error.strerror}): has `fab provision` been run?") from error
    parent = os.path.dirname(folder)
    found = [os.path.join(parent, name) for name in os.listdir(parent)]
    if len(found) > KEEP:
        import shutil

        for old in sorted(found, key=os.path.getmtime)[:-KEEP]:
            if os.path.exists(os.path.join(old, "end.json")):
                shutil.rmtree(old, ignore_errors=True)

def detach(argv: list[str], options: dict[str, Any]) -> None:
    heard, told = os.pipe()
    if os.fork():
        os.close(told)
        if os.read(heard, 1) != b"+":
            raise Failed("the task did not start; its record may say why")
        fact("task", options["about"]["id"])
        return
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.closerange(3, told)
    os.closerange(told + 1, 4096)
    os._exit(recorded(argv, options, shown=False, started=told))

def recorded(argv: list[str], options: dict[str, Any], shown: bool, started: int | None = None) -> int:
    folder = options.get("folder")
    began, clock = time.time(), time.monotonic()

    def begun(pid: int) -> None:
        if folder:
            about = {**options["about"], "started": began, "timeout": options.get("timeout")}
            here = {"pid": os.getpid(), "session": pid, "born": born(os.getpid()), "boot": boot()}
            keep(folder, "task.json", {**about, **here})
        if started is not None:
            os.write(started, b"+")
            os.close(started)

    output = os.path.join(folder, "output") if folder else None
    umask = 0o027 if folder else 0o022
    code, why = supervise(argv, options.get("input"), output, options.get("timeout"), shown, begun, umask)
    if folder:
        stop = kept(folder, "stop")
        if stop is not None:
            why = f"stopped by {stop.get('who')}"
        state = "stopped" if why.startswith("stopped") else "failed" if code else "succeeded"
        seconds = round(time.monotonic() - clock, 2)
        ended = {"code": code, "state": state, "why": why, "ended": time.time(), "seconds": seconds}
        keep(folder, "end.json", ended)
    if shown and why:
        say(why)
    return code

if __name__ == "__main__":
    run(main)
SLIPWAY_PROGRAM
printf '%s\n' '{"about": {"command": "python manage.py migrate --noinput --skip-checks", "id": "20261120-131502-abc1234-migrate", "name": "migrate", "release": "20261120-131502-abc1234", "who": "ann@laptop"}, "argv": ["python", "-", "{\"applied\": \"/srv/shop/tasks/20261120-131502-abc1234-migrate/applied\", \"argv\": [\"manage.py\", \"migrate\", \"--noinput\", \"--skip-checks\"], \"record\": \"/srv/shop/tasks/20261120-131502-abc1234-migrate/inputs\", \"top\": \"/srv/shop/releases/20261120-131502-abc1234/app\"}"], "folder": "/srv/shop/tasks/20261120-131502-abc1234-migrate", "input": "from __future__ import annotations\n\n\nimport os\nimport sys\n\nTYPE_CHECKING = False\nif TYPE_CHECKING:\n    from typing import Any\n\nclass Observer:\n\n    def __init__(self, top: str) -> None:\n        self.top = os.path.realpath(top) + os.sep\n        self.paths: set[str] = set()\n\n    def start(self) -> None:\n        sys.addaudithook(self.hear)\n\n    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:\n        if event not in (\"open\", \"os.listdir\", \"os.scandir\") or not arguments or not isinstance(arguments[0], str):\n            return\n        if event != \"open\" and sys._getframe(1).f_code.co_filename.startswith(\"<frozen importlib\"):\n            return\n        self.note(arguments[0])\n\n    def note(self, path: str) -> None:\n        path = os.path.join(os.getcwd(), path)\n        if not path.startswith(self.top):\n            path = os.path.realpath(path)\n        if path.startswith(self.top):\n            self.paths.add(source(path[len(self.top) :]))\n\ndef source(path: str) -> str:\n    folder, name = os.path.split(path)\n    parent, cache = os.path.split(folder)\n    if cache == \"__pycache__\" and name.endswith(\".pyc\"):\n        return os.path.join(parent, name.split(\".\", 1)[0] + \".py\")\n    return path\n\nimport os\nimport sys\nfrom types import MappingProxyType\n\nTYPE_CHECKING = False\nif TYPE_CHECKING:\n    from collections.abc import Iterable\n    from typing import Any\n\nMACHINE = (\n    *(\"/usr\", \"/lib\", \"/lib64\", \"/proc\", \"/sys\", \"/dev\", \"/etc/ssl\", \"/etc/mime.types\", \"/etc/localtime\"),\n    *(\"/etc/timezone\", \"/etc/hosts\", \"/etc/host.conf\", \"/etc/passwd\", \"/etc/group\", \"/etc/nsswitch.conf\"),\n    *(\"/etc/resolv.conf\", \"/etc/gai.conf\", \"/etc/apache2/mime.types\", \"/etc/httpd\", \"/opt/slipway\"),\n)\nPROGRAMS = dict.fromkeys((\"subprocess.Popen\", \"os.system\", \"os.exec\", \"os.posix_spawn\"), \"it starts a program\")\nSERVERS = MappingProxyType({\"socket.connect\": \"it asks a server\", \"sqlite3.connect\": \"it asks a database\"})\nLISTS = (\"os.listdir\", \"os.scandir\")\nRELEASE_NAMES = (\"SLIPWAY_RELEASE\", \"SLIPWAY_COMMIT\")\n\nclass Inputs(Observer):\n\n    def __init__(self, tree: str, outputs: Iterable[str] = (), asks: bool = False) -> None:\n        super().__init__(tree)\n        self.unknowable = PROGRAMS if asks else {**PROGRAMS, **SERVERS}\n        own = (sys.prefix, sys.base_prefix, sys.exec_prefix, *outputs)\n        self.own = {*MACHINE, *own, *(os.path.realpath(path) for path in own)}\n        self.read: set[str] = set()\n        self.wrote: set[str] = set()\n        self.names: set[str] = set()\n        self.why: set[str] = set()\n        self.listening = True\n        os.environ.__class__ = noting(type(os.environ), self)\n        self.start()\n\n    def close(self) -> None:\n        self.listening = False\n\n    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:\n        if not self.listening or (\n            event in LISTS and sys._getframe(1).f_code.co_filename.startswith(\"<frozen importlib\")\n        ):\n            return\n        super().hear(event, arguments)\n        if event in self.unknowable:\n            self.why.add(self.unknowable[event])\n        elif event == \"open\" and isinstance(arguments[0], str):\n            flags = arguments[2] if isinstance(arguments[2], int) else 0\n            writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)\n            (self.wrote if writes else self.read).add(os.path.abspath(arguments[0]))\n\n    def reasons(self) -> list[str]:\n        files = {path for path in self.read - self.wrote if os.path.isfile(path) and not self.is_own(path)}\n        names = [name for name in RELEASE_NAMES if name in self.names or \"*\" in self.names]\n        found = {*self.why, *(f\"it reads {path}\" for path in files), *(f\"it looks at {name}\" for name in names)}\n        return sorted(found)\n\n    def is_own(self, path: str) -> bool:\n        real = os.path.realpath(path)\n        if real.startswith(self.top):\n            return True\n        return any(way == top or way.startswith(f\"{top}/\") for top in self.own for way in (path, real))\n\n    def report(self, record: str | None) -> dict[str, Any]:\n        why = self.reasons()\n        if record and not why:\n            with open(record, \"w\", encoding=\"utf-8\", errors=\"surrogateescape\") as file:\n                file.writelines(f\"{path}\\n\" for path in sorted(self.paths) if path and \"\\n\" not in path)\n        return {\"provable\": not why, \"why\": why, \"env\": sorted(self.names - {\"*\"})}\n\ndef noting(base: type, inputs: Inputs) -> type:\n\n    class Environment(base):  # type: ignore[misc]\n        def __getitem__(self, key: str | bytes) -> Any:\n            if inputs.listening and isinstance(key, str):\n                inputs.names.add(key)\n            return super().__getitem__(key)\n\n        def __iter__(self) -> Any:\n            if inputs.listening:\n                inputs.names.add(\"*\")\n            return super().__iter__()\n\n    return Environment\n\nimport json\nimport runpy\nimport sys\n\ndef main() -> None:\n    options = json.loads(sys.argv[1])\n    inputs = Inputs(options[\"top\"], asks=True)\n    sys.argv = options[\"argv\"]\n    sys.path[0] = \"\"\n    try:\n        runpy.run_path(sys.argv[0], run_name=\"__main__\")\n    except SystemExit as end:\n        if end.code:\n            raise\n    inputs.close()\n    open(options[\"record\"], \"w\").close()\n    inputs.report(options[\"record\"])\n    if options.get(\"applied\"):\n        with open(options[\"applied\"], \"w\", encoding=\"utf-8\") as file:\n            json.dump(applied(), file, sort_keys=True)\n\ndef applied() -> dict[str, list[str]]:\n    from django.db import connections\n    from django.db.migrations.recorder import MigrationRecorder\n\n    return {\n        alias: sorted(\".\".join(key) for key in MigrationRecorder(connections[alias]).applied_migrations())\n        for alias in connections\n    }\n\nif __name__ == \"__main__\":\n    main()\n", "launcher": "/srv/shop/releases/20261120-131502-abc1234/conf/run"}' >&"$hold" 2> /dev/null || true
code=0
wait "$runner" || code=$?
exec {hold}>&-
[[ $code == 0 ]] || fail '`python manage.py migrate --noinput --skip-checks` failed: mend it and deploy again; nothing was switched'
keep_proof /srv/shop/migrated 'migrate dddddddddddddddddddddddddddddddd shop.settings'" $(readlink /srv/shop/releases/20261120-131502-abc1234/venv)" 7777777777777777777777777777777777777777 /srv/shop/tasks/20261120-131502-abc1234-migrate/inputs
  cp /srv/shop/tasks/20261120-131502-abc1234-migrate/applied /srv/shop/applied.new
  mv -f /srv/shop/applied.new /srv/shop/applied
fi
[[ ! -e /srv/shop/applied ]] || cp /srv/shop/applied /srv/shop/releases/20261120-131502-abc1234/migrations.json
