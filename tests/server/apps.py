"""Small apps used by several tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import holdfast as gr


def counter() -> gr.Blocks:
    """`/count` counts its session's calls and greets; `/now` does so outside the queue."""

    def count(name: str, n: int) -> tuple[str, int]:
        return f"hi {name} {n + 1}", n + 1

    with gr.Blocks(title="Counter") as demo:
        name, n, out = gr.Textbox(label="Name"), gr.State(0), gr.Textbox(label="Greeting")
        gr.Button("Queued").click(count, [name, n], [out, n], api_name="count")
        gr.Button("Now").click(count, [name, n], [out, n], api_name="now", queue=False)
    return demo


def stars() -> gr.Blocks:
    """`/stars` yields three times."""

    def grow(text: str) -> Iterator[str]:
        for i in range(3):
            yield text + "*" * (i + 1)

    with gr.Blocks() as demo:
        box, out = gr.Textbox(), gr.Textbox()
        gr.Button().click(grow, box, out, api_name="stars")
    return demo


def failing() -> gr.Blocks:
    """`/own` raises a `gr.Error`, `/plain` an ordinary exception."""

    def own(text: str) -> str:
        raise gr.Error(text, duration=3, title="T", print_exception=False)

    def plain(text: str) -> str:
        raise ValueError(text)

    with gr.Blocks() as demo:
        box, out = gr.Textbox(), gr.Textbox()
        gr.Button().click(own, box, out, api_name="own")
        gr.Button().click(plain, box, out, api_name="plain")
    return demo


class Gate:
    """An app whose `/wait` runs until it is released, to test what happens meanwhile."""

    def __init__(self, **event: Any) -> None:
        self.entered = threading.Event()
        self.release = threading.Event()
        self.ended = threading.Event()

        def wait(text: str) -> Iterator[str]:
            self.entered.set()
            try:
                while not self.release.is_set():
                    yield text
                    time.sleep(0.005)
            finally:
                self.ended.set()
            yield f"{text} done"

        with gr.Blocks() as self.demo:
            box, out = gr.Textbox(), gr.Textbox()
            gr.Button().click(wait, box, out, api_name="wait", **event)
