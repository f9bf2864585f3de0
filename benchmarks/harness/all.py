"""`benchmarks/run`: every question, one JSON, one page, one table."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.harness.bench import run
from benchmarks.harness.machine import load, machine, packages
from benchmarks.harness.page import page
from benchmarks.harness.servers import ROOT, interpreters
from benchmarks.harness.summary import put_into, summary
from benchmarks.harness.text import mark, table

QUESTIONS = (
    "queued_event",
    "page_event",
    "direct_run",
    "sessions",
    "ageing",
    "components_count",
    "state_size",
    "streaming",
    "chat",
    "change_detection",
    "lost_updates",
    "commits",
    "resume",
    "idle",
    "connections",
    "session_memory",
    "startup",
    "installed",
    "first_load",
    "components_page",
    "chat_tokens",
)
RESULTS = ROOT / "benchmarks" / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """The whole command.

    Returns:
        0 when every question was answered, met budgets or not.
    """
    parser = argparse.ArgumentParser(prog="benchmarks/run", description="Measure Holdfast beside Gradio and a floor.")
    parser.add_argument("questions", nargs="*", help=f"which; all without any: {', '.join(QUESTIONS)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a look, not a result")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for what is written (benchmarks/results)")
    options = parser.parse_args(arguments)
    wanted = [name.replace("-", "_") for name in options.questions] or list(QUESTIONS)
    for name in wanted:
        if name not in QUESTIONS:
            parser.error(f"There is no question {name!r}. There are: {', '.join(QUESTIONS)}.")
    began = time.monotonic()
    results, failed = _ask(wanted, quick=options.quick)
    facts = {
        "machine": machine(),
        "versions": {kind: packages(python) for kind, python in interpreters().items()},
        "when": time.strftime("%Y-%m-%d"),
        "quick": options.quick,
        "seconds": round(time.monotonic() - began),
    }
    _write(options.out, _with_earlier(options.out, facts, results, partial=bool(options.questions)))
    _say(results, failed, time.monotonic() - began)
    return 1 if failed else 0


def _ask(wanted: Sequence[str], *, quick: bool) -> tuple[list[dict[str, Any]], list[str]]:
    results, failed = [], []
    for i, name in enumerate(wanted):
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"\n[{i + 1}/{len(wanted)}] {module.QUESTION.title} … (load {load():.1f})", file=sys.stderr, flush=True)
        try:
            result = run(module.QUESTION, module.measure, quick=quick).plain()
        except Exception:  # one question that cannot be answered must not cost the others
            traceback.print_exc()
            failed.append(name)
            continue
        print(table(result), flush=True)
        results.append(result)
    return results, failed


def _with_earlier(out: Path, facts: dict[str, Any], results: list[dict[str, Any]], *, partial: bool) -> dict[str, Any]:
    """The document; when only some questions were asked, the others' answers are kept from the run before."""
    file = out / "results.json"
    by_name = {result["question"]: result for result in results}
    if partial and file.exists():
        before = json.loads(file.read_text())["results"]
        by_name = {**{result["question"]: result for result in before}, **by_name}
    return {**facts, "results": [by_name[name] for name in QUESTIONS if name in by_name]}


def _write(out: Path, document: dict[str, Any]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (out / "index.html").write_text(page(document), encoding="utf-8")
    text = summary(document)
    (out / "table.md").write_text(text, encoding="utf-8")
    if out == RESULTS and not document["quick"]:
        put_into(ROOT / "benchmarks" / "README.md", text)
        put_into(ROOT / "README.md", summary(document, short=True))
    print(f"\nWritten: {out}/results.json, index.html, table.md", file=sys.stderr)


def _say(results: list[dict[str, Any]], failed: list[str], seconds: float) -> None:
    budgets = [budget for result in results for budget in result["budgets"]]
    met = sum(budget["met"] is True for budget in budgets)
    print(f"\n{met} of {len(budgets)} budgets met, in {seconds / 60:.1f} minutes.")
    for budget in budgets:
        if budget["met"] is not True:
            print(f"  {mark(budget['met'])} {budget['text']} (came to {budget['got']})")
    if failed:
        print(f"Not answered: {', '.join(failed)}")


if __name__ == "__main__":
    sys.exit(main())
