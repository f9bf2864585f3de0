"""A value that the visitor's browser keeps."""

from __future__ import annotations

from typing import Any, ClassVar

from holdfast.components import happenings
from holdfast.components.base import Component
from holdfast.components.plain import plain
from holdfast.ids import random_key


class BrowserState(Component):
    """A value that is kept in the visitor's browser and is there again on the next visit.

    For what matters rather use `gr.State(scope="browser", key=...)`: that one stays on the server.

    Args:
        default_value: What a handler gets before anything was kept; any JSON.
        storage_key: The name under which the browser keeps it; a new one at each start by default, which forgets it.
        secret: Mixed into what the browser keeps, so that it is not read in passing; also new by default.
        render: Whether it is placed where it is made.
    """

    NAME: ClassVar[str] = "browserstate"
    LACKS: ClassVar[frozenset[str]] = frozenset(
        {
            "value", "label", "show_label", "container", "buttons", "scale", "min_width",
            "visible", "elem_id", "elem_classes", "key", "preserved_by_key",
        }
    )  # fmt: skip
    change = happenings.CHANGE

    def __init__(
        self,
        default_value: Any = None,
        *,
        storage_key: str | None = None,
        secret: str | None = None,
        render: bool = True,
    ) -> None:
        self.default_value = default_value
        self.storage_key = storage_key or random_key()
        self.secret = secret or random_key()
        super().__init__(default_value, render=render)

    def preprocess(self, payload: Any) -> Any:
        """The value; the default for null."""
        return self.default_value if payload is None else payload

    def postprocess(self, value: Any) -> Any:
        """The value as plain JSON data."""
        try:
            return plain(value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"A BrowserState keeps JSON, but {type(value).__name__} is none: {error}") from error

    def api_info(self) -> dict[str, Any]:
        """Any JSON."""
        return {"type": {}, "description": "any json-serializable value"}

    def example_payload(self) -> str:
        """A text."""
        return "test"
