"""The rules of `docs/state-contract.md` and the tests that name them.

`python -m tests.docs.rules` writes the page's table anew.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "state-contract.md"
BEGIN, END = "<!-- rules and tests -->\n", "<!-- end -->\n"

NOT_HELD = {
    "R10.2": "There is no inspector yet.",
    "R11.1": "Processes share State; a page or a client stays with the process that it began with.",
    "R11.2": "An event, and the messages to its page, are known to one process.",
    "R11.3": "The message follows the commit; after `kill -9` a page finds State, not the message.",
    "R11.4": "An event is reported as lost when its page comes back.",
    "R11.6": "Holds for State; a page of one version is served by that version only.",
}
"""Rules that do not hold yet, or not wholly, and why."""


class Rule(NamedTuple):
    """A rule's number; sorts as a number does."""

    chapter: int
    number: int

    def __str__(self) -> str:
        return f"R{self.chapter}.{self.number}"


NAME = re.compile(r"\bR(\d{1,2})\.(\d{1,2})\b")


def rules_in(text: str) -> set[Rule]:
    """All rules that a text names."""
    return {Rule(int(chapter), int(number)) for chapter, number in NAME.findall(text)}


def stated() -> set[Rule]:
    """The rules that the page states: each begins a paragraph, in bold."""
    return rules_in(" ".join(re.findall(r"^\*\*(R\d+\.\d+)\*\*", PAGE.read_text("utf-8"), re.MULTILINE)))


def tested() -> dict[Rule, list[str]]:
    """Files with a test whose docstring names a rule, by rule."""
    found: dict[Rule, set[str]] = {}
    for path in _files():
        for rule in rules_in(" ".join(_docstrings(path))):
            found.setdefault(rule, set()).add(path.relative_to(ROOT).as_posix())
    return {rule: sorted(files) for rule, files in sorted(found.items())}


def _files() -> Iterator[Path]:
    yield from (ROOT / "tests").rglob("test_*.py")
    yield ROOT / "src" / "holdfast" / "testing" / "store_contract.py"


def _docstrings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield ast.get_docstring(node) or ""


def committed(files: dict[Rule, list[str]]) -> dict[Rule, list[str]]:
    """Without those that git does not have: a link to them would lead nowhere for others."""
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    known = set(done.stdout.splitlines())
    return {rule: [name for name in names if name in known] for rule, names in files.items()}


def table(files: dict[Rule, list[str]]) -> str:
    """The page's table: every stated rule with its tests, and what is missing."""
    lines = ["| rule | named by tests in | not held yet |", "|---|---|---|"]
    for rule in sorted(stated()):
        where = ", ".join(f"[{_short(name)}](../{name})" for name in files.get(rule, []))
        lines.append(f"| {rule} | {where or 'none'} | {NOT_HELD.get(str(rule), '')} |")
    return "\n".join(lines) + "\n"


def _short(name: str) -> str:
    return "/".join(Path(name).with_suffix("").parts[-2:]).replace("test_", "")


def shown() -> str:
    """The table as the page has it."""
    return PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]


def main() -> None:
    """Write the table into the page."""
    text = PAGE.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    PAGE.write_text(f"{before}{begin}{table(committed(tested()))}{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
