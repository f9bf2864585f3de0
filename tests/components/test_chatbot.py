from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import holdfast as gr
from holdfast.components.chat_message import thoughts
from holdfast.errors import BadValue

REASONING = {"title": "Reasoning", "status": "done"}
TAGS = [("<think>", "</think>")]
NOT_MESSAGES = "Data incompatible with messages format."


def text(content: str, **more: Any) -> dict[str, Any]:
    wire = {"role": "assistant", "metadata": None, "content": [{"text": content, "type": "text"}], "options": None}
    return {**wire, **more}


def file(path: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "url": None, "size": None, "orig_name": None, "mime_type": None, "is_stream": False,
            "meta": {"_type": "gradio.FileData"}, **more}  # fmt: skip


def shown(content: Any, **more: Any) -> list[dict[str, Any]]:
    return gr.Chatbot().postprocess([{"role": "assistant", "content": content, **more}])


@pytest.mark.parametrize("value", [None, [], ()])
def test_nothing_is_an_empty_list(value: Any) -> None:
    assert gr.Chatbot().postprocess(value) == []


def test_a_string_is_one_part_without_its_indentation() -> None:
    assert shown("  pad\n   b ") == [text("pad\nb ")]


def test_a_chat_message_has_empty_metadata_and_options() -> None:
    assert gr.Chatbot().postprocess([gr.ChatMessage("hi")]) == [text("hi", metadata={}, options=[])]
    assert gr.ChatMessage("hi").role == "assistant"


@pytest.mark.parametrize("role", ["user", "system", "anything"])
def test_any_role_is_kept(role: str) -> None:
    assert gr.Chatbot().postprocess([{"role": role, "content": "x"}])[0]["role"] == role


def test_a_path_is_a_file_of_a_guessed_type() -> None:
    (message,) = shown({"path": "/a/b.png", "alt_text": "A picture"})
    assert message["content"] == [
        {"file": file("/a/b.png", mime_type="image/png"), "alt_text": "A picture", "type": "file"}
    ]


def test_a_url_is_a_file_of_a_guessed_type() -> None:
    (message,) = shown({"path": "http://x/y.png?size=3"})
    assert message["content"][0]["file"] == file("http://x/y.png?size=3", mime_type="image/png")


def test_a_file_data_keeps_its_properties() -> None:
    (message,) = shown(gr.FileData(path="/a/b.png"))
    assert message["content"][0] == {"file": file("/a/b.png"), "alt_text": None, "type": "file"}


def test_a_path_object_is_a_file() -> None:
    (message,) = shown(Path("/a/b.txt"))
    assert message["content"][0]["file"] == file("/a/b.txt", mime_type="text/plain")


def test_parts_of_a_list_keep_their_order() -> None:
    (message,) = shown(["one", {"path": "/a.txt"}, {"text": "two", "type": "text"}, gr.HTML("<b>", render=False)])
    assert [part["type"] for part in message["content"]] == ["text", "file", "text", "component"]


def test_a_component_is_sent_with_its_value_options_and_properties() -> None:
    (message,) = shown(gr.Textbox("q", label="L"))
    (part,) = message["content"]
    assert part["component"] == "textbox"
    assert part["value"] == "q"
    assert part["constructor_args"] == {"label": "L", "render": False}
    assert part["props"]["label"] == "L"
    assert part["props"]["lines"] == 1


def test_a_component_in_a_message_is_not_placed_elsewhere() -> None:
    with gr.Blocks() as demo:
        bot = gr.Chatbot()
        bot.postprocess([{"role": "user", "content": gr.Textbox("q")}])
    assert [type(child).__name__ for child in demo.children] == ["Chatbot"]


def test_known_metadata_and_options_are_kept_and_the_rest_is_dropped() -> None:
    (message,) = shown(
        "x",
        metadata={"title": "T", "status": "pending", "other": 1},
        options=[{"value": "a"}, {"value": "b", "label": "B", "other": 1}],
        other=1,
    )
    assert message == text(
        "x", metadata={"title": "T", "status": "pending"}, options=[{"value": "a"}, {"value": "b", "label": "B"}]
    )


@pytest.mark.parametrize(
    "value", ["hi", {"role": "user", "content": "x"}, [["a", "b"]], ["a"], [{"content": "a"}], [{"role": "user"}], 5]
)
def test_invalid_messages_are_an_error_for_the_visitor(value: Any) -> None:
    with pytest.raises(gr.Error, match=NOT_MESSAGES):
        gr.Chatbot().postprocess(value)


@pytest.mark.parametrize("content", [5, None, ("a",), {"text": "q"}, {"text": "q", "files": []}, [None]])
def test_content_that_cannot_be_shown_is_rejected(content: Any) -> None:
    with pytest.raises(ValueError, match="Invalid message for Chatbot component: "):
        shown(content)


@pytest.mark.parametrize("option", [{"label": "x"}, 5])
def test_an_option_without_a_value_is_rejected(option: Any) -> None:
    with pytest.raises(ValueError, match="An option of a message is a dict with `value`"):
        shown("x", options=[option])


@pytest.mark.parametrize(
    ("content", "pieces"),
    [
        ("<think>hmm</think>ans", [("hmm", "done"), ("ans", None)]),
        ("a<think>hmm</think>ans<think>b</think>", [("a", None), ("hmm", "done"), ("ans", None), ("b", "done")]),
        ("<think>open", [("open", "pending")]),
        ("x<think>y", [("x", None), ("y", "pending")]),
        ("<think> a </think>\n\nans\n", [("a", "done"), ("ans", None)]),
        ("<think></think>x", [("x", None)]),
        ("x</think>y", [("x</think>y", None)]),
        ("<think>a<think>b</think>c</think>", [("a<think>b", "done"), ("c</think>", None)]),
        ("plain", [("plain", None)]),
        ("", []),
    ],
)
def test_text_between_tags_is_a_thought(content: str, pieces: list[tuple[str, Any]]) -> None:
    assert list(thoughts(content, TAGS)) == pieces


def test_several_pairs_of_tags_are_found_in_the_order_of_the_text() -> None:
    tags = [*TAGS, ("<plan>", "</plan>")]
    assert list(thoughts("<plan>p</plan><think>t</think>x", tags)) == [("p", "done"), ("t", "done"), ("x", None)]


def test_a_thought_becomes_a_separate_message() -> None:
    bot = gr.Chatbot(reasoning_tags=TAGS)
    content = "<think>a</think>b"
    metadata, options = {"title": "X"}, [{"value": "o"}]
    assert bot.postprocess([{"role": "assistant", "content": content, "metadata": metadata, "options": options}]) == [
        text("a", metadata=REASONING),
        text("b", metadata=metadata, options=options),
    ]


def test_files_between_thoughts_stay_in_their_place() -> None:
    bot = gr.Chatbot(reasoning_tags=TAGS)
    content = ["<think>a</think>b", {"path": "/x.png"}, {"path": "/y.png"}, "c"]
    kinds = [
        [part["type"] for part in message["content"]]
        for message in bot.postprocess([{"role": "assistant", "content": content}])
    ]
    assert kinds == [["text"], ["text"], ["file", "file"], ["text"]]


def test_a_handler_gets_plain_dicts_with_lists_of_parts() -> None:
    bot = gr.Chatbot()
    wire = bot.postprocess([{"role": "user", "content": ["a", {"path": "/a/b.png"}]}])
    assert bot.preprocess(wire) == wire
    assert bot.preprocess(None) == []


def test_a_component_comes_back_with_an_instance() -> None:
    bot = gr.Chatbot()
    wire = bot.postprocess([{"role": "user", "content": gr.Textbox("q", label="L")}])
    ((part,),) = [message["content"] for message in bot.preprocess(wire)]
    assert isinstance(part["instance"], gr.Textbox)
    assert part["instance"].label == "L"
    assert part["instance"].value == "q"


def test_history_goes_back_with_new_texts_added() -> None:
    bot = gr.Chatbot()
    wire = bot.postprocess(
        [{"role": "user", "content": ["a", {"path": "/a.png"}]}, {"role": "assistant", "content": gr.HTML("<b>")}]
    )
    again = bot.postprocess([*bot.preprocess(wire), {"role": "assistant", "content": "new"}])
    assert again == [*wire, text("new")]


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ("hi", "takes a list of messages, but a str was sent"),
        ({"role": "user"}, "takes a list of messages, but a dict was sent"),
        (["hi"], "message 0 is not an object with a `role`"),
        ([{"content": []}], "message 0 is not an object with a `role`"),
        ([{"role": "user", "content": "x"}], "must be a list of parts"),
        ([{"role": "user"}], "must be a list of parts"),
        ([{"role": "user", "content": ["x"]}], "neither text, nor a file, nor a component"),
        ([{"role": "user", "content": [{"file": {"url": "x"}}]}], "neither text, nor a file, nor a component"),
        ([{"role": "user", "content": [], "metadata": 5}], "metadata that are not an object"),
        ([{"role": "user", "content": [], "options": 5}], "options that are not a list"),
        ([{"role": "user", "content": [], "options": [{"value": "a", "label": None}]}], "options that are not a list"),
        ([{"role": "user", "content": [{"component": "bogus", "value": 1}]}], "cannot be created"),
    ],
)
def test_a_malformed_conversation_is_rejected_with_its_position(payload: Any, message: str) -> None:
    with pytest.raises(BadValue, match=message):
        gr.Chatbot().preprocess(payload)


def test_its_config_has_gradios_defaults() -> None:
    props = gr.Chatbot().props()
    expected = {
        "value": [],
        "label": None,
        "height": 400,
        "resizable": False,
        "editable": None,
        "buttons": ["share", "copy", "copy_all"],
        "avatar_images": [None, None],
        "sanitize_html": True,
        "render_markdown": True,
        "feedback_options": ["Like", "Dislike"],
        "line_breaks": True,
        "layout": None,
        "examples": None,
        "group_consecutive_messages": True,
        "allow_tags": True,
        "like_user_message": False,
        "latex_delimiters": [{"left": "$$", "right": "$$", "display": True}],
        "name": "chatbot",
    }
    assert {name: props[name] for name in expected} == expected


def test_images_of_the_speakers_and_of_examples_are_files() -> None:
    bot = gr.Chatbot(avatar_images=("a.png", None), examples=[{"text": "a", "icon": "i.png", "files": ["f.png"]}])
    assert bot.avatar_images == [file("a.png"), None]
    assert bot.examples == [{"text": "a", "icon": file("i.png"), "files": [file("f.png", mime_type="image/png")]}]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("hi", "hi"),
        (
            [{"type": "text", "text": "a"}, {"type": "file", "file": {"path": "x"}}, {"type": "text", "text": "b"}],
            "a\nb",
        ),
        ({"path": "x"}, ""),
        (["a", gr.Textbox("q", render=False)], "a"),
        ([{"type": "component", "component": "textbox", "value": "q"}], "q"),
        (None, ""),
    ],
)
def test_the_text_of_a_message_is_read_in_every_form(content: Any, wanted: str) -> None:
    """E17: checked what a function writes, what it gets, and a ChatMessage; all three differ."""
    assert gr.message_text({"role": "user", "content": content}) == wanted
    assert gr.message_text(gr.ChatMessage(content)) == wanted


def test_the_text_that_a_page_sends_back_is_the_text_that_was_written() -> None:
    """E17."""
    bot = gr.Chatbot()
    wire = bot.postprocess([{"role": "user", "content": "hi"}])
    assert bot.preprocess(wire)[0]["content"] == [{"text": "hi", "type": "text"}]
    assert gr.message_text(bot.preprocess(wire)[0]) == "hi"


def test_the_obsolete_option_type_is_accepted_with_a_warning() -> None:
    """E16: programs for Gradio 5 pass it."""
    with pytest.warns(UserWarning, match="type of Chatbot is from older versions"):
        gr.Chatbot(type="messages")  # type: ignore[call-arg]


def test_its_api_and_events_are_gradios() -> None:
    info = gr.Chatbot().api_info()
    assert info["items"] == {"$ref": "#/$defs/Message"}
    assert sorted(info["$defs"]) == [
        "ComponentMessage",
        "FileData",
        "FileDataMeta",
        "FileMessage",
        "Message",
        "MetadataDict",
        "OptionDict",
        "TextMessage",
    ]
    assert gr.Chatbot.EVENTS == (
        "change", "select", "like", "retry", "undo", "example_select", "option_select", "clear", "copy", "edit",
    )  # fmt: skip
