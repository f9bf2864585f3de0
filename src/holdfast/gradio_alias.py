"""Makes `import gradio` load Holdfast in this process; `holdfast run` installs this before it loads the program.

Every `gradio` module that a program imports is an `Alias`, whose names come from Holdfast's modules. Names that Gradio
has and Holdfast does not support yet can be imported; each is a `Missing`, which raises an error when it is used.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from typing import Any, NoReturn

from holdfast.errors import UnavailableError
from holdfast.gradio_names import PUBLIC_NAMES, SUBMODULES
from holdfast.version import GRADIO_VERSION

SOURCES: Mapping[str, Sequence[str]] = {
    "": ("holdfast",),
    "blocks": ("holdfast.blocks", "holdfast.graph.block", "holdfast.graph.context", "holdfast"),
    "context": ("holdfast.graph.context",),
    "components": ("holdfast.components", "holdfast"),
    "data_classes": ("holdfast.files.rules", "holdfast"),
    "events": ("holdfast.graph.injected", "holdfast.graph.events", "holdfast.graph.dependency", "holdfast"),
    "exceptions": ("holdfast.errors", "holdfast"),
    "flagging": ("holdfast.apps.flagging", "holdfast"),
    "helpers": ("holdfast.graph.updates", "holdfast.graph.injected", "holdfast"),
    "mcp": ("holdfast.mcp",),
    "layouts": ("holdfast.graph.layouts", "holdfast"),
    "renderable": ("holdfast.graph.render", "holdfast"),
    "themes": ("holdfast.themes",),
    "themes.utils": ("holdfast.themes",),
    "themes.utils.colors": ("holdfast.themes.colors",),
    "themes.utils.fonts": ("holdfast.themes.fonts",),
    "themes.utils.sizes": ("holdfast.themes.sizes",),
    "themes.colors": ("holdfast.themes.colors",),
    "themes.fonts": ("holdfast.themes.fonts",),
    "themes.sizes": ("holdfast.themes.sizes",),
}
"""Modules that provide the names of each submodule; other submodules use those of their parent."""

RENAMED: Mapping[str, str] = {
    "create_examples": "holdfast:Examples",
    "Dependency": "holdfast.graph.dependency:Dependency",
    "EventListener": "holdfast.graph.events:Event",
    "EventListenerMethod": "holdfast.graph.events:BoundEvent",
    "IOComponent": "holdfast.components:Component",
    "get_blocks_context": "holdfast.graph.context:current",
}
"""Names that differ from Gradio's."""


class Missing:
    """Placeholder for a name that Holdfast does not support; can be imported, compared and used in annotations.

    Args:
        name: Full name, such as `gradio.Video`.
    """

    def __init__(self, name: str) -> None:
        self.__name__ = name
        self.__qualname__ = name

    def _fail(self, *_: Any, **__: Any) -> NoReturn:
        raise UnavailableError(
            f"{self.__name__} exists in Gradio, but this version of Holdfast does not support it yet. "
            "Remove the part of the program that uses it, or run the program on Gradio."
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self._fail()

    __call__ = __mro_entries__ = __getitem__ = __iter__ = __enter__ = _fail

    def __exit__(self, *_: object) -> None:
        """Never called, because entering raises."""

    def __instancecheck__(self, instance: object) -> bool:
        return False

    def __or__(self, other: Any) -> Any:
        return other

    __ror__ = __or__

    def __repr__(self) -> str:
        return f"<{self.__name__}: not in this version of Holdfast>"


class Alias(types.ModuleType):
    """A `gradio` module that looks up its names in Holdfast on access."""

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return GRADIO_VERSION
        if name == "__all__":
            return sorted(PUBLIC_NAMES)
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = self._find(name)
        setattr(self, name, value)
        return value

    def _find(self, name: str) -> Any:
        inside = self.__name__.partition(".")[2]
        if name in RENAMED:
            return _load(RENAMED[name])
        if _is_module(f"{inside}.{name}" if inside else name):
            return importlib.import_module(f"{self.__name__}.{name}")
        for source in _sources(inside):
            found = getattr(importlib.import_module(source), name, None)
            if found is not None:
                return found
        if not inside and name not in PUBLIC_NAMES:
            raise AttributeError(f"module 'gradio' has no attribute {name!r}")
        return Missing(f"{self.__name__}.{name}")


def _sources(inside: str) -> Sequence[str]:
    while inside and inside not in SOURCES:
        inside = inside.rpartition(".")[0]
    return SOURCES[inside]


def _is_module(inside: str) -> bool:
    first, _, rest = inside.partition(".")
    return inside in SOURCES or (first in SUBMODULES and not rest)


def _load(where: str) -> Any:
    module, _, name = where.partition(":")
    return getattr(importlib.import_module(module), name)


class Finder(MetaPathFinder, Loader):
    """Handles imports of `gradio` and its submodules."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 -- the import system's signature
        target: types.ModuleType | None = None,  # noqa: ARG002 -- the import system's signature
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of a `gradio` module; submodules of `components` and `themes` can have any name."""
        package, _, inside = fullname.partition(".")
        if package != "gradio":
            return None
        first = inside.partition(".")[0]
        if inside and first not in SUBMODULES:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """Create an empty alias."""
        module = Alias(spec.name, "Gradio's names, from Holdfast.")
        module.__path__ = []
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Do nothing, because names are looked up on access."""


def install() -> Callable[[], None]:
    """Make `import gradio` load Holdfast in this process.

    Returns:
        Function that restores the previous state.
    """
    finder = Finder()
    before = {name: module for name, module in sys.modules.items() if name == "gradio" or name.startswith("gradio.")}
    for name in before:
        del sys.modules[name]
    sys.meta_path.insert(0, finder)

    def uninstall() -> None:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name == "gradio" or name.startswith("gradio.")]:
            del sys.modules[name]
        sys.modules.update(before)

    return uninstall
