"""`ChatInterface` with every kind of function, driven by Gradio's Python client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client

import holdfast as gr
from holdfast.errors import BuildError
from holdfast.launch import start

Connect = Callable[[gr.Blocks], Client]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return a function that serves an app and connects a client."""
    open_ones: list[tuple[gr.Blocks, Client]] = []

    def connect(demo: gr.Blocks) -> Client:
        client = Client(start(demo, {"show_error": True}, server_port=0, quiet=True).local_url, verbose=False)
        open_ones.append((demo, client))
        return client

    yield connect
    for demo, client in open_ones:
        client.close()
        demo.close()


def plain(message: str, history: list[Any]) -> str:
    return f"{len(history)}:{message}"


def streams(message: str, history: list[Any]) -> Iterator[str]:
    yield f"{len(history)}"
    yield f"{len(history)}:{message}"


async def waits(message: str, history: list[Any]) -> str:
    return f"{len(history)}:{message}"


async def waits_and_streams(message: str, history: list[Any]) -> AsyncIterator[str]:
    yield f"{len(history)}"
    yield f"{len(history)}:{message}"


@pytest.mark.parametrize("fn", [plain, streams, waits, waits_and_streams])
def test_every_kind_of_function_answers_and_has_its_history(fn: Callable[..., Any], connect: Connect) -> None:
    client = connect(gr.ChatInterface(fn))
    endpoint = f"/{fn.__name__}"
    assert [client.predict("hi", api_name=endpoint), client.predict("yo", api_name=endpoint)] == ["0:hi", "2:yo"]
    client.reset_session()
    assert client.predict("x", api_name=endpoint) == "0:x"


def test_the_history_holds_plain_texts_for_an_api_client(connect: Connect) -> None:
    def look(message: str, history: list[Any]) -> str:
        return str(history)

    client = connect(gr.ChatInterface(look, api_name="chat"))
    client.predict("one", api_name="/chat")
    assert client.predict("two", api_name="/chat") == str(
        [{"role": "user", "content": "one"}, {"role": "assistant", "content": "[]"}]
    )


def test_the_endpoint_has_the_functions_parameters() -> None:
    def ask(question: str, history: list[Any], warmth: float, request: gr.Request) -> str:
        return question

    demo = gr.ChatInterface(ask, additional_inputs=[gr.Slider(0, 1, value=0.5)])
    parameters = demo.get_api_info()["named_endpoints"]["/ask"]["parameters"]
    assert [p["parameter_name"] for p in parameters] == ["question", "warmth"]


def test_an_additional_input_that_stands_elsewhere_stays_there() -> None:
    with gr.Blocks() as demo:
        with gr.Sidebar() as side:
            system = gr.Textbox(label="System")
        with gr.Column() as column:
            chat = gr.ChatInterface(
                lambda message, history, system, heat: message, additional_inputs=[system, "number"]
            )
    assert system.parent is not None
    assert system.parent.parent is side
    [accordion] = [block for block in demo.blocks.values() if isinstance(block, gr.Accordion)]
    heat = chat.additional_inputs[1]
    assert heat.parent is not None
    assert heat.parent.parent is accordion
    assert column.children


def test_a_lambdas_endpoint_has_a_name_that_clients_can_write() -> None:
    demo = gr.ChatInterface(lambda message, history: message)
    assert list(demo.get_api_info()["named_endpoints"]) == ["/lambda"]


def test_additional_inputs_and_outputs_go_in_and_come_out(connect: Connect) -> None:
    def ask(message: str, history: list[Any], times: float) -> tuple[str, str]:
        return message * int(times), "beside"

    with gr.Blocks() as demo:
        side = gr.Textbox(label="Side")
        gr.ChatInterface(ask, additional_inputs=[gr.Number(value=2)], additional_outputs=[side])
    assert connect(demo).predict("ab", 3, api_name="/ask") == ("ababab", "beside")


def test_injected_parameters_are_filled(connect: Connect) -> None:
    def ask(message: str, request: gr.Request, history: list[Any]) -> str:
        return f"{message} from {request.client.host if request.client else 'nowhere'}, {len(history)}"

    assert connect(gr.ChatInterface(ask)).predict("hi", api_name="/ask") == "hi from 127.0.0.1, 0"


def test_an_invalid_answer_is_explained(connect: Connect) -> None:
    def ask(message: str, history: list[Any]) -> int:
        return 5

    with pytest.raises(Exception, match="The chat function 'ask' returned 5, a int"):
        connect(gr.ChatInterface(ask)).predict("hi", api_name="/ask")


def test_a_failed_answer_is_not_in_the_history(connect: Connect) -> None:
    """R2.2: if the function raises, nothing of that step is kept."""

    def ask(message: str, history: list[Any]) -> str:
        if message == "fail":
            raise gr.Error("no")
        return str(len(history))

    client = connect(gr.ChatInterface(ask))
    assert client.predict("a", api_name="/ask") == "0"
    with pytest.raises(Exception, match="no"):
        client.predict("fail", api_name="/ask")
    assert client.predict("b", api_name="/ask") == "2"


def test_only_the_chat_is_in_the_api() -> None:
    assert list(gr.ChatInterface(plain, editable=True, examples=["a"]).get_api_info()["named_endpoints"]) == ["/plain"]


def test_a_custom_chatbot_and_textbox_are_used() -> None:
    chatbot, textbox = gr.Chatbot(label="Mine"), gr.Textbox(placeholder="Ask")
    demo = gr.ChatInterface(plain, chatbot=chatbot, textbox=textbox)
    assert (demo.chatbot, demo.textbox) == (chatbot, textbox)
    kinds = [c["type"] for c in demo.get_config_file()["components"]]
    assert (kinds.count("chatbot"), kinds.count("textbox")) == (1, 1)


def test_examples_are_shown_in_the_chat() -> None:
    demo = gr.ChatInterface(plain, examples=["hello", ["hi", 3]], example_labels=["Say hello", "Say hi"])
    assert demo.chatbot.examples is not None
    assert [(e["text"], e["display_text"]) for e in demo.chatbot.examples] == [
        ("hello", "Say hello"),
        ("hi", "Say hi"),
    ]


def test_likes_are_recorded(tmp_path: Path) -> None:
    demo = gr.ChatInterface(plain, flagging_mode="manual", flagging_dir=tmp_path, flagging_options=["Good", "Bad"])
    assert demo.chatbot.feedback_options == ["Good", "Bad"]
    events = [event for d in demo.get_config_file()["dependencies"] for _, event in d["targets"]]
    assert "like" in events


def test_unsupported_options_are_reported() -> None:
    with pytest.raises(ValueError, match=r"ChatInterface\(multimodal=True\) needs gr\.MultimodalTextbox"):
        gr.ChatInterface(plain, multimodal=True)


def test_a_chat_without_a_function_is_rejected() -> None:
    with pytest.raises(TypeError, match=r"gr\.ChatInterface takes a function first"):
        gr.ChatInterface("hello")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"chatbot": "chat"}, r"chatbot='chat'\) is not a gr\.Chatbot"),
        ({"textbox": "text"}, r"textbox='text'\) is not a component"),
        ({"examples": "Hello"}, r"examples='Hello'\) is a single string\. Pass a list of messages: \['Hello'\]"),
    ],
)
def test_an_invalid_part_of_a_chat_is_named(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BuildError, match=sentence):
        gr.ChatInterface(lambda message, history: message, **given)


def test_a_chat_function_that_cannot_take_the_history_is_named() -> None:
    def shout(message: str) -> str:
        return message.upper()

    with pytest.warns(UserWarning, match="'shout' takes at most 1 inputs, but `inputs` has 2"):
        gr.ChatInterface(shout)
