"""The tools of an app, one per public endpoint."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.graph.api.info import description, endpoint, public_listeners
from holdfast.graph.app import AppSpec
from holdfast.graph.callsite import is_ours
from holdfast.graph.injected import Header
from holdfast.graph.listener import Listener
from holdfast.graph.listener_checks import api_name_of
from holdfast.mcp import Offer, offer_of
from holdfast.server.mcp.docstrings import parameter_texts, result_text
from holdfast.server.mcp.schemas import input_schema, takes_files

_FORBIDDEN = re.compile(r"[^A-Za-z0-9_-]+")
MAX_NAME = 64
"""Maximum length of a tool's name that common clients accept."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """An endpoint as a tool."""

    name: str
    description: str
    listener: Listener
    parameters: Sequence[Mapping[str, Any]]
    """Parameters as described by `/info`, without State."""
    schema: dict[str, Any]
    takes_files: bool
    headers: tuple[str, ...]
    """Names of the HTTP headers that the function receives."""
    offer: Offer
    """Options from `gr.mcp`, such as whether the function is a tool, a resource, or a prompt."""


def tools_of(app: AppSpec) -> dict[str, Tool]:
    """Return an app's tools, resources, and prompts by name."""
    found: dict[str, Tool] = {}
    for listener in public_listeners(app):
        offer = offer_of(listener.fn)
        name = _name(offer.name or _function_name(listener), found)
        parameters = endpoint(listener)["parameters"]
        found[name] = Tool(
            name=name,
            description=_text(listener) if offer.description is None else offer.description,
            listener=listener,
            parameters=parameters,
            schema=input_schema(parameters, parameter_texts(listener.fn)),
            takes_files=takes_files(parameters),
            headers=tuple(
                p.name.replace("_", "-")
                for p in listener.signature.special
                if p.special is not None and issubclass(p.special, Header)
            ),
            offer=offer,
        )
    return found


def _function_name(listener: Listener) -> str:
    """Return the function's name, as in Gradio, or the endpoint's name for a lambda."""
    fn = listener.fn
    code = getattr(fn, "__code__", None)
    if fn is None or (code is not None and (is_ours(code.co_filename) or code.co_name == "<lambda>")):
        return listener.api_name
    return api_name_of(fn)


def _name(api_name: str, taken: Mapping[str, Tool]) -> str:
    """Return a unique name for an endpoint with characters that clients accept."""
    name = base = _FORBIDDEN.sub("_", api_name)[:MAX_NAME] or "tool"
    number = 1
    while name in taken:
        ending = f"_{number}"
        name = base[: MAX_NAME - len(ending)] + ending
        number += 1
    return name


def _text(listener: Listener) -> str:
    text = description(listener)
    result = "" if listener.api_description is not None else result_text(listener.fn)
    return f"{text} Returns: {result}".strip() if result else text


def selected(tools: Mapping[str, Tool], names: str | None) -> dict[str, Tool]:
    """Return the tools that a client requests.

    Args:
        tools: All tools.
        names: Query parameter `tools`: names separated by commas; all tools if missing.
    """
    if names is None or not names.strip():
        return dict(tools)
    wanted = {name.strip() for name in names.split(",")}
    return {name: tool for name, tool in tools.items() if name in wanted}


def of_kind(tools: Mapping[str, Tool], kind: str) -> dict[str, Tool]:
    """Return the tools offered as one kind: tools, resources, or prompts."""
    return {name: tool for name, tool in tools.items() if tool.offer.kind == kind}


def described(tool: Tool) -> dict[str, Any]:
    """Return a tool as shown by `GET /schema`."""
    meta: dict[str, Any] = {
        "file_data_present": tool.takes_files,
        "mcp_type": tool.offer.kind,
        "endpoint_name": tool.listener.api_name,
    }
    if tool.headers:
        meta["headers"] = list(tool.headers)
    return {"name": tool.name, "description": tool.description, "inputSchema": tool.schema, "meta": meta}
