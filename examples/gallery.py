"""The gallery: every example on a page of its own, live, with its source beside it."""

from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import ModuleType

import holdfast as gr

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Example:
    """One program of the gallery, with what its docstring says about it.

    Attributes:
        name: File name without its ending, and the path of its page.
        title: Heading of its page and card.
        line: One line for its card.
        text: Two sentences for its page, in Markdown.
        source: The program without its docstring.
        module: The program, executed.
    """

    name: str
    title: str
    line: str
    text: str
    source: str
    module: ModuleType

    @classmethod
    def load(cls, name: str) -> Example:
        """Execute a program of this folder and read what it says about itself."""
        path = HERE / f"{name}.py"
        spec = importlib.util.spec_from_file_location(f"example_{name}", path)
        if spec is None or spec.loader is None:
            raise FileNotFoundError(path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        head, _, text = (module.__doc__ or "").strip().partition("\n\n")
        title, _, line = head.partition(": ")
        source = re.sub(r'^""".*?"""\n+', "", path.read_text("utf-8"), count=1, flags=re.DOTALL)
        return cls(name, title, line, " ".join(text.split()), source, module)

    @property
    def has_login(self) -> bool:
        """Whether the program asks for a name: then it needs a server for itself."""
        return hasattr(self.module, "ACCOUNTS")


BAR = '<i style="width:{0}%"></i>'
FIELD, PRESS = '<u class="field"></u>', '<b class="press">{0}</b>'


def _box(*parts: str) -> str:
    return f'<span class="box">{"".join(parts)}</span>'


PREVIEWS = {
    "counter": '<em class="number">12</em>' + PRESS.format("Press"),
    "chat_interface": _box("<q>Where is it?</q>", BAR.format(80), BAR.format(55)),
    "undo": _box(BAR.format(40), BAR.format(60), '<span class="pair"><b>Undo</b><b>Redo</b></span>'),
    "tab_session": "<s>Draft</s>" + _box(BAR.format(80), "<mark>Still here</mark>"),
    "shared_live": '<span class="pair"><kbd>A</kbd>' + _box("<em>7</em> votes") + "<kbd>M</kbd></span>",
    "scopes": _box(_box("<q>session</q>")),
    "private_notes": _box('<u class="field">ada</u>', '<u class="field">••••••</u>', PRESS.format("Sign in")),
    "table": _box(*(f'<span class="row"><span>{name}</span><span>{lost}</span></span>'
                    for name, lost in (("Lindholm", 33), ("Northgate", 9), ("Harbour", 5)))),
    "upload": '<span class="box drop">Drop a file</span>',
    "chat": _box("<q>Tell me more.</q>", BAR.format(70)),
    "messages": _box(FIELD, BAR.format(70), BAR.format(50)),
    "scores": '<em class="number">9 · 7 · 4</em>',
    "cart": '<em class="number">3</em>' + PRESS.format("Add"),
    "steps": '<span class="pair">' + _box(FIELD, PRESS.format("1")) + _box(FIELD, PRESS.format("2")) + "</span>",
    "history": _box("<em>8</em> 5 · 6 · 7"),
    "shortcuts": _box('<tt>"textbox"</tt>', '<tt>"state"</tt>'),
    "own_class": _box("<tt>Trip(stops, luggage)</tt>"),
    "visible_state": _box(FIELD, BAR.format(60)),
    "load": _box("<mark>Loaded</mark>", BAR.format(70), BAR.format(45)),
    "reset": '<span class="pair"><b>Add</b><b>Clear</b></span>',
    "conditional": _box("<tt>if price &lt;= limit:</tt>"),
    "chain": '<span class="pair">' + _box("<em>1</em>") + "→" + _box("<em>2</em>") + "</span>",
    "large": '<em class="number">1,000,000</em>',
}  # fmt: skip
"""A picture of each example for its card, in the order of the gallery. It is drawn with the page's own colors."""

STYLE = """<style>
.cards { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 12px; padding: 0; margin: 0; list-style: none; }
@media (max-width: 900px) { .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (max-width: 560px) { .cards { grid-template-columns: minmax(0, 1fr); } }
.cards li { margin: 0; }
.cards a, .steps a { display: block; border: 1px solid var(--line); border-radius: 12px; background: var(--surface); color: var(--text); text-decoration: none; overflow: hidden; }
.cards a:hover, .steps a:hover { border-color: var(--line-strong); }
.cards a:hover strong { color: var(--accent-text); }
.cards .says { display: block; padding: 12px 16px 16px; }
.cards strong { display: block; font-weight: 550; }
.cards small { font-size: 13px; color: var(--text-2); }
.preview { display: grid; place-content: center; justify-items: center; gap: 8px; height: 156px; border-bottom: 1px solid var(--line); background: var(--surface-2); color: var(--text-2); font-size: 12px; }
.preview .box { display: grid; gap: 8px; min-width: 120px; padding: 12px; border: 1px solid var(--line); border-radius: 8px; background: var(--surface); justify-items: start; }
.preview .drop { place-items: center; padding: 24px 32px; border: 1px dashed var(--line-strong); }
.preview .pair { display: flex; align-items: center; gap: 8px; }
.preview .pair .box { min-width: 0; }
.preview .row { display: flex; justify-content: space-between; gap: 32px; width: 100%; }
.preview em { font-style: normal; font-weight: 650; font-size: 16px; color: var(--text); }
.preview .number { font-size: 26px; }
.preview i { display: block; height: 6px; border-radius: 3px; background: var(--surface-3); }
.preview b { padding: 4px 10px; border: 1px solid var(--line-strong); border-radius: 6px; background: var(--surface); color: var(--text); font-weight: 550; }
.preview b.press { border-color: var(--accent); background: var(--accent); color: var(--on-accent); justify-self: stretch; text-align: center; }
.preview q { quotes: none; padding: 4px 8px; border-radius: 6px; background: var(--accent-soft); color: var(--accent-text); justify-self: end; }
.preview mark { background: none; color: var(--ok); font-weight: 550; }
.preview kbd { display: grid; place-content: center; width: 24px; height: 24px; border-radius: 99px; background: var(--accent-soft); color: var(--accent-text); font-weight: 550; }
.preview s { text-decoration: none; justify-self: start; padding: 4px 10px; margin-bottom: -8px; border: 1px solid var(--line); border-bottom: 0; border-radius: 6px 6px 0 0; background: var(--surface); }
.preview .field { display: block; width: 110px; height: 22px; padding: 1px 8px; border: 1px solid var(--line-strong); border-radius: 6px; text-decoration: none; color: var(--text); }
.where { display: flex; justify-content: space-between; align-items: center; font-size: 13px; color: var(--text-2); }
.where a { display: inline-flex; align-items: center; min-height: 44px; color: var(--accent-text); text-decoration: none; }
.steps { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; }
.steps a { padding: 12px 16px; font-weight: 550; }
.steps a:last-child { text-align: end; grid-column: 2; }
.steps small { display: block; font-weight: 400; font-size: 12px; color: var(--text-2); }
.live { padding: 16px; border: 1px solid var(--line); border-radius: 12px; background: var(--surface); align-self: start; }
@media (min-width: 900px) { .live { position: sticky; top: 16px; } }
.beside > * { min-width: 0; }
@media (max-width: 899px) { .beside { flex-direction: column; } .beside > * { width: 100%; } }
</style>"""  # noqa: E501 -- one rule a line

examples = {name: Example.load(name) for name in PREVIEWS}
NAMES = {name: example.title for name, example in examples.items()}


def cards(query: str = "") -> str:
    """The examples whose words match, as cards."""
    words = query.lower().split()
    found = [
        one for one in examples.values() if all(word in f"{one.title} {one.line} {one.text}".lower() for word in words)
    ]
    if not found:
        return f"{STYLE}<p>No example mentions <em>{escape(query)}</em>. Try one word, such as State.</p>"
    return f'{STYLE}<ul class="cards">{"".join(map(_card, found))}</ul>'


def _card(example: Example) -> str:
    return (
        f'<li><a href="./{example.name}"><span class="preview" aria-hidden="true">{PREVIEWS[example.name]}</span>'
        f'<span class="says"><strong>{escape(example.title)}</strong>'
        f"<small>{escape(example.line)}</small></span></a></li>"
    )


def _where(number: int) -> str:
    return (
        f'{STYLE}<nav class="where" aria-label="Gallery"><a href="./">&lsaquo; Examples</a>'
        f"<span>{number} of {len(examples)}</span></nav>"
    )


def _steps(number: int) -> str:
    """Links to the examples before and after one."""
    names = list(examples)
    sides = [("Previous", number - 2), ("Next", number)]
    links = [
        f'<a href="./{names[at]}"><small>{label}</small>{escape(NAMES[names[at]])}</a>'
        for label, at in sides
        if 0 <= at < len(names)
    ]
    return f'<nav class="steps" aria-label="Examples before and after">{"".join(links)}</nav>'


def _elsewhere(example: Example) -> str:
    """A link to a program that has a login: it is served on an address of its own, from the first visit on."""
    demo: gr.Blocks = example.module.demo
    if demo.server is None:
        demo.launch(auth=example.module.ACCOUNTS, server_port=0, prevent_thread_lock=True, quiet=True)
    name, password = example.module.ACCOUNTS[0]
    return (
        f"A login is for a whole app, so this one has an address for itself: [open {demo.server.local_url}]"
        f"({demo.server.local_url}) and sign in as **{name}** with the password **{password}**."
    )


with gr.Blocks(title="Examples", session="tab") as demo:
    with gr.Row(equal_height=False):
        gr.Markdown("# Examples\nEach one is a short program. Open it, use it, read it.")
        search = gr.Textbox(
            label="Search examples",
            placeholder="Search examples",
            show_label=False,
            container=False,
            max_lines=1,
            scale=0,
            min_width=280,
        )
    grid = gr.HTML(cards())
    search.input(cards, search, grid, show_progress="hidden")

for number, example in enumerate(examples.values(), 1):
    with demo.route(example.title, f"/{example.name}", show_in_navbar=False):
        gr.HTML(_where(number))
        gr.Markdown(f"# {example.title}\n{example.text}")
        with gr.Row(elem_classes="beside"):
            with gr.Column(scale=1, min_width=0, elem_classes="live"):
                if example.has_login:
                    link = gr.Markdown()
                    demo.load(lambda example=example: _elsewhere(example), None, link)
                else:
                    example.module.demo.render()
            with gr.Column(scale=1, min_width=0):
                gr.Markdown(f"**{example.name}.py**\n```python\n{example.source}```", label="Source")
        gr.HTML(_steps(number))

if __name__ == "__main__":
    demo.launch()
