"""Handling of parameters that a call does not have, and of values that a parameter does not accept."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin

from typing_extensions import ParamSpec

from holdfast.errors import did_you_mean
from holdfast.graph.callsite import warn

if TYPE_CHECKING:
    from holdfast.graph.block import Block

FORMER: Mapping[str, frozenset[str]] = {
    "": frozenset(
        {
            "show_copy_button", "show_share_button", "show_download_button", "show_fullscreen_button",
            "show_copy_all_button",
            "allow_flagging", "mirror_webcam", "overflow_row_behaviour", "bubble_full_width", "likeable", "layout_mode",
        }
    ),
    "ChatInterface": frozenset({"type", "retry_btn", "undo_btn", "clear_btn", "stop_btn_text", "examples_per_page"}),
    "Chatbot": frozenset({"type", "show_last_message_actions"}),
    "Interface": frozenset({"interpretation", "num_shap", "allow_screenshot", "cache_examples_lazily"}),
    "Image": frozenset({"tool", "source", "shape", "invert_colors", "brush_radius", "brush_color", "mask_opacity"}),
    "Dataframe": frozenset({"max_rows", "max_cols", "overflow_row_behaviour", "height"}),
    "launch()": frozenset(
        {"show_api", "show_tips", "enable_queue", "encrypt", "file_directories", "cache_examples", "app_storage"}
    ),
    "mount_gradio_app()": frozenset({"show_api", "gradio_api_url", "app_storage"}),
    "queue()": frozenset({"concurrency_count", "client_position_to_load_data"}),
    "gr.api()": frozenset({"show_api"}),
    "gr.render()": frozenset(),
    "gr.Examples()": frozenset({"show_api", "cache_examples_lazily"}),
    "A listener": frozenset({"show_api", "every", "status_tracker"}),
}  # fmt: skip
"""Parameters of Gradio 4 and 5 that Gradio 6 removed, by callee; "" is any component."""


def settle_unknown(called: str, unknown: Iterable[str], known: Iterable[str], *, kind: str | None = None) -> None:
    """Warn once about obsolete parameters of older programs; reject all other unknown parameters.

    Args:
        called: Name of the callee in messages.
        unknown: Names of the unknown parameters.
        known: Names of the valid parameters.
        kind: Key of the callee in `FORMER`, if it differs from *called*.

    Raises:
        TypeError: A parameter never existed; the message suggests the intended one.
    """
    former = FORMER.get(kind or called, frozenset()) | (frozenset() if kind == called else FORMER[""])
    names = list(unknown)
    wrong = [name for name in names if name not in former]
    if wrong:
        known = sorted(known)
        raise TypeError(
            f"{called} has no parameter {wrong[0]!r}.{did_you_mean(wrong[0], known)} It takes: {', '.join(known)}."
        )
    if names:
        are, them = ("is", "it") if len(names) == 1 else ("are", "them")
        warn(f"{', '.join(names)} of {called} {are} from older versions of Gradio, without effect. Remove {them}.")


P = ParamSpec("P")
R = TypeVar("R")


def names_meant(called: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a function so that `settle_unknown` handles unknown parameters in its calls.

    Args:
        called: Name of the function in messages.
    """

    def decorate(fn: Callable[P, R]) -> Callable[P, R]:
        known = {name for name in inspect.signature(fn).parameters if name != "self" and not name.startswith("_")}

        @wraps(fn)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            unknown = [name for name in kwargs if name not in known and not name.startswith("_")]
            if unknown:
                settle_unknown(called, unknown, known, kind=called)
                for name in unknown:
                    del kwargs[name]
            return fn(*args, **kwargs)

        return checked

    return decorate


def report_choices(block: Block) -> None:
    """Warn about strings that an enumerated parameter does not accept; Gradio accepts them, so programs start."""
    for name, value in block.given.items():
        if isinstance(value, str):
            valid = _enumerated(type(block)).get(name)
            if valid is not None and value not in valid:
                listed = ", ".join(map(repr, valid))
                warn(f"{type(block).__name__}({name}={value!r}) is not one of {listed}.{did_you_mean(value, valid)}")


_ENUMERATED: dict[type, dict[str, tuple[Any, ...]]] = {}


def _enumerated(cls: type) -> dict[str, tuple[Any, ...]]:
    """Return the parameters of a class that accept one of several strings, with those strings."""
    found = _ENUMERATED.get(cls)
    if found is None:
        found = {}
        for base in reversed(cls.__mro__):
            if "__init__" in base.__dict__ and base is not object:
                for name, parameter in inspect.signature(vars(base)["__init__"]).parameters.items():
                    found.pop(name, None)
                    valid = _literals(_evaluated(parameter.annotation, base))
                    if valid:
                        found[name] = valid
        _ENUMERATED[cls] = found
    return found


def _evaluated(annotation: Any, base: type) -> Any:
    if not isinstance(annotation, str) or ("Literal" not in annotation and not annotation.isidentifier()):
        return annotation
    try:
        return eval(annotation, vars(sys.modules[base.__module__]))  # noqa: S307 -- an annotation of a class
    except Exception:  # the name is only imported for type checkers
        return Any


def _literals(annotation: Any) -> tuple[Any, ...]:
    """Return the strings of an annotation that accepts no other strings."""
    if get_origin(annotation) is Literal:
        return tuple(one for one in get_args(annotation) if isinstance(one, str))
    if get_origin(annotation) not in {Union, types.UnionType}:
        return ()
    parts = [part for part in get_args(annotation) if part not in {bool, int, float, type(None)}]
    texts = [_literals(part) for part in parts]
    return tuple(text for one in texts for text in one) if texts and all(texts) else ()
