"""What installing takes."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.harness.bench import Bench
from benchmarks.harness.command import main
from benchmarks.harness.servers import ROOT
from benchmarks.harness.sheet import GRADIO, OURS, Budget, Metric, Question

COUNT, SIZE = "distributions", "size"
TOOLS = {"pip", "setuptools", "wheel", "uv"}

QUESTION = Question(
    "installed",
    "Installed size",
    "`pip install` into a fresh environment (Holdfast from this checkout, with the page built; Gradio's environment is "
    "the one that benchmarks/setup made the same way): what is in it but pip, and its size without bytecode.",
    (Metric(COUNT), Metric(SIZE, "MB")),
    (Budget(COUNT, 15), Budget(SIZE, 40)),
)


async def measure(bench: Bench) -> None:
    """Once: it is the same each time."""
    with tempfile.TemporaryDirectory(prefix="holdfast-benchmark-") as folder:
        _add(bench, OURS, _install(Path(folder)))
    for kind in bench.kinds((GRADIO,)):
        _add(bench, kind, Path(bench.pythons[kind]))


def _install(folder: Path) -> Path:
    """The Python of a fresh environment with Holdfast in it."""
    fresh = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(fresh)], check=True)
    python = fresh / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", str(ROOT)]
    subprocess.run(pip, check=True, cwd=folder)
    return python


def _add(bench: Bench, kind: str, python: Path) -> None:
    code = "import sysconfig; print(sysconfig.get_path('purelib'), sysconfig.get_path('platlib'), sep='\\n')"
    said = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout
    folders = sorted(set(said.split()))
    there = [d for d in importlib.metadata.distributions(path=folders) if d.name.lower() not in TOOLS]
    bench.sheet.add(COUNT, kind, len(there))
    bench.sheet.add(SIZE, kind, sum(_size(Path(folder)) for folder in folders) / 1e6)


def _size(folder: Path) -> int:
    return sum(
        file.stat().st_size
        for file in folder.rglob("*")
        if file.is_file()
        and "__pycache__" not in file.parts
        and file.relative_to(folder).parts[0].partition("-")[0].lower() not in TOOLS
    )


if __name__ == "__main__":
    main(QUESTION, measure)
