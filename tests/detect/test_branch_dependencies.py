"""A dependency on a branch is told: a deploy does not renew it."""

from __future__ import annotations

import pytest

from slipway.detect.branch_dependencies import branch_notes
from slipway.detect.dependency_source import Requirements

SHA = "0123456789abcdef0123456789abcdef01234567"


class Tree:
    """One file of dependencies."""

    files = ("requirements.txt",)

    def __init__(self, content: str) -> None:
        self.content = content

    def read(self, path: str) -> bytes:
        return self.content.encode()


def told(content: str, kind: str = "requirements") -> list[str]:
    needs = Requirements(kind, ("requirements.txt",), ("requirements.txt",))  # type: ignore[arg-type]
    return [note.split(" a git repository")[0] for note in branch_notes(Tree(content), needs)]


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("shop-lib @ git+https://git.example.org/shop.git@main", "shop-lib comes from the branch main of"),
        ("git+https://u:s3cret@git.example.org/x/shop.git#egg=shop", "shop comes from the main branch of"),
        ("-e git+ssh://git@git.example.org/x/shop.git@dev", "shop comes from the branch dev of"),
        ('dependencies = ["lib[a] @ git+https://x.org/lib@develop"]', "lib comes from the branch develop of"),
        ('lib = { git = "https://x.org/lib", branch = "next" }', "lib comes from the branch next of"),
        ('lib = { git = "https://x.org/lib" }', "lib comes from the main branch of"),
    ],
)
def test_a_branch_is_told_by_its_name(line: str, note: str) -> None:
    assert told(f"django==5.2\n{line}\n") == [note]


@pytest.mark.parametrize(
    "line",
    [
        f"lib @ git+https://x.org/lib@{SHA}",
        "lib @ git+https://x.org/lib.git@v1.2.3#subdirectory=a",
        "# lib @ git+https://x.org/lib@main",
        f'lib = {{ git = "https://x.org/lib", rev = "{SHA}" }}',
        'lib = { git = "https://x.org/lib", tag = "stable" }',
        "lib>=1.0",
    ],
)
def test_a_commit_or_a_tag_needs_no_word(line: str) -> None:
    assert told(line) == []


def test_a_lock_file_says_which_commit_is_meant() -> None:
    assert told("lib @ git+https://x.org/lib@main", "uv") == []
