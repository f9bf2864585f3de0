"""`gr.mcp`: how a function is offered to MCP clients: as a tool in other words, as a resource, as a prompt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
_MARK = "_holdfast_mcp"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a decorator says of a function."""

    kind: Literal["tool", "resource", "prompt"] = "tool"
    name: str | None = None
    description: str | None = None
    structured: bool = False
    """The result is given as JSON too."""
    meta: dict[str, Any] | None = None
    uri: str = ""
    """A resource's address, perhaps with parameters in braces."""
    mime_type: str = "text/plain"


def offer_of(fn: Callable[..., Any] | None) -> Offer:
    """What a function's decorator says; a tool without words of its own where there is none."""
    found: Offer = getattr(fn, _MARK, None) or Offer()
    return found


def tool(
    name: str | None = None,
    description: str | None = None,
    structured_output: bool = False,
    _meta: dict[str, Any] | None = None,
) -> Callable[[F], F]:
    """Give a tool another name or description than its endpoint's, or JSON beside the text of its result.

    Args:
        name: The tool's name; the endpoint's by default.
        description: What it does; by default from the docstring.
        structured_output: Whether the result is structured content too.
        _meta: Travels with the tool as its `_meta`.
    """
    return _marked(Offer(name=name, description=description, structured=structured_output, meta=_meta))


def resource(uri_template: str, description: str | None = None, mime_type: str | None = None) -> Callable[[F], F]:
    """Offer what a function returns as something to read, instead of as a tool.

    Args:
        uri_template: Its address, such as `notes://{title}`; what stands in braces is the parameter of that name.
        description: What it is; by default from the docstring.
        mime_type: Its type; `text/plain` by default. One that is no text is returned as a file, or as base64.
    """
    offer = Offer(kind="resource", description=description, uri=uri_template, mime_type=mime_type or "text/plain")
    return _marked(offer)


def prompt(name: str | None = None, description: str | None = None) -> Callable[[F], F]:
    """Offer the text that a function returns as a prompt, instead of as a tool.

    Args:
        name: The prompt's name; the endpoint's by default.
        description: What it asks for; by default from the docstring.
    """
    return _marked(Offer(kind="prompt", name=name, description=description))


def _marked(offer: Offer) -> Callable[[F], F]:
    def mark(fn: F) -> F:
        setattr(fn, _MARK, offer)
        return fn

    return mark
