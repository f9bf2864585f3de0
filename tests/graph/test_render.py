"""`gr.render`: blocks that a function builds for one visitor."""

from __future__ import annotations

from typing import Any

import pytest

import holdfast as gr
from holdfast.errors import BuildError, RenderError
from holdfast.graph.app import AppView
from holdfast.graph.app_config import render_config


def notes(keyed: bool = False) -> tuple[gr.Blocks, gr.Number]:
    """Return an app that shows a given number of boxes."""
    with gr.Blocks() as demo:
        count = gr.Number(2)

        @gr.render(inputs=count)
        def boxes(n: int) -> None:
            for place in range(n):
                box = gr.Textbox(key=place if keyed else None)
                box.change(lambda text: text, box, count, key=f"change {place}" if keyed else None)

    return demo, count


def run(view: AppView, render: int = 0, *args: Any) -> dict[str, Any]:
    """Run a render as the runtime does, and return what the page gets."""
    spec = next(li.render for li in view.listeners() if li.render_id == render and li.render is not None)
    graph = spec.build(view, args)
    view.apply_render(render, graph)
    return render_config(view, graph, render)


def ids(config: dict[str, Any], kind: str) -> list[int]:
    """The ids of one type of component."""
    return [entry["id"] for entry in config["components"] if entry["type"] == kind]


def test_the_listener_that_renders_is_as_gradios() -> None:
    demo, count = notes()
    (listener,) = demo.fns.values()
    assert (listener.api_name, listener.api_visibility, listener.render_id) == ("apply", "undocumented", 0)
    assert [(t.block, t.event) for t in listener.targets] == [(demo, "load"), (count, "change")]
    assert [block.NAME for block in listener.outputs] == ["column"]


def test_in_a_row_the_container_is_a_row() -> None:
    with gr.Blocks() as demo, gr.Row():

        @gr.render()
        def nothing() -> None: ...

    assert [block.NAME for block in demo.fns[0].outputs] == ["row"]


def test_the_result_belongs_to_one_session_only() -> None:
    demo, _ = notes()
    mine, other = demo.spec.view(), demo.spec.view()
    config = run(mine, 0, 2)
    first = ids(config, "textbox")[0]
    assert mine.block(first).NAME == "textbox"
    with pytest.raises(KeyError):
        other.block(first)
    assert first not in demo.blocks


def test_the_page_gets_the_container_with_what_is_in_it() -> None:
    demo, _ = notes()
    config = run(demo.spec.view(), 0, 1)
    container = demo.fns[0].outputs[0].id
    form, box = ids(config, "form"), ids(config, "textbox")
    assert config["layout"] == {"id": container, "children": [{"id": form[0], "children": [{"id": box[0]}]}]}
    assert {entry["renderable"] for entry in config["components"]} == {0}
    assert [entry["rendered_in"] for entry in config["dependencies"]] == [0]


def test_without_keys_the_same_type_at_the_same_place_is_the_same_block() -> None:
    """E20: a block that the function builds again in the same place keeps its id, as does the form around it."""
    demo, _ = notes()
    view = demo.spec.view()
    before, after = run(view, 0, 2), run(view, 0, 3)
    assert ids(after, "textbox")[:2] == ids(before, "textbox")
    assert ids(after, "form") == ids(before, "form")


def test_another_type_at_the_same_place_is_another_block() -> None:
    """E20: an id never changes its type."""
    with gr.Blocks() as demo:
        number = gr.Number(0)

        @gr.render(inputs=number)
        def draw(n: int) -> None:
            gr.Markdown("first")
            gr.HTML("x") if n else gr.Markdown("x")

    view = demo.spec.view()
    before, after = run(view, 0, 0), run(view, 0, 1)
    assert ids(after, "markdown") == ids(before, "markdown")[:1]
    assert ids(after, "html")[0] not in ids(before, "markdown")


def test_a_state_without_a_key_starts_over() -> None:
    """R5.4, E20: a State of a render needs a key to survive the run."""
    with gr.Blocks() as demo:

        @gr.render()
        def draw() -> None:
            gr.State([])

    view = demo.spec.view()
    before = ids(run(view, 0), "state")
    assert not {*before} & {*ids(run(view, 0), "state")}


def test_the_blocks_of_the_previous_run_are_gone() -> None:
    demo, _ = notes()
    view = demo.spec.view()
    last = ids(run(view, 0, 2), "textbox")[-1]
    listener = max(li.id for li in view.listeners())
    run(view, 0, 1)
    with pytest.raises(KeyError):
        view.block(last)
    with pytest.raises(KeyError):
        view.listener(listener)


def test_keyed_blocks_and_listeners_keep_their_ids() -> None:
    demo, _ = notes(keyed=True)
    view = demo.spec.view()
    before = run(view, 0, 2)
    after = run(view, 0, 3)
    assert ids(after, "textbox")[:2] == ids(before, "textbox")
    assert ids(after, "form")[:1] == ids(before, "form")
    assert [entry["id"] for entry in after["dependencies"]][:2] == [entry["id"] for entry in before["dependencies"]]


def test_a_keyed_state_is_the_same_cell_in_every_run() -> None:
    """R5.4: its cell has the same name."""
    names = []
    with gr.Blocks() as demo:

        @gr.render()
        def one() -> None:
            names.append(gr.State(1, key="count"))
            names.append(gr.State(1))

    view = demo.spec.view()
    run(view)
    run(view)
    keyed, other, keyed_again, other_again = [state.cell.name for state in names]
    assert keyed == keyed_again
    assert other != other_again


def test_two_blocks_with_one_key_are_rejected() -> None:
    with gr.Blocks() as demo:

        @gr.render()
        def twins() -> None:
            gr.Textbox(key="twin")
            gr.Textbox(key="twin")

    view = demo.spec.view()
    with pytest.raises(BuildError, match="have the key 'twin'"):
        run(view)


def test_a_render_inside_a_render_goes_with_it() -> None:
    with gr.Blocks() as demo:

        @gr.render()
        def outer() -> None:
            @gr.render()
            def inner() -> None:
                gr.Textbox(key="deep")

    view = demo.spec.view()
    run(view)
    assert [li.render_id for li in view.listeners()] == [0, 1]
    deep = ids(run(view, 1), "textbox")[0]
    run(view)
    assert [li.render_id for li in view.listeners()] == [0, 2]
    with pytest.raises(KeyError):
        view.block(deep)
    assert ids(run(view, 2), "textbox") == [deep]


def test_names_of_endpoints_inside_do_not_hide_those_of_the_app() -> None:
    with gr.Blocks() as demo:
        gr.Button().click(lambda: None, api_name="go")

        @gr.render()
        def more() -> None:
            gr.Button().click(lambda: None, api_name="go")

    view = demo.spec.view()
    run(view)
    assert [li.api_name for li in view.listeners()] == ["go", "apply", "go_1"]
    found = view.by_api_name("/go_1")
    assert found is not None
    assert found.rendered_in == 0


def test_listeners_inside_can_use_what_is_outside() -> None:
    demo, count = notes()
    view = demo.spec.view()
    run(view, 0, 1)
    inside = max(view.listeners(), key=lambda li: li.id)
    assert inside.outputs == (count,)
    assert view.triggered_by(inside.inputs[0].id, "change") == (inside,)


def test_an_app_made_inside_a_render_becomes_part_of_it() -> None:
    with gr.Blocks() as demo:

        @gr.render()
        def inner() -> None:
            with gr.Blocks() as small:
                box = gr.Textbox()
                small.load(lambda: "x", None, box)
                with gr.Row():
                    gr.Button().click(lambda: None)

    view = demo.spec.view()
    config = run(view)
    assert [entry["type"] for entry in config["components"]] == ["column", "textbox", "row", "button", "form"]
    assert [entry["targets"][0] for entry in config["dependencies"]] == [
        [0, "load"],
        [ids(config, "button")[0], "click"],
    ]
    assert {entry["rendered_in"] for entry in config["dependencies"]} == {0}


def test_an_interface_can_be_rendered() -> None:
    with gr.Blocks() as demo:

        @gr.render()
        def inner() -> None:
            gr.Interface(lambda text, s: (text, s), ["textbox", gr.State(1)], ["textbox", gr.State()])

    view = demo.spec.view()
    config = run(view)
    assert ids(config, "state") == [state.id for state in view.states]
    assert any(entry["api_name"] == "lambda" for entry in config["dependencies"])


def test_a_failing_function_changes_nothing() -> None:
    with gr.Blocks() as demo:

        @gr.render()
        def broken() -> None:
            gr.Textbox()
            raise KeyError("the program's own")

    view = demo.spec.view()
    with pytest.raises(KeyError):
        run(view)
    assert len(list(view.listeners())) == 1
    assert view.next_block_id == len(demo.spec.blocks)


def test_render_outside_of_an_app_is_explained() -> None:
    with pytest.raises(RenderError, match="outside of a Blocks"):
        gr.render()


def test_render_without_parentheses_is_explained() -> None:
    with gr.Blocks(), pytest.raises(BuildError, match="in parentheses"):
        gr.render(lambda: None)
