"""The package's source as the house tests look at it: files, imports, functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "holdfast"


@dataclass(frozen=True)
class Import:
    """One import of a module of the package."""

    module: str
    """Who imports, as `holdfast.a.b`."""
    target: str
    """What is imported, as far as it is a module."""
    line: int
    at_top: bool
    """False inside a function."""
    for_types: bool
    """Under `if TYPE_CHECKING:`; never run."""


@cache
def modules() -> dict[str, Path]:
    """Every module of the package, by dotted name."""
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


@cache
def tree(file: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


@cache
def imports() -> tuple[Import, ...]:
    """All imports in the package, those of other packages included."""
    return tuple(found for name, file in modules().items() for found in _imports(name, tree(file)))


def _imports(module: str, root: ast.Module) -> Iterator[Import]:
    def walk(node: ast.AST, at_top: bool, for_types: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(module, alias.name, child.lineno, at_top, for_types)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{module}:{child.lineno} imports relatively; write the full name"
                for alias in child.names:
                    inner = f"{child.module}.{alias.name}"
                    target = inner if inner in modules() else str(child.module)
                    yield Import(module, target, child.lineno, at_top, for_types)
            elif isinstance(child, ast.If) and _is_type_checking(child.test):
                for statement in child.body:
                    yield from walk(ast.Module([statement], []), at_top, True)
                for statement in child.orelse:
                    yield from walk(ast.Module([statement], []), at_top, for_types)
            else:
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from walk(child, at_top and not inside, for_types)

    yield from walk(root, True, False)


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method in a file."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def uses(file: Path) -> Iterator[tuple[str, int]]:
    """Every dotted name that a file's code uses (`os.environ`, `time.time`), with its line.

    Defaults of parameters are left out: what has a default is passed in.
    """
    waiting: list[ast.AST] = [tree(file)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}", node.lineno
        defaults = [*node.defaults, *node.kw_defaults] if isinstance(node, ast.arguments) else []
        waiting += [child for child in ast.iter_child_nodes(node) if child not in defaults]


def place(file: Path, line: int = 0) -> str:
    """`file:line` as an editor opens it."""
    return f"{file.relative_to(ROOT)}:{line}" if line else str(file.relative_to(ROOT))
