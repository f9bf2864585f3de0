"""Convert a tool's arguments to the values of its endpoint: by name, without State, and with strings for files."""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from anyio import to_thread

from holdfast.errors import BadValue
from holdfast.files.rules import URL_PREFIX, FileData, FileRules, is_url, save_bytes
from holdfast.server.gradio.call import by_name
from holdfast.server.mcp.schemas import with_files
from holdfast.server.mcp.tools import Tool

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w.+-]+=[^;,]*)*)(;base64)?,", re.IGNORECASE)


async def values(tool: Tool, given: Mapping[str, Any], rules: FileRules, root: str) -> list[Any]:
    """Return one value per input of the tool's endpoint.

    Args:
        tool: The called tool.
        given: Arguments by name.
        rules: Rules with the folder for files.
        root: The app's public URL. Files that the app serves itself are not downloaded.

    Raises:
        Malformed: A name is unknown, or a value is missing.
        BadValue: A value is not a valid file.
    """
    arguments = dict(given)
    if tool.takes_files:
        arguments = await to_thread.run_sync(_with_files, tool, arguments, rules, root)
    return by_name(tool.listener, arguments)


def _with_files(tool: Tool, given: dict[str, Any], rules: FileRules, root: str) -> dict[str, Any]:
    found = dict(given)
    for one in tool.parameters:
        name, schema = one["parameter_name"], one["type"]
        if name in found:
            definitions = schema.get("$defs", {})
            found[name] = with_files(found[name], schema, definitions, lambda text: _file(text, rules, root))
    return found


def _file(text: str, rules: FileRules, root: str) -> FileData:
    """Return the file that a client refers to by a URL, a `data:` URL, or the path of an upload."""
    own = f"{root}{URL_PREFIX}"
    if text.startswith(own):
        return FileData(path=unquote(text.removeprefix(own)))
    if is_url(text):
        return FileData(path=text, url=text)
    if text[:5].lower() == "data:":
        return _embedded(text, rules)
    if not text or len(text) > 4096 or "\n" in text:
        raise BadValue(
            f"A file must be an http(s) URL or a data: URL, but {text[:40]!r}… is neither. "
            "For base64, use data:image/png;base64,… with the file's type."
        )
    return FileData(path=text)


def _embedded(text: str, rules: FileRules) -> FileData:
    head = _DATA_URL.match(text)
    if head is None:
        raise BadValue("A data: URL must have the form data:image/png;base64,….")
    kind = (head[1] or "text/plain").lower()
    body = text[head.end() :]
    try:
        data = base64.b64decode(body, validate=True) if head[3] else unquote_to_bytes(body)
    except (binascii.Error, ValueError):
        raise BadValue(f"The data: URL of type {kind} does not contain valid base64.") from None
    if rules.max_size is not None and len(data) > rules.max_size:
        raise BadValue(f"The file has {len(data)} bytes; the maximum is {rules.max_size}.")
    name = f"file{mimetypes.guess_extension(kind) or ''}"
    path = save_bytes(data, name, directory=rules.upload_dir)
    return FileData(path=path, orig_name=name, mime_type=kind, size=len(data))
