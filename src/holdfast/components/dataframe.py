"""Table component."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from typing_extensions import Unpack

from holdfast.components import column_formats as formats
from holdfast.components import events
from holdfast.components.base import Component, LabelOptions, one_of
from holdfast.components.markdown import LatexDelimiter, default_delimiters
from holdfast.components.tables import Table, fitted, frame_in, table_of
from holdfast.components.to_json import type_of

TYPES = ("pandas", "numpy", "array", "polars")
Count = int | tuple[int, str] | list[Any] | None
ANY_LIST = {"items": {}, "type": "array"}


class Dataframe(Component):
    """A table that the visitor can read, sort, search and edit.

    A handler gets a pandas frame (or a polars frame, an array, a list of rows) and returns any of those or the path of
    a CSV file. A frame's index is not shown.

    Args:
        value: Initial table, or a function that returns it.
        headers: Headings of the columns.
        row_count: Number of rows of an empty table; `(n, "fixed")` keeps the visitor from adding rows.
        row_limits: Minimum and maximum number of rows that the visitor can create.
        col_count: Former name of `column_count`; ignored, as in Gradio.
        column_count: Number of columns of an empty table; `(n, "fixed")` keeps the visitor from adding columns.
        column_limits: Minimum and maximum number of columns that the visitor can create.
        datatype: How cells are shown: `"str"`, `"number"`, `"bool"`, `"date"`, `"markdown"`, `"html"` or `"image"`, as
            one type for all columns, a list, or `"auto"`.
        type: What a handler gets: `"pandas"`, `"numpy"`, `"polars"` or `"array"`.
        latex_delimiters: Pairs of delimiters around LaTeX in Markdown cells.
        max_height: Height in pixels or as a CSS length above which the table scrolls.
        interactive: Whether the visitor can edit the table; by default yes, unless it is only an output.
        wrap: Whether long text wraps.
        line_breaks: Whether to keep line breaks in Markdown cells.
        column_widths: Widths in pixels or as CSS lengths.
        buttons: `"fullscreen"`, `"copy"`, or custom buttons.
        show_row_numbers: Whether to show row numbers.
        max_chars: Characters after which a cell is truncated.
        show_search: `"none"`, `"search"`, or `"filter"` for a search whose result can be applied to the value.
        pinned_columns: Number of columns that stay in place during horizontal scrolling.
        static_columns: Indexes of columns that cannot be edited.
        column_formats: Formats of the numbers and dates of columns, by header: a Python format spec, such as `",.2f"`,
            `"$,.2f"`, `".1%"` or `"%Y-%m-%d"`, or one with text around it, such as `"{:.1f} kg"`. Functions, clients,
            sorting, copying and editing use the unformatted value. Not available in Gradio.
        **options: See `LabelOptions`.
    """

    NAME: ClassVar[str] = "dataframe"
    FROM_CLIENT: ClassVar[bool] = True
    BUTTONS: ClassVar[Sequence[str] | None] = None
    LACKS: ClassVar[frozenset[str]] = frozenset({"container"})
    change = events.CHANGE
    input = events.INPUT
    select = events.SELECT
    edit = events.EDIT

    def __init__(
        self,
        value: Any = None,
        *,
        headers: Sequence[str] | None = None,
        row_count: Count = None,
        row_limits: tuple[int, int] | None = None,
        col_count: Count = None,  # noqa: ARG002 - read by `props` from `column_count`
        column_count: Count = None,
        column_limits: tuple[int, int] | None = None,
        datatype: str | Sequence[str] = "str",
        type: Literal["pandas", "numpy", "array", "polars"] = "pandas",
        latex_delimiters: list[LatexDelimiter] | None = None,
        max_height: int | str = 500,
        interactive: bool | None = None,
        wrap: bool = False,
        line_breaks: bool = True,
        column_widths: Sequence[int | str] | None = None,
        buttons: Sequence[Any] | None = None,
        show_row_numbers: bool = False,
        max_chars: int | None = None,
        show_search: Literal["none", "search", "filter"] = "none",
        pinned_columns: int | None = None,
        static_columns: Sequence[int] | None = None,
        column_formats: Mapping[Any, str] | None = None,
        **options: Unpack[LabelOptions],
    ) -> None:
        if type not in TYPES:
            raise one_of("type", type, TYPES)
        self.column_count = _count(column_count, len(headers) if headers else 3)
        self.headers = fitted((), self.column_count[0]) if headers is None else list(headers)
        if len(self.headers) != self.column_count[0]:
            raise ValueError(
                "The length of the headers list must be equal to the column_count.\n"
                f"The column count is set to {self.column_count[0]} but `headers` has {len(self.headers)} items. "
                "Check the values passed to `column_count` and `headers`."
            )
        self.col_count = self.column_count
        self.row_count = _count(row_count, 3)
        self.row_limits = row_limits
        self.column_limits = column_limits
        self.datatype = _datatypes(value) if datatype == "auto" else datatype
        self.type = type
        self.latex_delimiters = default_delimiters() if latex_delimiters is None else latex_delimiters
        self.max_height = max_height
        self.interactive = interactive
        self.wrap = wrap
        self.line_breaks = line_breaks
        self.column_widths = [f"{width}px" if isinstance(width, int) else width for width in column_widths or ()]
        self.show_row_numbers = show_row_numbers
        self.max_chars = max_chars
        self.show_search = show_search
        self.pinned_columns = pinned_columns
        self.static_columns = list(static_columns or ())
        self.column_formats = formats.parsed(column_formats)
        self._dates = self._date_columns(value)
        super().__init__(value, buttons=buttons, **options)

    def _date_columns(self, value: Any) -> frozenset[int]:
        """Return the indexes of columns that contain dates, according to `datatype` or the initial frame."""
        told, found = self.datatype, _datatypes(value)
        width = self.column_count[0] if isinstance(found, str) else len(found)
        kinds = [[told] * width if isinstance(told, str) else told, [] if isinstance(found, str) else found]
        return frozenset(place for kind in kinds for place, name in enumerate(kind) if name == "date")

    def preprocess(self, payload: Any) -> Any:
        """Return the table in the form that the author chose; for an empty table a frame without rows."""
        if payload is None:
            payload = {"headers": self.headers, "data": []}
        return frame_in(payload, self.type, self.called, self._dates)

    def from_message(self, payload: Any) -> Table:
        """Return headers and rows only, since a client must not control how cells look."""
        if not isinstance(payload, dict):
            raise self.bad("an object with `headers` and `data`", payload)
        kept: Table = {"headers": payload.get("headers"), "data": payload.get("data")}  # type: ignore[typeddict-item]
        frame_in(kept, "array", self.called)
        return kept

    def postprocess(self, value: Any) -> Table:
        """Convert a table to headers and rows; a Styler also sets the text and style of each cell."""
        return table_of(value, self.headers, self.called)

    def api_info(self) -> dict[str, Any]:
        cells = {"additionalProperties": {"anyOf": [ANY_LIST, {"type": "null"}]}, "type": "object"}
        return {
            "properties": {
                "headers": {**ANY_LIST, "title": "Headers"},
                "data": {"items": ANY_LIST, "title": "Data", "type": "array"},
                "metadata": {"anyOf": [cells, {"type": "null"}], "default": None, "title": "Metadata"},
            },
            "required": ["headers", "data"],
            "title": "DataframeData",
            "type": "object",
            "additional_description": None,
        }

    def example_payload(self) -> dict[str, Any]:
        return {"headers": ["a", "b"], "data": [["foo", "bar"]]}


class Numpy(Dataframe):
    """A `Dataframe` that passes a numpy array to a handler."""

    def __init__(self, value: Any = None, *, type: Literal["numpy"] = "numpy", **options: Any) -> None:
        options.setdefault("row_count", (1, "dynamic"))
        super().__init__(value, type=type, **options)


class Matrix(Dataframe):
    """A `Dataframe` that passes a list of rows to a handler."""

    def __init__(self, value: Any = None, *, type: Literal["array"] = "array", **options: Any) -> None:
        options.setdefault("row_count", (1, "dynamic"))
        super().__init__(value, type=type, **options)


class List(Matrix):
    """A `Dataframe` that passes a list of rows to a handler."""


def _count(given: Count, default: int) -> list[Any]:
    """Return the number of rows or columns, and whether the visitor can change it."""
    if given is None:
        return [default, "dynamic"]
    return [given, "dynamic"] if isinstance(given, int) else list(given)


def _datatypes(value: Any) -> str | list[str]:
    """Return the datatype of each column of a frame, or `"str"` for anything else."""
    if type_of(value, "pandas", "DataFrame"):
        kinds = {"b": "bool", "i": "number", "u": "number", "f": "number", "c": "number", "M": "date"}
        return [kinds.get(getattr(dtype, "kind", "O"), "str") for dtype in value.dtypes]
    if type_of(value, "polars", "DataFrame"):
        return [
            "bool" if str(t) == "Boolean" else "date" if t.is_temporal() else "number" if t.is_numeric() else "str"
            for t in value.dtypes
        ]
    return "str"
