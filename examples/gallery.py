"""The gallery: every example on a page of its own, live, with its source beside it."""

from __future__ import annotations

import importlib.util
import sys
from html import escape
from pathlib import Path
from types import ModuleType

import holdfast as gr

HERE = Path(__file__).parent
NAMES = {
    "counter": "Counter",
    "messages": "Messages",
    "scores": "Scores",
    "cart": "Cart",
    "chat": "Chat",
    "chat_interface": "ChatInterface",
    "steps": "Steps",
    "history": "History",
    "shortcuts": "String shortcuts",
    "own_class": "Own class",
    "visible_state": "Visible state",
    "load": "Load",
    "reset": "Reset",
    "conditional": "Conditional",
    "chain": "Chain",
    "large": "Large",
}
CSS = """
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); gap: 12px; }
.cards { padding: 0; margin: 0; list-style: none; }
.cards a { display: block; height: 100%; padding: 16px; border-radius: 12px; text-decoration: none; }
.cards a { border: 1px solid light-dark(#e1e5eb, #272c36); background: light-dark(#ffffff, #15181e); }
.cards a { color: light-dark(#14181f, #eceff4); }
.cards a:hover { border-color: light-dark(#2f54eb, #5b7cff); }
.cards strong { display: block; margin-bottom: 4px; color: light-dark(#2444cc, #9db2ff); }
"""


def example(name: str) -> ModuleType:
    """The program of an example, loaded from its file."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", HERE / f"{name}.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


programs = {name: example(name) for name in NAMES}


def card(name: str) -> str:
    """A link to an example, with the first line of its docstring."""
    says = (programs[name].__doc__ or "").partition(": ")[2].strip()
    return (
        f'<li><a href="./{name}"><strong>{escape(NAMES[name])}</strong>{escape(says[:1].upper() + says[1:])}</a></li>'
    )


with gr.Blocks(title="Holdfast examples") as demo:
    gr.Markdown("# Holdfast by example\nOne idea each. Open one: it runs, and its source stands beside it.")
    gr.HTML(f'<style>{CSS}</style><ul class="cards">{"".join(map(card, NAMES))}</ul>')

for name, title in NAMES.items():
    with demo.route(title, f"/{name}", show_in_navbar=False):
        gr.HTML('<a href="./">All examples</a>')
        with gr.Row():
            with gr.Column(scale=1):
                programs[name].demo.render()
            with gr.Column(scale=1):
                gr.Markdown(f"```python\n{(HERE / f'{name}.py').read_text(encoding='utf-8')}```", label="Source")

if __name__ == "__main__":
    demo.launch()
