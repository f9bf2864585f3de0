"""Updates that handlers return, and event data that they get."""

from __future__ import annotations

from typing import Any

import pytest

import holdfast as gr
from holdfast.graph.updates import Update, is_update


def test_an_update_contains_only_the_arguments_passed() -> None:
    assert gr.update(value=None, label="L") == {"value": None, "label": "L", "__type__": "update"}
    assert gr.update(visible=False) == {"visible": False, "__type__": "update"}


def test_skipping_is_an_update_of_nothing() -> None:
    assert gr.skip() == {"__type__": "update"}


def test_a_users_own_dict_is_never_an_update_of_a_state() -> None:
    """R1.6: for State only results of `update` and `skip` are updates."""
    own = {"__type__": "update", "value": 3}
    assert not isinstance(own, Update)
    assert isinstance(gr.update(value=3), Update)


def test_a_dict_marked_as_an_update_is_one_elsewhere() -> None:
    assert is_update({"__type__": "update"})
    assert not is_update({"__type__": "other"})
    assert not is_update("update")


def test_a_validation_result_has_gradios_form() -> None:
    assert gr.validate(False, "too short") == {"__type__": "validate", "is_valid": False, "message": "too short"}


@pytest.mark.parametrize(
    ("kind", "data", "found"),
    [
        (gr.SelectData, {"index": [1, 2], "value": "x"}, {"index": [1, 2], "value": "x", "selected": True}),
        (gr.SelectData, {"index": 0, "selected": False}, {"selected": False, "row_value": None}),
        (gr.LikeData, {"index": 1, "value": "v", "liked": "Spam"}, {"liked": "Spam"}),
        (gr.LikeData, {"index": 1, "value": "v"}, {"liked": True}),
        (gr.KeyUpData, {"key": "a", "input_value": "ab"}, {"key": "a", "input_value": "ab"}),
        (gr.EditData, {"index": 0, "previous_value": 1, "value": 2}, {"previous_value": 1, "value": 2}),
        (gr.UndoData, {"index": 0, "value": "v"}, {"index": 0, "value": "v"}),
        (gr.CopyData, {"value": "v"}, {"value": "v"}),
        (gr.DownloadData, {"file": {"path": "p"}}, {"file": gr.FileData(path="p")}),
        (gr.DeletedFileData, {"path": "p"}, {"file": gr.FileData(path="p")}),
    ],
)
def test_event_data_reads_what_the_page_sent(kind: Any, data: Any, found: dict[str, Any]) -> None:
    event = kind(None, data)
    assert {name: getattr(event, name) for name in found} == found
    assert event._data == data


@pytest.mark.parametrize("kind", [gr.DownloadData, gr.DeletedFileData])
def test_a_file_in_event_data_has_its_entries_as_attributes(kind: Any) -> None:
    event = kind(None, {"file": {"path": "/tmp/a.txt", "orig_name": "a.txt", "size": 3}})
    assert (event.file.path, event.file.orig_name, event.file.size) == ("/tmp/a.txt", "a.txt", 3)
    assert event.file["path"] == "/tmp/a.txt"


def test_event_data_of_nothing_has_nothing() -> None:
    event: Any = gr.SelectData(None, None)
    assert (event.index, event.value) == (None, None)
