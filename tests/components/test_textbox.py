from __future__ import annotations

from typing import Any

import pytest

import holdfast as gr


@pytest.mark.parametrize(
    ("payload", "value"),
    [("hi", "hi"), ("", ""), (None, None), (5, "5"), (True, "True"), (["x"], "['x']"), ({"a": 1}, "{'a': 1}")],
)
def test_a_handler_gets_text_whatever_was_sent(payload: Any, value: Any) -> None:
    assert gr.Textbox().preprocess(payload) == value


@pytest.mark.parametrize(
    ("value", "payload"), [("hi", "hi"), (None, None), (5, "5"), (("a", "b"), "('a', 'b')"), ([1], "[1]")]
)
def test_anything_returned_is_shown_as_its_str(value: Any, payload: Any) -> None:
    assert gr.Textbox().postprocess(value) == payload


def test_max_length_is_left_to_the_browser() -> None:
    box = gr.Textbox(max_length=2)
    assert box.preprocess("long") == "long"
    assert box.postprocess("long") == "long"


def test_a_type_that_does_not_exist_is_rejected_where_it_is_written() -> None:
    with pytest.raises(ValueError, match='`type` must be one of "text", "password", or "email"'):
        gr.Textbox(type="bogus")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["email", "password"])
def test_an_email_or_a_password_has_one_line(kind: Any) -> None:
    box = gr.Textbox(type=kind, lines=4, max_lines=9)
    assert (box.lines, box.max_lines) == (1, 1)


def test_the_config_has_gradios_defaults() -> None:
    assert gr.Textbox(5).props() == {
        "value": "5",
        "type": "text",
        "lines": 1,
        "max_lines": None,
        "placeholder": None,
        "label": None,
        "info": None,
        "show_label": True,
        "container": True,
        "scale": None,
        "min_width": 160,
        "interactive": None,
        "visible": True,
        "elem_id": None,
        "autofocus": False,
        "autoscroll": True,
        "elem_classes": [],
        "key": None,
        "preserved_by_key": ["value"],
        "text_align": None,
        "rtl": False,
        "buttons": [],
        "max_length": None,
        "submit_btn": False,
        "stop_btn": False,
        "html_attributes": None,
        "name": "textbox",
    }


def test_html_attributes_go_to_the_page_as_a_dict() -> None:
    box = gr.Textbox(html_attributes=gr.InputHTMLAttributes(autocorrect="off", tabindex=3))
    assert box.html_attributes == {
        "autocapitalize": None,
        "autocorrect": "off",
        "spellcheck": None,
        "autocomplete": None,
        "tabindex": 3,
        "enterkeyhint": None,
        "lang": None,
    }


def test_it_has_gradios_events_in_their_order() -> None:
    assert gr.Textbox.EVENTS == ("change", "input", "select", "submit", "focus", "blur", "stop", "copy")


def test_the_api_says_string() -> None:
    assert gr.Textbox().api_info() == {"type": "string"}
    assert gr.Textbox().example_payload() == "Hello!!"


def test_a_text_area_has_seven_lines() -> None:
    area = gr.TextArea()
    assert (area.lines, area.max_lines) == (7, 20)
    assert area.get_block_name() == "textbox"
