"""Masks secrets in text of others by their form (passwords in URLs, values of SECRET_KEY); it knows none."""

from __future__ import annotations

import re

MASK = "***"
_URL = re.compile(r"(?P<kept>[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@'\"]*):(?P<secret>[^\s'\"]+)@(?=[^\s@]*)")
NAME = r"[\w.-]*(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|(?:API|PRIVATE|ACCESS)[-_]?KEY|CREDENTIALS?|\bPWD)[\w-]*"
# A value in quotes; or a bare word that is no expression of source code, such as os.environ["SECRET_KEY"].
_QUOTED = r"[bruf]{0,2}(?P<quote>['\"])(?:(?!(?P=quote)).)+(?P=quote)"
_BARE = r"(?![\"'])(?!(?:None|True|False|str|int|bytes|bool)\b)[^\s'\"()\[\]{},;=]+(?=[\s,;]|$)"
_NAMED = re.compile(rf"(?P<kept>{NAME}['\"]?\s*(?:=>|=|:)\s*)(?:{_QUOTED}|{_BARE})", re.IGNORECASE)
_INPUT = re.compile(r"(?P<kept>\binput_value=)(?P<value>.+?)(?=, input_type=|\]|$)")  # of pydantic: what it was given
_CODE = re.compile(r"(?:=|:)\s*(?:\w+\.)+\w+$|(?:=|:)\s*\w*(?:SECRET|PASSWORD|TOKEN|KEY)\w*$", re.IGNORECASE)


def mask_secrets(text: str) -> str:
    """The same text, as far as can be told without what looks like a secret."""
    text = _URL.sub(rf"\g<kept>:{MASK}@", text)
    text = _INPUT.sub(lambda match: match[0] if match["value"] == "{}" else f"{match['kept']}{MASK}", text)
    return _NAMED.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    """A value that is a name of source code, such as `settings.SECRET_KEY`, is none that has to be hidden."""
    return match[0] if not match["quote"] and _CODE.search(match[0]) else f"{match['kept']}{MASK}"
