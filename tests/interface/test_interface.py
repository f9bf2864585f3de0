"""Apps that `Interface` builds from a function, its inputs and its outputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import holdfast as gr


def echo(name: str, count: float = 1) -> str:
    """Return the argument."""
    return name * int(count)


def texts(demo: gr.Blocks, kind: str) -> list[Any]:
    """The values of all blocks of a kind, in order."""
    return [c["props"].get("value") for c in demo.get_config_file()["components"] if c["type"] == kind]


def listener(demo: gr.Blocks, api_name: str) -> dict[str, Any]:
    """A listener's config."""
    return next(d for d in demo.get_config_file()["dependencies"] if d["api_name"] == api_name)


def test_inputs_are_labeled_after_the_parameters_and_a_single_output_output() -> None:
    demo = gr.Interface(echo, ["text", "number"], "text")
    assert [c.label for c in demo.input_components] == ["name", "count"]
    assert [c.label for c in demo.output_components] == ["output"]


def test_several_outputs_are_numbered_and_explicit_labels_stay() -> None:
    demo = gr.Interface(echo, [gr.Textbox(label="Who"), "number"], ["text", gr.JSON(label="Facts"), "number"])
    assert [c.label for c in demo.input_components] == ["Who", "count"]
    assert [c.label for c in demo.output_components] == ["output 0", "Facts", "output 2"]


def test_outputs_are_not_interactive() -> None:
    demo = gr.Interface(echo, "text", ["text", "number"])
    assert [vars(c)["interactive"] for c in demo.output_components] == [False, False]


def test_enter_and_submit_start_one_listener_that_has_the_functions_name() -> None:
    demo = gr.Interface(echo, ["text", "number"], "text")
    run = listener(demo, "echo")
    events = [event for _, event in run["targets"]]
    assert events == ["click", "submit", "submit"]
    assert run["trigger_mode"] == "once"
    assert run["api_visibility"] == "public"


def test_only_the_function_is_in_the_api() -> None:
    info = gr.Interface(echo, ["text", "number"], "text").get_api_info()
    assert list(info["named_endpoints"]) == ["/echo"]
    assert [p["parameter_name"] for p in info["named_endpoints"]["/echo"]["parameters"]] == ["name", "count"]


def test_live_runs_at_every_change_without_a_submit_button() -> None:
    demo = gr.Interface(echo, ["text", "number"], "text", live=True)
    assert [event for _, event in listener(demo, "echo")["targets"]] == ["change", "change"]
    assert "Submit" not in texts(demo, "button")


def test_without_inputs_the_button_says_generate() -> None:
    demo = gr.Interface(lambda: "here", None, "text")
    assert texts(demo, "button") == ["Clear", "Generate", "Flag"]


def test_without_outputs_there_is_nothing_to_flag() -> None:
    demo = gr.Interface(lambda name: None, "text", None)
    assert texts(demo, "button") == ["Clear", "Submit"]


def test_one_component_as_input_and_output_is_placed_once() -> None:
    box = gr.Textbox()
    demo = gr.Interface(lambda text: text, box, box)
    assert len(texts(demo, "textbox")) == 1


def test_a_generator_gets_a_stop_button_that_is_hidden_at_first() -> None:
    def count(name: str) -> Iterator[str]:
        yield name

    demo = gr.Interface(count, "text", "text")
    stop = next(c for c in demo.get_config_file()["components"] if c["props"].get("value") == "Stop")
    assert stop["props"]["visible"] is False
    assert [d["cancels"] for d in demo.get_config_file()["dependencies"] if d["cancels"]] == [
        [listener(demo, "count")["id"]]
    ]


def test_flagging_options_are_separate_buttons() -> None:
    demo = gr.Interface(echo, "text", "text", flagging_options=["good", "bad"])
    assert texts(demo, "button")[-2:] == ["Flag as good", "Flag as bad"]


@pytest.mark.parametrize("mode", ["auto", "never"])
def test_without_manual_flagging_there_is_no_flag_button(mode: Any, tmp_path: Path) -> None:
    demo = gr.Interface(echo, "text", "text", flagging_mode=mode, flagging_dir=tmp_path)
    assert "Flag" not in texts(demo, "button")


def test_an_unknown_flagging_mode_is_rejected() -> None:
    with pytest.raises(ValueError, match="'sometimes' is not one of"):
        gr.Interface(echo, "text", "text", flagging_mode="sometimes")  # type: ignore[arg-type]


def test_something_that_is_not_callable_is_rejected() -> None:
    with pytest.raises(TypeError, match="5 is not a callable object"):
        gr.Interface(5, "text", "text")  # type: ignore[arg-type]


def test_an_unknown_component_name_is_rejected() -> None:
    with pytest.raises(ValueError, match="No such component or layout: bogus"):
        gr.Interface(echo, "bogus", "text")


def test_the_state_shortcut_starts_with_the_parameters_default() -> None:
    """R1.5: the string "state" is a State whose initial value is the default of the function's parameter."""

    def remember(text: str, seen: list[str] = ["start"]) -> Any:  # noqa: B006 -- the default is what is tested
        return text, seen

    demo = gr.Interface(remember, ["text", "state"], ["text", "state"])
    state = demo.input_components[1]
    assert isinstance(state, gr.State)
    assert state.value == ["start"]


def test_the_state_shortcut_is_none_without_a_default() -> None:
    """R1.5"""
    demo = gr.Interface(lambda text, seen: (text, seen), ["text", "state"], ["text", "state"])
    assert demo.input_components[1].value is None


def test_the_states_of_input_and_output_are_one_cell_and_the_inputs_value_counts() -> None:
    """R1.5: positions may differ."""
    demo = gr.Interface(lambda seen, text: (text, seen), [gr.State([1]), "text"], ["text", gr.State([2])])
    assert demo.input_components[0] is demo.output_components[1]
    assert demo.input_components[0].value == [1]


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        (["text", "state"], ["text"]),
        (["text"], ["text", "state"]),
        (["text", "state", "state"], ["text", "state"]),
        (["text", gr.State()], ["text", gr.State(), gr.State()]),
    ],
)
def test_states_that_do_not_match_are_rejected(inputs: list[Any], outputs: list[Any]) -> None:
    """R1.5"""
    with pytest.raises(ValueError, match="exactly one state input and one state output"):
        gr.Interface(lambda *values: values, inputs, outputs)


def test_a_state_among_the_additional_inputs_counts_too() -> None:
    """R1.5"""
    demo = gr.Interface(lambda text, seen: (text, seen), "text", ["text", "state"], additional_inputs=[gr.State([])])
    assert demo.output_components[1] is demo.additional_inputs[0]


def test_a_state_is_neither_in_the_api_nor_among_the_flagged_values(tmp_path: Path) -> None:
    demo = gr.Interface(
        lambda text, seen: (text, seen),
        ["text", "state"],
        ["text", "state"],
        api_name="remember",
        flagging_dir=tmp_path,
    )
    endpoint = demo.get_api_info()["named_endpoints"]["/remember"]
    assert [p["component"] for p in endpoint["parameters"]] == ["Textbox"]
    assert [p["component"] for p in endpoint["returns"]] == ["Textbox"]
    assert listener(demo, "Flag")["inputs"] == [demo.input_components[0].id, demo.output_components[0].id]


def test_examples_are_not_cached_with_a_state() -> None:
    with pytest.warns(UserWarning, match="cannot be cached"):
        gr.Interface(
            lambda text, seen: (text, seen),
            ["text", "state"],
            ["text", "state"],
            examples=["one"],
            cache_examples=True,
        )


def test_additional_inputs_are_in_a_closed_accordion() -> None:
    demo = gr.Interface(echo, "text", "text", additional_inputs=["number"])
    accordion = next(c for c in demo.get_config_file()["components"] if c["type"] == "accordion")
    assert (accordion["props"]["label"], accordion["props"]["open"]) == ("Additional Inputs", False)
    assert len(listener(demo, "echo")["inputs"]) == 2


def test_clear_resets_everything_in_the_browser_and_the_state_on_the_server() -> None:
    demo = gr.Interface(
        lambda text, seen: (text, seen), [gr.Textbox("hello"), "state"], ["text", "state"], flagging_mode="never"
    )
    clears = [d for d in demo.get_config_file()["dependencies"] if d["targets"] == [[demo.clear_button.id, "click"]]]
    assert [bool(d["backend_fn"]) for d in clears] == [False, True]
    assert clears[0]["js"] == '() => ["hello", null]'
    assert clears[1]["outputs"] == [demo.input_components[1].id]


def test_clear_btn_none_hides_it() -> None:
    demo = gr.Interface(echo, "text", "text", clear_btn=None)
    assert demo.clear_button.visible is False


def test_examples_fill_the_inputs() -> None:
    demo = gr.Interface(echo, ["text", "number"], "text", examples=[["ha", 2], ["ho", 3]])
    dataset = next(c for c in demo.get_config_file()["components"] if c["type"] == "dataset")
    assert dataset["props"]["samples"] == [["ha", 2], ["ho", 3]]
    assert dataset["props"]["headers"] == ["name", "count"]
    assert listener(demo, "load_example")["outputs"] == [c.id for c in demo.input_components]


def test_title_description_and_article_surround_it() -> None:
    demo = gr.Interface(echo, "text", "text", title="Echo", description="Says it", article="The end")
    assert demo.title == "Echo"
    shown = texts(demo, "markdown")
    assert "Echo" in shown[0]
    assert shown[1:] == ["Says it", "The end"]


def test_it_can_be_placed_inside_blocks() -> None:
    with gr.Blocks() as outer:
        gr.Interface(echo, ["text", "number"], "text")
    assert "/echo" in outer.get_api_info()["named_endpoints"]


def test_components_made_inside_blocks_are_moved_into_the_interface() -> None:
    with gr.Blocks() as outer:
        box = gr.Textbox(label="Mine")
        gr.Interface(echo, box, "text")
    placed = [c for c in outer.get_config_file()["components"] if c["props"].get("label") == "Mine"]
    assert len(placed) == 1
    assert box.parent is not outer


@pytest.mark.parametrize(("given", "is_open"), [(None, False), ("More", True)])
def test_an_accordion_with_a_custom_label_is_open(given: str | None, is_open: bool) -> None:
    demo = gr.Interface(
        lambda word, times: word, "text", "text", additional_inputs=["number"], additional_inputs_accordion=given
    )
    [accordion] = [block for block in demo.blocks.values() if isinstance(block, gr.Accordion)]
    assert accordion.open is is_open
