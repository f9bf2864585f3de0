"""The chat as one box to write in, without dead space, and with something to begin with.

F2a: siblings looked for: other boxes in boxes; found: only the composer. Buttons for files and speech come with their
components.
F2b: siblings looked for: other room kept for buttons that are not shown; found: below answers.
F2c, F7a: siblings looked for: other components that are blank without a value; found: the conversation of any Chatbot.
F8: siblings looked for: other blocks of code (messages, Markdown, help); found: all have one style.
E15: siblings looked for: other buttons that exclude each other; found: none.
E28: siblings looked for: the user's messages, whose bubbles are apart in Gradio too.
E30: siblings looked for: inputs that lie over words; found: the theme's choice in the settings.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.axe import assert_accessible

import holdfast as gr

AppPage = Callable[..., Page]
pytestmark = pytest.mark.browser


def box(found: Any) -> dict[str, float]:
    at: dict[str, float] | None = found.bounding_box()
    assert at
    return at


def test_one_writes_to_a_chat_in_one_box(app_page: AppPage) -> None:
    """F2a: it stays in its place, says how to send, and then for how long it answers."""
    go = Event()

    def answer(message: str, history: list[Any]) -> str:
        del history
        go.wait(20)
        return message.upper()

    page = app_page(gr.ChatInterface(answer))
    field, composer = page.get_by_placeholder("Type a message..."), page.locator(".composer")
    expect(field).to_be_focused()
    expect(field).to_have_css("border-top-width", "0px")
    expect(composer).to_have_css("border-top-width", "1px")
    expect(composer).to_contain_text("Enter to send, Shift+Enter for a new line")
    before = box(composer)
    assert before["width"] <= 704
    field.fill("hello")
    page.get_by_role("button", name="Submit").click()
    expect(composer).to_contain_text("Answering")
    expect(page.get_by_role("button", name="Submit")).to_have_count(0)
    expect(field).to_be_focused()
    assert box(composer) == before
    field.press_sequentially("more")
    expect(field).to_have_value("more")
    assert_accessible(page)
    field.press("Escape")
    expect(page.get_by_role("button", name="Submit")).to_be_visible()
    go.set()


def test_buttons_of_messages_take_no_room(app_page: AppPage) -> None:
    """F2b"""
    with gr.Blocks() as demo:
        gr.Chatbot(
            [
                {"role": "user", "content": "question"},
                {"role": "assistant", "content": "answer"},
                {"role": "user", "content": "another"},
                {"role": "assistant", "content": "last"},
            ],
            editable="user",
        )
    page = app_page(demo)
    question, answer = page.locator(".message.user").first, page.locator(".message.bot").first
    asked, answered = box(question), box(answer)
    assert answered["y"] - (asked["y"] + asked["height"]) <= 24
    question.hover()
    edit = page.locator(".user-row").first.get_by_role("button", name="Edit")
    expect(edit).to_be_visible()
    assert box(edit)["x"] + box(edit)["width"] <= asked["x"]
    copy = page.locator(".bot-row").first.get_by_role("button", name="Copy message")
    answer.hover()
    assert box(copy)["y"] >= answered["y"] + answered["height"]
    assert box(copy)["y"] + box(copy)["height"] <= box(page.locator(".message.user").nth(1))["y"]
    expect(page.locator(".bot-row.last .actions")).to_have_css("opacity", "1")


def test_an_empty_chat_says_what_it_is_for(app_page: AppPage) -> None:
    """F2c, F7a"""
    page = app_page(gr.ChatInterface(lambda message, history: message, examples=["Which route?", "What is late?"]))
    expect(page.get_by_role("heading", name="How can I help?")).to_be_visible()
    expect(page.get_by_role("button", name="Select example 1: Which route?")).to_be_visible()
    with gr.Blocks() as demo:
        gr.Chatbot()
    expect(app_page(demo).get_by_text("No messages yet")).to_be_visible()


def test_messages_of_the_bot_in_a_row_are_one_element(app_page: AppPage) -> None:
    """E28"""
    said = [{"role": "assistant", "content": text} for text in ("one", "two", "three")]
    with gr.Blocks() as demo:
        gr.Chatbot([{"role": "user", "content": "hi"}, *said, {"role": "user", "content": "and"}, said[0]])
    page = app_page(demo)
    expect(page.locator(".bot")).to_have_count(2)
    expect(page.locator(".bot.message").first.get_by_test_id("bot")).to_have_text(["one", "two", "three"])


def test_both_buttons_of_a_textbox_are_shown(app_page: AppPage) -> None:
    """E15"""
    with gr.Blocks() as demo:
        gr.Textbox(label="Text", submit_btn=True, stop_btn=True)
    page = app_page(demo)
    expect(page.get_by_test_id("submit-button")).to_be_visible()
    expect(page.get_by_test_id("stop-button")).to_be_visible()


def test_the_text_of_a_choice_is_what_one_clicks(app_page: AppPage) -> None:
    """E30"""
    with gr.Blocks() as demo:
        gr.Radio(["Brief", "Detailed"], label="Length")
        gr.Radio([f"A rather long choice with the number {number}" for number in range(6)], label="Long")
        gr.Checkbox(label="Returns")
        gr.CheckboxGroup(["North", "South"], label="Depots")
    page = app_page(demo)
    for text in ("Detailed", "A rather long choice with the number 3", "Returns", "South"):
        word = page.get_by_text(text, exact=True)
        hit = """word => {
            const { left, top, width, height } = word.getBoundingClientRect()
            return document.elementFromPoint(left + width / 2, top + height / 2) === word
        }"""
        assert word.evaluate(hit), text
        word.click()
        expect(page.get_by_label(text, exact=True)).to_be_checked()
    page.get_by_role("radio", name="Brief").check()
    expect(page.get_by_role("radio", name="Brief")).to_be_checked()


def test_long_lines_of_code_wrap_and_their_copy_button_is_seen(app_page: AppPage) -> None:
    """F8"""
    with gr.Blocks() as demo:
        gr.Markdown(f"```python\n{'word ' * 80}\n```")
    page = app_page(demo)
    code = page.locator(".prose pre")
    expect(code).to_be_visible()
    assert code.evaluate("code => code.scrollWidth <= code.clientWidth")
    expect(page.locator(".code-copy")).to_have_css("opacity", "1")


def test_code_of_a_language_has_a_line_that_says_so_and_copies(app_page: AppPage) -> None:
    """F8b: siblings looked for: code without a language; found: it keeps the button in its corner."""
    with gr.Blocks() as demo:
        gr.Markdown("```sql\nselect 1\n```\n\n```\nplain\n```")
    page = app_page(demo)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    head = page.locator(".code-head")
    expect(head).to_have_count(1)
    expect(head.locator("span").first).to_have_text("sql")
    button = head.get_by_role("button", name="Copy code")
    expect(button).to_have_text("Copy")
    button.click()
    expect(button).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "select 1\n"
    assert_accessible(page)


def test_thoughts_in_a_row_are_rows_of_one_box(app_page: AppPage) -> None:
    """F2: 36 px each, closed when done, with what they did at the right."""
    thought = {"title": "Thought", "status": "done", "duration": 4}
    query = {"title": "query_scans", "log": "lost parcels " * 30, "status": "done", "duration": 0.8}
    with gr.Blocks() as demo:
        gr.Chatbot(
            [
                {"role": "assistant", "content": "hard", "metadata": thought},
                {"role": "assistant", "content": "rows", "metadata": query},
                {"role": "assistant", "content": "Route B."},
            ]
        )
    page = app_page(demo)
    rows = page.locator("details.thought")
    expect(rows).to_have_count(2)
    upper, lower = box(rows.first), box(rows.last)
    assert upper["height"] == lower["height"] == 38
    assert lower["y"] == upper["y"] + 37
    expect(rows.first).to_have_css("border-bottom-left-radius", "0px")
    expect(rows.last).to_have_css("border-top-left-radius", "0px")
    summary = rows.last.locator("summary")
    expect(summary).to_contain_text("Done")
    expect(summary).to_contain_text("0.8 s")
    assert summary.evaluate("row => row.scrollWidth <= row.clientWidth")
    assert_accessible(page)
    summary.click()
    expect(page.get_by_text("rows", exact=True)).to_be_visible()
