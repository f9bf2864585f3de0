"""Markdown and HTML, and the text that programs write indented."""

from __future__ import annotations

from typing import Any

import pytest

import holdfast as gr
from holdfast.components.dedent import unindented
from holdfast.errors import BadValue


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("   a\n   b", "a\nb"),
        ("\n\n a\n", "a"),
        ("a\n  b\n", "a\nb"),
        ("  x  ", "x  "),
        ("a\n", "a"),
        ("  pad\n   b ", "pad\nb "),
        ("", ""),
        ("\n\n", ""),
        ("a\n    code\n  b", "a\n  code\nb"),
        ("a\tb", "a\tb"),
        ("def f():\n\treturn 1\n\n\tx", "def f():\nreturn 1\n\nx"),
        ("a\n\n  b", "a\n\nb"),
    ],
)
def test_common_indentation_and_blank_ends_are_removed(text: str, clean: str) -> None:
    assert unindented(text) == clean
    assert gr.Markdown().postprocess(text) == clean


def test_markdown_shows_nothing_for_none_and_the_str_of_anything_else() -> None:
    assert gr.Markdown().postprocess(None) is None
    assert gr.Markdown().postprocess(5) == "5"


def test_markdown_gives_its_text() -> None:
    assert gr.Markdown().preprocess("# x") == "# x"
    assert gr.Markdown().preprocess(None) is None
    with pytest.raises(BadValue, match="Markdown takes text, but 5"):
        gr.Markdown().preprocess(5)


def test_markdowns_config_has_gradios_defaults() -> None:
    assert gr.Markdown("  # T").props() == {
        "value": "# T",
        "label": None,
        "show_label": False,
        "scale": None,
        "min_width": None,
        "rtl": False,
        "latex_delimiters": [{"left": "$$", "right": "$$", "display": True}],
        "visible": True,
        "elem_id": None,
        "elem_classes": [],
        "key": None,
        "preserved_by_key": ["value"],
        "sanitize_html": True,
        "line_breaks": False,
        "header_links": False,
        "height": None,
        "max_height": None,
        "min_height": None,
        "buttons": None,
        "container": False,
        "padding": False,
        "name": "markdown",
    }
    assert gr.Markdown(show_label=True).show_label is True


@pytest.mark.parametrize("value", ["<b>x</b>", None, 5, {"a": 1}])
def test_html_passes_as_it_is_both_ways(value: Any) -> None:
    assert gr.HTML().preprocess(value) == value
    assert gr.HTML().postprocess(value) == value


def test_html_keeps_values_for_its_templates_apart() -> None:
    props = gr.HTML("<b>", html_template="${value} ${size}", size=3, elem_id="box").props()
    assert props["props"] == {"size": 3}
    assert props["elem_id"] == "box"
    assert props["html_template"] == "${value} ${size}"


def test_htmls_config_has_gradios_defaults() -> None:
    props = gr.HTML().props()
    expected = {
        "html_template": "${value}",
        "css_template": "",
        "js_on_load": "element.addEventListener('click', function() { trigger('click') });",
        "apply_default_css": True,
        "show_label": False,
        "min_width": None,
        "container": False,
        "padding": False,
        "autoscroll": False,
        "buttons": [],
        "head": None,
        "props": {},
        "component_class_name": "HTML",
        "name": "html",
    }
    assert {name: props[name] for name in expected} == expected


def test_html_has_every_event() -> None:
    assert len(gr.HTML.EVENTS) == 34
    assert gr.HTML.EVENTS[:4] == ("change", "input", "click", "double_click")


def test_the_class_of_a_custom_html_component_is_named() -> None:
    class Card(gr.HTML):
        pass

    assert Card().props()["component_class_name"] == "Card"
    assert Card().get_block_name() == "html"


def test_their_api_says_string() -> None:
    assert gr.Markdown().api_info() == gr.HTML().api_info() == {"type": "string"}
    assert gr.Markdown().example_payload() == "# Hello!"
    assert gr.HTML().example_payload() == "<p>Hello</p>"
    assert gr.Markdown.EVENTS == ("change", "copy")


def test_htmls_server_functions_are_methods_that_the_page_can_call() -> None:
    def double(data: int) -> int:
        return data * 2

    html = gr.HTML(server_functions=[double])
    assert html.SERVER_METHODS == ("double",)
    assert html.props()["server_fns"] == ["double"]
    assert html.double(4) == 8  # type: ignore[attr-defined]
    assert "server_fns" not in gr.HTML().props()


def test_a_server_function_cannot_hide_a_method() -> None:
    def render(data: int) -> int:
        return data

    with pytest.raises(ValueError, match="already has an attribute 'render'"):
        gr.HTML(server_functions=[render])
