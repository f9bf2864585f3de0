"""The app's config as bytes: encoded once, completed for each request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.components.base import published
from holdfast.errors import BuildError, InvalidPathError
from holdfast.files.rules import FileRules
from holdfast.graph.app import AppSpec
from holdfast.graph.app_config import app_config
from holdfast.graph.block import Block
from holdfast.server.context import absolute_files
from holdfast.wire.encode import encode


class Configs:
    """The configs of an app: whole, or of one page, or of one page for our own page.

    What depends on the request (the app's public address, who is logged in) is added to each copy and never kept.

    Args:
        app: The app.
        rules: Which files of start values may be served.

    Raises:
        BuildError: A file that a component starts with cannot be shown.
    """

    def __init__(self, app: AppSpec, rules: FileRules) -> None:
        self._app = app
        self._rules = rules
        self._encoded: dict[tuple[str | None, bool], bytes] = {}
        self._paths = {page.path for page in app.pages}
        if any(getattr(block, "HAS_FILES", False) or getattr(block, "FILE_PROPS", ()) for block in app.blocks.values()):
            for path in self._paths:  # the author is told now, not the first visitor
                self._encode(path, compact=True)

    def has_page(self, page: str) -> bool:
        """Whether the app has a page at this path."""
        return page in self._paths

    def config(self, root: str, username: str | None, page: str | None = None) -> bytes:
        """The config for Gradio's clients.

        Args:
            root: The app's public address.
            username: Who is logged in.
            page: Path of one page; everything by default.
        """
        encoded = self._encode(page, compact=False)
        return absolute_files(_with(encoded, {"username": username, "root": root}), lambda: root)

    def page_config(self, page: str, more: Mapping[str, Any]) -> bytes:
        """The config that our own page is delivered with.

        Args:
            page: Which page.
            more: What depends on the request.
        """
        return _with(self._encode(page, compact=True), more)

    def _encode(self, page: str | None, *, compact: bool) -> bytes:
        found = self._encoded.get((page, compact))
        if found is None:
            config = app_config(self._app, page=page, compact=compact, publish=self._publish)
            if compact:
                config = {**config, "css": None, "head": None}
            found = self._encoded[page, compact] = encode(config)
        return found

    def _publish(self, block: Block, name: str, value: Any) -> Any:
        try:
            return published(block, name, value, self._rules, keep=True)
        except InvalidPathError as error:
            called = getattr(block, "called", repr(block))
            raise BuildError(f"{called} cannot start with what it was given. {error}") from error


def _with(encoded: bytes, more: Mapping[str, Any]) -> bytes:
    return encoded[:-1] + b"," + encode(dict(more))[1:]
