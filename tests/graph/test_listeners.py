"""Parameters of listeners, compatible with Gradio."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import pytest

import holdfast as gr
from holdfast.errors import BuildError, InvalidBlockError, InvalidComponentError


def identity(value: Any) -> Any:
    """Return the argument."""
    return value


def pair(first: Any, second: Any) -> Any:
    """Return the first argument."""
    return first or second


@pytest.fixture
def demo() -> Iterator[gr.Blocks]:
    """An app that is being built."""
    with gr.Blocks() as demo:
        yield demo


# Inputs and outputs ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("demo")
def test_a_set_of_inputs_comes_as_one_dict_in_the_order_of_ids() -> None:
    first, second, button = gr.Textbox(), gr.Number(), gr.Button()
    listener = button.click(identity, {second, first}, {second, first}).listener
    assert listener.inputs_as_dict
    assert listener.inputs == listener.outputs == (first, second)


@pytest.mark.usefixtures("demo")
def test_a_dict_as_inputs_points_to_inputs_kwargs() -> None:
    box, button = gr.Textbox(), gr.Button()
    with pytest.raises(ValueError, match="inputs_kwargs"):
        button.click(identity, {"value": box})


@pytest.mark.usefixtures("demo")
def test_inputs_by_keyword_follow_the_others() -> None:
    first, second, button = gr.Textbox(), gr.Number(), gr.Button()
    listener = button.click(pair, first, None, inputs_kwargs={"second": second}).listener
    assert listener.inputs == (first, second)
    assert listener.keyword_inputs == ("second",)


@pytest.mark.usefixtures("demo")
def test_inputs_with_an_unknown_keyword_are_rejected() -> None:
    box, button = gr.Textbox(), gr.Button()
    with pytest.raises(BuildError, match="'third'"):
        button.click(pair, [box, box], None, inputs_kwargs={"third": box})


@pytest.mark.usefixtures("demo")
def test_inputs_by_keyword_and_a_set_exclude_each_other() -> None:
    box, button = gr.Textbox(), gr.Button()
    with pytest.raises(BuildError, match="is a set"):
        button.click(pair, {box}, None, inputs_kwargs={"second": box})


@pytest.mark.usefixtures("demo")
def test_a_layout_cannot_be_an_input() -> None:
    button = gr.Button()
    with gr.Row() as row:
        pass
    with pytest.raises(InvalidComponentError, match="Row is a layout"):
        button.click(identity, row)


@pytest.mark.usefixtures("demo")
def test_a_layout_can_be_an_output() -> None:
    with gr.Row() as row:
        button = gr.Button()
    assert button.click(identity, button, row).listener.outputs == (row,)


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("wrong", "said"), [("textbox", "as strings"), (3, r"3 \(int\)"), ([None], r"None \(NoneType\)")]
)
def test_what_is_not_a_component_is_rejected_by_name(wrong: Any, said: str) -> None:
    button = gr.Button()
    with pytest.raises(InvalidBlockError, match=said):
        button.click(identity, wrong)


@pytest.mark.usefixtures("demo")
def test_too_few_inputs_only_warn() -> None:
    box, button = gr.Textbox(), gr.Button()
    with pytest.warns(UserWarning, match="'pair' takes at least 2 inputs, but `inputs` has 1") as caught:
        button.click(pair, box)
    assert caught[0].filename == __file__


@pytest.mark.usefixtures("demo")
def test_too_many_inputs_only_warn() -> None:
    box, button = gr.Textbox(), gr.Button()
    with pytest.warns(UserWarning, match="at most"):
        button.click(identity, [box, box])


@pytest.mark.usefixtures("demo")
def test_injected_parameters_do_not_count_as_inputs() -> None:
    def handler(event: gr.SelectData, value: str, request: gr.Request | None, progress: Any = gr.Progress()) -> None:  # noqa: B008
        del event, value, request, progress

    box = gr.Textbox()
    listener = box.select(handler, box).listener
    assert listener.collects_event_data
    assert [p.name for p in listener.signature.special] == ["event", "request", "progress"]


@pytest.mark.usefixtures("demo")
def test_a_parameter_annotated_with_a_component_gets_its_properties() -> None:
    def handler(first: str, second: gr.Number) -> None:
        del first, second

    box, number, button = gr.Textbox(), gr.Number(), gr.Button()
    assert button.click(handler, [box, number]).listener.component_prop_inputs == (1,)


# Names ----------------------------------------------------------------------------------------------------------------


class Callable:
    """A callable object."""

    def __call__(self, value: Any) -> Any:
        return value


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("fn", "name"),
    [
        (identity, "identity"),
        (lambda value: value, "lambda"),
        (functools.partial(pair, 1), "partial"),
        (Callable(), "Callable"),
        (str.upper, "upper"),
        (len, "len"),
    ],
)
def test_an_endpoint_is_named_after_its_function(fn: Any, name: str) -> None:
    box, button = gr.Textbox(), gr.Button()
    assert button.click(fn, box, box).listener.api_name == name


def test_names_are_made_unique(demo: gr.Blocks) -> None:
    box, button = gr.Textbox(), gr.Button()
    for _ in range(3):
        button.click(identity, box, box)
    button.click(identity, box, box, api_name="identity")
    assert [fn.api_name for fn in demo.fns.values()] == ["identity", "identity_1", "identity_2", "identity_3"]


def test_many_functions_of_one_name_are_numbered_as_quickly_as_few() -> None:
    with gr.Blocks() as demo:
        button = gr.Button()
        for _ in range(3_000):
            button.click(lambda: None)
    assert [fn.api_name for fn in demo.fns.values()][-1] == "lambda_2999"


@pytest.mark.usefixtures("demo")
def test_no_name_hides_the_endpoint() -> None:
    box, button = gr.Textbox(), gr.Button()
    listener = button.click(identity, box, box, api_name=False).listener
    assert (listener.api_name, listener.api_visibility) == ("false", "private")


@pytest.mark.usefixtures("demo")
def test_a_name_that_is_not_a_string_is_rejected() -> None:
    box, button = gr.Textbox(), gr.Button()
    with pytest.raises(BuildError, match="api_name=3"):
        button.click(identity, box, box, api_name=3)  # type: ignore[arg-type]


@pytest.mark.usefixtures("demo")
def test_javascript_alone_is_private_and_outside_the_queue() -> None:
    button = gr.Button()
    listener = button.click(None, js="() => 1").listener
    assert (listener.api_name, listener.api_visibility, listener.queue) == ("js_fn", "private", False)


# Defaults by event ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("demo")
def test_changes_run_the_last_one_and_clicks_run_once() -> None:
    box, button = gr.Textbox(), gr.Button()
    assert box.change(identity, box).listener.trigger_mode == "always_last"
    assert button.click(identity, box).listener.trigger_mode == "once"
    assert gr.on([box.change, button.click], identity, box).listener.trigger_mode == "once"
    assert gr.on([box.change, button.change], identity, box).listener.trigger_mode == "always_last"


@pytest.mark.usefixtures("demo")
def test_a_timers_ticks_show_no_progress() -> None:
    assert gr.Timer().tick(lambda: None).listener.show_progress == "hidden"


@pytest.mark.usefixtures("demo")
def test_progress_can_be_a_boolean() -> None:
    box, button = gr.Textbox(), gr.Button()
    assert button.click(identity, box, show_progress=False).listener.show_progress == "hidden"
    assert button.click(identity, box, show_progress=True).listener.show_progress == "full"


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"trigger_mode": "twice"}, "once, multiple, always_last"),
        ({"api_visibility": "secret"}, "public, undocumented, private"),
        ({"show_progress": "loud"}, "full, minimal, hidden"),
        ({"js": True}, "does not support"),
        ({"validator": "valid"}, "is not callable"),
    ],
)
def test_an_invalid_option_value_is_rejected(options: Any, said: str) -> None:
    box, button = gr.Textbox(), gr.Button()
    with pytest.raises(BuildError, match=said):
        button.click(identity, box, box, **options)


@pytest.mark.usefixtures("demo")
def test_an_unknown_option_is_a_type_error_that_lists_the_options() -> None:
    with pytest.raises(TypeError, match=r"no parameter 'evry'.*api_name"):
        gr.Button().click(lambda: None, evry=3)  # type: ignore[call-arg]


@pytest.mark.usefixtures("demo")
def test_what_is_not_callable_is_rejected() -> None:
    with pytest.raises(BuildError, match="is not callable"):
        gr.Button().click(5)  # type: ignore[arg-type]


@pytest.mark.usefixtures("demo")
def test_a_generator_cannot_answer_a_batch() -> None:
    def steps(values: list[str]) -> Iterator[list[str]]:
        yield values

    box, button = gr.Textbox(), gr.Button()
    with pytest.raises(BuildError, match="is a generator"):
        button.click(steps, box, box, batch=True)


@pytest.mark.usefixtures("demo")
def test_generators_are_known_however_they_are_wrapped() -> None:
    async def steps(value: str) -> Any:
        yield value

    class Steps:
        def __call__(self, value: str) -> Iterator[str]:
            yield value

    box, button = gr.Textbox(), gr.Button()
    for fn in (steps, functools.partial(steps), Steps(), Steps().__call__):
        assert button.click(fn, box, box).listener.is_generator
    assert not button.click(identity, box, box).listener.is_generator


# Forms of the call ----------------------------------------------------------------------------------------------------


def test_a_decorator_leaves_the_function_callable(demo: gr.Blocks) -> None:
    box, button = gr.Textbox(), gr.Button()

    @button.click(inputs=box, outputs=box)
    def shout(text: str) -> str:
        return text.upper()

    assert shout("a") == "A"
    assert [fn.api_name for fn in demo.fns.values()] == ["shout"]


def test_a_decorator_without_parentheses_registers_too(demo: gr.Blocks) -> None:
    button = gr.Button()

    @button.click
    def ping() -> None: ...

    assert demo.fns[0].fn is ping.fn


def test_javascript_registered_at_once_is_replaced_by_the_decorated_function(demo: gr.Blocks) -> None:
    button = gr.Button()
    handle = button.click(js="() => 1")
    assert [fn.api_name for fn in demo.fns.values()] == ["js_fn"]
    handle(dict)
    assert [(fn.api_name, fn.js) for fn in demo.fns.values()] == [("dict", "() => 1")]


@pytest.mark.usefixtures("demo")
def test_a_decorator_without_its_function_cannot_be_chained_on() -> None:
    waiting = gr.Button().click()
    with pytest.raises(BuildError, match="has no function yet"):
        waiting.then(dict)


def test_chains_know_what_they_follow(demo: gr.Blocks) -> None:
    box, button = gr.Textbox(), gr.Button()
    first = button.click(identity, box, box)
    first.then(identity, box, box)
    first.success(identity, box, box)
    first.failure(identity, box, box)
    fns = list(demo.fns.values())[1:]
    assert [fn.trigger_after for fn in fns] == [0, 0, 0]
    assert [(fn.trigger_only_on_success, fn.trigger_only_on_failure) for fn in fns] == [
        (False, False),
        (True, False),
        (False, True),
    ]
    assert [fn.targets[0].event for fn in fns] == ["then", "success", "failure"]


def test_canceling_is_a_second_private_listener(demo: gr.Blocks) -> None:
    box, button, stop = gr.Textbox(), gr.Button(), gr.Button()
    run = button.click(identity, box, box)
    stop.click(None, cancels=run)
    ids = [(fn.cancels, fn.api_visibility, fn.queue) for fn in demo.fns.values()]
    assert ids == [((), "public", True), ((), "private", False), ((0,), "private", False)]


def test_canceling_outside_the_queue_is_rejected_and_leaves_nothing(demo: gr.Blocks) -> None:
    box, button = gr.Textbox(), gr.Button()
    run = button.click(identity, box, box, queue=False)
    with pytest.raises(BuildError, match="queue=False"):
        button.click(None, cancels=[run])
    assert len(demo.fns) == 1


@pytest.mark.usefixtures("demo")
def test_canceling_a_function_instead_of_a_listener_is_rejected() -> None:
    with pytest.raises(BuildError, match="what the other listener's call returned"):
        gr.Button().click(None, cancels=identity)


# gr.on, load, unload --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("demo")
def test_on_takes_several_events() -> None:
    box, button = gr.Textbox(), gr.Button()
    listener = gr.on([button.click, box.submit], identity, box, box).listener
    assert [(t.block, t.event) for t in listener.targets] == [(button, "click"), (box, "submit")]


def test_on_without_triggers_runs_at_load_and_at_every_change(demo: gr.Blocks) -> None:
    first, second = gr.Textbox(), gr.Number()
    listener = gr.on(fn=pair, inputs=[first, second]).listener
    assert [(t.block, t.event) for t in listener.targets] == [
        (first, "change"),
        (second, "change"),
        (demo, "load"),
    ]
    assert listener.trigger_mode == "always_last"


@pytest.mark.usefixtures("demo")
def test_on_with_a_function_first_is_explained() -> None:
    with pytest.raises(BuildError, match="is for the triggers"):
        gr.on(identity)  # type: ignore[arg-type]


@pytest.mark.usefixtures("demo")
def test_only_an_event_can_be_a_trigger() -> None:
    button = gr.Button()
    with pytest.raises(BuildError, match="a Button is not an event"):
        gr.on([button], identity)  # type: ignore[list-item]


def test_leaving_is_an_event_of_the_page_and_private(demo: gr.Blocks) -> None:
    listener = demo.unload(lambda: None).listener
    assert (listener.targets[0], listener.api_visibility) == ((None, "unload"), "private")


def test_a_function_as_value_runs_at_load_and_at_ticks(demo: gr.Blocks) -> None:
    number = gr.Number(lambda: 3, every=2)
    (listener,) = demo.spec.listeners.values()
    assert [(t.block.NAME if t.block else None, t.event) for t in listener.targets] == [
        ("timer", "tick"),
        ("blocks", "load"),
    ]
    assert (listener.outputs, listener.show_progress) == ((number,), "hidden")


def test_a_function_as_value_runs_when_its_inputs_change(demo: gr.Blocks) -> None:
    box = gr.Textbox()
    gr.Number(len, inputs=box)
    (listener,) = demo.spec.listeners.values()
    assert [(t.block, t.event) for t in listener.targets] == [(box, "change"), (demo, "load")]
    assert listener.inputs == (box,)


def test_listeners_of_function_values_come_last() -> None:
    def clock() -> str:
        return "now"

    with gr.Blocks() as demo:
        gr.Textbox(clock)
        button = gr.Button()
        own = button.click(clock, None, gr.Textbox())
        with demo.route("Second"):
            gr.Textbox(clock)
    assert [listener.api_name for listener in demo.fns.values()] == ["clock", "clock_1", "clock_2"]
    assert demo.fns[0] is own.listener
    assert [listener.page for listener in demo.fns.values()] == ["", "", "second"]
    assert demo.fns[1].made_at.startswith(__file__)


def test_a_state_with_a_factory_has_no_load_listener(demo: gr.Blocks) -> None:
    """R1.3: the factory runs once per owner, before the first reader, and never at page load."""
    gr.State(list)
    assert demo.fns == {}
