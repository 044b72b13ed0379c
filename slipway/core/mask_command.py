"""Masks what looks like a secret in a command line that somebody typed, before a record keeps it.

More is masked than in text of others: a command is shown for people to recognise, not to be run again.
"""

from __future__ import annotations

import re

from slipway.core.mask_secrets import MASK, NAME

# A word of a shell's, made of quoted and bare parts; not one that only names a variable or a command, as $TOKEN does.
_WORD = r"(?!\$[\w({])(?:'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.|[^\s;|&<>'\"\\])+"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<kept>[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@'\"]*:)[^\s'\"]+(?P<rest>@)",  # a URL with a password
        rf"(?P<kept>(?P<quote>['\"]){NAME}(?:=|:\s*))(?:(?!(?P=quote)).)+(?P<rest>(?P=quote))",  # 'PASSWORD=a b'
        r"(?P<kept>(?P<quote>['\"])(?:Proxy-)?Authorization:\s*(?:\w+\s+)?)(?:(?!(?P=quote)).)+(?P<rest>(?P=quote))",
        rf"(?P<kept>{NAME}=){_WORD}",  # PASSWORD=x, --password=x
        rf"(?P<kept>(?<![\w-])--?{NAME}\s+)(?!-){_WORD}",  # --password x
        rf"(?P<kept>\bsshpass\s+-p\s*){_WORD}",
        rf"(?P<kept>\b(?:mysql|mariadb)[\w-]*\s(?:[^|;&]*\s)?-p){_WORD}",
        rf"(?P<kept>\bredis-cli\s(?:[^|;&]*\s)?-a\s*){_WORD}",
        rf"(?P<kept>\b(?:curl|wget)\s(?:[^|;&]*\s)?(?:-u\s*|--user[= ]))(?=[^\s]*:){_WORD}",
        r"(?P<kept>\b)(?:gh[pousr]_|github_pat_|glpat-|sk_live_|sk-|xox[abp]-|AKIA|eyJ[\w-]+\.eyJ)[\w.-]{8,}",
    )
)


def mask_command(command: str) -> str:
    """The same command, as far as can be told without what looks like a secret."""
    for pattern in _PATTERNS:
        command = pattern.sub(_masked, command)
    return command


def _masked(match: re.Match[str]) -> str:
    parts = match.groupdict()
    return f"{parts['kept']}{MASK}{parts.get('rest') or ''}"
