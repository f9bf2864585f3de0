"""`import holdfast` costs next to nothing, and building an app loads neither server nor data libraries."""

from __future__ import annotations

import subprocess
import sys

from tests.house.source import ROOT

HEAVY = {
    "numpy",
    "pandas",
    "polars",
    "PIL",
    "starlette",
    "uvicorn",
    "websockets",
    "tqdm",
    "redis",
    "torch",
    "mcp",
    "pydantic",
}


def modules_after(program: str) -> set[str]:
    """Names of the modules that a fresh interpreter has loaded after `program`."""
    code = f"import sys; before = set(sys.modules)\n{program}\nprint(*sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "src", capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.splitlines()[-1].split())


def heavy(loaded: set[str]) -> set[str]:
    return {name for name in loaded if name.split(".")[0] in HEAVY}


def test_import_loads_nothing_heavy() -> None:
    assert heavy(modules_after("import holdfast")) == set()


def test_import_loads_few_modules() -> None:
    loaded = modules_after("import holdfast")
    assert len(loaded) <= 40, sorted(loaded)


def test_building_an_app_loads_neither_server_nor_data_libraries() -> None:
    program = """
import holdfast as gr
with gr.Blocks() as demo:
    count = gr.State(0)
    box = gr.Textbox()
    gr.Button().click(lambda n: (n + 1, str(n)), count, [count, box])
"""
    assert heavy(modules_after(program)) == set()
