"""Conversion of tables in all supported forms to headers and rows. pandas and polars are imported on first use."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypedDict

from holdfast.components.image_codec import EXTRA, numpy
from holdfast.components.to_json import type_of
from holdfast.errors import BadValue


class Table(TypedDict):
    """Table in the wire format."""

    headers: list[Any]
    data: list[list[Any]]
    metadata: dict[str, Any] | None


def pandas() -> Any:
    """Return the module `pandas`.

    Raises:
        ImportError: pandas is not installed; the message explains how to install it or do without it.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            f'Dataframes need pandas, which is not installed. {EXTRA} Or use `gr.Dataframe(type="array")`.'
        ) from error
    return pd


def polars() -> Any:
    """Return the module `polars`.

    Raises:
        ImportError: polars is not installed; the message explains how to install it.
    """
    try:
        import polars as pl
    except ImportError as error:
        raise ImportError(
            'gr.Dataframe(type="polars") needs polars, which is not installed. Install it with `pip install polars`.'
        ) from error
    return pl


def table_of(value: Any, headers: Sequence[Any], called: str) -> Table:
    """Convert a table that a handler returned.

    Args:
        value: A pandas or polars frame, a Styler, an array, a list of rows, a list of cells, a dict of headers and
            data, a dict of columns, the path of a CSV file, or `None`.
        headers: Headers of the component, for values without headers.
        called: Name of the component in messages.

    Raises:
        ValueError: The value has another type.
    """
    if value is None:
        return _table(headers, [])
    if isinstance(value, (str, os.PathLike)):
        return _frame(_csv(os.fspath(value), called), headers)
    if isinstance(value, dict):
        return _mapping(value, headers, called)
    if isinstance(value, (list, tuple)):
        return _rows(value, headers)
    found = _foreign(value, headers)
    if found is not None:
        return found
    raise ValueError(
        f"Cannot process value of type {type(value)} in gr.Dataframe. Return a frame, an array, a list of rows, "
        'a dict such as {"headers": [...], "data": [...]}, or the path of a CSV file.'
    )


def _foreign(value: Any, headers: Sequence[Any]) -> Table | None:
    """Convert a pandas, polars or numpy value; return `None` for anything else."""
    if type_of(value, "pandas", "DataFrame"):
        return _frame(value, headers)
    if type_of(value, "polars", "DataFrame"):
        return _table(value.columns or headers, [[_cell(cell) for cell in row] for row in value.rows()])
    if type_of(value, "pandas.io.formats.style", "Styler"):
        return _styled(value, headers)
    if type_of(value, "numpy", "ndarray") and value.ndim:
        return _rows(value.tolist(), headers)
    return None


def _table(headers: Sequence[Any], data: list[list[Any]], metadata: dict[str, Any] | None = None) -> Table:
    return {"headers": list(headers), "data": data, "metadata": metadata}


def fitted(headers: Sequence[Any], width: int) -> list[Any]:
    """Return one header per column: the given ones first, then numbers."""
    return [*list(headers)[:width], *(str(place + 1) for place in range(len(headers), width))]


def _rows(value: Sequence[Any], headers: Sequence[Any]) -> Table:
    rows = [list(row) if isinstance(row, (list, tuple)) else [row] for row in value]
    if not rows or rows == [[]]:
        return _table(headers, [])
    return _table(fitted(headers, len(rows[0])), rows)


def _mapping(value: dict[Any, Any], headers: Sequence[Any], called: str) -> Table:
    if "data" in value and set(value) <= {"headers", "data", "metadata"}:
        data = value["data"]
        if not isinstance(data, (list, tuple)):
            raise ValueError(f"{called} was given a dict whose `data` is a {type(data).__name__}, but it must be rows.")
        rows = [list(row) if isinstance(row, (list, tuple)) else [row] for row in data]
        own = value.get("headers")
        named = own if own is not None else fitted(headers, len(rows[0])) if rows else headers
        return _table(named, rows, value.get("metadata"))
    columns = {name: list(column) if _many(column) else [column] for name, column in value.items()}
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise ValueError(f"{called} was given a dict of columns with different lengths: {sorted(lengths)}.")
    return _table(list(columns), [list(row) for row in zip(*columns.values(), strict=True)])


def _many(column: Any) -> bool:
    return hasattr(column, "__iter__") and not isinstance(column, (str, bytes, dict))


def _frame(frame: Any, headers: Sequence[Any]) -> Table:
    named = [list(name) if isinstance(name, tuple) else name for name in frame.columns]
    columns = [_cells(frame.iloc[:, place]) for place in range(frame.shape[1])]
    return _table(named or headers, [list(row) for row in zip(*columns, strict=True)])


def _cells(column: Any) -> list[Any]:
    """Return a column as Python values, with `None` for missing values."""
    cells = column.astype(object).tolist()
    return [None if gone else _cell(cell) for cell, gone in zip(cells, column.isna().tolist(), strict=True)]


def _cell(cell: Any) -> Any:
    """Return a cell as JSON has it, with dates and times as readable strings."""
    return str(cell) if isinstance(cell, (date, time, timedelta)) else cell


def _styled(styler: Any, headers: Sequence[Any]) -> Table:
    table = _frame(styler.data, headers)
    # pandas has no public API for a Styler's result; it reads it itself from `_compute` and these two mappings.
    styler._compute()
    hidden_rows, hidden_columns = set(styler.hidden_rows), set(styler.hidden_columns)
    places = [place for place in range(len(table["headers"])) if place not in hidden_columns]
    rows = [row for row in range(len(table["data"])) if row not in hidden_rows]
    display = [
        [str(styler._display_funcs[row, place](styler.data.iloc[row, place])) for place in places] for row in rows
    ]
    styling = [
        ["; ".join(f"{name}: {css}" for name, css in styler.ctx.get((row, place), ())) for place in places]
        for row in rows
    ]
    shown = [[table["data"][row][place] for place in places] for row in rows]
    named = [table["headers"][place] for place in places]
    return _table(named, shown, {"display_value": display, "styling": styling})


def _csv(path: str, called: str) -> Any:
    if not Path(path).is_file():
        raise FileNotFoundError(
            f"{called} reads a string as the path of a CSV file, but there is no file {path!r:.200}."
        )
    return pandas().read_csv(path)


def frame_in(table: Any, kind: str, called: str, dates: Collection[int] = ()) -> Any:
    """Convert a table that a client sent to the form that a handler takes.

    Args:
        table: `{"headers": [...], "data": [[...], ...]}`.
        kind: `"pandas"`, `"polars"`, `"numpy"` or `"array"`.
        called: Name of the component in messages.
        dates: Indexes of date columns. A column with a cell that is not a date stays unchanged.

    Raises:
        BadValue: The table is not valid; the error explains why.
    """
    headers, rows = _parts(table, called)
    if kind == "array":
        return rows
    if kind == "numpy":
        return _array(rows)
    for place, row in enumerate(rows):
        if row and len(row) != len(headers):
            raise BadValue(
                f"{called}: row {place} has {len(row)} cells, but there are {len(headers)} headers. "
                "Send as many cells as headers."
            )
    filled = _with_dates([row for row in rows if row], dates)
    if kind == "pandas":
        return pandas().DataFrame(filled, columns=headers) if filled else pandas().DataFrame(columns=headers)
    repeated = {name for name in map(str, headers) if [str(h) for h in headers].count(name) > 1}
    if repeated:
        raise BadValue(f"{called}: several columns are called {min(repeated)!r}, which polars does not allow.")
    names = [str(name) for name in headers]
    if not filled:
        return polars().DataFrame({name: [] for name in names})
    return polars().DataFrame(filled, schema=names, orient="row", strict=False)


def _with_dates(rows: list[list[Any]], places: Collection[int]) -> list[list[Any]]:
    """Return the rows with datetimes instead of strings, in columns whose cells are all dates or empty."""
    columns = {place: _dates([row[place] for row in rows]) for place in places if rows and place < len(rows[0])}
    found = {place: column for place, column in columns.items() if column is not None}
    if not found:
        return rows
    return [
        [found[place][number] if place in found else cell for place, cell in enumerate(row)]
        for number, row in enumerate(rows)
    ]


def _dates(cells: list[Any]) -> list[datetime | None] | None:
    try:
        return [None if cell is None or cell == "" else datetime.fromisoformat(cell) for cell in cells]
    except (TypeError, ValueError):
        return None


def _parts(table: Any, called: str) -> tuple[list[Any], list[list[Any]]]:
    if not isinstance(table, dict) or not isinstance(table.get("headers"), list):
        raise BadValue(
            f'{called} takes a table such as {{"headers": ["a", "b"], "data": [[1, 2]]}}, '
            f"but a {type(table).__name__} without `headers` was sent."
        )
    rows = table.get("data")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise BadValue(f"{called} takes a table whose `data` is a list of rows, each a list of cells.")
    headers = [tuple(header) if isinstance(header, list) else header for header in table["headers"]]
    for header in headers:
        if any(isinstance(part, list | dict) for part in (header if isinstance(header, tuple) else (header,))):
            raise BadValue(
                f"{called} takes a table whose headers are strings, but a {type(header).__name__} is among them."
            )
    return headers, rows


def _array(rows: list[list[Any]]) -> Any:
    np = numpy()
    if len({len(row) for row in rows}) > 1:
        ragged = np.empty(len(rows), dtype=object)
        ragged[:] = rows
        return ragged
    return np.array(rows)
