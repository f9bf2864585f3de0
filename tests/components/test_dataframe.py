from __future__ import annotations

import datetime as dt
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import holdfast as gr
from holdfast.errors import BadValue

NUMBERED = ["1", "2", "3"]


def table(data: Any, *headers: Any) -> dict[str, Any]:
    return {"headers": list(headers), "data": data}


def shown(value: Any, **options: Any) -> Any:
    result = gr.Dataframe(**options).postprocess(value)
    assert result["metadata"] is None
    return {"headers": result["headers"], "data": result["data"]}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (table([[1, "x"], [2, "y"]], "a", "b"), pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})),
        (table([[1], [None]], "a"), pd.DataFrame({"a": [1, None]})),
        (table([[True], [False]], "a"), pd.DataFrame({"a": [True, False]})),
        (table([], "a", "b"), pd.DataFrame(columns=["a", "b"])),
        (table([[]], "a", "b"), pd.DataFrame(columns=["a", "b"])),
    ],
)
def test_a_handler_gets_a_pandas_frame(payload: Any, expected: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(gr.Dataframe().preprocess(payload), expected)


def test_the_datatype_does_not_convert() -> None:
    frame = gr.Dataframe(datatype="number").preprocess(table([["1"], [""]], "a"))
    assert frame["a"].tolist() == ["1", ""]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (table([[1, 2]], "a", "b"), np.array([[1, 2]])),
        (table([[1, "x"]], "a", "b"), np.array([["1", "x"]])),
        (table([], "a"), np.array([])),
    ],
)
def test_a_handler_can_get_an_array(payload: Any, expected: Any) -> None:
    array = gr.Dataframe(type="numpy").preprocess(payload)
    assert array.tolist() == expected.tolist()
    assert array.shape == expected.shape


def test_rows_of_different_lengths_are_an_array_of_lists() -> None:
    assert gr.Dataframe(type="numpy").preprocess(table([[1], [1, 2]], "a")).tolist() == [[1], [1, 2]]


@pytest.mark.parametrize("rows", [[[1, "x"]], [], [[]], [[1]]])
def test_a_handler_can_get_the_rows(rows: Any) -> None:
    assert gr.Dataframe(type="array").preprocess(table(rows, "a", "b")) == rows


def test_a_handler_can_get_a_polars_frame() -> None:
    frame = gr.Dataframe(type="polars").preprocess(table([[1, "x"], [None, "y"]], "a", "b"))
    assert frame.to_dict(as_series=False) == {"a": [1, None], "b": ["x", "y"]}
    mixed = gr.Dataframe(type="polars").preprocess(table([[1], ["x"]], "a"))
    assert mixed["a"].to_list() == ["1", "x"]
    assert gr.Dataframe(type="polars").preprocess(table([], "a", "b")).columns == ["a", "b"]


@pytest.mark.parametrize("kind", ["pandas", "polars", "numpy", "array"])
@pytest.mark.parametrize(
    "payload",
    [
        [[1]],
        "x",
        5,
        {"data": [[1]]},
        {"headers": ["a"]},
        {"headers": "a", "data": []},
        table([1], "a"),
        table("x", "a"),
    ],
)
def test_an_invalid_table_is_rejected(kind: Any, payload: Any) -> None:
    with pytest.raises(BadValue, match='Dataframe "Data" takes a table'):
        gr.Dataframe(type=kind, label="Data").preprocess(payload)


@pytest.mark.parametrize("header", [{}, [["a"]], [{}]])
def test_a_header_that_is_not_a_string_is_rejected(header: Any) -> None:
    with pytest.raises(BadValue, match="whose headers are strings"):
        gr.Dataframe().preprocess({"headers": [header], "data": [[1]]})


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_a_row_with_too_few_cells_is_named(kind: Any) -> None:
    with pytest.raises(BadValue, match="row 1 has 1 cells, but there are 2 headers"):
        gr.Dataframe(type=kind).preprocess(table([[1, 2], [1]], "a", "b"))


def test_polars_frames_need_unique_column_names() -> None:
    with pytest.raises(BadValue, match="several columns are called 'a'"):
        gr.Dataframe(type="polars").preprocess(table([[1, 2]], "a", "a"))
    assert gr.Dataframe().preprocess(table([[1, 2]], "a", "a")).shape == (1, 2)


def test_null_is_an_empty_table() -> None:
    assert gr.Dataframe(headers=["a"]).preprocess(None).columns.tolist() == ["a"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, table([], *NUMBERED)),
        ([], table([], *NUMBERED)),
        ([[]], table([], *NUMBERED)),
        ([[1, 2], [3, 4]], table([[1, 2], [3, 4]], "1", "2")),
        ([[1, 2, 3, 4]], table([[1, 2, 3, 4]], "1", "2", "3", "4")),
        ([1, 2], table([[1], [2]], "1")),
        (["a", "b"], table([["a"], ["b"]], "1")),
        ([(1, 2)], table([[1, 2]], "1", "2")),
        (((1, 2), (3, 4)), table([[1, 2], [3, 4]], "1", "2")),
        ([[1], [2, 3]], table([[1], [2, 3]], "1")),
        (np.zeros((1, 2)), table([[0.0, 0.0]], "1", "2")),
        (np.zeros(2), table([[0.0], [0.0]], "1")),
        (pl.DataFrame({"a": [1, 2]}), table([[1], [2]], "a")),
        (pd.DataFrame({"a": [1, 2], "b": ["x", None]}), table([[1, "x"], [2, None]], "a", "b")),
        (pd.DataFrame({"a": [1.5, float("nan")]}, index=["x", "y"]), table([[1.5], [None]], "a")),
        (pd.DataFrame(), table([], *NUMBERED)),
        (pd.DataFrame({"a": []}), table([], "a")),
        ({"headers": ["a"], "data": [[1]]}, table([[1]], "a")),
        ({"data": [[1]]}, table([[1]], "1")),
        ({"a": [1, 2], "b": ["x", "y"]}, table([[1, "x"], [2, "y"]], "a", "b")),
        ({"a": 1}, table([[1]], "a")),
    ],
)
def test_every_kind_of_table_becomes_headers_and_rows(value: Any, expected: Any) -> None:
    assert shown(value) == expected


def test_the_components_headers_apply_to_tables_without_headers() -> None:
    assert shown([[1, 2, 3]], headers=["a", "b"]) == table([[1, 2, 3]], "a", "b", "3")
    assert shown(None, headers=["a", "b"]) == table([], "a", "b")
    assert shown(pd.DataFrame({"q": [1]}), headers=["a"]) == table([[1]], "q")


def test_headers_of_several_levels_are_lists() -> None:
    columns = pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])
    assert shown(pd.DataFrame([[1, 2]], columns=columns)) == table([[1, 2]], ["a", "b"], ["a", "c"])


def test_cells_are_plain_values() -> None:
    frame = pd.DataFrame(
        {
            "t": pd.to_datetime(pd.Series(["2020-01-01", None])),
            "i": pd.array([1, None], dtype="Int64"),
            "c": pd.Categorical(["a", "b"]),
            "o": [{"q": 1}, [1]],
            "b": [True, False],
        }
    )
    rows = shown(frame)["data"]
    assert rows == [["2020-01-01 00:00:00", 1, "a", {"q": 1}, True], [None, None, "b", [1], False]]
    assert [type(cell) for cell in rows[0]] == [str, int, str, dict, bool]


def test_polars_times_become_strings() -> None:
    frame = pl.DataFrame({"d": [dt.date(2020, 1, 2), None], "n": [1.5, None]})
    assert shown(frame)["data"] == [["2020-01-02", 1.5], [None, None]]


def test_a_csv_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,x\n2,\n")
    assert shown(str(path)) == shown(path) == table([[1, "x"], [2, None]], "a", "b")
    with pytest.raises(FileNotFoundError, match=r"there is no file '/nope\.csv'"):
        gr.Dataframe().postprocess("/nope.csv")


@pytest.mark.parametrize("value", [5, pd.Series([1]), {1, 2}, np.float64(2)])
def test_a_result_that_is_not_a_table_is_rejected(value: Any) -> None:
    with pytest.raises(ValueError, match=r"Cannot process value of type <class '.*'> in gr\.Dataframe"):
        gr.Dataframe().postprocess(value)


def test_columns_of_different_lengths_are_rejected() -> None:
    with pytest.raises(ValueError, match=r"columns with different lengths: \[1, 2\]"):
        gr.Dataframe().postprocess({"a": [1], "b": [1, 2]})


def test_invalid_rows_are_rejected() -> None:
    with pytest.raises(ValueError, match="`data` is a str"):
        gr.Dataframe().postprocess({"headers": ["a"], "data": "x"})


def test_without_pandas_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r'need pandas, which is not installed\..*type="array"'):
        gr.Dataframe().preprocess(table([[1]], "a"))
    assert gr.Dataframe(type="array").preprocess(table([[1]], "a")) == [[1]]


@pytest.mark.parametrize(
    ("options", "headers", "columns", "rows"),
    [
        ({}, NUMBERED, [3, "dynamic"], [3, "dynamic"]),
        ({"headers": ["a", "b"]}, ["a", "b"], [2, "dynamic"], [3, "dynamic"]),
        ({"column_count": 2}, ["1", "2"], [2, "dynamic"], [3, "dynamic"]),
        ({"column_count": (2, "fixed")}, ["1", "2"], [2, "fixed"], [3, "dynamic"]),
        ({"col_count": 2}, NUMBERED, [3, "dynamic"], [3, "dynamic"]),
        ({"row_count": 5}, NUMBERED, [3, "dynamic"], [5, "dynamic"]),
        ({"row_count": (2, "fixed")}, NUMBERED, [3, "dynamic"], [2, "fixed"]),
    ],
)
def test_counts_and_headers_follow_from_one_another(
    options: dict[str, Any], headers: Any, columns: Any, rows: Any
) -> None:
    props = gr.Dataframe(**options).props()
    assert props["headers"] == headers
    assert props["column_count"] == props["col_count"] == columns
    assert props["row_count"] == rows
    assert props["value"] == {"headers": headers, "data": [], "metadata": None}


@pytest.mark.parametrize("headers", [["a"], []])
def test_headers_that_do_not_match_the_count_are_rejected(headers: list[str]) -> None:
    with pytest.raises(ValueError, match="The length of the headers list must be equal to the column_count"):
        gr.Dataframe(headers=headers, column_count=2)


def test_a_type_that_does_not_exist_is_rejected() -> None:
    with pytest.raises(
        ValueError, match=r"Invalid value for parameter `type`: bogus.*\['pandas', 'numpy', 'array', 'polars'\]"
    ):
        gr.Dataframe(type="bogus")  # type: ignore[arg-type]


def test_datatypes_can_be_derived_from_a_frame() -> None:
    columns = {"a": [1], "b": ["x"], "c": [dt.datetime(2020, 1, 1)], "d": [True], "e": [1.5]}
    expected = ["number", "str", "date", "bool", "number"]
    assert gr.Dataframe(pd.DataFrame(columns), datatype="auto").datatype == expected
    assert gr.Dataframe(pl.DataFrame(columns), datatype="auto").datatype == expected
    assert gr.Dataframe(datatype="auto").datatype == "str"


def test_its_config_api_and_events_are_gradios() -> None:
    props = gr.Dataframe(column_widths=[100, "20%"]).props()
    expected = {
        "datatype": "str",
        "type": "pandas",
        "max_height": 500,
        "wrap": False,
        "line_breaks": True,
        "column_widths": ["100px", "20%"],
        "buttons": None,
        "show_row_numbers": False,
        "max_chars": None,
        "show_search": "none",
        "pinned_columns": None,
        "static_columns": [],
        "row_limits": None,
        "column_limits": None,
        "name": "dataframe",
    }
    assert {name: props[name] for name in expected} == expected
    assert "container" not in props
    assert gr.Dataframe().api_info()["required"] == ["headers", "data"]
    assert gr.Dataframe().example_payload() == table([["foo", "bar"]], "a", "b")
    assert gr.Dataframe.EVENTS == ("change", "input", "select", "edit")


def test_the_presets_give_arrays() -> None:
    assert gr.Numpy().type == "numpy"
    assert gr.Matrix().type == gr.List().type == "array"
    assert gr.List().row_count == gr.Matrix().row_count == gr.Numpy().row_count == [1, "dynamic"]


DATES = [dt.datetime(2024, 5, 1, 12, 30), dt.datetime(2025, 1, 2)]


@pytest.mark.parametrize("told", ["frame", "datatype", "auto"])
@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_dates_arrive_as_dates(kind: Any, told: str) -> None:
    """E14: also for polars, a `datatype` without a frame, and empty cells."""
    make: Any = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[kind]
    frame = make({"when": DATES, "n": [1, 2]})
    options: dict[str, Any] = {
        "frame": {"value": frame},
        "datatype": {"headers": ["when", "n"], "datatype": ["date", "number"]},
        "auto": {"value": frame, "datatype": "auto"},
    }[told]
    table = gr.Dataframe(type=kind, **options)
    sent = table.postprocess(frame)
    assert sent["data"] == [["2024-05-01 12:30:00", 1], ["2025-01-02 00:00:00", 2]]
    got = table.preprocess(sent)
    assert list(got["when"]) == DATES
    assert list(got["n"]) == [1, 2]


def test_an_erased_date_is_missing_and_an_invalid_one_stays_as_typed() -> None:
    """E14: invalid input never loses data."""
    table = gr.Dataframe(headers=["when"], datatype="date", column_count=1)
    erased = table.preprocess({"headers": ["when"], "data": [["2024-05-01"], [""]]})
    assert erased["when"].isna().tolist() == [False, True]
    assert list(table.preprocess({"headers": ["when"], "data": [["2024-05-01"], ["soon"]]})["when"]) == [
        "2024-05-01",
        "soon",
    ]


def test_column_formats_are_parsed_for_the_page() -> None:
    formats = {"Price": "$,.2f", "When": "%Y-%m-%d", ("2024", "May"): "{:.0f} kg", "Plain": "", 5: "08.1%"}
    assert gr.Dataframe(column_formats=formats).props()["column_formats"] == {
        "Price": {"kind": "number", "symbol": "$", "group": ",", "precision": 2, "type": "f"},
        "When": {"kind": "date", "format": "%Y-%m-%d"},
        "2024 / May": {"kind": "number", "precision": 0, "type": "f", "after": " kg"},
        "Plain": {"kind": "number"},
        "5": {"kind": "number", "fill": "0", "align": "=", "width": 8, "precision": 1, "type": "%"},
    }
    assert gr.Dataframe().props()["column_formats"] is None


def test_a_format_does_not_change_the_value() -> None:
    frame = gr.Dataframe([[1240.5]], headers=["Price"], type="array", column_formats={"Price": "$,.0f"})
    assert frame.value == {"headers": ["Price"], "data": [[1240.5]], "metadata": None}
    assert frame.preprocess(frame.value) == [[1240.5]]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("money", "is not a valid number or date format"),
        (",.2q", "is not a valid number or date format"),
        (".2", "has a precision but no type"),
        (".2d", "has a precision but no type"),
        (".21f", "has more than 20 decimals"),
        ("08,d", "asks for both leading zeros and separators"),
        ("101d", "wider than 100 characters"),
        ("%Y-%Q", "contains '%Q'"),
        ("%-B", "contains '%-B'"),
        ("%Y %", "contains '%'"),
        ("{:.2f", "has braces that do not match"),
        ("{:.2f} of {:.2f}", "must contain the value exactly once"),
        ("{name}", "must contain the value exactly once"),
        ("{!r}", "must contain the value exactly once"),
        ("{{}}", "must contain the value exactly once"),
    ],
)
def test_an_invalid_format_is_rejected_where_the_table_is_created(given: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)) as error:
        gr.Dataframe(column_formats={"Price": given})
    assert repr(given) in str(error.value)
    assert "column 'Price'" in str(error.value)
    assert 'such as ",.2f"' in str(error.value)


@pytest.mark.parametrize("given", ["$,.2f", ["$,.2f"], {"Price": 2}, {"Price": None}])
def test_formats_that_are_not_strings_by_header_are_rejected(given: Any) -> None:
    with pytest.raises(TypeError, match="column_formats"):
        gr.Dataframe(column_formats=given)
