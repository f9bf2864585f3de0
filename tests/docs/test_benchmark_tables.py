"""The README shows at most eight rows of the benchmark table; `benchmarks/README.md` shows all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.harness.summary import BEGIN, END, ROWS, put_into, summary

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT: dict[str, Any] = {
    "versions": {"Gradio": {"gradio": "6.31.0"}, "Holdfast": {"python": "3.11"}},
    "machine": {"cores": 2, "cpu": "CPU"},
    "when": "2026-11-28",
    "results": [
        {
            "question": row.question,
            "metrics": [
                {
                    "name": row.metric,
                    "unit": "ms",
                    "subjects": {"Holdfast": {"median": 1.0}, "Gradio": {"median": 4.0}},
                    "ours_by": {"Gradio": 0.25},
                }
            ],
        }
        for row in ROWS
    ],
}


def rows(text: str) -> list[str]:
    """Return the first cell of each row, without the head."""
    table = text.partition(BEGIN)[2].partition(END)[0] or text
    return [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")][1:]


def test_the_readme_shows_the_main_rows_and_the_benchmarks_page_shows_all() -> None:
    main = [row.text for row in ROWS if row.in_readme]
    assert 0 < len(main) <= 8
    assert rows((ROOT / "README.md").read_text("utf-8")) == main
    assert rows((ROOT / "benchmarks" / "README.md").read_text("utf-8")) == [row.text for row in ROWS]


def test_a_run_writes_the_rows_of_each_table() -> None:
    assert rows(summary(DOCUMENT)) == [row.text for row in ROWS]
    assert rows(summary(DOCUMENT, short=True)) == [row.text for row in ROWS if row.in_readme]


def test_a_run_replaces_only_the_table_of_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n\n{BEGIN}\n\nold\n\n{END}\n\nafter\n", "utf-8")
    put_into(page, "new\n")
    assert page.read_text("utf-8") == f"before\n\n{BEGIN}\n\nnew\n\n{END}\n\nafter\n"


def test_a_page_without_marks_stays_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("no table\n", "utf-8")
    put_into(page, "new\n")
    assert page.read_text("utf-8") == "no table\n"
