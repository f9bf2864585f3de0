"""Files and functions stay readable, and are named after what they hold."""

from __future__ import annotations

from pathlib import Path

from tests.house.source import ROOT, functions, modules, place

VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "stuff"}


def source_files() -> list[Path]:
    """All source that people write, Python and page."""
    page = [
        file
        for kind in ("*.ts", "*.svelte", "*.css")
        for file in (ROOT / "frontend" / "src").rglob(kind)
        if file.name != "wire.ts"  # generated
    ]
    return [*modules().values(), *page]


def test_no_file_is_longer_than_600_lines() -> None:
    long = [place(file, count) for file in source_files() if (count := lines(file)) > 600]
    assert long == []


def test_nine_files_of_ten_have_at_most_350_lines() -> None:
    sizes = sorted(lines(file) for file in source_files())
    assert sizes[int(len(sizes) * 0.9)] <= 350


def test_no_function_is_longer_than_80_lines_and_few_than_50() -> None:
    sizes = {
        place(file, node.lineno) + f" {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for file in modules().values()
        for node in functions(file)
        if node.name != "__init__"  # a component's constructor is its list of options
    }
    assert {name: size for name, size in sizes.items() if size > 80} == {}
    over_50 = {name: size for name, size in sizes.items() if size > 50}
    assert len(over_50) <= max(1, len(sizes) // 100), over_50


def test_no_file_has_a_vague_name() -> None:
    everything = [*source_files(), *(ROOT / "tests").rglob("*.py"), *(ROOT / "examples").rglob("*.py")]
    assert [place(file) for file in everything if file.stem.lower() in VAGUE] == []


def lines(file: Path) -> int:
    return file.read_text(encoding="utf-8").count("\n") + 1
