"""Misspelled parameters, parameters of older versions of Gradio, and invalid values.

E16: covers every component and layout, Blocks and its subclasses, launch, mount, queue, and listeners.
E32: covers the same, States, themes and their variables, values of enumerated options, `gr.api`, `gr.render`,
`gr.Examples`, and components created outside of Blocks, such as in a handler that returns them.
E33: covers every option annotated with a list of strings, Radio, CheckboxGroup, Dropdown, and Number with a dict, list,
or set.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette

import holdfast
from holdfast.errors import BuildError
from holdfast.graph.parameters import FORMER

gr: Any = holdfast
"""Untyped, as programs without a type checker use it."""


def typed(number: int) -> int:
    return number


WRONG: list[tuple[Callable[[], Any], str, str, str]] = [
    (lambda: gr.Textbox(lable="A"), "Textbox", "lable", "label"),
    (lambda: gr.Number(minimun=1), "Number", "minimun", "minimum"),
    (lambda: gr.State(0, kye="a"), "State", "kye", "key"),
    (lambda: gr.Row(equal_hight=True), "Row", "equal_hight", "equal_height"),
    (lambda: gr.Blocks(titel="A"), "Blocks", "titel", "title"),
    (lambda: gr.Interface(str, "text", "text", descripton="A"), "Interface", "descripton", "description"),
    (lambda: gr.ChatInterface(lambda message, history: message, titel="A"), "ChatInterface", "titel", "title"),
    (lambda: gr.Blocks().launch(sever_port=1), "launch()", "sever_port", "server_port"),
    (lambda: gr.Blocks().launch(max_file_sizes=1), "launch()", "max_file_sizes", "max_file_size"),
    (lambda: gr.Blocks().queue(maxsize=1), "queue()", "maxsize", "max_size"),
    (lambda: gr.mount_gradio_app(Starlette(), gr.Blocks(), "/a", auht=1), "mount_gradio_app()", "auht", "auth"),
    (lambda: gr.themes.Soft(primary_heu="red"), "Soft", "primary_heu", "primary_hue"),
    (lambda: gr.themes.Base().set(body_background_fil="red"), "A theme", "body_background_fil", "body_background_fill"),
    (lambda: gr.Button().click(str, None, None, api_nam="a"), "A listener", "api_nam", "api_name"),
    (lambda: gr.api(typed, api_nam="a"), "gr.api()", "api_nam", "api_name"),
    (lambda: gr.render(trigers=[]), "gr.render()", "trigers", "triggers"),
    (lambda: gr.Examples(["a"], gr.Textbox(), lable="A"), "gr.Examples()", "lable", "label"),
    (lambda: gr.on(None, str, None, None, concurency_limit=1), "A listener", "concurency_limit", "concurrency_limit"),
]


@pytest.mark.parametrize(("call", "called", "given", "meant"), WRONG)
def test_a_misspelled_parameter_is_rejected_with_a_suggestion(
    call: Callable[[], Any], called: str, given: str, meant: str
) -> None:
    """E32, E16."""
    with gr.Blocks(), pytest.raises(TypeError, match="Did you mean") as refused:
        call()
    said = str(refused.value)
    assert said.startswith(called)
    assert f"{given!r}" in said
    assert f"Did you mean {meant!r}?" in said


OLDER: list[Callable[[], Any]] = [
    lambda: gr.ChatInterface(lambda message, history: message, type="messages"),
    lambda: gr.Chatbot(type="messages", show_copy_button=True, bubble_full_width=False),
    lambda: gr.Interface(str, "text", "text", allow_flagging="never"),
    lambda: gr.Textbox(show_copy_button=True),
    lambda: gr.Image(show_download_button=True, show_share_button=False),
    lambda: gr.Blocks().queue(concurrency_count=3),
    lambda: gr.Button().click(lambda: None, None, None, show_api=False),
    lambda: gr.mount_gradio_app(Starlette(), gr.Blocks(), "/a", show_api=False),
    lambda: gr.api(typed, show_api=False),
]


@pytest.mark.parametrize("call", OLDER)
def test_an_option_of_gradio_4_or_5_is_accepted_with_one_warning(call: Callable[[], Any]) -> None:
    """E16."""
    with gr.Blocks(), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        call()
    assert [("without effect" in str(one.message), one.filename) for one in told] == [(True, __file__)]


def test_launch_accepts_them_too() -> None:
    """E16."""
    with gr.Blocks() as demo:
        gr.Textbox()
    with pytest.warns(UserWarning, match=r"show_api, show_tips of launch\(\) are .* without effect"):
        demo.launch(server_port=0, prevent_thread_lock=True, quiet=True, show_api=False, show_tips=True)
    demo.close()


def test_no_existing_parameter_counts_as_obsolete() -> None:
    """E16."""
    for name in ("ChatInterface", "Chatbot", "Interface", "Image", "Dataframe"):
        for option in FORMER[name] | FORMER[""]:
            assert option not in getattr(gr, name).__init__.__annotations__, (name, option)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: gr.Button(variant="primry"), "Did you mean 'primary'?"),
        (lambda: gr.Button(size="medium"), "'sm', 'md', 'lg'"),
        (lambda: gr.Row(variant="pannel"), "Did you mean 'panel'?"),
        (lambda: gr.Radio(["a", "b"], value="c"), "begins with 'c'"),
        (lambda: gr.Radio(["apple"], value="aple"), "Did you mean 'apple'?"),
        (lambda: gr.CheckboxGroup(["a", "b"], value=["a", "c"]), "begins with 'c'"),
        (lambda: gr.Dropdown(["a", "b"], value="c"), "begins with 'c'"),
    ],
)
def test_an_invalid_value_is_warned_about_where_it_was_passed(call: Callable[[], Any], said: str) -> None:
    """E33: a warning, because Gradio starts such programs."""
    with gr.Blocks(), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        call()
    [one] = told
    assert said in str(one.message)
    assert one.filename == __file__


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: gr.Button(variant="primry"), "Did you mean 'primary'?"),
        (lambda: gr.Radio(["a", "b"], value="c"), "begins with 'c'"),
    ],
)
def test_so_is_one_that_is_passed_outside_of_blocks(call: Callable[[], Any], said: str) -> None:
    """E33: as an update that a handler returns, or before the Blocks; once, where it was passed."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        made = call()
        [one] = told
        with gr.Blocks():
            made.render()
    assert told == [one]
    assert said in str(one.message)
    assert one.filename == __file__


def test_an_example_that_its_component_does_not_accept_is_reported() -> None:
    """E33."""
    with gr.Blocks():
        radio = gr.Radio(["apple", "pear"])
        with pytest.warns(UserWarning, match="has an example 'aple'.*Did you mean 'apple'"):
            gr.Examples([["apple"], ["aple"], [None]], radio)
        with pytest.raises(ValueError, match="a number"):
            gr.Examples([[1], [{"a": 1}]], gr.Number())


@pytest.mark.parametrize(
    ("call", "meant"),
    [
        (lambda: gr.Examples(["a"], gr.Textbox(), cache_mode="lazzy"), "lazy"),
        (lambda: gr.render(show_progress="ful")(lambda: None), "full"),
        (lambda: gr.Button().click(str, None, None, api_visibility="publc"), "public"),
    ],
)
def test_an_invalid_mode_is_rejected_with_a_suggestion(call: Callable[[], Any], meant: str) -> None:
    """E32."""
    with gr.Blocks(), pytest.raises(BuildError, match=f"Did you mean '{meant}'"):
        call()


@pytest.mark.parametrize("value", [{"a": 1}, [1], {1, 2}])
def test_the_initial_value_of_a_number_is_not_a_collection(value: Any) -> None:
    """E33."""
    with gr.Blocks(), pytest.raises(ValueError, match="a number"):
        gr.Number(value)


def test_valid_values_cause_no_warning() -> None:
    """E33."""
    with gr.Blocks():
        gr.Button(variant="huggingface", size="sm")
        gr.Radio([("A", 1), ("B", 2)], value=2)
        gr.Dropdown(["a"], value="new", allow_custom_value=True)
        gr.Dropdown(value="later")
        gr.CheckboxGroup(["a"], value=lambda: ["a"])
        gr.Textbox(visible="hidden", type="email")
