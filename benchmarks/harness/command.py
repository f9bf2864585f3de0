"""`python -m benchmarks.<question>`: answers it and prints the table."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.harness.bench import Measure, run
from benchmarks.harness.machine import machine, packages
from benchmarks.harness.servers import interpreters
from benchmarks.harness.sheet import Question
from benchmarks.harness.text import table


def main(question: Question, measure: Measure) -> None:
    """The whole command."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{question.name}", description=question.title)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a look, not a result")
    parser.add_argument("--json", type=Path, help="also write the result to this file")
    options = parser.parse_args()
    sheet = run(question, measure, quick=options.quick)
    print(table(sheet.plain()))
    facts = {"machine": machine(), "versions": {kind: packages(python) for kind, python in interpreters().items()}}
    print("\n" + json.dumps(facts), file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps({**facts, "results": [sheet.plain()]}, indent=1) + "\n")
