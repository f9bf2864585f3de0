"""Behavior of all components: initial values, functions as values, names in messages, properties."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import holdfast as gr
from holdfast.components.base import describe
from holdfast.components.shortcuts import SHORTCUTS, component
from holdfast.files.rules import FileRules, publish
from holdfast.graph.app_config import app_config


def test_an_invalid_initial_value_is_reported_where_it_is_passed() -> None:
    with gr.Blocks(), pytest.raises(ValueError, match="expects one of"):
        gr.Label(value=["a"])


def test_a_function_as_value_runs_when_the_page_loads() -> None:
    with gr.Blocks() as demo:
        box = gr.Textbox(lambda: "hi")
    (listener,) = demo.get_config_file()["dependencies"]
    assert listener["outputs"] == [box.id]
    assert [list(t) for t in listener["targets"]] == [[0, "load"]]
    assert box.value is None


def test_a_function_as_value_runs_again_when_its_inputs_change() -> None:
    with gr.Blocks() as demo:
        name = gr.Textbox()
        gr.Textbox(lambda n: f"Hello {n}", inputs=name)
    (listener,) = demo.get_config_file()["dependencies"]
    assert sorted(map(list, listener["targets"])) == [[0, "load"], [name.id, "change"]]
    assert listener["inputs"] == [name.id]


def test_a_function_as_value_runs_again_at_an_interval() -> None:
    with gr.Blocks() as demo:
        gr.Number(lambda: 1, every=5)
    config = demo.get_config_file()
    (timer,) = [c for c in config["components"] if c["type"] == "timer"]
    assert timer["props"]["value"] == 5
    assert [timer["id"], "tick"] in [list(t) for t in config["dependencies"][0]["targets"]]


def test_an_initial_value_is_converted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    def postprocess(_: gr.Textbox, value: Any) -> Any:
        calls.append(value)
        return value

    monkeypatch.setattr(gr.Textbox, "postprocess", postprocess)
    box = gr.Textbox("a")
    assert (box.value, box.value, box.props()["value"]) == ("a", "a", "a")
    assert calls == ["a"]


def test_a_new_initial_value_replaces_the_old_one() -> None:
    box = gr.Textbox("a")
    assert box.value == "a"
    box.value = 5
    assert box.value == "5"


def test_a_sessions_changed_properties_keep_the_initial_value() -> None:
    slider = gr.Slider(0, 10, 4)
    changed = slider.changed({"maximum": 20})
    assert (changed.value, changed.maximum, slider.maximum) == (4, 20, 10)


def test_messages_name_a_component_by_its_label() -> None:
    assert gr.Number(label="Age").called == 'Number "Age"'
    assert gr.Number().called == "Number"


def test_values_in_messages_are_short() -> None:
    assert describe(None) == "nothing (None)"
    assert describe([1]) == "[1] (a list)"
    assert len(describe("x" * 1000)) < 100


@pytest.mark.parametrize(("classes", "kept"), [(None, []), ("a", ["a"]), (["a", "b"], ["a", "b"])])
def test_classes_are_always_a_list(classes: Any, kept: list[str]) -> None:
    assert gr.Textbox(elem_classes=classes).elem_classes == kept


@pytest.mark.parametrize("shown", [True, None])
def test_a_label_is_shown_by_default(shown: Any) -> None:
    assert gr.Textbox(show_label=shown).show_label is True
    assert gr.Textbox(show_label=False).show_label is False


def test_a_label_is_hidden_without_a_frame() -> None:
    assert gr.Textbox(container=False, render=False).show_label is False
    assert gr.Dropdown(["a"], container=False, show_label=None, render=False).show_label is False
    assert gr.Checkbox(container=False, render=False).show_label is True
    assert gr.Textbox(container=False, show_label=True, render=False).show_label is False


def test_an_update_changes_only_the_arguments_passed() -> None:
    assert gr.Textbox("q", label="NL").given == {"value": "q", "label": "NL"}
    assert gr.Dropdown(["p"], value="p").given == {"choices": ["p"], "value": "p"}


@pytest.mark.parametrize("name", sorted(set(SHORTCUTS) - {"state", "clearbutton"}))
def test_the_example_for_the_api_fits_the_component(name: str) -> None:
    made = component(name)
    payload = made.example_payload()
    if not made.HAS_FILES and payload is not None:
        made.preprocess(payload)
    if not made.SKIP_API:
        assert made.api_info()


@pytest.mark.parametrize("name", sorted(SHORTCUTS))
def test_no_component_lists_an_event_twice(name: str) -> None:
    events = type(component(name)).EVENTS
    assert len(set(events)) == len(events) > 0


def test_a_custom_button_belongs_to_one_component_only() -> None:
    with gr.Blocks() as demo:
        button = gr.Button("Ask")
        box = gr.Textbox(buttons=["copy", button])
        button.click(lambda: None)
    copy, own = box.props()["buttons"]
    assert copy == "copy"
    assert (own["value"], own["name"], own["id"]) == ("Ask", "button", button.id)
    assert button.parent is None
    assert button.id in demo.blocks


def test_files_in_properties_other_than_the_value_get_a_url(tmp_path: Path) -> None:
    icon = tmp_path / "icon.png"
    icon.write_bytes(b"x")
    with gr.Blocks() as demo:
        gr.Button(icon=icon)
        gr.JSON(gr.FileData(path=str(icon)))
    rules = FileRules(upload_dir=tmp_path / "cache")
    button, shown = app_config(demo.spec, publish=lambda _block, _name, value: publish(value, rules))["components"]
    assert button["props"]["icon"]["url"].endswith("/icon.png")
    assert shown["props"]["value"]["url"] is None
