"""Exit code 2 says that nothing was asked of any host: a mistake that is found later ends with exit code 1."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.core.errors import UsageError
from slipway.model.step import Plan
from tests.fleet.fake_hosts import FakeHosts
from tests.fleet.sshd import Sshd


def test_a_mistake_that_is_found_after_a_host_was_asked_ends_with_1(server: Sshd, tmp_path: Path) -> None:
    fakes = FakeHosts(server, tmp_path)
    with pytest.raises(UsageError) as before, fakes.fleet() as fleet:
        fleet.dial()
        raise UsageError("no such template", hint="Write one.")
    with pytest.raises(UsageError) as after, fakes.fleet() as fleet:
        fleet.run(Plan("look", (fakes.phase("one", "true"),)))
        raise UsageError("no such template", hint="Write one.")
    assert (before.value.code, after.value.code) == (2, 1)
