"""What installing takes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.harness.bench import Bench
from benchmarks.harness.command import main
from benchmarks.harness.servers import ROOT
from benchmarks.harness.sheet import GRADIO, OURS, Budget, Metric, Question

COUNT, SIZE = "distributions", "size"
CLOSURE = """
import importlib.metadata as metadata, pathlib, re, sys
try:
    from packaging.requirements import Requirement
except ImportError:
    from pip._vendor.packaging.requirements import Requirement
waiting, found = [(sys.argv[1], "")], {}
while waiting:
    name, extra = waiting.pop()
    key = re.sub(r"[-_.]+", "-", name).lower()
    if (key, extra) in found:
        continue
    try:
        found[key, extra] = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        continue
    for text in found[key, extra].requires or ():
        wanted = Requirement(text)
        if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
            waiting += [(wanted.name, more) for more in ("", *wanted.extras)]
packages = {key: package for (key, _), package in found.items()}
files = {file.locate() for package in packages.values() for file in package.files or () if file.suffix != ".pyc"}
print(len(packages), sum(file.stat().st_size for file in map(pathlib.Path, files) if file.is_file()))
"""
"""Counts a package with all that it requires, in the environment that runs this; what else is there is left out."""

QUESTION = Question(
    "installed",
    "Installed size",
    "`pip install` into an environment (Holdfast from this checkout into a fresh one; Gradio's was made the same way): "
    "the distributions that the package needs, itself included, and the size of their files without bytecode.",
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
    done = subprocess.run([python, "-c", CLOSURE, kind.lower()], capture_output=True, text=True, check=True)
    count, size = done.stdout.split()
    bench.sheet.add(COUNT, kind, int(count))
    bench.sheet.add(SIZE, kind, int(size) / 1e6)


if __name__ == "__main__":
    main(QUESTION, measure)
