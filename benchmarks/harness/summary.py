"""The comparison in one short Markdown table, for the README."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.harness.sheet import FLOOR, GRADIO, OURS, number
from benchmarks.harness.text import share

BEGIN, END = "<!-- benchmark table -->", "<!-- /benchmark table -->"
ROWS: tuple[tuple[str, str, str], ...] = (
    ("a queued event through Gradio's protocol, CPU", "queued_event", "CPU per event"),
    ("the same from the page, CPU", "page_event", "CPU per event"),
    ("the same from the page, time until its answer", "page_event", "latency, p50"),
    ("a call of `/run`, CPU", "direct_run", "CPU per event"),
    ("CPU per event with 100 visitors at once, by one visitor's", "sessions", "100 sessions by 1"),
    ("one `yield`, CPU", "streaming", "CPU per yield"),
    ("a chat message of 100 chunks, CPU of the server", "chat", "server's CPU per message"),
    ("2,000 chat tokens, work of the browser", "chat_tokens", "browser's work"),
    ("seeing a change in a list of a million, CPU", "change_detection", "list of 10⁶ ints"),
    ("another visitor's event meanwhile", "change_detection", "another visitor's p50, meanwhile"),
    ("updates lost of 200 sent at once", "lost_updates", "sync function"),
    ("an idle server, CPU", "idle", "CPU with no connections"),
    ("memory per session", "session_memory", "small State, 3 components"),
    ("… with 50 more components", "session_memory", "with 50 more components"),
    ("memory per open page", "connections", "memory per open page"),
    ("`import`, CPU", "startup", "import, CPU"),
    ("start to the first answer", "startup", "start to first 200"),
    ("memory at start", "startup", "memory then"),
    ("installed", "installed", "size"),
    ("first load, compressed", "first_load", "downloaded, compressed"),
    ("… until it can be used", "first_load", "usable after"),
    ("… with a slow network", "first_load", "usable after, slow network"),
)


def summary(document: dict[str, Any]) -> str:
    """The table."""
    gradio = document["versions"].get(GRADIO, {}).get("gradio", "")
    lines = [
        f"| | Gradio {gradio} | Holdfast | Holdfast ÷ Gradio | floor |".replace("  ", " "),
        "|---|---:|---:|---:|---:|",
    ]
    metrics = {(r["question"], m["name"]): m for r in document["results"] for m in r["metrics"]}
    for text, question, name in ROWS:
        metric = metrics.get((question, name))
        if metric is None or OURS not in metric["subjects"]:
            continue
        ratio = metric["ours_by"].get(GRADIO)
        cells = [_cell(metric, GRADIO), _cell(metric, OURS), share(ratio) if ratio else "", _cell(metric, FLOOR)]
        lines.append(f"| {text} | {' | '.join(cells)} |")
    where = document["machine"]
    foot = (
        f"Medians of interleaved rounds on {where['cores']} cores of a shared {where['cpu']}, Python "
        f"{document['versions'][OURS]['python']}, {document['when']}. The floor is bare Starlette on uvicorn with the "
        "handler inline. `benchmarks/run` measures it on yours; `benchmarks/README.md` says how."
    )
    lines += ["", foot]
    return "\n".join(lines) + "\n"


def _cell(metric: dict[str, Any], subject: str) -> str:
    got = metric["subjects"].get(subject)
    if got is None or "cannot" in got:
        return "–"
    return f"{number(got['median'], 2 if got['median'] < 10 else 3)} {metric['unit']}".strip()


def into_readme(readme: Path, text: str) -> None:
    """Put the table between its marks, where a README has them."""
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and end:
        readme.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")
