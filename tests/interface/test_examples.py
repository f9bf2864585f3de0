"""`gr.Examples`: reading rows, showing them, caching results."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import holdfast as gr
from holdfast.apps.examples import read_rows
from holdfast.apps.examples_cache import CachedResults, last_result


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


CALLS: list[str] = []


@pytest.fixture
def calls() -> list[str]:
    """Records of function calls; a list in a closure would make each function a different one."""
    CALLS.clear()
    return CALLS


def boxes(count: int) -> list[Any]:
    return [gr.Textbox(render=False) for _ in range(count)]


def test_a_flat_list_is_one_input() -> None:
    assert read_rows(["a", "b"], boxes(1)) == [["a"], ["b"]]


def test_short_rows_leave_the_other_inputs_empty() -> None:
    assert read_rows([["a"], ["b", 1]], boxes(2)) == [["a", None], ["b", 1]]


def test_surplus_values_of_a_row_are_dropped_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="Example 1 has 2 values for 1 inputs") as warned:
        assert read_rows([["a"], ["b", "c"]], boxes(1)) == [["a"], ["b"]]
    assert warned[0].filename == __file__


def test_a_missing_folder_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="Could not find examples directory: nope"):
        read_rows("nope", boxes(1))


def test_each_file_of_a_folder_is_a_row(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", ".hidden"):
        (tmp_path / name).write_text("")
    assert read_rows(tmp_path, [gr.File(render=False)]) == [[str(tmp_path / "a.txt")], [str(tmp_path / "b.txt")]]


def test_a_table_in_the_folder_has_the_rows(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("text,file\nhello,x.txt\n")
    rows = read_rows(tmp_path, [gr.Textbox(render=False), gr.File(render=False)])
    assert rows == [["hello", str(tmp_path / "x.txt")]]


def test_examples_outside_of_an_app_are_rejected() -> None:
    with pytest.raises(ValueError, match="outside of a Blocks"):
        gr.Examples(["a"], gr.Textbox())


def test_running_needs_a_function_and_outputs() -> None:
    with gr.Blocks(), pytest.raises(ValueError, match="need `fn` and `outputs`"):
        gr.Examples(["a"], gr.Textbox(), run_on_click=True)


def test_a_click_fills_the_inputs_and_can_run_the_function() -> None:
    with gr.Blocks() as demo:
        box, out = gr.Textbox(), gr.Textbox()
        gr.Examples(["a", "b"], box, out, str.upper, run_on_click=True)
    fill, run = demo.get_config_file()["dependencies"]
    assert (fill["outputs"], fill["api_visibility"]) == ([box.id], "undocumented")
    assert (run["trigger_after"], run["inputs"], run["outputs"]) == (fill["id"], [box.id], [out.id])


def test_a_column_without_values_is_not_shown() -> None:
    with gr.Blocks() as demo:
        first, second = gr.Textbox(label="First"), gr.Textbox(label="Second")
        gr.Examples([["a", None], ["b", None]], [first, second])
    dataset = next(c for c in demo.get_config_file()["components"] if c["type"] == "dataset")
    assert dataset["props"]["headers"] == ["First"]
    assert dataset["props"]["samples"] == [["a"], ["b"]]


def test_cached_results_are_computed_once_when_the_app_is_built(calls: list[str]) -> None:
    def shout(text: str) -> str:
        CALLS.append(text)
        return text.upper()

    def build() -> None:
        with gr.Blocks():
            gr.Examples(["a", "b"], gr.Textbox(), gr.Textbox(), shout, cache_examples=True)

    build()
    build()
    assert calls == ["a", "b"]


def test_lazily_cached_results_are_computed_on_demand() -> None:
    calls = []

    def shout(text: str) -> str:
        calls.append(text)
        return text.upper()

    with gr.Blocks():
        examples = gr.Examples(["a", "b"], gr.Textbox(), gr.Textbox(), shout, cache_examples=True, cache_mode="lazy")
    assert calls == []
    assert examples.cached is not None
    assert [examples.cached.row(1), examples.cached.row(1)] == [["B"], ["B"]]
    assert calls == ["b"]


def test_concurrent_computations_of_a_row_both_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    both, write_text = threading.Barrier(2), Path.write_text

    def together(file: Path, *text: Any, **options: Any) -> int:
        size = write_text(file, *text, **options)
        both.wait(10)
        return size

    monkeypatch.setattr(Path, "write_text", together)
    cached = CachedResults(lambda text: text + "!", [["a"]], boxes(1), boxes(1))
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(cached.row, [0, 0])) == [["a!"], ["a!"]]
    assert [file.name for file in cached.folder.iterdir()] == ["0.json"]


def test_another_function_has_a_separate_cache() -> None:
    first = CachedResults(lambda text: text + "!", [["a"]], boxes(1), boxes(1))
    second = CachedResults(lambda text: text + "?", [["a"]], boxes(1), boxes(1))
    assert (first.row(0), second.row(0)) == (["a!"], ["a?"])


def test_files_of_results_are_kept_with_them(tmp_path: Path) -> None:
    source = tmp_path / "made.txt"

    def make(text: str) -> str:
        source.write_text(text)
        return str(source)

    cached = CachedResults(make, [["inside"]], boxes(1), [gr.File(render=False)])
    payload = cached.row(0)[0]
    source.unlink()
    assert Path(payload["path"]).read_text() == "inside"
    assert json.loads((cached.folder / "0.json").read_text())[0]["path"] == payload["path"]


def test_the_last_value_of_any_kind_of_function_counts() -> None:
    def several(text: str) -> Iterator[str]:
        yield text
        yield text * 2

    async def waits(text: str) -> str:
        return text * 3

    async def waits_several(text: str) -> AsyncIterator[str]:
        yield text
        yield text * 4

    assert [last_result(fn, ["a"]) for fn in (str.upper, several, waits, waits_several)] == ["A", "aa", "aaa", "aaaa"]
