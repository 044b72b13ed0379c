"""Finds known causes of failures in what the failed command printed, and says what to do about each.

The advice follows the cause, not the step: an app that cannot be loaded fails in whichever step loads it first.
"""

from __future__ import annotations

import posixpath
import re

from slipway.output import unreachable_databases
from slipway.output.missing_packages import build_advice, library_advice, module_advice

# What says that the Python does not do, with what is wanted.
WANTED = (
    r"requires? (?:a different )?Python:? ?'?(?P<wanted>[<>=!~][^\s,'\"]*[0-9][^\s'\"]*)",
    r"requires a different Python: [\d.]+ not in '(?P<wanted>[^']+)'",
    r"does not satisfy Python\s?(?P<wanted>[<>=!~]\S*)",
    r"incompatible with the project's Python requirement: `(?P<wanted>[^`]+)`",
)
# What names a variable that the environment lacks.
VARIABLES = (
    r"File \"(?:<frozen os>|[^\"]*/os\.py)\", line \d+, in __getitem__\n(?:.*\n){0,4}?KeyError: '([A-Za-z_]\w*)'",
    r"Set the ([A-Za-z_]\w*) environment variable",
    r"([A-Za-z_]\w*) not found\. Declare it as envvar",
    r'Environment variable "([A-Za-z_]\w*)" not set',
    r"Config '([A-Za-z_]\w*)' is missing, and has no default",
    r"(?m)^[|> ]*([A-Za-z_][\w.]*)\n.*Field required \[type=missing",
)
INVALID = (
    r'Environment variable "(?P<name>[A-Za-z_]\w*)" invalid: (?P<why>.*)',
    r"(?m)^[|> ]*(?P<name>[A-Za-z_][\w.]*)\n\s*(?P<why>(?:Input|Value) .*?) \[type=",
)


def advice(text: str) -> str:
    """Return what to do about a failure, or "" where the cause is not known.

    Args:
        text: the reason and the last lines of what a failed command printed.
    """
    known = (
        _damaged,
        build_advice,
        _credentials,
        _python,
        _version,
        _variable,
        _value,
        module_advice,
        _metadata,
        unreachable_databases.advice,
        _file,
        library_advice,
        _disk,
        _callable,
        _syntax,
    )
    return next((found for find in known if (found := find(text))), "")


def _damaged(text: str) -> str:
    return (
        "The venv on the host is damaged: deploy again, and it is made anew." if "the venv is damaged (" in text else ""
    )


def _credentials(text: str) -> str:
    match = re.search(r"\b(?P<why>401|403)\b[ (]*(?:Unauthorized|Forbidden)", text)
    match = match or re.search(r"index URL \(\S+\) .*\b(?P<why>401|403)\b", text)
    if not match or "index" not in text.lower():
        return ""
    return (
        f"The package index refuses the name and password ({match['why']}): check the variables that index and "
        "extra_indexes of [app.build] name, or your netrc."
    )


def _python(text: str) -> str:
    match = next((found for pattern in WANTED if (found := re.search(pattern, text))), None)
    if match:
        wanted = match["wanted"].rstrip(".,;)")
        return (
            f"Python {wanted} is needed, and the host has another one: name one in [app] of the inventory, for example "
            'python = "3.12".'
        )
    if match := re.search(r"cannot import name '(\w+)' from '([\w.]+)' \(\S*/lib/python(3\.\d+)/[\w/]+\.py\)", text):
        return (
            f"Python {match[3]} has no {match[2]}.{match[1]}: the app needs another one. Name it in [app] of the "
            'inventory, for example python = "3.12".'
        )
    if "unsupported operand type(s) for |: 'type' and" in text:
        return 'The app needs Python 3.10 or newer: name one in [app] of the inventory, for example python = "3.12".'
    return ""


def _version(text: str) -> str:
    found = re.search(r"there (?:is no version|are no versions) of (?P<what>[^\s,]+)", text)
    found = found or re.search(r"No matching distribution found for (?P<what>\S+)", text)
    found = found or re.search(r"Because (?P<what>\S+) was not found in the (?:package registry|cache)", text)
    if not found:
        return ""
    return (
        f"The host's package index has no {found['what']}: look for a misspelt name or version in the requirements. A "
        "package of your own needs your index: name it by extra_indexes in [app.build] of the inventory."
    )


def _variable(text: str) -> str:
    names = [name for pattern in VARIABLES for name in re.findall(pattern, text)]
    if not names:
        return ""
    shown = ", ".join(dict.fromkeys(name.upper() if name.islower() else name for name in names))
    prefix = " If its settings class has an env_prefix, that comes first." if "[type=missing" in text else ""
    made = " A key of the app's own can be made for you: NAME = { generate = 50 }." if "SECRET" in shown.upper() else ""
    return f"The app needs {shown} in its environment: set it in [env] or env_files of the inventory.{prefix}{made}"


def _value(text: str) -> str:
    match = next((found for pattern in INVALID if (found := re.search(pattern, text))), None)
    if not match:
        return ""
    name = match["name"].upper() if match["name"].islower() else match["name"]
    return (
        f"The app does not accept the value of {name} ({match['why'].strip()}): change it where `fab env` says that "
        "it comes from."
    )


def _metadata(text: str) -> str:
    match = re.search(r"PackageNotFoundError: (?:No package metadata was found for )?(?P<name>[\w.-]+)", text)
    if not match:
        return ""
    return (
        f"The app asks for metadata of the package {match['name']}, which is not installed. If it is the app itself, "
        "it needs a pyproject.toml with a build-system and that name; if it is another one, add it to the requirements."
    )


def _file(text: str) -> str:
    match = re.search(r"(?:Permission denied|Read-only file system): '(?P<path>[^'\n]+)'", text)
    match = match or re.search(r"No such file or directory: '(?P<path>/[^'\n]+/releases/[^'\n]+/app/[^'\n]+)'", text)
    if match:
        return _not_writable(match["path"])
    if "unable to open database file" in text or "attempt to write a readonly database" in text:
        return (
            "The app's SQLite database lies where the app may not write. Name its file in linked_files, or its folder "
            "in linked_dirs, of [app] in the inventory."
        )
    return ""


def _not_writable(path: str) -> str:
    inside = re.search(r"/releases/[^/]+/app/(?P<path>.+)|^(?P<relative>[^/.][^'\n]*)$", path)
    if inside:
        place = posixpath.normpath(inside["path"] or inside["relative"])
        folder = posixpath.dirname(place)
        key = "linked_dirs" if folder or not posixpath.splitext(place)[1] else "linked_files"
        return (
            f"The app wants to write {place}, but a release is read-only for the app. What it writes while it runs is "
            f'kept by {key} = ["{folder or place}"] in [app] of the inventory; what is made once for each release '
            "belongs into a build step."
        )
    if "/site-packages/" in path:
        return (
            f"A package wants to write to its own folder ({path}), which is read-only for the app: it has a setting or "
            "a variable for another place, such as a folder of $SLIPWAY_SHARED."
        )
    return (
        f"The app wants to write {path}, where it may not: change the setting that names it to a folder of linked_dirs "
        "or of $SLIPWAY_SHARED, or to standard output for a log."
    )


def _disk(text: str) -> str:
    if "No space left on device" in text:
        return "The host has no free disk space or inodes left: df -h and df -i on the host show where."
    return ""


def _callable(text: str) -> str:
    match = re.search(r"Failed to find attribute '(?P<name>\w+)' in '(?P<module>[\w.]+)'", text)
    match = match or re.search(r'Attribute "(?P<name>\w+)" not found in module "(?P<module>[\w.]+)"', text)
    if match:
        return (
            f"{match['module']} has no {match['name']}: name what serves the app in [app] of the inventory, such as "
            f'wsgi = "{match["module"]}:application" or asgi.'
        )
    if "Application object must be callable" in text:
        return "What is named as the app is none: name the right object in [app] of the inventory, by wsgi or asgi."
    return ""


def _syntax(text: str) -> str:
    match = re.search(
        r"File \"(?P<file>[^\"]+)\", line (?P<line>\d+)\n(?:.*\n){1,3}?(?:\S* \| )?SyntaxError: (?P<why>.*)", text
    )
    if not match:
        return ""
    file = re.sub(r"^.*/(?:app|site-packages)/", "", match["file"])
    return (
        f"Python cannot read {file}, line {match['line']} ({match['why']}). If it is written for a newer Python, name "
        'that in [app] of the inventory, for example python = "3.12".'
    )
