"""The programs that are measured. Each is given the framework as `gr`: the same source runs on both."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

PROGRAMS: dict[str, Callable[[Any], Any]] = {}


def program(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Serve it under its function's name."""
    PROGRAMS[build.__name__] = build
    return build


def press(count: int) -> tuple[int, str]:
    """The smallest event with State."""
    return count + 1, f"Pressed {count + 1} times"


@program
def counter(gr: Any) -> Any:
    """A State, a button, a text; queued and not."""
    with gr.Blocks(title="Counter") as demo:
        count = gr.State(0)
        report = gr.Textbox(label="So far", value="Not pressed yet", interactive=False)
        button = gr.Button("Press")
        button.click(press, count, [count, report], api_name="press")
        button.click(press, count, [count, report], api_name="press_direct", queue=False)
    return demo


@program
def free(gr: Any) -> Any:
    """The counter without a limit on how many run at once."""
    with gr.Blocks() as demo:
        count = gr.State(0)
        report = gr.Textbox()
        gr.Button("Press").click(press, count, [count, report], api_name="press", concurrency_limit=None)
    return demo


def with_components(gr: Any, number: int) -> Any:
    """The counter among so many text boxes."""
    with gr.Blocks() as demo:
        count = gr.State(0)
        report = gr.Textbox(label="So far")
        gr.Button("Press").click(press, count, [count, report], api_name="press")
        for i in range(number):
            gr.Textbox(label=f"Field {i}", value=f"Value {i}")
    return demo


for _number in (5, 50, 500):
    PROGRAMS[f"components_{_number}"] = partial(with_components, number=_number)


@program
def hundred(gr: Any) -> Any:
    """A page of a hundred components of many kinds."""
    with gr.Blocks(title="Hundred") as demo:
        for row in range(10):
            gr.Markdown(f"## Part {row}\nSome *text* about it.")
            with gr.Row():
                name = gr.Textbox(label=f"Name {row}", placeholder="A name")
                size = gr.Slider(0, 100, value=row, label=f"Size {row}")
                kind = gr.Dropdown(["small", "middle", "large"], label=f"Kind {row}")
            with gr.Row():
                how = gr.Radio(["slow", "fast"], value="slow", label=f"How {row}")
                which = gr.CheckboxGroup(["red", "green", "blue"], label=f"Which {row}")
                gr.Checkbox(label=f"Sure {row}")
            amount = gr.Number(label=f"Amount {row}", value=row)
            button = gr.Button(f"Go {row}")
            result = gr.Textbox(label=f"Result {row}")
            button.click(lambda *all: str(all), [name, size, kind, how, which, amount], result)
    return demo


def grow(number: int) -> Iterator[str]:
    """A text that grows word by word."""
    text = ""
    for i in range(int(number)):
        text += f"word {i} "
        yield text


async def grow_async(number: int) -> AsyncIterator[str]:
    """The same, on the event loop."""
    text = ""
    for i in range(int(number)):
        text += f"word {i} "
        yield text


@program
def stream(gr: Any) -> Any:
    """Generators, sync and async."""
    with gr.Blocks() as demo:
        number = gr.Number()
        text = gr.Textbox()
        gr.Button("a").click(grow, number, text, api_name="grow")
        gr.Button("b").click(grow_async, number, text, api_name="grow_async")
    return demo


def speak(message: str, _history: list[Any]) -> Iterator[str]:
    """So many words as the message says (`100`, or `100 5` for a pause of 5 ms after each), each its own chunk."""
    number, _, pause = message.partition(" ")
    text = ""
    for i in range(int(number)):
        text += f"word{i} "
        yield text
        if pause:
            time.sleep(float(pause) / 1000)
    yield text + "END"


@program
def chat(gr: Any) -> Any:
    """A chat from one function."""
    return gr.ChatInterface(speak, title="Chat")


# Change detection -----------------------------------------------------------------------------------------------------


def _list() -> list[int]:
    return list(range(1_000_000))


def _nested() -> dict[str, Any]:
    return {f"key {i}": {"name": f"name {i}", "numbers": [i, i + 1, i + 2]} for i in range(10_000)}


_TWO: list[bytes] = []


def _bytes() -> bytes:
    """One of two, made once."""
    if not _TWO:
        _TWO.extend(bytes([i]) + os.urandom(99_999_999) for i in range(2))
    return _TWO[0]


def _array() -> Any:
    import numpy as np

    return np.random.default_rng(0).random((1_000_000, 10))


def _frame() -> Any:
    import numpy as np
    import pandas as pd

    rows = 1_000_000
    return pd.DataFrame({"number": np.arange(rows), "share": np.random.default_rng(0).random(rows)})


def _change_list(value: list[int]) -> list[int]:
    value[500_000] += 1
    return value


def _change_nested(value: dict[str, Any]) -> dict[str, Any]:
    value["key 5000"]["numbers"][1] += 1
    return value


def _change_bytes(value: bytes) -> bytes:
    return _TWO[1 - value[0]]


def _change_array(value: Any) -> Any:
    value[500_000, 5] += 1
    return value


def _change_frame(value: Any) -> Any:
    value.iat[500_000, 1] += 1
    return value


LARGE: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "list": (_list, _change_list),
    "nested": (_nested, _change_nested),
    "bytes": (_bytes, _change_bytes),
    "array": (_array, _change_array),
    "frame": (_frame, _change_frame),
}


def changing(gr: Any, kind: str) -> Any:
    """A large State that is changed in place, with a listener of its change; and another visitor's small event."""
    make, change = LARGE[kind]
    with gr.Blocks() as demo:
        large = gr.State(make)
        count = gr.State(0)
        seen = gr.Textbox()
        gr.Button("Change").click(change, large, large, api_name="change")
        gr.Button("Press").click(press, count, [count, seen], api_name="press")
        large.change(lambda: "seen", None, seen, api_name="seen")
    return demo


for _kind in LARGE:
    PROGRAMS[f"changing_{_kind}"] = partial(changing, kind=_kind)


# State's size ---------------------------------------------------------------------------------------------------------


@program
def sized(gr: Any) -> Any:
    """A State of chosen size, read, replaced and changed in place; nobody listens to its change."""

    def fill(size: int) -> tuple[dict[str, Any], str]:
        return {"data": os.urandom(int(size)), "count": 0}, "filled"

    def change(value: dict[str, Any]) -> tuple[dict[str, Any], str]:
        value["count"] += 1
        return value, str(value["count"])

    with gr.Blocks() as demo:
        state = gr.State({})
        size = gr.Number()
        text = gr.Textbox()
        gr.Button("Fill").click(fill, size, [state, text], api_name="fill")
        gr.Button("Change").click(change, state, [state, text], api_name="change")
        gr.Button("Read").click(lambda value: str(value["count"]), state, text, api_name="read")
    return demo


@program
def kilobyte(gr: Any) -> Any:
    """A State of one kilobyte that every event changes."""

    def change(value: dict[str, Any]) -> tuple[dict[str, Any], str]:
        return {**value, "count": value["count"] + 1}, str(value["count"])

    with gr.Blocks() as demo:
        state = gr.State({"count": 0, "text": "x" * 1000})
        text = gr.Textbox()
        gr.Button("Change").click(change, state, [state, text], api_name="change")
    return demo


# Lost updates ---------------------------------------------------------------------------------------------------------

PAUSE = 0.005
"""Seconds that a function takes between reading and writing."""


@program
def updates(gr: Any) -> Any:
    """Four ways to add one, each over a list of its own, without a limit on how many run at once."""

    def sync(values: list[int]) -> list[int]:
        time.sleep(PAUSE)
        return [*values, 1]

    async def on_loop(values: list[int]) -> list[int]:
        await asyncio.sleep(PAUSE)
        return [*values, 1]

    def in_place(number: dict[str, int]) -> dict[str, int]:
        before = number["count"]
        time.sleep(PAUSE)
        number["count"] = before + 1
        return number

    def other(values: list[int]) -> list[int]:
        time.sleep(PAUSE)
        return [*values, 1]

    with gr.Blocks() as demo:
        shown = gr.Textbox()
        for name, fn in {"sync": sync, "on_loop": on_loop, "in_place": in_place}.items():
            state = gr.State({"count": 0} if name == "in_place" else [])
            gr.Button(name).click(fn, state, state, api_name=name, concurrency_limit=None)
            gr.Button(f"Count {name}").click(
                lambda v: str(v["count"] if isinstance(v, dict) else len(v)), state, shown, api_name=f"count_{name}"
            )
        both = gr.State([])
        gr.Button("One").click(sync, both, both, api_name="one")  # the default limit: one at a time of each function
        gr.Button("Two").click(other, both, both, api_name="two")
        gr.Button("Count").click(lambda v: str(len(v)), both, shown, api_name="count_both")
    return demo
