"""No task: has the user type an app's name before its data are replaced or removed."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def confirm_app(task: str, names: Sequence[str], given: str, what: str) -> None:
    """Go on only with the names of exactly these apps.

    Args:
        task: such as `destroy`. names: of the apps, in order. given: what `--app` says; "" to ask.
        what: what will happen, in whole sentences.

    Raises:
        UsageError: it is another name, or nobody is there who could say it.
    """
    from slipway.core.errors import UsageError
    from slipway.output.ask_user import answer

    if not given:
        if not sys.stdin.isatty():
            raise UsageError(
                f"fab {task} needs somebody at a terminal who says the app's name",
                hint=f"Give it as --app={names[0]}, or --yes. --dry shows what would be done.",
            )
        given = answer(f"{what} Type the app's name to go on:")
    if [given] != [*names]:
        raise UsageError(f"the app is {' and '.join(names)}, not {given or 'nothing'}", hint="Nothing was done.")
