"""A ChatInterface caches the responses to its examples.

E6 (program 13). Related cases: `cache_mode`; rows with additional inputs, whose table is below the chat; additional
outputs; every kind of function; `run_examples_on_click=False`; a State among the additional inputs, as with an
Interface; files in responses; other places that call a function outside an event and only support coroutine functions.
None of the options had an effect; `cache_examples` of `gr.Examples` did not await an object with an async `__call__`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.server.conftest import Serve, Served

import holdfast as gr
from holdfast.apps.examples_cache import last_result

CALLS: list[str] = []


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLDFAST_TEMP_DIR", str(tmp_path / "cache"))
    CALLS.clear()


def plain(message: str, history: list[Any]) -> str:
    CALLS.append(message)
    return f"{message} computed {len(CALLS)}"


def streams(message: str, history: list[Any]) -> Iterator[str]:
    yield "half"
    yield plain(message, history)


async def waits(message: str, history: list[Any]) -> str:
    return plain(message, history)


async def waits_and_streams(message: str, history: list[Any]) -> AsyncIterator[str]:
    yield "half"
    yield plain(message, history)


class Waits:
    async def __call__(self, message: str, history: list[Any]) -> str:
        return plain(message, history)


def click(app: Served, index: int, name: str = "_example") -> list[Any]:
    answer = app.post(f"/gradio_api/run/{name}", {"data": [], "event_data": {"index": index}})
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["data"]
    return found


def said(chat: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(message["role"], message["content"][0]["text"]) for message in chat]


@pytest.mark.parametrize("fn", [plain, streams, waits, waits_and_streams, Waits()])
@pytest.mark.parametrize("mode", ["eager", "lazy", None])
def test_the_response_to_an_example_is_computed_once(serve: Serve, fn: Callable[..., Any], mode: Any) -> None:
    """E6."""
    app = serve(gr.ChatInterface(fn, examples=[["hey"], "hello"], cache_examples=True, cache_mode=mode))
    at_once = mode != "lazy"
    assert ["hey", "hello"][: 2 * at_once] == CALLS
    first = click(app, 0)[0]
    assert said(first) == [("user", "hey"), ("assistant", "hey computed 1")]
    assert click(app, 0)[0] == first
    assert ["hey", "hello"][: 1 + at_once] == CALLS
    assert said(click(app, 1)[0])[1] == ("assistant", "hello computed 2")


def test_the_next_question_follows_the_cached_conversation(serve: Serve) -> None:
    """E6: the function receives it as its history."""

    def counts(message: str, history: list[Any]) -> str:
        return f"{len(history)}:{message}"

    app = serve(gr.ChatInterface(counts, examples=["hey"], cache_examples=True, api_name="chat"))
    body = {"data": [], "event_data": {"index": 0}, "session_hash": "s"}
    assert app.post("/gradio_api/run/_example", body).status_code == 200
    answer = app.post("/gradio_api/run/chat", {"data": ["more", None], "session_hash": "s"})
    assert answer.json()["data"][0] == "2:more"


def test_without_caching_a_click_calls_the_function(serve: Serve) -> None:
    """E6: as before."""
    demo = gr.ChatInterface(plain, examples=["hey"])
    assert demo.kept is None
    assert CALLS == []
    [listener] = [one for one in demo.spec.listeners.values() if one.api_name == "_example"]
    assert listener.is_generator


def test_rows_with_additional_inputs_and_outputs_are_cached_too(serve: Serve) -> None:
    """E6: their table is below the chat."""

    def scaled(message: str, history: list[Any], times: float, request: gr.Request | None) -> tuple[str, str]:
        CALLS.append(message)
        assert request is None
        return message * int(times), f"{times} times"

    with gr.Blocks() as demo:
        note = gr.Textbox(label="Note")
        gr.ChatInterface(
            scaled,
            additional_inputs=[gr.Number(value=1)],
            additional_outputs=[note],
            examples=[["ho", 3], ["hi", 2]],
            cache_examples=True,
        )
    app = serve(demo)
    assert CALLS == ["ho", "hi"]
    chat, _, kept = click(app, 0)
    assert said(chat) == [("user", "ho"), ("assistant", "hohoho")]
    assert kept == "3 times"
    assert CALLS == ["ho", "hi"]


def test_a_message_alone_uses_the_initial_values_of_the_additional_inputs(serve: Serve) -> None:
    """E6."""

    def scaled(message: str, history: list[Any], times: float) -> str:
        return message * int(times)

    app = serve(gr.ChatInterface(scaled, additional_inputs=[gr.Number(value=2)], examples=["ho"], cache_examples=True))
    assert said(click(app, 0)[0])[1] == ("assistant", "hoho")


def test_a_file_of_a_cached_response_is_served(serve: Serve) -> None:
    """E6: also after a restart, when the function's original file no longer exists."""

    def draws(message: str, history: list[Any]) -> Any:
        CALLS.append(message)
        made = Path("made.txt")
        made.write_text("made")
        return gr.File(str(made))

    def demo() -> gr.Blocks:
        return gr.ChatInterface(draws, examples=["hey"], cache_examples=True)

    first = serve(demo())
    click(first, 0)
    first.demo.close()
    Path("made.txt").unlink()
    app = serve(demo())
    answer = click(app, 0)[0][1]["content"][0]
    assert CALLS == ["hey"]
    assert app.http.get(_url(answer)).text == "made"


def _url(part: Any) -> str:
    """Return the URL of the first file in a part."""
    if isinstance(part, dict):
        if isinstance(part.get("url"), str):
            return str(part["url"])
        part = list(part.values())
    return next((found for one in part if isinstance(one, dict | list) and (found := _url(one))), "")


def test_a_state_among_the_inputs_disables_caching_with_a_warning() -> None:
    """E6: as an Interface does."""
    with pytest.warns(UserWarning, match="are not cached, because additional_inputs contains a State"):
        demo = gr.ChatInterface(
            lambda message, history, count: message,
            additional_inputs=[gr.State(0)],
            examples=[["a", 1]],
            cache_examples=True,
        )
    assert demo.kept is None


def test_a_click_on_an_unknown_example_changes_nothing(serve: Serve) -> None:
    """E6: from a client."""
    app = serve(gr.ChatInterface(plain, examples=["hey"], cache_examples=True))
    for event in ({"index": 7}, {"index": -1}, {}, None):
        answer = app.post("/gradio_api/run/_example", {"data": [], "event_data": event})
        assert answer.status_code == 200, answer.text
        assert "computed" not in answer.text


def test_an_object_with_an_async_call_is_awaited() -> None:
    """E6."""
    assert last_result(Waits(), ["a", []]) == "a computed 1"
