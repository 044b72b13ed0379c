"""Runs the program that reads logs on a host, on a folder of the test."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slipway.remote import program

RELEASE = "20261120-131502-abc1234"
MATCH = r"(?P<process>web|worker)(?:\.\d+)?\.(?P<release>\d{8}-\d{6}-[0-9a-f]{7})\.log"
NGINX = r"nginx\.(?P<process>access|error)\.log"


def log(folder: Path, process: str = "web", release: str = RELEASE) -> Path:
    """Where a process logs."""
    return folder / f"{process}.{release}.log"


def add(path: Path, text: str | bytes) -> None:
    """Append to a log."""
    with path.open("ab") as file:
        file.write(text.encode() if isinstance(text, str) else text)


def rotate(path: Path, backups: int = 3) -> None:
    """As supervisord does it."""
    for number in range(backups, 0, -1):
        older = path.with_name(f"{path.name}.{number - 1}") if number > 1 else path
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number}"))
    path.touch()


class Tail:
    """One run.

    Attributes:
        frames: (words, data) as they came. text: the lines of all logs. notes: for people.
        places: {path: {inode: (offset, proof)}}, as the other side remembers them.
    """

    def __init__(self, folder: Path, **changes: Any) -> None:
        options: dict[str, Any] = {
            "folders": [{"path": str(folder), "match": MATCH}, {"path": str(folder), "match": NGINX}],
            "base": str(folder.parent),
            "release": "",
            "lines": 100,
            "ago": None,
            "at": None,
            "grep": None,
            "follow": False,
            "timed": False,
            "until": None,
            "silence": 30,
            "resume": None,
            "seen": 0,
            **changes,
        }
        self.frames: list[tuple[list[bytes], bytes]] = []
        self.text = bytearray()
        self.notes: list[str] = []
        self.places: dict[str, dict[int, tuple[int, int]]] = {}
        self.seen = 0.0
        self.live = False
        self._paths: dict[int, str] = {}
        self.gate = threading.Event()
        self.gate.set()
        words = [sys.executable, "-I", "-c", program("logs.tail"), json.dumps(options)]
        env = {**os.environ, "TZ": "UTC"}
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=env)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with os.fdopen(os.dup(self.process.stdout.fileno()), "rb", buffering=1024) as stream:
            stream.readline()
            for line in stream:
                self.gate.wait()
                *words, length = line.split()
                self._take(words, stream.read(int(length)))

    def _take(self, words: list[bytes], data: bytes) -> None:
        self.frames.append((words, data))
        if words[0] == b"source":
            self._paths[int(words[1])] = json.loads(data)["path"]
            self.places.setdefault(self._paths[int(words[1])], {})
        elif words[0] == b"lines":
            self.text += data
            for place in words[3].split(b","):
                inode, offset, proof = map(int, place.split(b":"))
                self.places[self._paths[int(words[1])]][inode] = (offset, proof)
        elif words[0] == b"note":
            self.notes.append(data.decode())
        elif words[0] == b"alive":
            self.seen = float(words[1])
        self.live = self.live or words[0] == b"live"

    @property
    def lines(self) -> list[str]:
        return self.text.decode("utf-8", "replace").splitlines()

    @property
    def resume(self) -> dict[str, Any]:
        """Options to go on from here."""
        places = {path: [[inode, *place] for inode, place in known.items()] for path, known in self.places.items()}
        return {"resume": places, "seen": self.seen}

    def wait(self, reached: Callable[[], bool], seconds: float = 15) -> None:
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, (self.text[-1000:], self.notes)
            time.sleep(0.01)

    def end(self) -> None:
        """Close its standard input, and see that it ends."""
        assert self.process.stdin
        self.process.stdin.close()
        assert self.process.wait(3) == 0
        self._reader.join(3)

    def all(self) -> list[str]:
        """Wait until a run that does not follow has ended; its lines."""
        assert self.process.wait(20) == 0
        self._reader.join(3)
        assert self.process.stdin
        self.process.stdin.close()
        return self.lines


def numbers(lines: list[str]) -> list[int]:
    """The number at the end of each line."""
    return [int(match[0]) for line in lines for match in [re.search(r"\d+$", line)] if match]
