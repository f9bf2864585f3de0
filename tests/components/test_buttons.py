from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import holdfast as gr
from holdfast.files.rules import FileData


@pytest.mark.parametrize(("payload", "value"), [("Run", "Run"), (None, None)])
def test_a_button_passes_its_text(payload: Any, value: Any) -> None:
    assert gr.Button().preprocess(payload) == value


@pytest.mark.parametrize(("value", "payload"), [("Go", "Go"), (5, "5"), (None, "None")])
def test_a_buttons_text_is_the_str_of_what_is_returned(value: Any, payload: str) -> None:
    assert gr.Button().postprocess(value) == payload


def test_a_buttons_config_has_gradios_defaults() -> None:
    assert gr.Button().props() == {
        "value": "Run",
        "variant": "secondary",
        "size": "lg",
        "icon": None,
        "link": None,
        "link_target": "_self",
        "visible": True,
        "interactive": True,
        "elem_id": None,
        "elem_classes": [],
        "key": None,
        "preserved_by_key": ["value"],
        "scale": None,
        "min_width": None,
        "name": "button",
    }


def test_a_buttons_icon_is_a_file() -> None:
    assert gr.Button(icon="a.png").icon == FileData(path="a.png")


def test_buttons_are_left_out_of_the_api() -> None:
    assert gr.Button.SKIP_API
    assert gr.ClearButton.SKIP_API
    assert gr.Button.EVENTS == gr.ClearButton.EVENTS == ("change", "click")


def test_a_clear_button_is_a_button_to_the_page() -> None:
    assert gr.ClearButton().get_block_name() == "button"
    assert gr.ClearButton().value == "Clear"
    assert gr.ClearButton().props()["api_visibility"] == "undocumented"
    assert gr.ClearButton().postprocess(None) is None


def _listeners(demo: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = demo.get_config_file()["dependencies"]
    return found


def _function(demo: Any, listener: dict[str, Any]) -> Any:
    return demo.fns[listener["id"]].fn


def test_a_clear_button_resets_components_in_the_browser(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    with gr.Blocks() as demo:
        cleared = [
            gr.Textbox("abc"),
            gr.Number(4),
            gr.CheckboxGroup(["a"], value=["a"]),
            gr.Chatbot([{"role": "user", "content": "hi"}]),
            gr.Slider(2, 9),
            gr.Dropdown(["a"]),
            gr.Label({"a": 1}),
            gr.Dataframe([[1]]),
            gr.Textbox(lambda: "at load"),
            gr.File(str(tmp_path / "notes.txt")),
        ]
        gr.ClearButton(cleared)
    listener = next(listener for listener in _listeners(demo) if listener["js"])
    assert listener["backend_fn"] is False
    assert listener["api_visibility"] == "private"
    assert listener["outputs"] == [c.id for c in cleared]
    assert json.loads(listener["js"].removeprefix("() => ")) == [
        "abc",
        4,
        ["a"],
        [
            {
                "role": "user",
                "metadata": None,
                "content": [{"text": "hi", "type": "text"}],
                "options": None,
            }
        ],
        2,
        "a",
        {"label": "a", "confidences": [{"label": "a", "confidence": 1.0}]},
        {"headers": ["1"], "data": [[1]], "metadata": None},
        None,
        None,
    ]


def test_a_clear_button_resets_states_on_the_server() -> None:
    """R1.7: back to the initial value, a factory runs again, any number of times."""
    made: list[int] = []

    def factory() -> list[int]:
        made.append(len(made))
        return [len(made)]

    with gr.Blocks() as demo:
        plain, lazy, box = gr.State([1]), gr.State(factory), gr.Textbox()
        gr.ClearButton([plain, lazy, box])
    js, backend = _listeners(demo)
    assert js["outputs"] == [box.id]
    assert backend["outputs"] == [plain.id, lazy.id]
    assert backend["api_visibility"] == "undocumented"
    clear = _function(demo, backend)
    before = len(made)
    first, second = clear(), clear()
    assert first[0] == second[0] == [1]
    assert first[0] is not second[0]
    assert len(made) == before + 2
    assert second[1] == [before + 2]


def test_a_clear_button_of_one_state_returns_just_its_value() -> None:
    with gr.Blocks() as demo:
        gr.ClearButton(gr.State({"a": 1}))
    (backend,) = _listeners(demo)
    assert _function(demo, backend)() == {"a": 1}


def test_components_can_be_added_later() -> None:
    with gr.Blocks() as demo:
        button = gr.ClearButton()
        box = gr.Textbox()
        assert button.add(box) is button
    assert [d["outputs"] for d in _listeners(demo)] == [[box.id]]


def test_a_clear_button_made_outside_of_an_app_clears_once_it_is_placed() -> None:
    box = gr.Textbox()
    button = gr.ClearButton([box])
    with gr.Blocks() as demo:
        box.render()
        button.render()
    assert [d["outputs"] for d in _listeners(demo)] == [[box.id]]


def test_a_clear_button_rejects_what_is_not_a_component() -> None:
    with gr.Blocks(), pytest.raises(ValueError, match="ClearButton clears components"):
        gr.ClearButton([gr.Row()])  # type: ignore[list-item]
