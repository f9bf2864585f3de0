"""The API as an OpenAPI document, for tools that consume OpenAPI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holdfast.graph.api.info import endpoint, public_listeners
from holdfast.graph.api.python_types import is_file
from holdfast.version import __version__

if TYPE_CHECKING:
    from holdfast.graph.app import AppSpec
    from holdfast.graph.listener import Listener

PREFIX = "/gradio_api"
_FILE = {
    "type": "object",
    "format": "filepath",
    "description": 'A file: {"path": …, "meta": {"_type": "gradio.FileData"}}, with the path that the upload returned.',
    "properties": {
        "path": {"type": "string"},
        "meta": {"type": "object", "properties": {"_type": {"type": "string", "enum": ["gradio.FileData"]}}},
    },
    "required": ["path", "meta"],
}


def openapi(app: AppSpec) -> dict[str, Any]:
    """Return the OpenAPI 3.0.2 document of an app's public endpoints and its upload.

    Args:
        app: App to describe.
    """
    paths: dict[str, Any] = {f"{PREFIX}/upload": {"post": _upload()}}
    for listener in public_listeners(app):
        name = listener.api_name
        paths[f"{PREFIX}/call/v2/{name}"] = {"post": _begin(listener)}
        paths[f"{PREFIX}/call/{name}/{{event_id}}"] = {"get": _result(name)}
    return {
        "openapi": "3.0.2",
        "info": {"title": app.title, "description": "", "version": __version__},
        "paths": paths,
    }


def _begin(listener: Listener) -> dict[str, Any]:
    entry = endpoint(listener)
    properties = {p["parameter_name"]: plain_schema(p["type"]) for p in entry["parameters"]}
    required = [p["parameter_name"] for p in entry["parameters"] if not p["parameter_has_default"]]
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    results = ", ".join(f"{r['label']} ({r['python_type']['type']})" for r in entry["returns"])
    name = listener.api_name
    return {
        "summary": entry["description"] or f"Endpoint /{name}",
        "description": (
            f"Starts the call. Fetch its output from GET {PREFIX}/call/{name}/{{event_id}}: "
            f"an array of {len(entry['returns'])} elements: [{results}]"
        ),
        "operationId": name,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "200": _json("The call has started.", {"type": "object", "properties": {"event_id": {"type": "string"}}})
        },
    }


def _result(name: str) -> dict[str, Any]:
    return {
        "summary": f"Fetch results for /{name}",
        "description": "Server-sent events; the last is `event: complete` with a JSON array of outputs as its data.",
        "operationId": f"{name}_get",
        "parameters": [
            {
                "name": "event_id",
                "in": "path",
                "required": True,
                "schema": {"type": "string"},
                "description": "Id that the POST request returned.",
            }
        ],
        "responses": {
            "200": {
                "description": "The events.",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            }
        },
    }


def _upload() -> dict[str, Any]:
    files = {"type": "array", "items": {"type": "string", "format": "binary"}, "description": "One or more files"}
    form = {"type": "object", "properties": {"files": files}, "required": ["files"]}
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "summary": "Upload files",
        "operationId": "upload",
        "parameters": [
            {
                "name": "upload_id",
                "in": "query",
                "required": False,
                "schema": {"type": "string", "nullable": True},
                "description": "Client-chosen id for following the upload's progress.",
            }
        ],
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}},
        "responses": {
            "200": _json("Paths of the files, for later calls.", {"type": "array", "items": {"type": "string"}}),
            "400": {"description": "Not a multipart form, or a bad file name.", "content": text},
            "413": {"description": "A file exceeds the maximum size.", "content": text},
        },
    }


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def plain_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Convert a schema to OpenAPI 3.0: without `$defs`, tuples, `const`, `null` and empty types."""
    return _plain(schema, schema.get("$defs", {}))


def _plain(schema: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(schema, dict):
        return {}
    if "$ref" in schema:
        schema = definitions.get(str(schema["$ref"]).rsplit("/", 1)[-1], {})
    if is_file(schema, definitions):
        return dict(_FILE)
    out = {k: v for k, v in schema.items() if k in {"title", "description", "enum", "required", "default", "minimum"}}
    if "const" in schema:
        out["enum"] = [schema["const"]]
    kind = schema.get("type")
    if isinstance(kind, str) and kind != "null":
        out["type"] = kind
    for union in ("anyOf", "oneOf"):
        if union in schema:
            options = [option for option in schema[union] if option.get("type") != "null"]
            out[union] = [_plain(option, definitions) for option in options]
            if len(options) < len(schema[union]):
                out["nullable"] = True
    if "properties" in schema:
        out["properties"] = {name: _plain(inner, definitions) for name, inner in schema["properties"].items()}
    if kind == "array":
        out["items"] = _plain(schema.get("items", {}), definitions)
    return out
