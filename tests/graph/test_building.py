"""Building an app: ids, places, and mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import holdfast as gr
from holdfast.errors import BuildError, DuplicateBlockError, RenderError
from holdfast.graph.context import current


def test_ids_start_at_the_root_in_program_order() -> None:
    with gr.Blocks() as demo:
        name = gr.Textbox()
        with gr.Row() as row:
            count = gr.Number()
    assert (demo.id, name.id, row.id, count.id) == (0, 1, 2, 3)


def test_the_same_program_gets_the_same_ids_and_app_id_every_time() -> None:
    def build() -> gr.Blocks:
        with gr.Blocks() as demo:
            box = gr.Textbox()
            gr.Button().click(len, box, None)
        return demo

    one, two = build(), build()
    assert list(one.blocks) == list(two.blocks)
    assert one.spec.app_id == two.spec.app_id


def test_a_new_listener_changes_the_app_id() -> None:
    with gr.Blocks() as demo:
        box = gr.Textbox()
        button = gr.Button()
    before = demo.spec.app_id
    with demo:
        button.click(len, box, None)
    assert demo.spec.app_id != before


def test_a_layout_outside_of_an_app_is_explained() -> None:
    with pytest.raises(RenderError, match="Put it inside `with"), gr.Row():
        pass


def test_a_component_outside_of_an_app_can_be_created_but_not_rendered() -> None:
    box = gr.Textbox()
    with pytest.raises(RenderError, match="outside of a Blocks"):
        box.render()


def test_a_component_is_placed_where_it_is_rendered() -> None:
    box = gr.Textbox()
    with gr.Blocks(), gr.Row() as row:
        button = gr.Button()
        box.render()
    assert [child.NAME for child in row.children] == ["button", "form"]
    assert button.parent is row


def test_rendering_twice_is_rejected() -> None:
    with gr.Blocks():
        box = gr.Textbox()
        with pytest.raises(DuplicateBlockError, match="second time"):
            box.render()


def test_an_unrendered_block_can_be_placed_elsewhere() -> None:
    with gr.Blocks():
        button = gr.Button()
        button.unrender()
        with gr.Row() as row:
            button.render()
    assert row.children == [button]


def test_an_unknown_event_is_an_attribute_error() -> None:
    with gr.Blocks():
        button = gr.Button()
        with pytest.raises(AttributeError, match="has no attribute or event 'submit'; its events are"):
            button.submit(len)  # type: ignore[attr-defined]


def test_a_listener_outside_of_an_app_is_explained() -> None:
    with gr.Blocks():
        button = gr.Button()
    with pytest.raises(RenderError, match="Cannot call click outside of a Blocks"):
        button.click(len)


def test_an_error_is_raised_at_the_line_that_made_it() -> None:
    with gr.Blocks():
        button, row = gr.Button(), gr.Row()
        with pytest.raises(BuildError) as caught:
            button.click(len, row, None)
    assert str(caught.traceback[0].path) == __file__


def test_a_state_used_in_a_listener_belongs_to_the_app_without_being_placed() -> None:
    state = gr.State(1)
    with gr.Blocks() as demo:
        gr.Button().click(lambda s: s, state, state)
    assert demo.blocks[state.id] is state
    assert demo.spec.states == (state,)


def test_an_error_inside_the_with_leaves_no_context_behind() -> None:
    with pytest.raises(KeyError), gr.Blocks(), gr.Row():
        raise KeyError("the program's own")
    assert current.get() is None


def test_the_spec_is_updated_when_building_continues() -> None:
    with gr.Blocks() as demo:
        gr.Textbox()
    assert len(demo.spec.blocks) == 3
    with demo:
        gr.Button()
    assert [block.NAME for block in demo.spec.blocks.values()] == ["blocks", "textbox", "form", "button"]


def test_options_that_moved_to_launch_are_accepted_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="css belong to launch"):
        demo = gr.Blocks(css="a {}")
    assert demo.spec.options.css == "a {}"


def test_an_unknown_option_is_rejected() -> None:
    with pytest.raises(TypeError, match="'colour'"):
        gr.Blocks(colour="red")


def test_an_unknown_session_kind_is_rejected() -> None:
    with pytest.raises(BuildError, match="page, tab"):
        gr.Blocks(session="week")  # type: ignore[arg-type]


def test_calling_an_app_calls_its_function() -> None:
    with gr.Blocks() as demo:
        box = gr.Textbox()
        gr.Button().click(str.upper, box, box)
    assert demo("low") == "LOW"


def test_calling_an_app_whose_function_needs_a_session_is_rejected() -> None:
    with gr.Blocks() as demo:
        state = gr.State(0)
        gr.Button().click(lambda s: s, state, state)
    with pytest.raises(BuildError, match="it uses State"):
        demo(1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: gr.Textbox(lable="Name"), "Textbox has no parameter 'lable'. Did you mean 'label'?"),  # type: ignore[call-arg]
        (lambda: gr.Row(hight=3), "Row has no parameter 'hight'. Did you mean 'height'?"),  # type: ignore[call-arg]
        (lambda: gr.Dropdown(5), "`choices` is a list of values"),  # type: ignore[arg-type]
        (lambda: gr.Number(lambda: 1, every="often"), "Number: `every` is a number of seconds or a gr.Timer"),  # type: ignore[arg-type]
    ],
)
def test_an_invalid_option_is_rejected_with_the_valid_ones(make: Callable[[], object], message: str) -> None:
    with gr.Blocks(), pytest.raises(TypeError) as caught:
        make()
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("options", [{"concurrency_limit": 0}, {"max_batch_size": 0}, {"concurrency_limit": -1}])
def test_a_limit_under_which_nothing_could_run_is_rejected(options: dict[str, Any]) -> None:
    with gr.Blocks():
        button = gr.Button()
        with pytest.raises(BuildError, match="would not let any event run"):
            button.click(lambda: None, **options)
