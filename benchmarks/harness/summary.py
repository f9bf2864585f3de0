"""The comparison as a Markdown table: all rows for `benchmarks/README.md`, the main ones for the README."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.harness.sheet import FLOOR, GRADIO, OURS, number
from benchmarks.harness.text import share

BEGIN, END = "<!-- benchmark table -->", "<!-- /benchmark table -->"


class Row(NamedTuple):
    """One row of the table.

    Attributes:
        text: First cell.
        question: Question that the metric belongs to.
        metric: Name of the metric.
        in_readme: Whether the short table of the README has the row too.
    """

    text: str
    question: str
    metric: str
    in_readme: bool = False


ROWS = (
    Row("One event through Gradio's protocol: server CPU", "queued_event", "CPU per event"),
    Row("One event from the page: server CPU", "page_event", "CPU per event", in_readme=True),
    Row("One event from the page: time to the answer", "page_event", "latency, p50", in_readme=True),
    Row("One call of `/run`: server CPU", "direct_run", "CPU per event"),
    Row("CPU per event with 100 concurrent visitors, relative to one visitor", "sessions", "100 sessions by 1"),
    Row("One `yield`: server CPU", "streaming", "CPU per yield", in_readme=True),
    Row("A chat message of 100 chunks: server CPU", "chat", "server's CPU per message"),
    Row("2,000 chat tokens: work in the browser", "chat_tokens", "browser's work", in_readme=True),
    Row("Detecting a change in a list of a million: CPU", "change_detection", "list of 10⁶ ints"),
    Row(
        "Another visitor's event meanwhile: time to the answer", "change_detection", "another visitor's p50, meanwhile"
    ),
    Row("Lost updates, of 200 sent at once", "lost_updates", "sync function", in_readme=True),
    Row("Idle server: CPU", "idle", "CPU with no connections"),
    Row("Memory per session", "session_memory", "small State, 3 components"),
    Row("Memory per session, with 50 more components", "session_memory", "with 50 more components"),
    Row("Memory per open page", "connections", "memory per open page", in_readme=True),
    Row("`import`: CPU", "startup", "import, CPU"),
    Row("From start to the first answer", "startup", "start to first 200", in_readme=True),
    Row("Memory after start", "startup", "memory then"),
    Row("Installed size", "installed", "size"),
    Row("First load, compressed", "first_load", "downloaded, compressed"),
    Row("First load until the page is usable", "first_load", "usable after", in_readme=True),
    Row("First load until usable, on a slow network", "first_load", "usable after, slow network"),
)


def summary(document: dict[str, Any], *, short: bool = False) -> str:
    """Return the table, with only the rows of the README if it is to be short."""
    gradio = document["versions"].get(GRADIO, {}).get("gradio", "")
    lines = [
        f"| | Gradio {gradio} | Holdfast | Holdfast ÷ Gradio | floor |".replace("  ", " "),
        "|---|---:|---:|---:|---:|",
    ]
    metrics = {(r["question"], m["name"]): m for r in document["results"] for m in r["metrics"]}
    for row in ROWS:
        metric = metrics.get((row.question, row.metric))
        if metric is None or OURS not in metric["subjects"] or (short and not row.in_readme):
            continue
        ratio = metric["ours_by"].get(GRADIO)
        cells = [_cell(metric, GRADIO), _cell(metric, OURS), share(ratio) if ratio else "", _cell(metric, FLOOR)]
        lines.append(f"| {row.text} | {' | '.join(cells)} |")
    where = document["machine"]
    foot = (
        f"Medians of interleaved rounds on {where['cores']} cores of a shared {where['cpu']}, Python "
        f"{document['versions'][OURS]['python']}, {document['when']}. The floor is bare Starlette on uvicorn with the "
        "handler inline."
    )
    lines += ["", foot]
    return "\n".join(lines) + "\n"


def _cell(metric: dict[str, Any], subject: str) -> str:
    got = metric["subjects"].get(subject)
    if got is None or "cannot" in got:
        return "–"
    return f"{number(got['median'], 2 if got['median'] < 10 else 3)} {metric['unit']}".strip()


def put_into(page: Path, text: str) -> None:
    """Replace what is between the table's marks in a Markdown file that has them."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and end:
        page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")
