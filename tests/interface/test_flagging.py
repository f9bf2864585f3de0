"""Files written by flagging."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import holdfast as gr
from holdfast import limits
from holdfast.apps.flagging import ChatCSVLogger, CSVLogger, SimpleCSVLogger
from holdfast.limits import Limits


class Clock:
    """A clock that always shows the same time."""

    def time(self) -> float:
        return 0.0

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here waits")


def rows(file: Path) -> list[list[str]]:
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.reader(opened))


def logger(tmp_path: Path, *components: Any) -> CSVLogger:
    made = CSVLogger(verbose=False, clock=Clock())
    made.setup(components or (gr.Textbox(label="name"), gr.Number()), tmp_path)
    return made


def test_the_first_sample_begins_a_table_with_labels_and_time(tmp_path: Path) -> None:
    assert logger(tmp_path).flag(['a, "b"', 1]) == 1
    heading, sample = rows(tmp_path / "dataset1.csv")
    assert heading == ["name", "component 1", "timestamp"]
    assert sample[:2] == ['a, "b"', "1"]


def test_the_option_and_the_user_have_columns_when_there_are_any(tmp_path: Path) -> None:
    logger(tmp_path).flag(["a", 1], flag_option="odd", username="me")
    heading, sample = rows(tmp_path / "dataset1.csv")
    assert heading == ["name", "component 1", "flag", "username", "timestamp"]
    assert sample[2:4] == ["odd", "me"]


def test_the_number_of_samples_comes_back(tmp_path: Path) -> None:
    table = logger(tmp_path)
    assert [table.flag(["a", n]) for n in range(3)] == [1, 2, 3]


def test_other_columns_begin_another_table(tmp_path: Path) -> None:
    logger(tmp_path).flag(["a", 1])
    logger(tmp_path, gr.Textbox(label="other")).flag(["b"])
    logger(tmp_path).flag(["c", 2])
    assert len(rows(tmp_path / "dataset1.csv")) == 3
    assert len(rows(tmp_path / "dataset2.csv")) == 2


def test_containers_are_json_and_nothing_is_empty(tmp_path: Path) -> None:
    logger(tmp_path).flag([{"a": [1]}, None])
    assert rows(tmp_path / "dataset1.csv")[1][:2] == ['{"a": [1]}', ""]


def test_a_string_that_a_spreadsheet_would_evaluate_is_escaped(tmp_path: Path) -> None:
    logger(tmp_path).flag(["=1+1", 1])
    assert rows(tmp_path / "dataset1.csv")[1][0] == "'=1+1"


@pytest.mark.parametrize("text", ["=1+1", " =1+1", "\n=1+1", "\t=1", "\u00a0@x", "\uff1d1+1", "\rx", "-1", "+1"])
def test_no_value_from_a_visitor_starts_a_formula(text: str, tmp_path: Path) -> None:
    """A4, A1: after whitespace, full-width characters, in the user's name, the option, and a chat's rating."""
    logger(tmp_path).flag([text, 1], text, text)
    found = rows(tmp_path / "dataset1.csv")[1]
    assert [found[0], found[2], found[3]] == [f"'{text}"] * 3
    ChatCSVLogger(tmp_path / "chat").flag([], 0, text, text, text)
    assert rows(tmp_path / "chat" / "log.csv")[1][2:5] == [f"'{text}"] * 3


def test_files_are_copied_next_to_the_table(tmp_path: Path) -> None:
    given = tmp_path / "given.txt"
    given.write_text("inside")
    folder = tmp_path / "flagged"
    logger(folder, gr.File(label="Paper")).flag([{"path": str(given), "meta": {"_type": "gradio.FileData"}}])
    kept = Path(rows(folder / "dataset1.csv")[1][0])
    assert kept.is_relative_to(folder / "Paper")
    assert kept.read_text() == "inside"


def test_data_that_looks_like_a_file_is_data_where_no_file_is_expected(tmp_path: Path) -> None:
    given = tmp_path / "given.txt"
    given.write_text("inside")
    looks = {"path": str(given), "meta": {"_type": "gradio.FileData"}}
    simple = SimpleCSVLogger()
    simple.setup([gr.JSON()], tmp_path / "simple")
    simple.flag([looks])
    logger(tmp_path / "flagged", gr.JSON()).flag([looks])
    for folder, table in (("simple", "log.csv"), ("flagged", "dataset1.csv")):
        assert [file.name for file in (tmp_path / folder).rglob("*")] == [table]


def test_a_remote_file_is_stored_by_its_url(tmp_path: Path) -> None:
    there = "https://example.com/paper.pdf"
    logger(tmp_path, gr.File()).flag([{"path": there, "meta": {"_type": "gradio.FileData"}}])
    assert there in rows(tmp_path / "dataset1.csv")[1][0]


def test_the_simple_logger_writes_only_values(tmp_path: Path) -> None:
    simple = SimpleCSVLogger()
    simple.setup([gr.Textbox(), gr.JSON()], tmp_path)
    assert [simple.flag(["x", {"a": 1}]), simple.flag(["y", None])] == [0, 1]
    assert rows(tmp_path / "log.csv") == [["x", '{"a": 1}'], ["y", ""]]


def test_a_liked_message_is_kept_with_its_conversation(tmp_path: Path) -> None:
    said = [{"role": "user", "content": "hi"}]
    chat = ChatCSVLogger(tmp_path, clock=Clock())
    chat.flag(said, 0, "hi", True, None)
    chat.flag(said, 0, "hi", "Spam", "me")
    heading, first, second = rows(tmp_path / "log.csv")
    assert heading == ["conversation", "index", "value", "flag", "username", "timestamp"]
    assert first[1:5] == ["0", "hi", "Like", ""]
    assert second[3:5] == ["Spam", "me"]


@pytest.fixture(autouse=True)
def default_limits() -> Iterator[None]:
    yield
    limits.apply(limits.DEFAULTS)


def test_samples_are_bounded_in_bytes(tmp_path: Path) -> None:
    """C2: a sibling; every press of a button adds to the folder, for good."""
    limits.apply(Limits(flagged_bytes=1_000))
    table = logger(tmp_path)
    with pytest.raises(gr.Error, match="at most 1,000 bytes"):
        table.flag(["x" * 1_000, 1])
    assert table.flag(["x" * 500, 1]) == 1
    with pytest.raises(gr.Error, match="Ask its author"):
        table.flag(["x" * 500, 1])
    assert len(rows(tmp_path / "dataset1.csv")) == 2
    (tmp_path / "dataset1.csv").unlink()
    assert table.flag(["x" * 500, 1]) == 1


def test_copies_of_files_count_and_are_made_once(tmp_path: Path) -> None:
    """C2: also those that an earlier process has made; what the author takes away makes room."""
    limits.apply(Limits(flagged_bytes=20_000))
    files = []
    for number in range(3):
        file = tmp_path / f"{number}.bin"
        file.write_bytes(bytes([number]) * 400)
        files.append({"path": str(file), "meta": {"_type": "gradio.FileData"}})
    folder = tmp_path / "flagged"
    for made in (CSVLogger(verbose=False, clock=Clock()), SimpleCSVLogger()):
        place = folder / type(made).__name__

        def fresh(made: Any = made, place: Path = place) -> Any:
            made.setup([gr.File(label="file")], place)
            return made

        fresh().flag([files[0]])
        fresh().flag([files[0]])
        fresh().flag([files[1]])
        with pytest.raises(gr.Error, match="not kept"):
            fresh().flag([files[2]])
        next(place.rglob("0.bin")).unlink()
        fresh().flag([files[2]])


def test_lines_are_counted_without_reading_the_table_again(tmp_path: Path) -> None:
    """C2: a sample costs the same however many there are, however long their texts, whoever else writes."""
    table = CSVLogger(verbose=False, dataset_file_name="all.csv", clock=Clock())
    table.setup([gr.Textbox(label="name"), gr.Number()], tmp_path)
    assert table.flag(['line\n"quoted"\r\nend' + "x" * 200_000, 1]) == 1
    with (tmp_path / "all.csv").open("r+b") as first:
        first.write(b'"')  # who begins there counts all lines as one
        first.seek(0, 2)
        first.write(b'"of another\nprocess",1,now\r\n')
    assert [table.flag(["a", number]) for number in range(2)] == [3, 4]
