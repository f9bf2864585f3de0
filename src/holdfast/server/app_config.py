"""The app's config as bytes, encoded once and completed for each request."""

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
    """The encoded configs of an app: the whole app, a single page, or a single page for Holdfast's own frontend.

    Values that depend on the request (the app's public URL, the user) are added to each copy and never stored.

    Args:
        app: The app.
        rules: Rules for files in initial values.

    Raises:
        BuildError: A file in a component's initial value cannot be published.
    """

    def __init__(self, app: AppSpec, rules: FileRules) -> None:
        self._app = app
        self._rules = rules
        self._encoded: dict[tuple[str | None, bool], bytes] = {}
        self._paths = {page.path for page in app.pages}
        if any(getattr(block, "HAS_FILES", False) or getattr(block, "FILE_PROPS", ()) for block in app.blocks.values()):
            for path in self._paths:  # report errors to the author now instead of to the first visitor
                self._encode(path, compact=True)

    def has_page(self, page: str) -> bool:
        """Return whether the app has a page at this path."""
        return page in self._paths

    def config(self, root: str, username: str | None, page: str | None = None) -> bytes:
        """Return the config for Gradio's clients.

        Args:
            root: The app's public URL.
            username: Name of the logged-in user.
            page: Path of a page; all pages by default.
        """
        encoded = self._encode(page, compact=False)
        return absolute_files(_with(encoded, {"username": username, "root": root}), lambda: root)

    def page_config(self, page: str, more: Mapping[str, Any]) -> bytes:
        """Return the config for Holdfast's own frontend.

        Args:
            page: Path of the page.
            more: Values that depend on the request.
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
            raise BuildError(f"{called} cannot use its initial value. {error}") from error


def _with(encoded: bytes, more: Mapping[str, Any]) -> bytes:
    return encoded[:-1] + b"," + encode(dict(more))[1:]
