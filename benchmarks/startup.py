"""How soon a program is there."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Sequence

from benchmarks.harness.bench import Bench
from benchmarks.harness.command import main
from benchmarks.harness.servers import ROOT, Server, environment
from benchmarks.harness.sheet import FLOOR, GRADIO, OURS, Budget, Metric, Question

IMPORT, MODULES = "import, CPU", "modules imported"
ANSWER, START_CPU, MEMORY = "start to first 200", "CPU until then", "memory then"
IMPORTS = {OURS: "import holdfast", GRADIO: "import gradio", FLOOR: "import starlette.applications, uvicorn"}

QUESTION = Question(
    "startup",
    "Import and start",
    "CPU of an interpreter that imports the package, less that of one that does nothing, with the bytecode cached; "
    "and the counter from the start of its process to its first answer to GET /.",
    (
        Metric(IMPORT, "s"),
        Metric(MODULES),
        Metric(ANSWER, "s"),
        Metric(START_CPU, "s"),
        Metric(MEMORY, "MB"),
    ),
    (Budget(IMPORT, 0.15), Budget(ANSWER, 0.5), Budget(MEMORY, 60)),
)


async def measure(bench: Bench) -> None:
    """Rounds of imports and starts."""
    kinds = bench.kinds()

    async def once(kind: str) -> None:
        python = bench.pythons[kind]
        empty, _ = _interpreter(kind, [python, "-c", "pass"])
        code = f"import sys; before = set(sys.modules)\n{IMPORTS[kind]}\nprint(len(set(sys.modules) - before))"
        full, said = _interpreter(kind, [python, "-c", code])
        bench.sheet.add(IMPORT, kind, full - empty)
        bench.sheet.add(MODULES, kind, int(said))
        server = Server(kind, python, "counter")
        try:
            bench.sheet.add(ANSWER, kind, await server.ready())
            bench.sheet.add(START_CPU, kind, server.cpu())
            bench.sheet.add(MEMORY, kind, server.memory() / 1e6)
        finally:
            server.stop()

    for kind in kinds:
        _interpreter(kind, [bench.pythons[kind], "-c", IMPORTS[kind]])
    await bench.interleave(kinds, once)


def _interpreter(kind: str, command: Sequence[str]) -> tuple[float, str]:
    """CPU seconds of a process, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=environment(kind), cwd=ROOT, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout.strip() or "0"


if __name__ == "__main__":
    main(QUESTION, measure)
