"""`import gradio` in a process spawned by a program of `holdfast run`, where it also means Holdfast.

`multiprocessing` passes its parent's module path to a spawned process, but not the alias installed there, and has the
process import the program again. This folder is on that path.
"""

from __future__ import annotations

import importlib

from holdfast import gradio_alias

gradio_alias.install()  # this also replaces this module
importlib.import_module("gradio")
