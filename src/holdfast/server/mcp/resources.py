"""Resources and prompts: endpoints that a client reads or uses as prompts."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from anyio import to_thread
from mcp import types
from mcp.shared.exceptions import MCPError

from holdfast.errors import Error, RequestError
from holdfast.files.rules import FileRules, is_file_data
from holdfast.server.mcp import content
from holdfast.server.mcp.calls import Context, ToolCalls
from holdfast.server.mcp.tools import Tool

_PARAMETER = re.compile(r"\{(\w+)\}")
_TEXTUAL = re.compile(r"text/.*|application/(.*\+)?(json|xml|javascript|yaml|toml)")


def shown_resource(tool: Tool) -> types.Resource:
    """Return a resource's entry in the list of resources."""
    offer = tool.offer
    return types.Resource(name=tool.name, uri=offer.uri, description=tool.description, mime_type=offer.mime_type)


def shown_template(tool: Tool) -> types.ResourceTemplate:
    """Return the list entry of a resource with parameters."""
    offer = tool.offer
    return types.ResourceTemplate(
        name=tool.name, uri_template=offer.uri, description=tool.description, mime_type=offer.mime_type
    )


def has_parameters(tool: Tool) -> bool:
    """Return whether a resource's URI has parameters."""
    return _PARAMETER.search(tool.offer.uri) is not None


def shown_prompt(tool: Tool) -> types.Prompt:
    """Return a prompt's entry in the list of prompts."""
    required = tool.schema.get("required", ())
    arguments = [
        types.PromptArgument(name=name, description=one.get("description", ""), required=name in required)
        for name, one in tool.schema["properties"].items()
    ]
    return types.Prompt(name=tool.name, description=tool.description, arguments=arguments)


class ResourceReader:
    """Reads resources and prompts, each as an event of the runtime.

    Args:
        calls: Runs the events.
        rules: Rules for files that can be served.
    """

    def __init__(self, calls: ToolCalls, rules: FileRules) -> None:
        self._calls = calls
        self._rules = rules

    async def resource(self, ctx: Context, tools: Mapping[str, Tool], uri: str) -> types.ReadResourceResult:
        """Read the resource with a URI.

        Raises:
            MCPError: The resource does not exist or cannot be read; the message can be shown to the user.
        """
        for tool in tools.values():
            found = _matcher(tool.offer.uri).fullmatch(uri)
            if found is not None:
                given = {name: unquote(value) for name, value in found.groupdict().items()}
                return types.ReadResourceResult(contents=[await self._contents(ctx, tool, given, uri)])
        raise MCPError(types.INVALID_PARAMS, f"This app has no resource {uri[:200]!r}.")

    async def prompt(
        self, ctx: Context, tools: Mapping[str, Tool], name: str, given: Mapping[str, str]
    ) -> types.GetPromptResult:
        """Return a prompt's text.

        Raises:
            MCPError: The prompt does not exist or has failed.
        """
        tool = tools.get(name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, f"This app has no prompt {name[:100]!r}.")
        words = types.TextContent(type="text", text=content.text(await self._value(ctx, tool, given)))
        return types.GetPromptResult(
            description=tool.description, messages=[types.PromptMessage(role="user", content=words)]
        )

    async def _value(self, ctx: Context, tool: Tool, given: Mapping[str, Any]) -> Any:
        try:
            values = await self._calls.values(ctx, tool, given)
        except (RequestError, Error) as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None
        return values[0] if values else ""

    async def _contents(
        self, ctx: Context, tool: Tool, given: Mapping[str, str], uri: str
    ) -> types.TextResourceContents | types.BlobResourceContents:
        value = await self._value(ctx, tool, given)
        kind = tool.offer.mime_type
        if is_file_data(value) and self._rules.may_serve(str(value.get("path"))) is not None:
            data = await to_thread.run_sync(Path(value["path"]).read_bytes)
            coded = base64.b64encode(data).decode("ascii")
            return types.BlobResourceContents(uri=uri, mime_type=kind, blob=coded)
        if isinstance(value, str) and _TEXTUAL.fullmatch(kind) is None and _is_base64(value):
            return types.BlobResourceContents(uri=uri, mime_type=kind, blob=value)
        return types.TextResourceContents(uri=uri, mime_type=kind, text=content.text(value))


def _matcher(template: str) -> re.Pattern[str]:
    parts = _PARAMETER.split(template)  # text, name, text, name, …, text
    made = [f"(?P<{part}>[^/?#]+)" if place % 2 else re.escape(part) for place, part in enumerate(parts)]
    return re.compile("".join(made))


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
