"""Earlier conversations of a chat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.axe import assert_accessible

import holdfast as gr
from holdfast.apps.chat.history import chosen, keep, newest_first, title
from holdfast.errors import BuildError
from holdfast.launch import start

ONE = [{"role": "user", "content": "one"}]
TWO = [{"role": "user", "content": "two"}]


def test_a_new_conversation_gets_an_id_and_a_known_one_keeps_its_own() -> None:
    saved, number = keep(ONE, {}, None, "a")
    assert (saved, number) == ({"a": ONE}, "a")
    assert keep(TWO, saved, "a", "b") == ({"a": TWO}, "a")


def test_an_empty_conversation_is_not_kept() -> None:
    assert keep([], {"a": ONE}, None, "b") == ({"a": ONE}, None)


def test_a_conversation_deleted_in_another_tab_is_stored_again() -> None:
    assert keep(ONE, {}, "gone", "b") == ({"b": ONE}, "b")


def test_the_newest_is_first() -> None:
    assert newest_first({"a": ONE, "b": TWO}) == ["b", "a"]


def test_a_conversations_title_is_its_first_message() -> None:
    assert title([{"role": "assistant", "content": "Hello"}, *ONE]) == "one"
    assert title([{"role": "user", "content": "word " * 20}]) == "word word word word word word word word…"


def test_two_chats_with_one_name_are_rejected(tmp_path: Path) -> None:
    """R5.3, D9: in one app, in tabs, and with a title equal to another function's name."""

    def chat(**options: str) -> gr.ChatInterface:
        return gr.ChatInterface(lambda message, history: message, save_history=True, **options)  # type: ignore[arg-type]

    for one, two in ((chat(), chat()), (chat(title="A"), chat(title="A"))):
        with pytest.raises(BuildError, match="Give each a different title"):
            start(gr.TabbedInterface([one, two]), {"state_store": "memory://"}, server_port=0, quiet=True)
    demo = gr.TabbedInterface([chat(title="A"), chat(title="B"), chat()])
    start(demo, {"state_store": "memory://"}, server_port=0, quiet=True)
    demo.close()


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    def answer(message: str, history: list[object]) -> str:
        return f"{len(history)}: {message}"

    demo = gr.ChatInterface(answer, save_history=True)
    yield start(demo, {"state_store": "memory://"}, server_port=0, quiet=True).local_url
    demo.close()


def say(page: Page, text: str, answer: str) -> None:
    page.get_by_placeholder("Type a message...").fill(text)
    page.get_by_placeholder("Type a message...").press("Enter")
    expect(page.get_by_test_id("bot").last).to_contain_text(answer)


@pytest.mark.browser
def test_conversations_can_be_left_reopened_and_continued_after_a_refresh(url: str, page: Page) -> None:
    """R5.1: a State of the browser outlives the page."""
    expect.set_options(timeout=15_000)
    page.goto(url)
    rows = page.locator("tr.tr-body")
    say(page, "apples", "0: apples")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_test_id("bot")).to_have_count(0)
    say(page, "pears", "0: pears")
    expect(rows).to_have_count(2)
    page.reload()
    expect(rows).to_have_text(["pears", "apples"])
    rows.filter(has_text="apples").click()
    expect(page.get_by_test_id("bot")).to_contain_text("0: apples")
    say(page, "more", "2: more")
    expect(rows).to_have_count(2)


@pytest.mark.browser
def test_on_a_phone_the_list_is_in_a_sheet_that_closes_at_a_choice(url: str, page: Page) -> None:
    """F1, F2."""
    expect.set_options(timeout=15_000)
    page.set_viewport_size({"width": 375, "height": 700})
    page.goto(url)
    toggle = page.get_by_role("button", name="Toggle Sidebar")
    for text in ("apples", "pears"):
        toggle.click()
        page.get_by_role("button", name="New chat").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_test_id("bot")).to_have_count(0)
        say(page, text, f"0: {text}")
    page.reload()
    expect(page.locator("gradio-app[data-connected=true]")).to_be_visible()
    expect(page.locator("tr.tr-body").first).to_be_hidden()
    assert_accessible(page)
    toggle.press("Enter")
    sheet = page.get_by_role("dialog", name="Conversations")
    expect(sheet.locator("tr.tr-body")).to_have_text(["pears", "apples"])
    assert_accessible(page)
    sheet.get_by_role("button", name="Actions for pears").click()
    page.keyboard.press("Escape")
    expect(sheet).to_be_visible()
    sheet.get_by_role("button", name="apples", exact=True).press("Enter")
    expect(sheet).to_have_count(0)
    expect(page.get_by_test_id("bot")).to_contain_text("0: apples")
    say(page, "more", "2: more")


@pytest.mark.browser
def test_the_list_marks_the_open_conversation_and_deletes_any(url: str, page: Page) -> None:
    expect.set_options(timeout=15_000)
    page.goto(url)
    rows, current = page.locator("tr.tr-body"), page.locator("tr.tr-body.current")
    sidebar = page.get_by_role("complementary", name="Conversations")
    for text in ("apples", "pears", "plums"):
        sidebar.get_by_role("button", name="New chat").click()
        expect(current).to_have_count(0)
        say(page, text, f"0: {text}")
        expect(current).to_have_text(text)
    assert_accessible(page)
    delete(page, "pears")
    expect(rows).to_have_text(["plums", "apples"])
    expect(current).to_have_text("plums")
    expect(page.get_by_test_id("bot")).to_contain_text("0: plums")
    delete(page, "plums")
    expect(rows).to_have_text(["apples"])
    expect(page.get_by_test_id("bot")).to_have_count(0)
    page.reload()
    expect(rows).to_have_text(["apples"])
    expect(sidebar.get_by_role("button", name="apples", exact=True)).not_to_have_attribute("aria-current", "true")


def delete(page: Page, name: str) -> None:
    page.locator("tr.tr-body", has_text=name).hover()
    page.get_by_role("button", name=f"Actions for {name}").click()
    page.get_by_role("menuitem", name="Delete").click()


def told(key: Any) -> gr.EventData:
    return gr.EventData(None, {"index": 0, "key": key})


@pytest.mark.parametrize("key", ["gone", None, 1, ["a"], {"a": 1}])
def test_the_key_of_a_deleted_conversation_opens_and_deletes_nothing(key: Any) -> None:
    assert chosen(told(key), {"a": ONE, "b": TWO}) is None
    assert chosen(told("a"), {"a": ONE, "b": TWO}) == "a"


@pytest.mark.browser
def test_clearing_forgets_the_open_conversation(url: str, page: Page) -> None:
    expect.set_options(timeout=15_000)
    page.goto(url)
    say(page, "apples", "0: apples")
    expect(page.locator("tr.tr-body")).to_have_count(1)
    page.get_by_label("Clear", exact=True).click()
    expect(page.locator("tr.tr-body")).to_have_count(0)


@pytest.mark.browser
def test_another_browser_has_its_own_conversations(url: str, page: Page, new_context: object) -> None:
    """R5.3"""
    expect.set_options(timeout=15_000)
    page.goto(url)
    say(page, "apples", "0: apples")
    expect(page.locator("tr.tr-body")).to_have_count(1)
    context: BrowserContext = new_context()  # type: ignore[operator]
    other = context.new_page()
    other.goto(url)
    say(other, "plums", "0: plums")
    expect(other.locator("tr.tr-body")).to_have_text(["plums"])
