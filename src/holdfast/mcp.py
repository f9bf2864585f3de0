"""`gr.mcp`: decorators that offer functions to MCP clients as tools, resources or prompts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
_MARK = "_holdfast_mcp"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Settings of a decorator for one function."""

    kind: Literal["tool", "resource", "prompt"] = "tool"
    name: str | None = None
    description: str | None = None
    structured: bool = False
    """Whether to return the result as JSON too."""
    meta: dict[str, Any] | None = None
    uri: str = ""
    """Address of a resource, optionally with parameters in braces."""
    mime_type: str = "text/plain"


def offer_of(fn: Callable[..., Any] | None) -> Offer:
    """Return the settings of a function's decorator, or a default tool."""
    found: Offer = getattr(fn, _MARK, None) or Offer()
    return found


def tool(
    name: str | None = None,
    description: str | None = None,
    structured_output: bool = False,
    _meta: dict[str, Any] | None = None,
) -> Callable[[F], F]:
    """Give a tool a different name or description than its endpoint, or JSON in addition to the text of its result.

    Args:
        name: Name of the tool; by default the endpoint's.
        description: Description of the tool; by default from the docstring.
        structured_output: Whether to return the result as structured content too.
        _meta: Sent with the tool as its `_meta`.
    """
    return _marked(Offer(name=name, description=description, structured=structured_output, meta=_meta))


def resource(uri_template: str, description: str | None = None, mime_type: str | None = None) -> Callable[[F], F]:
    """Offer a function's result as a resource instead of as a tool.

    Args:
        uri_template: Address such as `notes://{title}`; names in braces are parameters.
        description: Description of the resource; by default from the docstring.
        mime_type: MIME type; by default `text/plain`. Other than text types are returned as a file, or as base64.
    """
    offer = Offer(kind="resource", description=description, uri=uri_template, mime_type=mime_type or "text/plain")
    return _marked(offer)


def prompt(name: str | None = None, description: str | None = None) -> Callable[[F], F]:
    """Offer the text that a function returns as a prompt instead of as a tool.

    Args:
        name: Name of the prompt; by default the endpoint's.
        description: Description of the prompt; by default from the docstring.
    """
    return _marked(Offer(kind="prompt", name=name, description=description))


def _marked(offer: Offer) -> Callable[[F], F]:
    def mark(fn: F) -> F:
        setattr(fn, _MARK, offer)
        return fn

    return mark
