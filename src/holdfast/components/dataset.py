"""Table or gallery of rows to choose from, which `gr.Examples` is built on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import Component, PlaceOptions, one_of
from holdfast.components.shortcuts import get_component_instance
from holdfast.errors import BadValue

TYPES = ("values", "index", "tuple")


class Dataset(Component):
    """Rows of values, each shown as its component would show it; a click selects one.

    A handler gets the row, its index, or both; it returns an index or a row to select it.

    Args:
        label: Text above the component.
        show_label: Whether the label is shown.
        components: Components, or their names, whose values appear in the columns.
        component_props: Properties of each component on the page; by default the component's own.
        samples: Rows of values.
        headers: Headings of the columns; by default the components' labels.
        type: What a handler gets: `"values"`, `"index"`, or `"tuple"` of index and values.
        layout: `"gallery"` or `"table"`; by default a gallery if there is one column.
        samples_per_page: Number of rows per page.
        container: Whether the component has a frame and padding.
        scale: Share of the row's width, relative to the component's neighbors.
        min_width: Width in pixels below which the row wraps.
        proxy_url: Accepted for compatibility with Gradio; ignored.
        sample_labels: Texts to show instead of the rows' values.
        **options: See `PlaceOptions`.
    """

    NAME: ClassVar[str] = "dataset"
    LABEL_STAYS: ClassVar[bool] = True
    FILE_PROPS: ClassVar[tuple[str, ...]] = ("samples",)
    LACKS: ClassVar[frozenset[str]] = frozenset({"value", "buttons"})
    change = events.CHANGE
    click = events.CLICK
    select = events.SELECT

    def __init__(
        self,
        *,
        label: str | None = None,
        show_label: bool = True,
        components: Sequence[Component | str] | None = None,
        component_props: Sequence[dict[str, Any]] | None = None,
        samples: Sequence[Sequence[Any]] | None = None,
        headers: Sequence[str] | None = None,
        type: Literal["values", "index", "tuple"] = "values",
        layout: Literal["gallery", "table"] | None = None,
        samples_per_page: int = 10,
        container: bool = True,
        proxy_url: str | None = None,
        sample_labels: Sequence[str] | None = None,
        **options: Unpack[PlaceOptions],
    ) -> None:
        if type not in TYPES:
            raise one_of("type", type, TYPES)
        self.columns: list[Component] = [get_component_instance(c, render=False) for c in components or ()]
        """Components whose values appear in the columns."""
        self.component_props = [_shown(c) for c in self.columns] if component_props is None else list(component_props)
        self.rows: list[list[Any]] = [list(row) for row in samples or [[]]]
        """Rows as the author passed them."""
        for row in self.rows:
            if self.columns and len(row) > len(self.columns):
                raise ValueError(
                    f"A row of a Dataset has {len(row)} values, but there are {len(self.columns)} components."
                )
        self.headers = [c.label or "" for c in self.columns] if headers is None else list(headers)
        if not any(self.headers):
            self.headers = []
        self.type = type
        self.layout = layout
        self.samples_per_page = samples_per_page
        self.proxy_url = proxy_url
        self.sample_labels = None if sample_labels is None else list(sample_labels)
        super().__init__(None, label=label, show_label=show_label, container=container, **options)

    @property
    def components(self) -> list[dict[str, str]]:
        """Types of the columns, for the page."""
        return [{"name": c.get_block_name(), "class_id": type(c).__qualname__} for c in self.columns]

    @property
    def samples(self) -> list[list[Any]]:
        """Rows in the browser's form."""
        if not self.columns:
            return self.rows
        return [[c.postprocess(cell) for c, cell in zip(self.columns, row, strict=False)] for row in self.rows]

    def props(self) -> dict[str, Any]:
        """Return the properties, with the ids of components that are on the page."""
        return {**super().props(), "component_ids": [c.id for c in self.columns]}

    def preprocess(self, payload: Any) -> Any:
        """Return the selected row, its index, or both."""
        if payload is None:
            return None
        if isinstance(payload, bool) or not isinstance(payload, int):
            raise self.bad("the index of a row", payload)
        if self.type == "index" and payload >= 0:  # an update may have given the page more rows
            return payload
        if not 0 <= payload < len(self.rows):
            raise BadValue(f"{self.called} has {len(self.rows)} rows, so the index {payload} does not exist.")
        row = self.rows[payload]
        return row if self.type == "values" else (payload, row)

    def postprocess(self, value: Any) -> int | None:
        """Return the index of the row to select."""
        if value is None or isinstance(value, int):
            return value
        if not isinstance(value, (list, tuple)):
            raise self.wrong("the index of a row, or a row", value)
        row = list(value)
        return self.rows.index(row) if row in self.rows else None

    def api_info(self) -> dict[str, Any]:
        return {"type": "integer", "description": "index of selected example"}

    def example_payload(self) -> int:
        return 0

    def example_value(self) -> list[Any]:
        return []


def _shown(component: Component) -> dict[str, Any]:
    """Return the page properties of a column: those of its component, without the value."""
    return {name: v for name, v in component.props().items() if name not in {"value", "name"}}
