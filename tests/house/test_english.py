"""The project's prose is plain American English: marker phrases of unidiomatic English are rare."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "holdfast"
MOST_MARKERS = 1.0
"""Marker phrases allowed per 1,000 words."""

MARKERS = re.compile(
    r"""\b(?:
    (?:is|are|was|were)\ no\ (?!longer\b|need\b|more\ than\b|limit\b|such\b|way\b|room\b|other\b|place\b)
        \w+(?=[.,;:)]|\ (?:that|of|or|and|but)\b)
    | (?<!there\ )is\ none | are\ none | none\ of\ (?:these|those|them)
    | a\ text\b(?!\ (?:field|box|area|file|node|part|editor|style|that\ streams)) | texts\ that
    | (?:is|are|was|its\ time\ is)\ over\b(?!\ \d)
    | (?:is|are|was|were|be)\ told | told\ of | tells\ whether
    | whoever | whomever | nobody | somebody | everybody
    | of\ (?:its|one's|their|his)\ own
    | for\ ever | anew | afresh | begins\ again
    | may\ go | goes\ on\b | go\ on\b
    | stands?\ (?:in|on|at|for\ (?:a|an|the)\ while|where|there|beside|outside|inside|between|alone)
    | says\ (?:so|how|what|which|where|whether|when|that|nothing|otherwise|itself)
    | circles? (?!\ of\ radius)
    | left\ as\ it\ is | as\ it\ (?:now\ )?stands | hears?\ of | knows?\ of\ itself
    | so\ many\ (?:seconds|bytes|times) | however\ (?:often|many|deep|long|it)
    | gives?\ back | taken\ away | is\ begun
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
BRITISH = re.compile(
    r"\b(?:\w*colour\w*|\w*behaviour\w*|\w*neighbour\w*|cancell(?:ed|ing)|labell(?:ed|ing)|travell(?:ed|ing)|sanitis\w+|"
    r"recognis\w+|initialis\w+|serialis\w+|grey|licence|favour\w*|honour\w*|centre\w*)\b",
    re.IGNORECASE,
)


def python_prose(source: str) -> str:
    """Return the comments and the multi-word strings of a module."""
    kinds = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    found = [token.string for token in tokens if token.type in kinds and " " in token.string]
    return "\n".join(re.sub(r"`[^`\n]*`|\{[^{}\n]*\}", "x", text) for text in found)


def markdown_prose(text: str) -> str:
    """Return a page without code blocks, inline code, and link targets."""
    without_code = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`|\]\([^)]*\)", "x", without_code)


def prose_of(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return python_prose(text) if path.suffix == ".py" else markdown_prose(text)


def markers_in(prose: str) -> list[str]:
    return [" ".join(found[0].split()) for found in MARKERS.finditer(prose)]


GROUPS = {
    **{path.name: sorted(path.rglob("*.py")) for path in sorted(PACKAGE.iterdir()) if (path / "__init__.py").is_file()},
    "holdfast": sorted(PACKAGE.glob("*.py")),
    "docs": [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))],
}


@pytest.mark.parametrize("group", GROUPS)
def test_marker_phrases_are_rare(group: str) -> None:
    prose = "\n".join(map(prose_of, GROUPS[group]))
    found, words = markers_in(prose), len(prose.split())
    assert len(found) * 1000 <= MOST_MARKERS * words, f"{len(found)} in {words} words: {', '.join(sorted(set(found)))}"


@pytest.mark.parametrize("group", GROUPS)
def test_spelling_is_american(group: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}" for path in GROUPS[group] for match in BRITISH.finditer(prose_of(path))
    }
    assert not found, ", ".join(sorted(found))


def test_marker_phrases_are_found() -> None:
    """The test fails if the phrases stop matching."""
    bad = "It is no list. Whoever is told of it begins anew, for ever; its time is over, and it says so in a text."
    assert len(markers_in(bad)) >= 7
    assert not markers_in("It is no longer valid. Return a list of the values that the browser sent.")
