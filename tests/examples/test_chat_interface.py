"""The ChatInterface example in the browser: streaming, stop, retry, undo, edit, clear, examples."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

Open = Callable[[str], Page]
pytestmark = pytest.mark.browser

LONG = " ".join(f"word{number}" for number in range(200))


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=15_000)


def send(page: Page, text: str) -> None:
    page.get_by_placeholder("Type a message...").fill(text)
    page.get_by_placeholder("Type a message...").press("Enter")


def answers(page: Page) -> list[str]:
    return [text.strip() for text in page.get_by_test_id("bot").all_inner_texts()]


def test_an_answer_streams_and_the_history_is_kept(opened: Open) -> None:
    page = opened("chat_interface")
    send(page, "good morning")
    expect(page.get_by_test_id("bot")).to_contain_text("You said, as number 1: good morning")
    send(page, "once more")
    expect(page.get_by_test_id("bot").last).to_contain_text("You said, as number 2: once more")
    expect(page.get_by_placeholder("Type a message...")).to_have_value("")


def test_an_answer_can_be_stopped_and_what_came_stays(opened: Open) -> None:
    page = opened("chat_interface")
    send(page, LONG)
    expect(page.get_by_test_id("bot")).to_contain_text("word3")
    page.get_by_test_id("stop-button").click()
    expect(page.get_by_test_id("submit-button")).to_be_visible()
    stopped = page.get_by_test_id("bot").inner_text()
    assert "word199" not in stopped
    send(page, "short")
    expect(page.get_by_test_id("bot").last).to_contain_text("You said, as number 2: short")
    assert page.get_by_test_id("bot").first.inner_text() == stopped


def test_retry_asks_the_last_message_again(opened: Open) -> None:
    page = opened("chat_interface")
    send(page, "again")
    expect(page.get_by_test_id("bot")).to_contain_text("number 1: again")
    page.get_by_label("Retry").last.click()
    expect(page.get_by_test_id("bot")).to_have_count(1)
    expect(page.get_by_test_id("bot")).to_contain_text("number 1: again")
    expect(page.get_by_test_id("user")).to_have_count(1)


def test_undo_puts_the_message_back_into_the_field(opened: Open) -> None:
    page = opened("chat_interface")
    send(page, "oops")
    expect(page.get_by_test_id("bot")).to_contain_text("number 1: oops")
    page.get_by_label("Undo").last.click()
    expect(page.get_by_test_id("bot")).to_have_count(0)
    expect(page.get_by_placeholder("Type a message...")).to_have_value("oops")


def test_an_edited_message_is_answered_anew(opened: Open) -> None:
    page = opened("chat_interface")
    send(page, "first")
    expect(page.get_by_test_id("bot")).to_contain_text("number 1: first")
    send(page, "second")
    expect(page.get_by_test_id("bot").last).to_contain_text("number 2: second")
    page.get_by_test_id("user").first.hover()
    page.get_by_label("Edit").first.click()
    page.get_by_role("log").get_by_role("textbox").fill("changed")
    page.get_by_role("log").get_by_label("Submit").click()
    expect(page.get_by_test_id("bot")).to_have_count(1)
    expect(page.get_by_test_id("bot")).to_contain_text("number 1: changed")


def test_clear_forgets_the_conversation(opened: Open) -> None:
    page = opened("chat_interface")
    send(page, "remember me")
    expect(page.get_by_test_id("bot")).to_contain_text("number 1")
    page.get_by_label("Clear", exact=True).click()
    expect(page.get_by_test_id("bot")).to_have_count(0)
    send(page, "who am I")
    expect(page.get_by_test_id("bot")).to_contain_text("number 1: who am I")


def test_an_example_is_asked_at_a_click(opened: Open) -> None:
    page = opened("chat_interface")
    page.get_by_text("Good morning").click()
    expect(page.get_by_test_id("user")).to_contain_text("Good morning")
    expect(page.get_by_test_id("bot")).to_contain_text("number 1: Good morning")
