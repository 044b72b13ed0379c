"""Finds the app's own modules, and which of them are surely imported when the app starts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from .committed_files import SourceTree, join, parse, text
from .names_in_module import PythonModule

# An import that nothing is around of; the names may go on for lines in brackets.
_IMPORT = re.compile(r"(?m)^(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]*(\([^)]*\)|.*)|import[ \t]+([^#\n]+))")
MODULES = 3000  # that are followed at most


class OwnModules:
    """The modules of one commit.

    Args:
        chdir, python_path: folders that modules are imported from; of `src/` and the top it is supposed.
    """

    def __init__(self, tree: SourceTree, chdir: str, python_path: tuple[str, ...] = ()) -> None:
        self.tree = tree
        self.roots = tuple(dict.fromkeys((chdir, *python_path, join(chdir, "src"), "")))
        self._parsed: dict[str, PythonModule | None] = {}
        self._found: dict[tuple[str, str], tuple[PythonModule, str]] = {}

    def path(self, module: str) -> str | None:
        """The file of a module; None if it is none of the app's."""
        for root in self.roots:
            stem = join(root, module.replace(".", "/"))
            for path in (f"{stem}.py", f"{stem}/__init__.py"):
                if path in self.tree.files:
                    return path
        return None

    def name(self, path: str) -> str:
        """What a file is imported as."""
        root = next(root for root in self.roots if path.startswith(join(root, "")))
        inside = path[len(join(root, "")) :].removesuffix(".py").removesuffix("/__init__")
        return inside.replace("/", ".")

    def parsed(self, path: str) -> PythonModule | None:
        """The module in a file; None if it cannot be parsed."""
        if path not in self._parsed:
            body = parse(self.tree, path)
            self._parsed[path] = PythonModule(path, self.name(path), body) if body else None
        return self._parsed[path]

    def find(self, module: PythonModule, name: str) -> tuple[PythonModule, str]:
        """In which module a name is defined, and as what; the module itself if it is not imported from an own one."""
        key = (module.path, name)
        if key not in self._found:
            self._found[key] = self._find(module, name, frozenset())
        return self._found[key]

    def is_own(self, module: PythonModule, name: str) -> bool:
        """Whether a name is that of a function or class of the app's own."""
        home, last = self.find(module, name)
        return last in home.functions or last in home.classes

    def _find(self, module: PythonModule, name: str, seen: frozenset[str]) -> tuple[PythonModule, str]:
        first, _, rest = name.partition(".")
        places = [module.origins[first] + (f".{rest}" if rest else "")] if first in module.origins else []
        stars = [] if places or first in module.bound else [f"{star}.{name}" for star in module.stars]
        for dotted in (*places, *stars):
            base, _, last = dotted.rpartition(".")
            path = self.path(base) if base else None
            other = self.parsed(path) if path and path not in seen and path != module.path else None
            if other and (places or last in other.bound or other.stars):
                return self._find(other, last, seen | {module.path})
        return module, name

    def started(self, entries: Iterable[str]) -> dict[str, str]:
        """Files that are imported in any case when the entries are, each with the file that imports it ("": none)."""
        found: dict[str, str] = {}
        waiting = [(path, "") for entry in entries for path in self._with_packages(entry)]
        while waiting and len(found) < MODULES:
            path, by = waiting.pop()
            if path not in found:
                found[path] = by
                waiting += [(other, path) for other in self._imports(path)]
        return found

    def surely(self, path: str, started: dict[str, str]) -> bool:
        """Whether a file is really imported on the way that `started` has found by the words of the files alone."""
        while by := started.get(path, ""):
            module = self.parsed(by)
            if module is None or path not in self._parsed_imports(module):
                return False
            path = by
        return path in started

    def _parsed_imports(self, module: PythonModule) -> set[str]:
        """Files that the statements at the top of a module, or in a function that surely runs, import."""
        names: list[str] = []
        for node in module.nodes:
            if isinstance(node, ast.Import) and module.surely_runs(node):
                names += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and module.surely_runs(node):
                base = module.absolute(node)
                names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
        return {path for name in names for path in self._with_packages(name)}

    def _imports(self, path: str) -> Iterator[str]:
        package = self.name(path).split(".")
        if not path.endswith("__init__.py"):
            package = package[:-1]
        for dots, module, names, plain in _IMPORT.findall(text(self.tree, path)):
            if plain:
                for word in plain.split(","):
                    yield from self._with_packages(word.split()[0] if word.split() else "")
                continue
            base = package[: len(package) - len(dots) + 1] if dots else []
            whole = ".".join([*base, *([module] if module else [])])
            yield from self._with_packages(whole)
            for word in re.sub(r"#.*", "", names).strip("() \t").split(","):
                if word.split():
                    yield from self._with_packages(f"{whole}.{word.split()[0]}")

    def _with_packages(self, module: str) -> Iterator[str]:
        """The file of a module, and those of the packages that it is in."""
        words = module.split(".")
        for length in range(1, len(words) + 1):
            if words[0] and (path := self.path(".".join(words[:length]))):
                yield path
