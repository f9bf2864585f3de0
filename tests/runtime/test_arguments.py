"""The arguments that a function is called with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import holdfast as gr
from holdfast.files.rules import FileRules
from holdfast.runtime import Request
from holdfast.wire.messages import Failure

from .driver import Driver

pytestmark = pytest.mark.anyio


async def test_a_request_is_passed_by_annotation() -> None:
    def who(text: str, request: gr.Request, more: str = "!") -> str:
        return f"{text} {request.headers['User-Agent']} {request.session_hash}{more}"

    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.submit(who, box, box, api_name="run")
    async with Driver(demo) as driver:
        request = Request(headers={"user-agent": "test"})
        assert await driver.values("run", "I am", request=request) == [f"I am test {driver.page.id}!"]


async def test_special_parameters_can_be_in_any_position() -> None:
    def all_of_it(request: gr.Request, first: str, event: gr.EventData, second: str, *, agent: gr.Header = None) -> str:  # type: ignore[assignment]
        return f"{first}{second}{event._data}{agent}{type(request).__name__}"

    with gr.Blocks() as demo:
        one, two = gr.Textbox(), gr.Textbox()
        one.submit(all_of_it, [one, two], one, api_name="run")
    async with Driver(demo) as driver:
        request = Request(headers={"Agent": "x"})
        assert await driver.values("run", "a", "b", request=request, event_data=7) == ["ab7xRequest"]


async def test_event_data_has_the_block_that_was_triggered() -> None:
    seen: list[Any] = []

    def select(data: gr.SelectData) -> None:
        seen.append((data.target, data.index, data.value, data.selected))

    with gr.Blocks() as demo:
        radio = gr.Radio(["a", "b"])
        radio.select(select, None, None, api_name="run")
    async with Driver(demo) as driver:
        await driver.values("run", event_data={"index": 1, "value": "b"}, trigger=radio.id)
    assert seen == [(radio, 1, "b", True)]


async def test_a_header_is_found_by_parameter_name() -> None:
    def key(x_api_key: gr.Header) -> str:
        return f"{x_api_key}"

    with gr.Blocks() as demo:
        box = gr.Textbox()
        demo.load(key, None, box, api_name="run")
    async with Driver(demo) as driver:
        assert await driver.values("run", request=Request(headers={"X-Api-Key": "k"})) == ["k"]


async def test_inputs_given_as_a_set_are_passed_as_one_dict() -> None:
    with gr.Blocks() as demo:
        one, two = gr.Number(), gr.Number()
        one.submit(lambda values: values[one] - values[two], {one, two}, one, api_name="run")
    async with Driver(demo) as driver:
        assert await driver.values("run", 5, 3) == [2]


async def test_keyword_inputs_are_passed_by_keyword() -> None:
    def minus(a: float, *, b: float) -> float:
        return a - b

    with gr.Blocks() as demo:
        one, two = gr.Number(), gr.Number()
        one.submit(minus, one, one, inputs_kwargs={"b": two}, api_name="run")
    async with Driver(demo) as driver:
        assert await driver.values("run", 5, 3) == [2]


async def test_a_component_annotation_passes_all_properties() -> None:
    def describe(box: gr.Textbox) -> str:
        return f"{box.label} {box.lines} {box.value}"

    with gr.Blocks() as demo:
        box = gr.Textbox(label="Name", lines=3)
        box.submit(describe, box, box, api_name="run")
    async with Driver(demo) as driver:
        assert await driver.values("run", "x") == ["Name 3 x"]


async def test_returned_properties_are_an_update() -> None:
    def longer(box: gr.Textbox) -> Any:
        box.lines += 1
        return box

    with gr.Blocks() as demo:
        box = gr.Textbox(lines=3)
        box.submit(longer, box, box, api_name="run")
    async with Driver(demo) as driver:
        (update,) = await driver.values("run", "x")
        assert update["lines"] == 4
        assert update["__type__"] == "update"


async def test_the_error_for_too_few_values_contains_their_number() -> None:
    with gr.Blocks() as demo:
        one, two = gr.Textbox(label="First"), gr.Textbox()
        one.submit(lambda a, b: a, [one, two], one, api_name="run")
    async with Driver(demo) as driver:
        failure = await driver.failure("run", "a")
        assert failure.error is not None
        assert "didn't receive enough input values (needed: 2, got: 1)" in failure.error
        assert "textbox 'First'" in failure.error


async def test_too_many_values_are_ignored() -> None:
    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.submit(lambda a: a, box, box, api_name="run")
    async with Driver(demo) as driver:
        assert await driver.values("run", "a", "b", "c") == ["a"]


async def test_a_value_rejected_by_a_component_is_always_reported() -> None:
    with gr.Blocks() as demo:
        box = gr.Radio(["a"])
        box.change(lambda a: a, box, box, api_name="run")
    async with Driver(demo) as driver:
        failure = await driver.failure("run", "z")
        assert failure.error
        assert failure.visible


async def test_without_preprocess_a_client_cannot_refer_to_server_files_either(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    seen: list[Any] = []
    with gr.Blocks() as demo:
        file = gr.File()
        file.change(seen.append, file, None, preprocess=False, api_name="run")
    async with Driver(demo) as driver:
        last = await driver.completed("run", {"path": str(secret), "meta": {"_type": "gradio.FileData"}})
    assert isinstance(last.output, Failure)
    assert "was not uploaded" in str(last.output.error)
    assert seen == []


@pytest.mark.parametrize("event_data", [{"file": {"path": "NAMED"}}, {"path": "NAMED"}])
async def test_a_file_in_event_data_must_be_accessible_to_the_client(tmp_path: Path, event_data: Any) -> None:
    """A handler of a file list's `delete` event may delete that file."""
    (secret := tmp_path / "secret").write_text("x")
    named = json.loads(json.dumps(event_data).replace("NAMED", str(secret)))
    seen: list[Any] = []

    def deleted(data: gr.DeletedFileData) -> None:
        seen.append(data.file)

    with gr.Blocks() as demo:
        gr.File().delete(deleted, api_name="run")
    async with Driver(demo) as driver:
        last = await driver.completed("run", event_data=named)
        assert isinstance(last.output, Failure)
        assert "was not uploaded" in str(last.output.error)
        assert seen == []
    async with Driver(demo, file_rules=FileRules(allowed_paths=(str(tmp_path),))) as driver:
        await driver.values("run", event_data=named)
        assert [file.path for file in seen] == [str(secret)]


async def test_without_preprocess_the_function_receives_the_raw_value() -> None:
    with gr.Blocks() as demo:
        box = gr.Number()
        box.change(repr, box, box, preprocess=False, postprocess=False, api_name="run")
    async with Driver(demo) as driver:
        assert await driver.values("run", "anything") == ["'anything'"]
