from __future__ import annotations

import re

import pytest

import holdfast as gr
from holdfast.components.shortcuts import component, get_component_instance, rebuilt
from holdfast.errors import BadValue


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("text", gr.Textbox),
        ("textbox", gr.Textbox),
        ("textarea", gr.TextArea),
        ("number", gr.Number),
        ("checkbox_group", gr.CheckboxGroup),
        ("checkboxgroup", gr.CheckboxGroup),
        ("state", gr.State),
        ("files", gr.Files),
        ("image", gr.Image),
        ("dataframe", gr.Dataframe),
        ("numpy", gr.Numpy),
        ("list", gr.List),
        ("chatbot", gr.Chatbot),
        ("button", gr.Button),
    ],
)
def test_a_name_creates_a_component(name: str, kind: type) -> None:
    assert type(component(name)) is kind


@pytest.mark.parametrize("name", ["bogus", "Textbox", "txt", "df", "array", "password", "str", ""])
def test_an_unknown_name_is_rejected(name: str) -> None:
    message = (
        f"No such component or layout: {name}. It is possible it is a custom component, in which case make sure "
        "it is installed and imported in your python session."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        component(name)


def test_options_go_to_the_constructor() -> None:
    assert component("textbox", lines=3).props()["lines"] == 3


def test_the_presets_differ_from_the_plain_component() -> None:
    assert component("files").file_count == "multiple"  # type: ignore[attr-defined]
    assert component("numpy").type == "numpy"  # type: ignore[attr-defined]
    assert component("matrix").type == component("list").type == "array"  # type: ignore[attr-defined]
    assert component("list").row_count == [1, "dynamic"]  # type: ignore[attr-defined]
    assert component("list").headers == ["1", "2", "3"]  # type: ignore[attr-defined]


def test_a_component_is_its_own_instance() -> None:
    box = gr.Textbox()
    assert get_component_instance(box) is box
    assert type(get_component_instance("number")) is gr.Number


def test_an_instance_can_be_removed_from_its_place() -> None:
    with gr.Blocks() as demo:
        box = gr.JSON()
        get_component_instance(box, unrender=True)
        with gr.Row() as row:
            get_component_instance(box, render=True)
    assert box in row.children
    assert demo.children == [row]


def test_a_component_that_a_client_names_opens_nothing() -> None:
    made = rebuilt("label", {"value": "/etc/secret.json", "color": "red"}, {"label": "x"})
    assert made.value == {"label": "x"}
    assert made.initial is None
    assert made.props()["color"] == "red"


@pytest.mark.parametrize(
    ("name", "given"), [("bogus", {}), ("textbox", {"bogus": 1}), ("slider", {"minimum": 5, "maximum": 1})]
)
def test_a_component_that_cannot_be_created_is_rejected(name: str, given: dict[str, int]) -> None:
    with pytest.raises(BadValue, match="that cannot be created"):
        rebuilt(name, given, None)
