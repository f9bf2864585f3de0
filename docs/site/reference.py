"""The API reference: pages written from the public names, with their docstrings and the components' pictures.

Nothing is listed by hand: what `holdfast.__all__` and the other public modules export is what the reference shows.
"""

from __future__ import annotations

import importlib
import inspect
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from holdfast import launch
from holdfast.components.base import Component
from holdfast.graph.block import Block, BlockContext

logger = logging.getLogger("mkdocs.hooks.reference")

PICTURES = Path(__file__).resolve().parents[2] / ".setup" / "pictures"
"""Where `tests/page/test_component_pictures.py` leaves a picture of each component."""
MODULES = {
    "holdfast.state": "The state engine, as a library.",
    "holdfast.stores": "Where State is kept, and what a store of your own provides.",
    "holdfast.testing": "Tests of apps, without a browser.",
    "holdfast.themes": "Themes.",
}
"""Public modules besides `holdfast` itself."""


@dataclass(frozen=True)
class Public:
    """A public name, with the object behind it.

    Attributes:
        name: As users write it after `gr.`.
        path: Where the object is defined.
        thing: The object.
        aliases: Its other public names.
    """

    name: str
    path: str
    thing: Any
    aliases: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.thing) or "").partition("\n")[0]

    def is_a(self, kind: type) -> bool:
        """Whether it is a class below `kind`."""
        return inspect.isclass(self.thing) and issubclass(self.thing, kind) and self.thing is not kind


def public(module: str) -> list[Public]:
    """Return the classes and functions that a module exports, each once."""
    exporting = importlib.import_module(module)
    names: dict[str, list[str]] = {}
    things: dict[str, Any] = {}
    for name in exporting.__all__:
        thing = getattr(exporting, name)
        if not (inspect.isclass(thing) or inspect.isfunction(thing)):
            continue
        path = f"{thing.__module__}.{thing.__qualname__}"
        names.setdefault(path, []).append(name)
        things[path] = thing
    found = []
    for path, known in names.items():
        own = things[path].__name__
        name = own if own in known else known[0]
        found.append(Public(name, path, things[path], tuple(sorted(set(known) - {name}))))
    return sorted(found, key=lambda one: one.name.lower())


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the reference to the navigation."""
    components = [f"reference/components/{one.name.lower()}.md" for one in _components()]
    modules = [f"reference/{module.rpartition('.')[2]}.md" for module in MODULES]
    config.nav = [
        *(config.nav or []),
        {"Components": ["reference/components/index.md", *components]},
        {"Reference": ["reference/app.md", "reference/launch.md", "reference/layouts.md", *modules]},
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the reference and the pictures of the components."""
    for place, content in _pages():
        files.append(File.generated(config, place, content=content))
    for picture in _pictures():
        files.append(File.generated(config, f"reference/pictures/{picture.name}", abs_src_path=str(picture)))
    return files


def _components() -> list[Public]:
    return [one for one in public("holdfast") if one.is_a(Component)]


def _pictures() -> list[Path]:
    found = sorted(PICTURES.glob("*.png"))
    if not found:
        logger.warning("No pictures of the components are in %s. Run scripts/docs, which takes them.", PICTURES)
    return found


def _pages() -> Iterator[tuple[str, str]]:
    components = _components()
    pictured = {picture.name.rpartition("-")[0] for picture in _pictures()}
    yield "reference/components/index.md", _gallery(components, pictured)
    for one in components:
        yield f"reference/components/{one.name.lower()}.md", _component(one, one.name.lower() in pictured)
    others = [one for one in public("holdfast") if one not in components]
    layouts = [one for one in others if one.is_a(BlockContext) and one.path.startswith("holdfast.graph.")]
    yield "reference/layouts.md", _page("Layout", "Blocks that hold other blocks: `with gr.Row():`.", layouts, "gr.")
    elsewhere = {one.path for module in MODULES for one in public(module)}
    rest = [one for one in others if one not in layouts and one.path not in elsewhere]
    yield "reference/app.md", _page("App", "Apps, events, and what functions take and return.", rest, "gr.")
    options = Public("Blocks.launch", "holdfast.launch.launch", launch.launch)
    yield "reference/launch.md", _page("Launch", "Every option of serving an app.", [options], "gr.")
    for module, purpose in MODULES.items():
        name = module.rpartition(".")[2]
        yield f"reference/{name}.md", _page(f"`{module}`", purpose, public(module), f"{name}.")


def _gallery(components: Iterable[Public], pictured: set[str]) -> str:
    cards = [
        f'<a href="{one.name.lower()}/">{_image(one, "..") if one.name.lower() in pictured else ""}'
        f"<strong>{one.name}</strong><span>{_plain(one.summary)}</span></a>"
        for one in components
    ]
    return "# Components\n\n" + '<div class="gallery">\n' + "\n".join(cards) + "\n</div>\n"


def _component(one: Public, pictured: bool) -> str:
    lines = [f"# {one.name}", ""]
    if pictured:
        lines += [f'<p class="picture">{_image(one, "../..")}</p>', ""]
    if one.aliases:
        lines += ["Also available as " + ", ".join(f"`gr.{alias}`" for alias in one.aliases) + ".", ""]
    lines += [_documented(one, "gr."), "      members: false", ""]
    if events := list(_events(one.thing)):
        lines += ["## Events", "", "| event | when it happens |", "|---|---|"]
        lines += [f"| `.{name}()` | {doc} |" for name, doc in events]
    return "\n".join(lines) + "\n"


def _page(title: str, purpose: str, members: Iterable[Public], prefix: str) -> str:
    return f"# {title}\n\n{purpose}\n\n" + "\n\n".join(_documented(one, prefix) for one in members) + "\n"


def _documented(one: Public, prefix: str) -> str:
    return f"::: {one.path}\n    options:\n      heading: '{prefix}{one.name}'\n      toc_label: '{one.name}'"


def _events(block: type[Block]) -> Iterator[tuple[str, str]]:
    for name in block.EVENTS:
        yield name, " ".join((inspect.getdoc(inspect.getattr_static(block, name)) or "").split())


def _image(one: Public, root: str) -> str:
    name = one.name.lower()
    return "".join(
        f'<img src="{root}/pictures/{name}-{scheme}.png" alt="{one.name}" loading="lazy">'
        for scheme in ("light", "dark")
    )


def _plain(text: str) -> str:
    return text.replace("`", "").replace("<", "&lt;")
