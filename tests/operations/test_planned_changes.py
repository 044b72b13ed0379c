"""What `fab plan` compares."""

from __future__ import annotations

from slipway.operations.planned_changes import configuration_changes, usual_seconds

OLD, NEW = "20261120-131502-abc1234", "20261121-090000-def5678-dirty"


def test_the_ids_of_releases_are_no_change_of_the_configuration() -> None:
    assert configuration_changes({"nginx.conf": f"root {NEW};\n"}, {"nginx.conf": f"root {OLD};\n"}) == {}


def test_a_file_that_differs_is_told_as_a_diff_without_its_head() -> None:
    found = configuration_changes({"a": "1\n2\n", "new": "x\n"}, {"a": "1\n3\n", "gone": "y\n"})
    assert found == {
        "a": ["@@ -1,2 +1,2 @@", " 1", "-3", "+2"],
        "gone": ["@@ -1 +0,0 @@", "-y"],
        "new": ["@@ -0,0 +1 @@", "+x"],
    }


def test_the_usual_time_is_that_of_the_last_deploys_that_went_well() -> None:
    def deploy(seconds: float, outcome: str = "ok") -> dict[str, object]:
        return {"operation": "deploy", "outcome": outcome, "seconds": seconds}

    records = [deploy(900.0), *map(deploy, (1.0, 2.0, 3.0, 4.0, 50.0)), deploy(0.1, "failed")]
    assert usual_seconds([*records, {"operation": "rollback", "outcome": "ok", "seconds": 0.5}]) == 3.0
    assert usual_seconds([]) is None
