"""Apps for Gradio's official clients, each with one feature that clients rely on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import holdfast as gr


def increments(dropped: Any = None) -> gr.Blocks:
    """One number that three endpoints increment: queued, immediately, and private."""

    def add(n: int) -> tuple[int, int]:
        return n + 1, n + 1

    with gr.Blocks() as demo:
        number, n = gr.Number(label="Number"), gr.State(0, delete_callback=dropped)
        gr.Button().click(add, n, [number, n], api_name="queued")
        gr.Button().click(add, n, [number, n], queue=False, api_name="at_once")
        gr.Button().click(add, n, [number, n], api_name="hidden", api_visibility="private")
    return demo


def greetings() -> gr.Blocks:
    """State and a layout among the outputs."""

    def greet(name: str, n: int) -> tuple[int, str, int, Any]:
        return n + 1, f"Hello {name}", n + 1, gr.Accordion(open=n % 2 == 0)

    def move(n: int) -> tuple[int, int, Any]:
        return n + 1, n + 1, gr.Accordion(open=True)

    with gr.Blocks() as demo:
        n = gr.State(0)
        name, text, number = gr.Textbox(label="Name"), gr.Textbox(label="Greeting"), gr.Number(label="Calls")
        with gr.Accordion("More") as more:
            gr.Textbox()
        gr.Button().click(greet, [name, n], [n, text, number, more], api_name="greeting")
        gr.Button().click(move, n, [n, number, more], api_name="open")
        gr.Button().click(lambda: gr.Accordion(open=False), None, more, api_name="layout_only")
    return demo


def between() -> gr.Blocks:
    """A State between two inputs."""

    def join(text: str, numbers: list[int], other: str) -> str:
        return f"{text} {numbers} {other}"

    with gr.Blocks() as demo:
        text, numbers, other, out = gr.Textbox(), gr.State([1, 2, 3]), gr.Textbox("default"), gr.Textbox()
        gr.Button().click(join, [text, numbers, other], out, api_name="join")
    return demo


def counting(go_on: threading.Event | None = None) -> gr.Blocks:
    """A generator, and a function that reports progress and toasts, the last one after `go_on` is set."""

    def count(to: float) -> Iterator[int]:
        for i in range(int(to)):
            yield i
            time.sleep(0.005)

    def work(text: str, progress: gr.Progress = gr.Progress()) -> str:  # noqa: B008 -- Gradio's syntax
        gr.Info("begun")
        for part in progress.tqdm(range(5), desc="Working", unit="parts"):
            time.sleep(0.06)
            if part == 3 and go_on is not None:
                assert go_on.wait(60)
        return text * 2

    with gr.Blocks() as demo:
        to, number, text, out = gr.Number(), gr.Number(), gr.Textbox(), gr.Textbox()
        gr.Button().click(count, to, number, api_name="count")
        gr.Button().click(work, text, out, api_name="work")
    return demo


class Endless:
    """A generator that runs until it is stopped."""

    def __init__(self) -> None:
        self.stopped = threading.Event()

        def run() -> Iterator[int]:
            try:
                for i in range(100_000):
                    yield i
                    time.sleep(0.005)
            finally:
                self.stopped.set()

        with gr.Blocks() as self.demo:
            number = gr.Number()
            start = gr.Button().click(run, None, number, api_name="endless")
            gr.Button().click(None, None, None, cancels=[start])


def failures() -> gr.Blocks:
    """Errors of every kind."""

    def own(_: str) -> str:
        raise gr.Error("told", print_exception=False)

    def plain(_: str) -> str:
        raise ValueError("untold")

    def later(_: str) -> Iterator[str]:
        yield "one"
        raise gr.Error("after one", print_exception=False)

    with gr.Blocks() as demo:
        text, out = gr.Textbox(), gr.Textbox()
        for fn in (own, plain, later):
            gr.Button().click(fn, text, out, api_name=fn.__name__)
        gr.Button().click(own, text, out, api_name="own_now", queue=False)
    return demo


def files() -> gr.Blocks:
    """A file as input; its name and its content in capitals as outputs."""

    def shout(path: str) -> tuple[str, str]:
        source = Path(path)
        target = source.with_name("shouted.txt")
        target.write_text(source.read_text().upper())
        return source.name, str(target)

    def names(paths: list[str]) -> str:
        return " ".join(Path(path).name for path in paths)

    with gr.Blocks() as demo:
        file, name, out = gr.File(), gr.Textbox(), gr.File()
        several = gr.File(file_count="multiple")
        gr.Button().click(shout, file, [name, out], api_name="shout")
        gr.Button().click(names, several, name, api_name="names")
    return demo


def batches() -> gr.Blocks:
    """A batch function that returns the size of its batch."""

    def join(texts: list[str], numbers: list[float]) -> list[list[str]]:
        return [[f"{text}{int(number)}/{len(texts)}" for text, number in zip(texts, numbers, strict=True)]]

    with gr.Blocks() as demo:
        text, number, out = gr.Textbox(), gr.Number(), gr.Textbox()
        gr.Button().click(join, [text, number], out, batch=True, max_batch_size=4, api_name="join")
    return demo


def chatting() -> gr.Blocks:
    """A chat that streams and remembers."""

    def chat(message: str, history: list[dict[str, Any]]) -> Iterator[str]:
        reply = f"{len(history)}:{message}"
        for i in range(len(reply)):
            yield reply[: i + 1]

    return gr.ChatInterface(chat)
