"""Reads one committed Python module: what its names stand for, and whether an import of it surely runs a line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

Function = ast.FunctionDef | ast.AsyncFunctionDef
_NOTHING = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)  # say nothing of their own


class PythonModule:
    """A parsed module.

    Args:
        path: the file. name: as it is imported, `mysite.settings`.

    Attributes:
        run: functions of it that are surely called while the app starts; what these do counts as run by the import.
    """

    def __init__(self, path: str, name: str, body: ast.Module) -> None:
        self.path, self.name, self.body = path, name, body
        self.run: set[str] = set()
        self.parents: dict[ast.AST, ast.AST] = {}

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes that may matter, from outside in; `parents` has the node around each."""
        found: list[ast.AST] = [self.body]
        for node in found:
            for field in node._fields:
                value = getattr(node, field, None)
                for child in value if isinstance(value, list) else (value,):
                    if isinstance(child, ast.AST) and not isinstance(child, _NOTHING):
                        self.parents[child] = node
                        found.append(child)
        return found

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Functions at the top of the module."""
        return {node.name: node for node in self.body.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        """Classes at the top of the module."""
        return {node.name: node for node in self.body.body if isinstance(node, ast.ClassDef)}

    @cached_property
    def stars(self) -> list[str]:
        """Modules from which all names are imported."""
        imports = [node for node in self.nodes if isinstance(node, ast.ImportFrom)]
        return [self.absolute(node) for node in imports if any(alias.name == "*" for alias in node.names)]

    @cached_property
    def origins(self) -> dict[str, str]:
        """Local name -> what it stands for, as `os.environ` for `env` after `from os import environ as env`."""
        found: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                found |= {alias.asname or alias.name.split(".")[0]: _imported(alias) for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = self.absolute(node)
                found |= {alias.asname or alias.name: f"{base}.{alias.name}" for alias in node.names}
        for node in self.nodes:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                dotted = _dotted(node.value, found)
                if dotted.startswith("os."):
                    found[node.targets[0].id] = dotted
        return found

    @cached_property
    def bound(self) -> frozenset[str]:
        """Names that the module itself binds somewhere."""
        names = (node.id for node in self.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
        return frozenset((*names, *self.functions, *self.classes, *self.origins))

    @cached_property
    def made(self) -> dict[str, ast.Call]:
        """Names that are set to what a call returns, and that call."""
        return {
            target.id: node.value
            for node in self.nodes
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    @cached_property
    def constants(self) -> dict[str, str]:
        """Names at the top that are set to a text."""
        return {
            node.targets[0].id: node.value.value
            for node in self.body.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        }

    def absolute(self, node: ast.ImportFrom) -> str:
        """The whole name of the module that is imported from."""
        if not node.level:
            return node.module or ""
        package = self.name.split(".") if self.path.endswith("__init__.py") else self.name.split(".")[:-1]
        base = package[: len(package) - node.level + 1]
        return ".".join([*base, *([node.module] if node.module else [])])

    def dotted(self, node: ast.AST) -> str:
        """What a name or an attribute stands for, as `os.environ.get`; "" for anything else."""
        return _dotted(node, self.origins)

    def around(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Each node and the one around it, from inside out."""
        _ = self.nodes
        while node in self.parents:
            yield node, self.parents[node]
            node = self.parents[node]

    def surely_runs(self, node: ast.AST) -> bool:
        """Whether an import of the module runs this node in any case."""
        for inner, outer in self.around(node):
            if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not self._enters(
                inner, outer
            ):
                return False
            if _conditional(inner, outer):
                return False
        return True

    def _enters(self, inner: ast.AST, outer: Function | ast.Lambda) -> bool:
        """Whether a part of a function runs: decorators and defaults do, its body if it is surely called."""
        if isinstance(outer, ast.Lambda):
            return inner is outer.args
        if inner not in outer.body:
            return True
        before = outer.body[: outer.body.index(inner)]
        leaves = any(isinstance(part, ast.Return) for statement in before for part in ast.walk(statement))
        return outer.name in self.run and self.functions.get(outer.name) is outer and not leaves


def _imported(alias: ast.alias) -> str:
    return alias.name if alias.asname else alias.name.split(".")[0]


def _dotted(node: ast.AST, origins: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return origins.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value, origins)
        return f"{base}.{node.attr}" if base else ""
    return ""


def _conditional(inner: ast.AST, outer: ast.AST) -> bool:
    """Whether a node runs only under a condition, or its failure does no harm, because of the one around it."""
    if isinstance(outer, ast.If | ast.While | ast.IfExp):
        return inner is not outer.test
    if isinstance(outer, ast.For | ast.AsyncFor):
        return inner is not outer.iter
    if isinstance(outer, ast.BoolOp):
        return inner is not outer.values[0]
    if isinstance(outer, ast.Try):
        kept = all(_raises(handler.body) for handler in outer.handlers)
        return inner not in outer.finalbody and not (kept and (inner in outer.body or inner in outer.orelse))
    if isinstance(outer, ast.With | ast.AsyncWith):
        return inner in outer.body and any("suppress" in ast.unparse(item.context_expr) for item in outer.items)
    if isinstance(outer, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return inner is not outer.generators[0]
    if isinstance(outer, ast.comprehension):
        return inner is not outer.iter
    return isinstance(outer, ast.ExceptHandler | ast.match_case)


def _raises(body: list[ast.stmt]) -> bool:
    """Whether a handler ends in an exception again."""
    return bool(body) and (isinstance(body[-1], ast.Raise) or "exit(" in ast.unparse(body[-1]))
