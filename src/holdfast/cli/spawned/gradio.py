"""`import gradio` in a process that a program of `holdfast run` spawned: Holdfast there too.

`multiprocessing` gives a spawned process the module path of its parent, not what was installed in it, and has it import
the program anew. This folder stands on that path.
"""

from __future__ import annotations

import importlib

from holdfast import gradio_alias

gradio_alias.install()  # it also takes this module out of the way
importlib.import_module("gradio")
