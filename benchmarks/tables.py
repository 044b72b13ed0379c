"""Results as Markdown."""

from __future__ import annotations

from typing import Any

HEAD = """\
| deploy | hosts | where | Slipway s | script s | ratio | best | logins | commands | CPU s | host CPU s | memory MB |
|--------|------:|------:|----------:|---------:|------:|-----:|-------:|---------:|------:|-----------:|----------:|"""


def table(results: dict[str, Any]) -> str:
    """Everything: what was measured on, a line for each kind of deploy, the phases of a warm one."""
    about, rows = results["about"], results["rows"]
    facts = f"{about['when']}, commit {about['commit']}, Python {about['python']}, {about['cores']} cores"
    lines = [
        f"{facts}, load {about['load']:.1f} before, medians of {about['rounds']}, far: {about['trip']:.0f} ms, "
        f"own: {about['share']} of a processor for each host",
        "",
        HEAD,
        *map(line, rows),
        "",
    ]
    lines += [f"`fab {words}`: {seconds:.2f} s" for words, seconds in results["other"].items()]
    for row in rows:
        shares = row["phases"]
        if shares:
            text = ", ".join(f"{name.strip()} {seconds:.2f}" for name, seconds in shares.items() if name[0] != " ")
            lines += [
                "",
                f"{row['what']}, {row['hosts']} hosts{'' if row['where'] == 'near' else ', ' + row['where']}: {text}",
            ]
    return "\n".join(lines)


def line(row: dict[str, Any]) -> str:
    """One row of the table."""
    ours, theirs = row["slipway"], row.get("script")
    return " | ".join(
        [
            f"| {row['what']}",
            f"{row['hosts']}",
            row["where"],
            f"{ours['seconds']:.2f}",
            f"{theirs['seconds']:.2f}" if theirs else "",
            f"{ours['seconds'] / theirs['seconds']:.2f}" if theirs else "",
            f"{ours['best'] / theirs['best']:.2f}" if theirs else "",
            _pair(ours, theirs, "connections"),
            _pair(ours, theirs, "commands"),
            _pair(ours, theirs, "cpu"),
            _pair(ours, theirs, "host_cpu"),
            f"{ours['memory']:.0f} |",
        ]
    )


def _pair(ours: dict[str, Any], theirs: dict[str, Any] | None, key: str) -> str:
    return " : ".join(str(side[key]) for side in (ours, theirs) if side and key in side)
