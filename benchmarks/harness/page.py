"""All results as one page that needs nothing else: bars, numbers, budgets."""

from __future__ import annotations

import math
from html import escape
from typing import Any

from benchmarks.harness.sheet import FLOOR, GRADIO, OURS, number
from benchmarks.harness.text import share

COLOURS = {OURS: "var(--ours)", GRADIO: "var(--gradio)", FLOOR: "var(--floor)"}
STYLE = """
:root { color-scheme: light dark; --ours: light-dark(#2f54eb, #5b7cff); --gradio: light-dark(#d46b08, #e08a3a);
  --floor: light-dark(#848d9b, #697384); --text: light-dark(#14181f, #eceff4); --text-2: light-dark(#4a5362, #a9b3c2);
  --bg: light-dark(#f7f8fa, #0d0f13); --surface: light-dark(#fff, #15181e); --line: light-dark(#e1e5eb, #272c36);
  --ok: light-dark(#12784a, #4ac98a); --danger: light-dark(#c5283d, #ff7a85); }
body { margin: 0 auto; padding: 32px 20px; max-inline-size: 980px; background: var(--bg); color: var(--text);
  font: 14px/1.5 Inter, system-ui, sans-serif; }
h1 { font-size: 26px; letter-spacing: -.02em; } h2 { font-size: 16px; margin: 0; }
h3 { font-size: 13px; font-weight: 550; margin: 16px 0 4px; }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 16px 20px;
  margin-block: 16px; }
p { color: var(--text-2); margin: 4px 0; } nav a { color: inherit; margin-inline-end: 12px; white-space: nowrap; }
svg { display: block; inline-size: 100%; block-size: auto; font: 12px Inter, system-ui, sans-serif; }
svg text { fill: var(--text); }
svg .quiet { fill: var(--text-2); } li.met::marker { content: '✓ '; color: var(--ok); }
li.missed::marker { content: '✗ '; color: var(--danger); }
li.unknown::marker { content: '? '; } ul { padding-inline-start: 20px; margin-block: 12px 0; }
table { border-collapse: collapse; } td, th { padding: 3px 12px 3px 0; text-align: start; }
.tally { font-size: 20px; font-weight: 650; color: var(--text); }
"""
WIDTH, NAME, ROW = 900, 170, 22
BAR = 430
FAR = 60
"""Where the largest is so many times the smallest, lengths are logarithmic, and the plot says so."""


def page(document: dict[str, Any]) -> str:
    """The page."""
    results = document["results"]
    budgets = [budget for result in results for budget in result["budgets"]]
    met = sum(budget["met"] is True for budget in budgets)
    links = "".join(f'<a href="#{r["question"]}">{escape(r["title"])}</a> ' for r in results)
    quick = "<p><b>A quick run: a look, not a result.</b></p>" if document["quick"] else ""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Holdfast, measured</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style><h1>Holdfast, measured</h1>{quick}"
        f'<p class="tally">{met} of {len(budgets)} budgets met</p>'
        "<p>Bars are medians of interleaved rounds; the thin line is the spread from the lowest round to the "
        "highest. Less is better throughout. Ratios are medians of the rounds' own "
        f"ratios.</p>{_facts(document)}<nav>{links}</nav>{''.join(_section(result) for result in results)}</html>\n"
    )


def _facts(document: dict[str, Any]) -> str:
    where = document["machine"]
    rows = [("machine", f"{where['cpu']}, {where['cores']} cores, {where['memory_gb']} GB, {where['system']}")]
    rows += [
        (kind, ", ".join(f"{name} {version}" for name, version in versions.items()))
        for kind, versions in document["versions"].items()
    ]
    rows += [("run", f"{document['when']}, {document['seconds']} s")]
    return "<table>" + "".join(f"<tr><th>{escape(a)}<td>{escape(b)}" for a, b in rows) + "</table>"


def _section(result: dict[str, Any]) -> str:
    plots = "".join(_plot(metric) for metric in result["metrics"])
    budgets = "".join(_budget(budget) for budget in result["budgets"])
    notes = "".join(f"<p>{escape(note)}</p>" for note in result["notes"])
    return (
        f'<section id="{result["question"]}"><h2>{escape(result["title"])}</h2><p>{escape(result["how"])}</p>{plots}'
        f"<ul>{budgets}</ul>{notes}<p>{result['seconds']:g} s; load of the machine {result['load']:g}</p></section>"
    )


def _budget(budget: dict[str, Any]) -> str:
    kind = {True: "met", False: "missed", None: "unknown"}[budget["met"]]
    got = "not told" if budget["got"] is None else f"came to {number(budget['got'])}"
    return f'<li class="{kind}">{escape(budget["text"])} – {got}</li>'


def _plot(metric: dict[str, Any]) -> str:
    shown = {subject: got for subject, got in metric["subjects"].items() if "cannot" not in got}
    most = max((max(got["high"], got["median"], 0.0) for got in shown.values()), default=0.0)
    above = [got["median"] for got in shown.values() if got["median"] > 0]
    least = min(above, default=1.0)
    far = bool(above) and most / least > FAR
    rows = [
        _row(metric, i, subject, got, most, least if far else 0.0)
        for i, (subject, got) in enumerate(metric["subjects"].items())
    ]
    unit = f", {metric['unit']}" if metric["unit"] else ""
    scale = " (lengths are logarithmic)" if far else ""
    height = ROW * len(rows)
    label = escape(f"{metric['name']}{unit}")
    return (
        f"<h3>{label}{scale}</h3>"
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">{"".join(rows)}</svg>'
    )


def _row(metric: dict[str, Any], i: int, subject: str, got: dict[str, Any], most: float, least: float) -> str:
    y = i * ROW
    name = f'<text x="0" y="{y + 15}" class="quiet">{escape(subject)}</text>'
    if "cannot" in got:
        return name + f'<text x="{NAME}" y="{y + 15}" class="quiet">– {escape(got["cannot"])}</text>'

    def along(value: float) -> float:
        if value <= 0 or most <= 0:
            return 0.0
        if least:
            return BAR * max(0.0, math.log(value / (least / 2))) / math.log(most / (least / 2))
        return BAR * value / most

    end, low, high = along(got["median"]), along(got["low"]), along(got["high"])
    colour = COLOURS.get(subject, "var(--ours)")
    ratio = metric["ours_by"].get(subject)
    more = f"   ours: {share(ratio)}" if ratio else ""
    text = f"{number(got['median'], metric['digits'])}{more}"
    middle = y + ROW / 2
    spread = f'<path d="M{NAME + low:.1f} {middle}H{NAME + high:.1f}" stroke="var(--text)" stroke-width="1.5"/>'
    return (
        f'{name}<rect x="{NAME}" y="{y + 4}" width="{max(end, 1):.1f}" height="{ROW - 8}" rx="3" fill="{colour}"/>'
        f"{spread if len(got['samples']) > 1 else ''}"
        f'<text x="{NAME + max(end, high) + 8:.1f}" y="{y + 15}">{escape(text)}</text>'
    )
