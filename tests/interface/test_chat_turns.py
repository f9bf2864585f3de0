"""Pure functions of a chat's messages."""

from __future__ import annotations

from typing import Any

import pytest

import holdfast as gr
from holdfast.apps.chat.turns import (
    Turn,
    answers,
    api_value,
    chosen_turn,
    edited_turn,
    last_turn,
    new_turn,
    storable,
    text_of,
)

SAID: list[dict[str, Any]] = [
    {"role": "user", "content": "one"},
    {"role": "assistant", "content": "re: one"},
    {"role": "user", "content": [{"type": "text", "text": "two"}]},
    {"role": "assistant", "content": "re: two"},
]


def test_a_new_message_follows_the_conversation() -> None:
    turn = new_turn("three", SAID)
    assert turn is not None
    assert turn.asked == [*SAID, {"role": "user", "content": "three"}]


@pytest.mark.parametrize("empty", [None, "", "  \n"])
def test_an_empty_message_asks_nothing(empty: str | None) -> None:
    assert new_turn(empty, SAID) is None


def test_retry_and_undo_return_to_the_visitors_last_message() -> None:
    assert last_turn(SAID) == Turn("two", SAID[:2])
    assert last_turn([]) is None


def test_an_edited_message_drops_what_followed_it() -> None:
    assert edited_turn({"index": 0, "value": "uno"}, SAID) == Turn("uno", [])
    assert edited_turn({"index": [2, 0], "value": "dos"}, SAID) == Turn("dos", SAID[:2])


@pytest.mark.parametrize("data", [{"index": 1, "value": "x"}, {"index": 9, "value": "x"}, {}, None])
def test_an_edited_answer_or_nonsense_asks_nothing(data: Any) -> None:
    assert edited_turn(data, SAID) is None


def test_a_clicked_option_is_a_message() -> None:
    assert chosen_turn({"index": 0, "value": "yes"}, SAID) == Turn("yes", SAID)
    assert chosen_turn(None, SAID) is None


def test_the_text_of_a_message_is_found_in_every_form() -> None:
    assert [text_of(message) for message in SAID] == ["one", "re: one", "two", "re: two"]
    assert text_of({"content": [{"text": "a"}, {"file": {"path": "x"}}, "b"]}) == "a\nb"


def test_a_response_becomes_messages_of_the_assistant() -> None:
    message = gr.ChatMessage("hi")
    assert answers("hi", "f") == [{"role": "assistant", "content": "hi"}]
    assert answers({"content": "hi", "metadata": {"title": "T"}}, "f")[0]["role"] == "assistant"
    assert answers(["a", message], "f") == [{"role": "assistant", "content": "a"}, message]


@pytest.mark.parametrize("response", [None, 5, {"text": "hi"}])
def test_an_invalid_response_is_explained(response: Any) -> None:
    with pytest.raises(ValueError, match=r"The chat function 'f' returned .* It must return a string, a message"):
        answers(response, "f")


def test_a_state_stores_plain_data() -> None:
    [text, component] = storable(
        [{"role": "user", "content": "hi"}, {"role": "assistant", "content": gr.Textbox("inside", render=False)}]
    )
    assert text == {"role": "user", "content": "hi"}
    assert component["content"][0]["component"] == "textbox"
    assert component["content"][0]["value"] == "inside"


def test_a_kept_message_of_one_text_has_that_text_as_its_content() -> None:
    message = gr.ChatMessage("done", metadata={"title": "Tool"}, options=[{"value": "again"}])
    [kept] = storable([message])
    assert (kept["role"], kept["content"], kept["metadata"]) == ("assistant", "done", {"title": "Tool"})
    assert kept["options"] == [{"value": "again"}]


def test_the_api_returns_strings_unchanged_and_messages_as_dicts() -> None:
    assert api_value("hi") == "hi"
    assert api_value({"content": "hi"}) == {"role": "assistant", "content": "hi"}
    assert api_value(gr.ChatMessage("hi")) == {"role": "assistant", "metadata": {}, "content": "hi", "options": []}
