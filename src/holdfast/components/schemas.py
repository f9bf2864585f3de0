"""JSON schemas of files and chats, in the form that Gradio's clients derive types from."""

from __future__ import annotations

from typing import Any

from holdfast.files.rules import FileData

JSONSchema = dict[str, Any]

FILE_TEXT = (
    "A file. `path`: path on the server, or a URL; `url`: URL for browsers; `size`: size in bytes; "
    "`orig_name`: original file name; `mime_type`: MIME type; `is_stream`: whether it is part of a stream; "
    "`meta`: marker that identifies a file."
)
SAMPLE_FILE = "https://github.com/gradio-app/gradio/raw/main/test/test_files/sample_file.pdf"
SAMPLE_IMAGE = "https://raw.githubusercontent.com/gradio-app/gradio/main/test/test_files/bus.png"
FILE_META: JSONSchema = {
    "properties": {"_type": {"const": "gradio.FileData", "title": "Type", "type": "string"}},
    "required": ["_type"],
    "title": "FileDataMeta",
    "type": "object",
}


def titled(name: str) -> str:
    """Return the title of a property."""
    return name.replace("_", " ").strip().title()


def optional(kind: str, name: str, **more: Any) -> JSONSchema:
    """Return the schema of a property that has one type or is null."""
    return {"anyOf": [{"type": kind}, {"type": "null"}], "default": None, **more, "title": titled(name)}


def plain(kind: str, name: str) -> JSONSchema:
    """Return the schema of a property that has one type."""
    return {"title": titled(name), "type": kind}


def sample(url: str) -> FileData:
    """Return a publicly available file as an example."""
    found = FileData(path=url, url=url, orig_name=url.rsplit("/", 1)[-1])
    for name in ("size", "mime_type", "is_stream"):
        del found[name]
    return found


def file_object() -> JSONSchema:
    """Return the schema of one FileData, without its definitions."""
    return {
        "properties": {
            "path": plain("string", "path"),
            "url": optional("string", "url"),
            "size": optional("integer", "size"),
            "orig_name": optional("string", "orig_name"),
            "mime_type": optional("string", "mime_type"),
            "is_stream": {"default": False, "title": "Is Stream", "type": "boolean"},
            "meta": {"$ref": "#/$defs/FileDataMeta"},
        },
        "required": ["path"],
        "title": "FileData",
        "type": "object",
    }


def file_schema() -> JSONSchema:
    """Return the schema of a component whose value is a file."""
    return {"$defs": {"FileDataMeta": FILE_META}, **file_object(), "additional_description": FILE_TEXT}


def files_schema() -> JSONSchema:
    """Return the schema of a component whose value is a list of files."""
    return {
        "$defs": {"FileData": {"description": FILE_TEXT, **file_object()}, "FileDataMeta": FILE_META},
        "items": {"$ref": "#/$defs/FileData"},
        "title": "ListFiles",
        "type": "array",
        "additional_description": None,
    }


def image_schema() -> JSONSchema:
    """Return the schema of an image: a FileData with all properties optional."""
    return {
        "properties": {
            "path": optional("string", "path", description="Path to a local file"),
            "url": optional("string", "url", description="Publicly available url or base64 encoded image"),
            "size": optional("integer", "size", description="Size of image in bytes"),
            "orig_name": optional("string", "orig_name", description="Original filename"),
            "mime_type": optional("string", "mime_type", description="mime type of image"),
            "is_stream": {
                "default": False,
                "description": "Can always be set to False",
                "title": "Is Stream",
                "type": "boolean",
            },
            "meta": {
                "additionalProperties": True,
                "default": {"_type": "gradio.FileData"},
                "title": "Meta",
                "type": "object",
            },
        },
        "title": "ImageData",
        "type": "object",
        "additional_description": "A local filepath or publicly available URL.",
    }


def _record(name: str, properties: JSONSchema, required: list[str] | None = None) -> JSONSchema:
    needed = {"required": required} if required else {}
    return {"properties": properties, **needed, "title": name, "type": "object"}


def _kind(name: str) -> JSONSchema:
    return {"const": name, "default": name, "title": "Type", "type": "string"}


def _number_or_text(name: str) -> JSONSchema:
    return {"anyOf": [{"type": "integer"}, {"type": "string"}], "title": titled(name)}


def _mapping(name: str) -> JSONSchema:
    return {"additionalProperties": True, "title": titled(name), "type": "object"}


def chat_schema() -> JSONSchema:
    """Return the schema of a conversation: messages with a role, content parts, metadata and options."""
    parts = [{"$ref": f"#/$defs/{name}"} for name in ("TextMessage", "FileMessage", "ComponentMessage")]
    message = {
        "role": plain("string", "role"),
        "metadata": {"anyOf": [{"$ref": "#/$defs/MetadataDict"}, {"type": "null"}], "default": None},
        "content": {"items": {"anyOf": parts}, "title": "Content", "type": "array"},
        "options": {
            "anyOf": [{"items": {"$ref": "#/$defs/OptionDict"}, "type": "array"}, {"type": "null"}],
            "default": None,
            "title": "Options",
        },
    }
    component = {
        "component": plain("string", "component"),
        "value": {"title": "Value"},
        "constructor_args": _mapping("constructor_args"),
        "props": _mapping("props"),
        "type": _kind("component"),
    }
    file = {"file": {"$ref": "#/$defs/FileData"}, "alt_text": optional("string", "alt_text"), "type": _kind("file")}
    metadata = {
        "title": plain("string", "title"),
        "id": _number_or_text("id"),
        "parent_id": _number_or_text("parent_id"),
        "log": plain("string", "log"),
        "duration": plain("number", "duration"),
        "status": {"enum": ["pending", "done"], "title": "Status", "type": "string"},
    }
    option = {"value": plain("string", "value"), "label": plain("string", "label")}
    text = {"text": plain("string", "text"), "type": _kind("text")}
    return {
        "$defs": {
            "ComponentMessage": _record(
                "ComponentMessage", component, ["component", "value", "constructor_args", "props"]
            ),
            "FileData": {"description": FILE_TEXT, **file_object()},
            "FileDataMeta": FILE_META,
            "FileMessage": _record("FileMessage", file, ["file"]),
            "Message": _record("Message", message, ["role", "content"]),
            "MetadataDict": _record("MetadataDict", metadata),
            "OptionDict": _record("OptionDict", option, ["value"]),
            "TextMessage": _record("TextMessage", text, ["text"]),
        },
        "items": {"$ref": "#/$defs/Message"},
        "title": "ChatbotDataMessages",
        "type": "array",
        "additional_description": None,
    }
