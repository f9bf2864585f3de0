"""The pages for developers name files and classes that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs" / "dev").glob("*.md"))]
BASES = [ROOT, ROOT / "src" / "holdfast", ROOT / "frontend" / "src"]
"""What a path on these pages is relative to."""
NAMED = re.compile(r"`(\w[\w./-]*(?:\.(?:py|ts|svelte|md|toml|json|lock)|/))`(?: \(`([\w.]+)`\))?")
"""A file or folder, and the class, function or method in it that the page points to."""


def place(path: str) -> Path | None:
    """Where a path leads, if it leads anywhere."""
    return next((base / path for base in BASES if (base / path).exists()), None)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_files_that_are_there(page: Path) -> None:
    named = NAMED.findall(page.read_text("utf-8"))
    assert [path for path, _ in named if place(path) is None] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_classes_and_functions_of_the_file_beside_them(page: Path) -> None:
    named = [(path, symbol) for path, symbol in NAMED.findall(page.read_text("utf-8")) if symbol]
    missing = [
        (path, symbol)
        for path, symbol in named
        for part in symbol.split(".")
        if (found := place(path)) is None or not re.search(rf"\b{part}\b", found.read_text("utf-8"))
    ]
    assert missing == []


def test_the_architecture_answers_with_a_file_for_each_question() -> None:
    rows = re.findall(
        r"^\| (Where .*?\?) \| (.*?) \|$", (ROOT / "docs/dev/architecture.md").read_text("utf-8"), re.MULTILINE
    )
    assert len(rows) > 8
    assert [question for question, answer in rows if not NAMED.search(answer) and "](" not in answer] == []
