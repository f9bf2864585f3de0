"""Convert an endpoint's values to the content of a tool's result: text, images, and file URLs."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from anyio import to_thread
from mcp import types

from holdfast import exact
from holdfast.files.rules import FileRules, guess_type, is_file_data, is_url
from holdfast.graph.listener import Listener
from holdfast.server.context import absolute_files
from holdfast.wire.encode import encode, encode_value

MAX_EMBEDDED = 8 * 1024 * 1024
"""Maximum size in bytes of an image or sound that is embedded in the result. Larger ones are only linked."""


async def contents(listener: Listener, data: Sequence[Any], rules: FileRules, root: str) -> list[types.ContentBlock]:
    """Return the content of a result, without State and unchanged outputs.

    Args:
        listener: Listener that was run.
        data: One value per output.
        rules: Rules for files that can be served.
        root: The app's public URL.
    """
    found: list[types.ContentBlock] = []
    for value in shown(listener, data, root):
        found += await _blocks(value, rules)
    return found


def shown(listener: Listener, data: Sequence[Any], root: str) -> Iterator[Any]:
    """Yield the values of a step for the client as plain JSON with absolute file URLs."""
    for block, value in zip(listener.outputs, data, strict=False):
        if block.SKIP_API:
            continue
        plain = exact.loads(absolute_files(encode(value), lambda: root))
        if isinstance(plain, dict) and plain.get("__type__") == "update":
            if "value" not in plain:
                continue
            plain = plain["value"]
        yield plain


def text(value: Any) -> str:
    """Return a string unchanged, and any other value as JSON."""
    return value if isinstance(value, str) else encode_value(value).decode()


def failed(sentence: str) -> types.CallToolResult:
    """Return an error result with a message for the model and its user."""
    return types.CallToolResult(content=[_text(sentence)], is_error=True)


def _text(words: str) -> types.TextContent:
    return types.TextContent(type="text", text=words)


async def _blocks(value: Any, rules: FileRules) -> list[types.ContentBlock]:
    if is_file_data(value):
        return await _file(value, rules)
    if isinstance(value, list) and value and all(is_file_data(item) for item in value):
        return [block for item in value for block in await _file(item, rules)]
    found: list[types.ContentBlock] = [_text(text(value))]
    for file in _files(value):
        embedded = await _embedded(file, rules)
        found += [embedded] if embedded is not None else []
    return found


def _files(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all files in a value."""
    if is_file_data(value):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _files(item)


async def _file(file: dict[str, Any], rules: FileRules) -> list[types.ContentBlock]:
    address = str(file.get("url") or file.get("path") or "")
    embedded = await _embedded(file, rules)
    if embedded is None:
        return [_text(address)]
    return [embedded, _text(f"{'Image' if embedded.type == 'image' else 'Audio'} URL: {address}")]


async def _embedded(file: dict[str, Any], rules: FileRules) -> types.ImageContent | types.AudioContent | None:
    """Return an image or sound of this server as embedded content, or `None` if it cannot be embedded."""
    path = file.get("path")
    if not isinstance(path, str) or is_url(path):
        return None
    kind = file.get("mime_type") or guess_type(path) or ""
    if not kind.startswith(("image/", "audio/")) or rules.may_serve(path) is None:
        return None
    data = await to_thread.run_sync(_read, Path(path))
    if data is None:
        return None
    coded = base64.b64encode(data).decode("ascii")
    if kind.startswith("image/"):
        return types.ImageContent(type="image", data=coded, mime_type=kind)
    return types.AudioContent(type="audio", data=coded, mime_type=kind)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.stat().st_size <= MAX_EMBEDDED else None
    except OSError:
        return None
