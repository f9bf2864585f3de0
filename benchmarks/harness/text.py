"""A question's result as plain text and as Markdown."""

from __future__ import annotations

from typing import Any

from benchmarks.harness.sheet import number


def table(result: dict[str, Any]) -> str:
    """For a terminal: medians with their spread, ratios, budgets."""
    lines = ["", result["title"], "─" * min(len(result["title"]), 100)]
    for metric in result["metrics"]:
        unit = f" [{metric['unit']}]" if metric["unit"] else ""
        lines.append(f"{metric['name']}{unit}")
        lines.extend(
            f"    {subject:<22} {cell(got, metric['digits'])}{_ratio(metric, subject)}"
            for subject, got in metric["subjects"].items()
        )
    lines.extend(f"  {mark(budget['met'])} {budget['text']}{_got(budget)}" for budget in result["budgets"])
    lines.extend(f"  · {note}" for note in result["notes"])
    lines.append(f"  {result['seconds']:g} s; load {result['load']:g}")
    return "\n".join(lines)


def cell(got: dict[str, Any], digits: int) -> str:
    """One subject's number with its spread, or why there is none."""
    if "cannot" in got:
        return f"– ({got['cannot']})"
    text = number(got["median"], digits)
    if len(got["samples"]) > 1:
        text += f"  ({number(got['low'], digits)} – {number(got['high'], digits)})"
    return text


def _ratio(metric: dict[str, Any], subject: str) -> str:
    ratio = metric["ours_by"].get(subject)
    return "" if not ratio else f"   ours: {share(ratio)}"


def share(ratio: float) -> str:
    """A ratio as people read it."""
    return f"1/{number(1 / ratio, 2)}" if ratio < 0.95 else f"{number(ratio, 2)} ×"


def _got(budget: dict[str, Any]) -> str:
    return "" if budget["got"] is None else f"   (came to {number(budget['got'])})"


def mark(met: bool | None) -> str:
    """Met, missed, not told."""
    return {True: "met   ", False: "MISSED", None: "?     "}[met]
