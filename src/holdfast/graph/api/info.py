"""Description of the API: the `/info` object that clients and the API page read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from holdfast.graph.api.python_types import python_type
from holdfast.graph.api.snippets import snippets

if TYPE_CHECKING:
    from holdfast.graph.app import AppSpec
    from holdfast.graph.block import Block
    from holdfast.graph.listener import Listener


EXAMPLE_ROOT = "http://127.0.0.1:7860"
"""Address in code snippets if none is given."""
_SECTION = re.compile(
    r"^\s*(?:args|arguments|parameters|params|returns?|raises|yields|examples?)\s*:", re.IGNORECASE | re.MULTILINE
)
"""Pattern of the first section heading in a docstring, where its description ends."""


def api_info(
    app: AppSpec, all_endpoints: bool = False, page: str | None = None, root: str = EXAMPLE_ROOT, login: bool = False
) -> dict[str, Any]:
    """Return the `/info` object.

    Args:
        app: App to describe.
        all_endpoints: Whether to include undocumented endpoints, without snippets.
        page: Path of a page; only endpoints of this page are included.
        root: Address of the app, for the snippets.
        login: Whether the app requires a login; the snippets then include placeholders for it.
    """
    found: dict[str, Any] = {}
    for listener in public_listeners(app, all_endpoints=all_endpoints):
        if page is not None and listener.page != page:
            continue
        found[f"/{listener.api_name}"] = entry = endpoint(listener)
        if not all_endpoints:
            entry["code_snippets"] = snippets(listener.api_name, entry, root.rstrip("/"), login)
    return {"named_endpoints": found, "unnamed_endpoints": {}}


def public_listeners(app: AppSpec, all_endpoints: bool = False) -> list[Listener]:
    """Return the listeners that the API shows: those with a Python function that are not hidden."""
    shown = {"public", "undocumented"} if all_endpoints else {"public"}
    return [li for li in app.listeners.values() if li.fn is not None and li.api_visibility in shown]


def endpoint(listener: Listener) -> dict[str, Any]:
    """Describe one endpoint; components outside the API, such as State, are omitted on both sides."""
    names = listener.signature.input_names(len(listener.inputs), listener.keyword_inputs)
    return {
        "parameters": [
            _parameter(block, name, listener)
            for block, name in zip(listener.inputs, names, strict=True)
            if not block.SKIP_API
        ],
        "returns": [_return(block) for block in listener.outputs if not block.SKIP_API],
        "api_visibility": listener.api_visibility,
        "description": description(listener),
    }


def _parameter(component: Any, name: str, listener: Listener) -> dict[str, Any]:
    schema = component.api_info_as_input()
    default = None if callable(getattr(component, "load_fn", None)) else getattr(component, "value", None)
    has_default = default is not None
    if not has_default:
        has_default = any(p.name == name and p.default is None for p in listener.signature.parameters)
    return {
        "label": _label(component, "parameter"),
        "parameter_name": name,
        "parameter_has_default": has_default,
        "parameter_default": default,
        "type": schema,
        "python_type": python_type(schema, "additional_description"),
        "component": component.get_block_name().capitalize(),
        "example_input": component.example_payload(),
    }


def _return(component: Any) -> dict[str, Any]:
    schema = component.api_info_as_output()
    return {
        "label": _label(component, "value"),
        "type": schema,
        "python_type": python_type(schema),
        "component": component.get_block_name().capitalize(),
    }


def _label(block: Block, kind: str) -> str:
    label = getattr(block, "label", None)
    return f"{kind}_{block.id}" if label is None else str(label)


def description(listener: Listener) -> str:
    """Return an endpoint's description on one line: the author's, or else the docstring up to its first section."""
    given = listener.api_description
    if given is not None:
        return given or ""
    doc = getattr(listener.fn, "__doc__", None)
    if not doc or isinstance(listener.fn, type):
        return ""
    before = _SECTION.split(doc, maxsplit=1)[0]
    return " ".join(before.split())
