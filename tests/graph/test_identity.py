"""Identity of events, independent of the position of their listener in the program.

D10: covers listeners with an `api_name`, lambdas, partials, closures, chained listeners, renders, timers, equal
listeners, listeners of equal buttons, States without a key, properties changed by a session's updates, and methods of
components that a page calls.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from textwrap import dedent
from typing import Any

import pytest

import holdfast as gr
from holdfast.graph.identity import state_names


def add(n: int) -> int:
    return n + 1


def wipe(n: int) -> int:
    return 0


def power(base: int, n: int) -> int:
    return base**n


def identities(build: Callable[[], Any]) -> list[str]:
    with gr.Blocks() as demo:
        build()
    return [listener.identity for listener in demo.spec.listeners.values()]


def plus(fn: Any = add, label: str = "plus", out: str = "N", **options: Any) -> Any:
    """A button that counts."""
    number = gr.Number(label=out)
    return gr.Button(label).click(fn, number, number, **options)


def with_more_above() -> None:
    gr.Markdown("New in this version")
    gr.Button("wipe").click(wipe, gr.Number(label="Other"), gr.Number(label="Other"))
    with gr.Row():
        plus()


def test_moving_a_listener_changes_nothing() -> None:
    """D10, R6.8."""
    assert identities(plus) == identities(with_more_above)[1:]


@pytest.mark.parametrize(
    "changed",
    [
        lambda: plus(wipe),
        lambda: plus(label="minus"),
        lambda: plus(out="M"),
        lambda: plus(lambda n: n + 1),
        lambda: plus(partial(power, 2)),
        lambda: plus(api_name="add"),
        lambda: gr.Button("plus").click(add, gr.Textbox(label="N"), gr.Number(label="N")),
        lambda: gr.Textbox(label="plus").submit(add, gr.Number(label="N"), gr.Number(label="N")),
    ],
)
def test_a_changed_function_target_input_or_output_is_another_event(changed: Callable[[], Any]) -> None:
    """D10."""
    assert set(identities(changed)).isdisjoint(identities(plus))


def test_an_api_name_identifies_the_function() -> None:
    """D10: the function can change, but not its inputs and outputs."""
    one, two = (identities(lambda fn=fn: plus(fn, api_name="count")) for fn in (add, wipe))
    assert one == two
    assert one[0].startswith("count.")
    assert identities(lambda: plus(api_name="count", out="M")) != one


def test_a_functions_captured_values_are_part_of_its_identity() -> None:
    """D10."""

    def maker(step: int) -> Callable[[int], int]:
        return lambda n: n + step

    found = [identities(lambda fn=fn: plus(fn)) for fn in (maker(1), maker(2), partial(power, 2), partial(power, 3))]
    assert len({one[0] for one in found}) == 4
    assert identities(lambda: plus(maker(1))) == found[0]


def test_equal_listeners_are_distinguished_and_count_as_new_after_an_addition() -> None:
    """D10: they cannot be matched up afterwards."""
    two = identities(lambda: [plus(), plus()])
    three = identities(lambda: [plus(), plus(), plus()])
    assert len(set(two)) == 2
    assert set(two).isdisjoint(three)


def test_chained_listeners_are_named_after_their_event() -> None:
    """D10: chained listeners."""
    one = identities(lambda: plus().then(len, gr.State([]), None))
    two = identities(lambda: plus(label="minus").then(len, gr.State([]), None))
    moved = identities(lambda: [gr.Button("new").click(len, gr.State([]), None), plus().then(len, gr.State([]), None)])
    assert one[1] != two[1]
    assert one == moved[1:]


def test_listeners_of_renders_and_timers_have_names_too() -> None:
    """D10."""
    with gr.Blocks() as demo:
        gr.Timer(1).tick(add, gr.Number(label="N"), None)

        @gr.render()
        def part() -> None:
            plus()
            plus(label="minus")

    assert all(listener.identity for listener in demo.spec.listeners.values())
    view = demo.spec.view()
    spec = next(li.render for li in demo.spec.listeners.values() if li.render is not None)
    first = [listener.identity for listener in spec.build(view).listeners.values()]
    assert [listener.identity for listener in spec.build(view).listeners.values()] == first
    assert len(set(first)) == 2


PROGRAM = """
    from functools import partial
    import holdfast as gr

    def count(n, by={1, 2}):
        return n

    with gr.Blocks() as demo:
        words = gr.State([])
        with gr.Row():
            button, number = gr.Button("Go"), gr.Number(label="N")
        for kind in ("a", "b"):
            one = button.click(lambda n: n in {"x", "y", "z"} or kind, number, number)
            one.then(partial(count, by=3), number, words)
    spec = demo.spec
    print(spec.program, *[one.identity for one in spec.listeners.values()], *spec.block_names.values())
"""


def test_names_are_the_same_in_every_process() -> None:
    """D10: whatever the seed of Python's hashes."""
    said = {
        subprocess.run(
            [sys.executable, "-c", dedent(PROGRAM)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
    assert len(said.pop().split()) > 6


def test_a_state_without_a_key_is_identified_by_its_variable() -> None:
    """R6.8: it keeps its value after an edit elsewhere; another name or type starts over."""

    def names(code: str) -> list[str]:
        space: dict[str, Any] = {"gr": gr}
        exec(dedent(code), space)
        return list(state_names(space["demo"].spec.states).values())

    one = names("with gr.Blocks() as demo:\n    count = gr.State(0)")
    assert (
        names("with gr.Blocks() as demo:\n    gr.Textbox()\n    words = gr.State([])\n    count = gr.State(0)")[1:]
        == one
    )
    assert names("with gr.Blocks() as demo:\n    total = gr.State(0)") != one
    assert names("with gr.Blocks() as demo:\n    count = gr.State([])") != one
    assert len(set(names("with gr.Blocks() as demo:\n    a, b = gr.State(0), gr.State(0)"))) == 2


def test_a_program_changes_with_its_page() -> None:
    """D10: initial values do not count, because they may differ at each start."""

    def program(label: str = "A", value: str = "", choices: tuple[str, ...] = ("a",)) -> str:
        with gr.Blocks() as demo:
            gr.Textbox(value, label=label)
            gr.Radio(list(choices))
        return demo.spec.program

    assert program() == program(value="12:03")
    assert len({program(), program("B"), program(choices=("a", "b"))}) == 3
