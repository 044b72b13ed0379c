"""Changes overrides: what the words of `fab env.set` mean, and what the overrides are afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from slipway.core.errors import UsageError
from slipway.env.dotenv import Secret, check, check_name, load_file, parse, repeatable
from slipway.env.sources import GENERATED
from slipway.model.stored_overrides import ALPHABET, Count, Entry, Overrides

Change = Callable[[Overrides, str], Overrides]


def given(
    words: Sequence[str],
    *,
    file: str = "",
    stdin: Callable[[], bytes] | None = None,
    all_of_stdin: bool = False,
    ask: Callable[[str], str] | None = None,
    generate: bool = False,
) -> dict[str, Secret]:
    """The values that were given, checked before anybody is contacted.

    Args:
        words: `NAME=value`; `NAME=-`, whose value comes from standard input; or `NAME`, which is asked for.
        file: a dotenv file. all_of_stdin: standard input is dotenv text.
        stdin: reads standard input. ask: asks somebody at a terminal; None: nobody is there.
        generate: make a strong value for each bare NAME.

    Raises:
        UsageError: nothing or nonsense was given, or a value that no environment can hold.
    """
    values: dict[str, Secret] = {}
    if file:
        values |= load_file(Path(file).expanduser(), file)
    from_stdin = [word[:-2] for word in words if word.endswith("=-") and "=" not in word[:-2]]
    if len(from_stdin) + all_of_stdin > 1:
        raise UsageError("standard input can be read only once", hint="Give several values as dotenv text: --stdin.")
    if all_of_stdin and stdin:
        values |= parse(stdin(), "standard input")
    for number, word in enumerate(words, 1):
        name, equals, value = word.partition("=")
        if problem := check_name(name):  # it may be a value that lost its name, and is not repeated
            told = repeatable(name, f"what stands before = in word {number}")
            raise UsageError(f"{told} {problem}", hint="Write NAME=value; see `fab --help env.set`.")
        if name in from_stdin and stdin:
            values[name] = _text(name, stdin())
        elif equals:
            values[name] = Secret(value)
        else:
            values[name] = _made() if generate else _asked(name, ask)
    if not values:
        raise UsageError("nothing to set", hint="Write NAME=value, NAME (to be asked), --from=FILE or --stdin.")
    for name, secret in values.items():
        check(name, secret)
    return values


def set_all(values: Mapping[str, Secret], who: str, generated: frozenset[str] = frozenset()) -> Change:
    """Set values.

    Args:
        generated: names that the inventory has generated: a new value takes the place of the old one.
    """

    def change(overrides: Overrides, when: str) -> Overrides:
        entries = {name: Entry(value, who, when) for name, value in values.items()}
        return replace(
            overrides,
            env={name: entry for name, entry in {**overrides.env, **entries}.items() if name not in generated},
            generated={**overrides.generated, **{name: entry for name, entry in entries.items() if name in generated}},
        )

    return change


def unset_all(names: Sequence[str], who: str, elsewhere: frozenset[str]) -> Change:
    """Take names out of the environment.

    Args:
        elsewhere: names that come from the inventory: that they are not to be there has to be kept.
    """

    def change(overrides: Overrides, when: str) -> Overrides:
        env = {name: entry for name, entry in overrides.env.items() if name not in names}
        return replace(overrides, env={**env, **{name: Entry(None, who, when) for name in names if name in elsewhere}})

    return change


def reset_all(names: Sequence[str]) -> Change:
    """Forget what was set or taken away: the inventory holds again."""

    def change(overrides: Overrides, when: str) -> Overrides:
        return replace(overrides, env={name: entry for name, entry in overrides.env.items() if name not in names})

    return change


def scale_to(counts: Mapping[str, int], who: str) -> Change:
    """Run so many of some processes."""

    def change(overrides: Overrides, when: str) -> Overrides:
        return replace(
            overrides, scale={**overrides.scale, **{name: Count(n, who, when) for name, n in counts.items()}}
        )

    return change


def scale_back(names: Sequence[str]) -> Change:
    """Run as many as the inventory says."""

    def change(overrides: Overrides, when: str) -> Overrides:
        return replace(overrides, scale={name: one for name, one in overrides.scale.items() if name not in names})

    return change


def same(one: Overrides, other: Overrides) -> bool:
    """Whether two overrides have the same values, whoever set them and when."""
    return _bare(one) == _bare(other)


def _bare(overrides: Overrides) -> object:
    env, generated = (
        {name: entry.value for name, entry in each.items()} for each in (overrides.env, overrides.generated)
    )
    return env, generated, {name: one.count for name, one in overrides.scale.items()}


def _text(name: str, content: bytes) -> Secret:
    """What was piped in, without the one line end that `echo` adds."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise UsageError(
            f"{name}: standard input is not UTF-8 text", hint="Pipe text into it, for example by `base64`."
        ) from None
    return Secret(text.removesuffix("\n"))


def _made() -> Secret:
    return Secret("".join(secrets.choice(ALPHABET) for _ in range(GENERATED)))


def _asked(name: str, ask: Callable[[str], str] | None) -> Secret:
    if ask is None:
        hint = f"Write {name}=value, or {name}=- and pipe the value in, or use --from=FILE."
        raise UsageError(f"{name} has no value, and nobody is at a terminal to be asked", hint=hint)
    return Secret(ask(name))
