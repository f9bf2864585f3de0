"""Apps inside apps, and apps of several pages."""

from __future__ import annotations

import pytest

import holdfast as gr
from holdfast.errors import BuildError, DuplicateBlockError, InvalidComponentError, RenderError
from holdfast.graph.app_config import app_config


def counter() -> gr.Blocks:
    """Return a small app."""
    with gr.Blocks() as demo:
        number = gr.Number()
        button = gr.Button()
        run = button.click(lambda n: n, number, number, api_name="count")
        run.then(lambda n: n, number, number, api_name="after")
        button.click(None, cancels=run)
        demo.load(lambda: 1, None, number, api_name="begin")
    return demo


def test_an_app_rendered_in_another_becomes_part_of_it() -> None:
    inner = counter()
    with gr.Blocks() as outer:
        gr.Markdown("above")
        inner.render()
    assert [child.NAME for child in outer.children] == ["markdown", "form", "button"]
    assert sorted(outer.blocks) == [0, 1, 2, 3, 4]


def test_listeners_of_an_inner_app_keep_their_meaning() -> None:
    inner = counter()
    with gr.Blocks() as outer:
        gr.Button().click(lambda: None)
        inner.render()
    fns = {fn.api_name: fn for fn in outer.fns.values()}
    assert fns["after"].trigger_after == fns["count"].id == 1
    assert [fn.cancels for fn in outer.fns.values() if fn.cancels] == [(1,)]
    assert fns["begin"].targets[0].block is outer


def test_two_inner_apps_do_not_take_each_others_names() -> None:
    first, second = counter(), counter()
    with gr.Blocks() as outer:
        with gr.Tab("One"):
            first.render()
        with gr.Tab("Two"):
            second.render()
    names = [fn.api_name for fn in outer.fns.values()]
    assert names.count("count") == names.count("count_1") == 1


def test_an_app_made_inside_another_is_placed_there_at_once() -> None:
    with gr.Blocks() as outer:
        with gr.Row() as row, gr.Blocks() as inner:
            gr.Markdown("inside")
        with inner:
            gr.Markdown("more")
    assert [child.NAME for child in row.children] == ["markdown", "markdown"]
    assert inner.graph is outer.graph


def test_an_inner_app_can_listen_to_components_around_it() -> None:
    with gr.Blocks() as outer:
        box = gr.Textbox()
        with gr.Blocks():
            gr.Button().click(lambda text: text, box, box)
    (listener,) = outer.fns.values()
    assert listener.inputs == (box,)
    assert outer.blocks[box.id] is box


def test_combined_apps_can_share_a_state() -> None:
    state = gr.State(0)
    apps = []
    for _ in range(2):
        with gr.Blocks() as app:
            state.render()
            gr.Button().click(lambda s: s, state, state)
        state.parent = None
        apps.append(app)
    with gr.Blocks() as outer:
        for app in apps:
            app.render()
    assert outer.spec.states == (state,)
    assert {fn.inputs for fn in outer.fns.values()} == {(state,)}


def test_an_app_cannot_be_placed_in_another_twice() -> None:
    inner = counter()
    with gr.Blocks():
        inner.render()
        with gr.Row(), pytest.raises(DuplicateBlockError, match="second time"):
            inner.render()


def test_a_listener_can_use_an_app_that_is_rendered_later() -> None:
    with gr.Blocks() as inner:
        box = gr.Textbox()
    with gr.Blocks() as outer:
        gr.Button().click(lambda text: text, box, box)
        inner.render()
    assert outer.spec.listeners[0].inputs == (box,)
    assert outer.spec.blocks[box.id] is box


def test_a_component_of_another_app_is_rejected_with_the_line_that_used_it() -> None:
    with gr.Blocks():
        box = gr.Textbox()
    with gr.Blocks() as other:
        gr.Button().click(lambda text: text, box, box)
    with pytest.raises(InvalidComponentError, match=r"test_nesting\.py:\d+ uses Textbox.* belongs to another app"):
        other.get_config_file()


def test_an_app_created_in_its_place_can_be_rendered_once() -> None:
    with gr.Blocks() as outer:
        counter().render()
    assert [child.NAME for child in outer.children] == ["form", "button"]


def test_rendering_an_app_outside_of_another_is_explained() -> None:
    with pytest.raises(RenderError, match="outside of a Blocks"):
        counter().render()


# Pages ----------------------------------------------------------------------------------------------------------------


def two_pages() -> gr.Blocks:
    """An app with a second page, another app on it."""
    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.submit(lambda text: text, box, box)
    with demo.route("Count Up"):
        counter().render()
    return demo


def test_a_page_has_a_path_made_of_its_name() -> None:
    assert [tuple(page) for page in two_pages().spec.pages] == [("", "Home", True), ("count-up", "Count Up", True)]


def test_each_page_has_its_own_components_and_listeners() -> None:
    pages = app_config(two_pages().spec)["page"]
    assert pages[""] == {
        "layout": {"id": 0, "children": [{"id": 2, "children": [{"id": 1}]}]},
        "components": [1, 2],
        "dependencies": [0],
    }
    assert pages["count-up"]["layout"]["children"] == [{"id": 5, "children": [{"id": 3}]}, {"id": 4}]
    assert pages["count-up"]["dependencies"] == [1, 2, 3, 4, 5]


def test_the_config_of_one_page_leaves_the_others_out() -> None:
    config = app_config(two_pages().spec, page="count-up", compact=True)
    assert [entry["id"] for entry in config["components"]] == [3, 4, 5]
    assert config["layout"] == app_config(two_pages().spec)["page"]["count-up"]["layout"]
    assert "page" not in config
    assert len(config["pages"]) == 2


@pytest.mark.parametrize("path", ["", "config", "gradio_api/x"])
def test_a_page_cannot_have_a_path_that_is_taken(path: str) -> None:
    demo = two_pages()
    with pytest.raises(BuildError, match="which is taken"), demo.route("Other", path):
        pass
