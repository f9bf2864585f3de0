"""Code snippets for the API page that call an endpoint and work when pasted."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

API_PREFIX = "/gradio_api"
UPLOADED = "$FILE_PATH"


WHO = ("YOUR_NAME", "YOUR_PASSWORD")
"""Placeholders for user name and password."""


def snippets(name: str, endpoint: Mapping[str, Any], root: str, login: bool = False) -> dict[str, str]:
    """Return the code snippets that call an endpoint.

    Args:
        name: Name of the endpoint, without slash.
        endpoint: The endpoint's entry in `/info`.
        root: Address of the app, without trailing slash.
        login: Whether the app requires a login; the code then has placeholders for name and password.
    """
    values = {p["parameter_name"]: _value(p) for p in endpoint["parameters"]}
    return {
        "python": _python(name, values, root, login),
        "javascript": _javascript(name, values, root, login),
        "bash": _bash(name, values, root, login),
        "cli": _cli(name, values, root),
    }


def _value(parameter: Mapping[str, Any]) -> Any:
    default = parameter["parameter_default"]
    return default if parameter["parameter_has_default"] else parameter["example_input"]


def is_file(value: Any) -> bool:
    """Return whether a value in the wire format is a file."""
    meta = value.get("meta") if isinstance(value, dict) else None
    return isinstance(meta, dict) and meta.get("_type") == "gradio.FileData"


def has_file(value: Any) -> bool:
    """Return whether a value in the wire format contains a file."""
    if is_file(value):
        return True
    if isinstance(value, dict):
        return any(map(has_file, value.values()))
    return isinstance(value, list) and any(map(has_file, value))


def _address(file: Mapping[str, Any]) -> str:
    return str(file.get("url") or file.get("path") or "")


# Python ---------------------------------------------------------------------------------------------------------------


def _python(name: str, values: Mapping[str, Any], root: str, login: bool) -> str:
    extra = ", handle_file" if has_file(dict(values)) else ""
    arguments = "".join(f"    {_keyword(key, value)},\n" for key, value in values.items() if key.isidentifier())
    auth = f", auth=({_quoted(WHO[0])}, {_quoted(WHO[1])})" if login else ""
    return (
        f"from gradio_client import Client{extra}\n\n"
        f"client = Client({_quoted(root)}{auth})\n"
        f"result = client.predict(\n{arguments}    api_name={_quoted('/' + name)},\n)\n"
        "print(result)"
    )


def _keyword(key: str, value: Any) -> str:
    return f"{key}={_python_value(value)}"


def _python_value(value: Any) -> str:
    if is_file(value):
        return f"handle_file({_quoted(_address(value))})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_python_value(k)}: {_python_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_python_value, value)) + "]"
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


# JavaScript -----------------------------------------------------------------------------------------------------------


def _javascript(name: str, values: Mapping[str, Any], root: str, login: bool) -> str:
    extra = ", handle_file" if has_file(dict(values)) else ""
    fields = "".join(f"    {_js_key(key)}: {_js_value(value)},\n" for key, value in values.items())
    body = "{\n" + fields + "}" if fields else "{}"
    auth = f", {{ auth: [{_quoted(WHO[0])}, {_quoted(WHO[1])}] }}" if login else ""
    return (
        f'import {{ Client{extra} }} from "@gradio/client";\n\n'
        f"const client = await Client.connect({_quoted(root)}{auth});\n"
        f"const result = await client.predict({_quoted('/' + name)}, {body});\n\n"
        "console.log(result.data);"
    )


def _js_key(key: str) -> str:
    return key if key.isidentifier() and key.isascii() else _quoted(key)


def _js_value(value: Any) -> str:
    if is_file(value):
        return f"handle_file({_quoted(_address(value))})"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_js_key(str(k))}: {_js_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_js_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False, default=str)


# Shell ----------------------------------------------------------------------------------------------------------------


def _bash(name: str, values: Mapping[str, Any], root: str, login: bool) -> str:
    """Return two calls: the first starts the event and prints its id, the second waits for the result."""
    first, cookies = "", ""
    if login:
        cookies = "-b cookies.txt "
        who = f"-d username={WHO[0]} --data-urlencode password={WHO[1]}"
        first = f"curl -s -o /dev/null -c cookies.txt {root}/login {who}\n\n"
    if has_file(dict(values)):
        first += (
            f"FILE_PATH=$(curl -s {cookies}-X POST {root}{API_PREFIX}/upload -F 'files=@/path/to/your/file' "
            "| tr -d '[]\"')\n\n"
        )
    body = _shell_json(_with_uploads(dict(values)))
    part = quote(name)
    return (
        f"{first}EVENT_ID=$(curl -s {cookies}-X POST {root}{API_PREFIX}/call/v2/{part} "
        f'-H "Content-Type: application/json" \\\n  -d {body} \\\n'
        "  | awk -F'\"' '{ print $4 }')\n\n"
        f'curl -N {cookies}"{root}{API_PREFIX}/call/{part}/$EVENT_ID"'
    )


def _with_uploads(value: Any) -> Any:
    if is_file(value):
        return {"path": UPLOADED, "meta": {"_type": "gradio.FileData"}}
    if isinstance(value, dict):
        return {k: _with_uploads(v) for k, v in value.items()}
    return [_with_uploads(v) for v in value] if isinstance(value, list) else value


def _shell_json(value: Any) -> str:
    """Return JSON in single quotes, in which the shell substitutes the path of the uploaded file."""
    text = json.dumps(value, ensure_ascii=False, default=str).replace("'", "'\\''")
    return "'" + text.replace(UPLOADED, f"'\"{UPLOADED}\"'") + "'"


def _cli(name: str, values: Mapping[str, Any], root: str) -> str:
    """Return a command; the page replaces `{command}` with the command's name."""
    return f"{{command}} predict {root} /{name} {shlex.quote(json.dumps(values, indent=2, default=str))}"
