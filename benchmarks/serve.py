"""Runs one program of `programs.py` on one framework: `serve.py KIND PROGRAM PORT`. Settings are a user's defaults."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent


def load(name: str) -> ModuleType:
    """A module of this folder; the package is not installed in every environment."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def main(kind: str, program: str, port: int) -> None:
    """Serve until stopped."""
    if kind == "floor":
        import uvicorn

        app = load("floor").app()
        uvicorn.run(app, port=port, loop="uvloop", http="httptools", ws="websockets-sansio", log_level="warning")
        return
    if kind == "Gradio":
        import gradio as gr  # type: ignore[import-not-found] # in its own environment
    else:
        import holdfast as gr
    load("programs").PROGRAMS[program](gr).launch(server_port=port)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
