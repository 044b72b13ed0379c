"""How long it takes to find out from its source what an app is, and what it reads: a repository of 5,000 files.

Run it as `.venv/bin/python benchmarks/detect.py`; it makes the repository in a temporary folder, and contacts nobody.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from slipway.detect import detect
from slipway.detect.env_variables import environment_reads
from slipway.inventory.app import App
from slipway.source import resolve

FILES = 5000
MODULES = 2000  # of these, of 5 KB each, as in a large Django project
READERS = 40  # modules that read the environment
LIMIT = 0.1  # seconds
ROUNDS = 11
BODY = '''
def view_{n}(request, form, queryset):
    """Show what there is, page by page, to whom may see it."""
    page = queryset.filter(owner=request.user, year__gte={n}).order_by("-created")[: form.cleaned_data["size"]]
    return {{"page": [item.title for item in page], "name": "{word} report {n}", "total": queryset.count()}}
'''


def make(folder: Path) -> None:
    """Write and commit the project."""
    files = {
        "manage.py": 'import os, django\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site.settings")\n',
        "site/__init__.py": "",
        "site/wsgi.py": "application = 1\n",
        "site/settings.py": 'import os\nSECRET_KEY = os.environ["SECRET_KEY"]\nDEBUG = os.environ.get("DEBUG", "")\n',
        "requirements.txt": "django\n",
    }
    for number in range(MODULES):
        reads = f'import os\nURL = os.environ.get("URL_{number}", "")\n' if number < READERS else ""
        body = "".join(
            BODY.format(n=number * 100 + part, word="yearly" if part else "environmental") for part in range(12)
        )
        files[f"apps/app{number % 50}/module{number}.py"] = f"from django.db import models\n{reads}{body}"
    for number in range(FILES - len(files)):
        files[f"assets/part{number % 30}/file{number}.html"] = f"<p>{number}</p>\n" * 50
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=b", "-c", "user.email=b", "commit", "-qm", "all"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    subprocess.run(["git", "gc", "-q"], cwd=folder, check=True)


def measure(folder: Path, everywhere: bool) -> float:
    """Seconds from the commit to all that is found in it."""
    source = resolve(folder, "HEAD", False)
    app = App(name="site")
    start = time.process_time()
    with source.opened() as tree:
        found = detect(tree, app)
        reads = environment_reads(tree, app, found, everywhere=everywhere)
    seconds = time.process_time() - start
    assert len(reads.variables) == (READERS + 2 if everywhere else 2)
    return seconds


def main() -> int:
    """Print the medians; fail where one is over the limit."""
    with tempfile.TemporaryDirectory() as name:
        make(Path(name))
        slow = False
        for what, everywhere in (("fab detect: all code", True), ("fab deploy: what surely runs at start", False)):
            middle = statistics.median(measure(Path(name), everywhere) for _ in range(ROUNDS))
            print(f"{what:40} {middle * 1000:6.1f} ms, {FILES} files")
            slow |= middle > LIMIT
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
