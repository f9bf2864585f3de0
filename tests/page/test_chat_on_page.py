"""The conversation: streaming, folding, rating, retrying, editing, reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import holdfast as gr

AppPage = Callable[..., Page]
Messages = list[dict[str, Any]]
pytestmark = pytest.mark.browser

TALK: Messages = [
    {"role": "user", "content": "first question"},
    {"role": "assistant", "content": "first **answer**"},
    {"role": "user", "content": "second question"},
    {"role": "assistant", "content": "second answer"},
]


def test_a_conversation_is_a_log_with_two_sides(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Chatbot(TALK)
    page = app_page(demo)
    expect(page.get_by_role("log", name="chatbot conversation")).to_be_visible()
    expect(page.locator(".message-row.user-row")).to_have_count(2)
    expect(page.get_by_test_id("bot").first.locator("strong")).to_have_text("answer")
    expect(page.locator(".user p").first).to_have_text("first question")


def test_an_answer_is_waited_for_then_grows_and_is_not_drawn_anew(app_page: AppPage) -> None:
    begin, go_on = Event(), Event()

    def answer(history: Messages) -> Iterator[Messages]:
        begin.wait(20)
        text = "First paragraph.\n\nThen **bo"
        yield [*history, {"role": "assistant", "content": text}]
        go_on.wait(20)
        yield [*history, {"role": "assistant", "content": f"{text}ld**."}]

    with gr.Blocks() as demo:
        chat = gr.Chatbot([{"role": "user", "content": "hi"}])
        gr.Button("Ask").click(answer, chat, chat)
    page = app_page(demo)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("status", name="Loading response")).to_be_visible()
    begin.set()
    expect(page.locator(".bot strong")).to_have_text("bo")
    page.locator(".bot p").first.evaluate("element => element.dataset.mark = 'same'")
    go_on.set()
    expect(page.locator(".bot strong")).to_have_text("bold")
    expect(page.locator(".bot p").first).to_have_attribute("data-mark", "same")
    expect(page.get_by_role("status", name="Loading response")).to_have_count(0)


def test_code_is_coloured_and_can_be_copied(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Chatbot([{"role": "assistant", "content": "```python\nprint('hi')\n```"}])
    page = app_page(demo)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(page.locator(".bot .hljs-string")).to_have_text("'hi'")
    page.get_by_role("button", name="Copy code").click()
    assert page.evaluate("navigator.clipboard.readText()").strip() == "print('hi')"


def test_formulas_are_set_when_there_are_some(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Chatbot([{"role": "assistant", "content": "$$x^2$$"}])
    page = app_page(demo)
    expect(page.locator(".bot .katex-display")).to_be_visible()


def test_what_a_message_says_cannot_run(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        text = "<b onclick='evil()'>x</b><script>evil()</script> [l](javascript:evil())"
        gr.Chatbot([{"role": "assistant", "content": text}])
    page = app_page(demo)
    expect(page.locator(".bot b")).to_have_text("x")
    expect(page.locator(".bot [onclick], .bot script, .bot a[href^=javascript]")).to_have_count(0)


def test_a_thought_is_folded_when_it_is_done_and_opens_on_click(app_page: AppPage) -> None:
    thought = {"role": "assistant", "content": "Let me see.", "metadata": {"title": "Thinking", "status": "done"}}
    with gr.Blocks() as demo:
        gr.Chatbot([thought, {"role": "assistant", "content": "Yes."}])
    page = app_page(demo)
    expect(page.get_by_text("Let me see.")).to_be_hidden()
    page.get_by_text("Thinking").click()
    expect(page.get_by_text("Let me see.")).to_be_visible()


def test_likes_are_told_with_the_message(app_page: AppPage) -> None:
    def told(data: gr.LikeData) -> str:
        return f"{data.index} {data.value} {data.liked}"

    with gr.Blocks() as demo:
        chat, seen = gr.Chatbot(TALK, feedback_options=["Like", "Dislike", "Odd"]), gr.Textbox(label="Seen")
        chat.like(told, None, seen)
    page = app_page(demo)
    page.get_by_role("button", name="Like", exact=True).last.click()
    expect(page.get_by_label("Seen")).to_have_value("3 second answer True")
    expect(page.get_by_role("button", name="Like", exact=True).last).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Dislike").first.click()
    expect(page.get_by_label("Seen")).to_have_value("1 first **answer** False")
    page.get_by_label("Feedback").first.select_option("Odd")
    expect(page.get_by_label("Seen")).to_have_value("1 first **answer** Odd")


def test_retry_and_undo_name_the_visitors_last_message(app_page: AppPage) -> None:
    def retried(history: Messages, data: gr.RetryData) -> Messages:
        assert isinstance(data.index, int)
        return [*history[: data.index + 1], {"role": "assistant", "content": "another answer"}]

    def undone(history: Messages, data: gr.UndoData) -> tuple[Messages, str]:
        assert isinstance(data.index, int)
        return history[: data.index], history[data.index]["content"][0]["text"]

    with gr.Blocks() as demo:
        chat, box = gr.Chatbot(TALK), gr.Textbox(label="Box")
        chat.retry(retried, chat, chat)
        chat.undo(undone, chat, [chat, box])
    page = app_page(demo)
    page.get_by_label("Retry").click()
    expect(page.get_by_test_id("bot")).to_have_text(["first answer", "another answer"])
    page.get_by_label("Undo").click()
    expect(page.get_by_test_id("bot")).to_have_text(["first answer"])
    expect(page.get_by_label("Box")).to_have_value("second question")


def test_a_message_of_ones_own_can_be_edited(app_page: AppPage) -> None:
    def told(data: gr.EditData) -> str:
        return f"{data.index}: {data.previous_value} -> {data.value}"

    with gr.Blocks() as demo:
        chat, seen = gr.Chatbot(TALK, editable="user"), gr.Textbox(label="Seen")
        chat.edit(told, None, seen)
    page = app_page(demo)
    page.locator(".user-row").first.hover()
    page.get_by_role("button", name="Edit").first.click()
    page.get_by_label("Edit message").fill("better question")
    page.get_by_label("Submit").click()
    expect(page.get_by_label("Seen")).to_have_value("0: first question -> better question")
    expect(page.get_by_test_id("user").first).to_have_text("better question")


def test_undo_and_retry_tell_the_text_of_the_message(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        chat, seen = gr.Chatbot(TALK), gr.Textbox(label="Seen")

        def undone(data: gr.UndoData) -> str:
            return f"undo {data.index} {data.value}"

        def retried(data: gr.RetryData) -> str:
            return f"retry {data.index} {data.value}"

        chat.undo(undone, None, seen)
        chat.retry(retried, None, seen)
    place = max(n for n, message in enumerate(TALK) if message["role"] == "user")
    page = app_page(demo)
    for name in ("Undo", "Retry"):
        page.get_by_role("button", name=name).click()
        expect(page.get_by_label("Seen")).to_have_value(f"{name.lower()} {place} {TALK[place]['content']}")


def test_clear_empties_the_conversation(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        chat, seen = gr.Chatbot(TALK, placeholder="Ask me"), gr.Textbox(label="Seen")
        chat.clear(lambda: "cleared", None, seen)
    page = app_page(demo)
    page.get_by_label("Clear").click()
    expect(page.get_by_label("Seen")).to_have_value("cleared")
    expect(page.get_by_text("Ask me")).to_be_visible()


def test_examples_and_options_are_told(app_page: AppPage) -> None:
    def told(data: gr.SelectData) -> str:
        return str(data.value)

    with gr.Blocks() as demo:
        empty = gr.Chatbot(examples=[{"text": "hello"}, {"text": "tell me", "display_text": "A story"}])
        options = [{"value": "w", "label": "Warmer"}, {"value": "shorter"}]
        asked = gr.Chatbot([{"role": "assistant", "content": "So?", "options": options}])
        seen = gr.Textbox(label="Seen")
        empty.example_select(told, None, seen)
        asked.option_select(told, None, seen)
    page = app_page(demo)
    page.get_by_label("Select example 2").click()
    expect(page.get_by_label("Seen")).to_have_value("{'text': 'tell me', 'files': []}")
    page.get_by_role("button", name="Warmer").click()
    expect(page.get_by_label("Seen")).to_have_value("w")


def test_a_component_in_a_message_is_drawn(app_page: AppPage) -> None:
    def shown(history: Messages) -> Messages:
        return [*history, {"role": "assistant", "content": gr.Label({"cat": 0.9, "dog": 0.1})}]

    with gr.Blocks() as demo:
        chat = gr.Chatbot()
        gr.Button("Show").click(shown, chat, chat)
    page = app_page(demo)
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".bot [data-testid=label-output-value]")).to_have_text("cat")


def test_the_reader_who_scrolled_up_is_left_alone(app_page: AppPage) -> None:
    long = [{"role": "assistant", "content": "\n\n".join(f"line {number}" for number in range(60))}]
    with gr.Blocks() as demo:
        chat = gr.Chatbot(long, height=300)
        gr.Button("More").click(lambda h: [*h, {"role": "assistant", "content": "more " * 50}], chat, chat)
    page = app_page(demo)
    log = page.get_by_role("log")
    left = "log => Math.round(log.scrollHeight - log.clientHeight - log.scrollTop)"
    expect(page.get_by_text("line 59")).to_be_in_viewport()
    log.evaluate("log => { log.scrollTop = 100 }")
    jump = page.get_by_role("button", name="Scroll to bottom")
    expect(jump).to_be_visible()
    page.get_by_role("button", name="More").click()
    expect(page.get_by_text("more more").first).to_be_attached()
    assert log.evaluate("log => log.scrollTop") == 100
    jump.click()
    expect(jump).to_have_count(0)
    assert log.evaluate(left) <= 1
    page.get_by_role("button", name="More").click()
    expect(page.get_by_test_id("bot")).to_have_count(3)
    page.wait_for_function(f"({left})(document.querySelector('[role=log]')) <= 1")


def test_tags_that_no_browser_knows_are_read_in_a_message(app_page: AppPage) -> None:
    said = "a <tag> and <my-part>b</my-part> <b>bold</b> <img src='data:,' onerror='alert(1)'>"
    drawn = '<svg viewBox="0 0 1 1"><path d="M0 0"/></svg> <u>under</u>\n\n`<code>`'
    with gr.Blocks() as demo:
        gr.Chatbot([{"role": "user", "content": said}, {"role": "assistant", "content": drawn}])
        gr.Chatbot([{"role": "user", "content": "x <tag> y"}], allow_tags=False, elem_id="dropped")
    page = app_page(demo)
    expect(page.locator(".user .prose").first).to_have_text("a <tag> and <my-part>b</my-part> bold")
    expect(page.locator(".user .prose b")).to_have_text("bold")
    assert page.locator("[onerror]").count() == 0
    expect(page.get_by_test_id("bot").first.locator("svg path")).to_have_count(1)
    expect(page.get_by_test_id("bot").first.locator("code")).to_have_text("<code>")
    expect(page.locator("#dropped .user .prose")).to_have_text("x y")


def test_a_chat_with_its_history_fills_the_height(app_page: AppPage) -> None:
    page = app_page(gr.ChatInterface(lambda message, said: message, save_history=True))
    page.set_viewport_size({"width": 1200, "height": 1000})
    field = page.get_by_placeholder("Type a message...").bounding_box()
    foot = page.get_by_role("contentinfo").bounding_box()
    assert field is not None
    assert foot is not None
    assert foot["y"] - (field["y"] + field["height"]) < 80


def test_what_is_said_of_a_failed_answer_lies_on_no_button(app_page: AppPage) -> None:
    def fail(message: str, said: list[Any]) -> str:
        raise gr.Error("No answer")

    page = app_page(gr.ChatInterface(fail))
    page.get_by_placeholder("Type a message...").fill("hello")
    page.get_by_placeholder("Type a message...").press("Enter")
    expect(page.locator(".block:has(> .failed) [role=log]")).to_be_visible()
    expect(page.locator(".failed")).to_have_count(1)


def test_examples_with_additional_inputs_are_a_table_that_fills_all_of_them(app_page: AppPage) -> None:
    def ask(message: str, history: Messages, tone: str, length: float) -> str:
        return f"{message}, {tone}, {length}"

    tone, length = gr.Textbox("plain", label="Tone"), gr.Slider(10, 100, value=40, label="Length")
    rows = [["hello", "kind", 20], [{"text": "what?"}, "rude", 30]]
    page = app_page(gr.ChatInterface(ask, additional_inputs=[tone, length], examples=rows, examples_label="Try"))
    expect(page.get_by_text("Try")).to_be_visible()
    page.locator("tr.tr-body", has_text="rude").click()
    box = page.get_by_placeholder("Type a message...")
    expect(box).to_have_value("what?")
    expect(page.locator(".message-row")).to_have_count(0)
    box.press("Enter")
    expect(page.get_by_test_id("bot")).to_have_text("what?, rude, 30")


def test_a_kept_answer_to_an_example_is_shown_again(
    app_page: AppPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E6, program 13: the chat is cleared between the two clicks."""
    monkeypatch.chdir(tmp_path)
    calls = [0]

    def answer(message: str, history: list[Any]) -> str:
        calls[0] += 1
        return f"{message} computed {calls[0]}"

    page = app_page(gr.ChatInterface(answer, examples=[["hey"], ["hello"]], cache_examples=True, cache_mode="lazy"))
    for _ in range(2):
        page.get_by_role("button", name="hey").click()
        expect(page.get_by_text("hey computed 1")).to_be_visible()
        page.get_by_role("button", name="Clear", exact=False).first.click()
        expect(page.get_by_text("hey computed 1")).to_have_count(0)
    assert calls == [1]
