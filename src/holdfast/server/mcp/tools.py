"""The tools of an app: one for each public endpoint."""

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
"""Characters of the longest name that common clients take."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One endpoint as a tool."""

    name: str
    description: str
    listener: Listener
    parameters: Sequence[Mapping[str, Any]]
    """As `/info` describes them, so without State."""
    schema: dict[str, Any]
    takes_files: bool
    headers: tuple[str, ...]
    """Names of the HTTP headers that the function asks for."""
    offer: Offer
    """What `gr.mcp` says of the function: whether it is a tool at all, a resource or a prompt."""


def tools_of(app: AppSpec) -> dict[str, Tool]:
    """An app's tools, resources and prompts by name."""
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
    """Return the name of its function, as in Gradio; a lambda has none, so its endpoint's name is taken."""
    fn = listener.fn
    code = getattr(fn, "__code__", None)
    if fn is None or (code is not None and (is_ours(code.co_filename) or code.co_name == "<lambda>")):
        return listener.api_name
    return api_name_of(fn)


def _name(api_name: str, taken: Mapping[str, Tool]) -> str:
    """An endpoint's name in the characters that clients take, unlike any other."""
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
    """The tools that a client wants.

    Args:
        tools: All of them.
        names: The query parameter `tools`: names with commas between; all when it is missing.
    """
    if names is None or not names.strip():
        return dict(tools)
    wanted = {name.strip() for name in names.split(",")}
    return {name: tool for name, tool in tools.items() if name in wanted}


def of_kind(tools: Mapping[str, Tool], kind: str) -> dict[str, Tool]:
    """Those that are offered as tools, as resources, or as prompts."""
    return {name: tool for name, tool in tools.items() if tool.offer.kind == kind}


def described(tool: Tool) -> dict[str, Any]:
    """A tool as `GET /schema` shows it."""
    meta: dict[str, Any] = {
        "file_data_present": tool.takes_files,
        "mcp_type": tool.offer.kind,
        "endpoint_name": tool.listener.api_name,
    }
    if tool.headers:
        meta["headers"] = list(tool.headers)
    return {"name": tool.name, "description": tool.description, "inputSchema": tool.schema, "meta": meta}
