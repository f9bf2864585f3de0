"""Each example does in the browser what it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

Open = Callable[[str], Page]
pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=15_000)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_scores_are_everybodys(opened: Open, another_browser: object) -> None:
    page = opened("scores")
    other = another_browser.new_page()  # type: ignore[attr-defined]
    other.goto(page.url)
    for who, score in ((page, 5), (other, 9), (page, 1), (other, 7)):
        who.get_by_label("Your score").fill(str(score))
        press(who, "Submit")
        expect(who.get_by_test_id("json")).to_contain_text(str(max(9, score) if score != 5 else 5))
    press(page, "Submit")
    shown = page.get_by_test_id("json")
    for best in ("9", "7", "5"):
        expect(shown).to_contain_text(best)


def test_messages_are_shown_newest_first(opened: Open) -> None:
    page = opened("messages")
    for text in ("first", "second", "third"):
        page.get_by_label("message").fill(text)
        press(page, "Submit")
        expect(page.get_by_test_id("json")).to_contain_text(f'"now": "{text}"')
    shown = page.get_by_test_id("json").inner_text()
    assert shown.index("third") < shown.index("second") < shown.index("first")


def test_the_carts_count_follows_the_state(opened: Open) -> None:
    page = opened("cart")
    page.get_by_label("Apples").check()
    page.get_by_label("Bread").check()
    press(page, "Put into the basket")
    expect(page.get_by_label("Items in the basket")).to_have_value("2")
    page.get_by_label("Bread").uncheck()
    press(page, "Put into the basket")
    expect(page.get_by_label("Items in the basket")).to_have_value("3")


def test_the_counter_counts(opened: Open) -> None:
    page = opened("counter")
    for text in ("Pressed 1 time", "Pressed 2 times", "Pressed 3 times"):
        press(page, "Press")
        expect(page.get_by_label("So far")).to_have_value(text)


def test_the_chat_answers_and_can_be_cleared(opened: Open) -> None:
    page = opened("chat")
    box = page.get_by_test_id("textbox")
    for count, text in enumerate(("Hello there", "And now?"), 1):
        box.fill(text)
        box.press("Enter")
        expect(page.get_by_test_id("bot")).to_have_count(count)
        expect(page.get_by_test_id("user").last).to_contain_text(text)
        expect(box).to_have_value("")
    page.get_by_role("button", name="Clear", exact=True).last.click()
    expect(page.get_by_test_id("bot")).to_have_count(0)
    box.fill("Once more")
    box.press("Enter")
    expect(page.get_by_test_id("user")).to_have_count(1)


def test_two_buttons_fill_one_dict(opened: Open) -> None:
    page = opened("steps")
    status = page.get_by_label("Status")
    press(page, "Save age")
    expect(status).to_have_value("Please say your name first.")
    page.get_by_label("Name").fill("Ada")
    press(page, "Save name")
    expect(status).to_have_value("Hello Ada. How old are you?")
    page.get_by_label("Age").fill("36")
    press(page, "Save age")
    expect(status).to_have_value("Thank you: Ada, 36.")


def test_the_history_grows_by_button_and_by_enter(opened: Open) -> None:
    page = opened("history")
    text = page.get_by_label("Text", exact=True)
    text.fill("one")
    press(page, "Add")
    expect(page.get_by_label("All texts")).to_have_value("1. one")
    text.fill("two")
    text.press("Enter")
    expect(page.get_by_label("All texts")).to_have_value("1. one\n2. two")


def test_words_are_kept_once(opened: Open) -> None:
    page = opened("shortcuts")
    for word, words in (("red", "red"), ("blue", "red, blue"), ("red", "red, blue"), ("green", "red, blue, green")):
        page.get_by_label("word").fill(word)
        press(page, "Submit")
        expect(page.get_by_label("output")).to_have_value(words)


def test_an_object_is_replaced_and_changed_in_place(opened: Open) -> None:
    """R2.1: what a function returns and what it changes in place both count."""
    page = opened("own_class")
    plan = page.get_by_label("Plan")
    press(page, "Add the stop")
    expect(plan).to_have_value("Somewhere with 2 x socks")
    page.get_by_label("Next stop").fill("Rome")
    press(page, "Add the stop")
    expect(plan).to_have_value("Somewhere - Rome with 4 x socks")
    press(page, "Start again")
    expect(plan).to_have_value("Home with nothing")
    press(page, "Add the stop")
    expect(plan).to_have_value("Home - Rome with 2 x socks")


def test_a_visible_text_is_its_own_state(opened: Open) -> None:
    page = opened("visible_state")
    text = page.get_by_label("Your list")
    text.fill("milk\neggs")
    press(page, "Number the lines")
    expect(text).to_have_value("1. milk\n2. eggs")
    text.fill("1. milk\n2. eggs\nbread")
    press(page, "Number the lines")
    expect(text).to_have_value("1. milk\n2. eggs\n3. bread")


def test_a_state_is_filled_when_the_page_opens(opened: Open) -> None:
    page = opened("load")
    expect(page.get_by_label("Status")).to_have_value("Ready. Your browser prefers en-US.")
    press(page, "What do you remember?")
    expect(page.get_by_label("Status")).to_have_value("Still remembered: en-US.")


def test_clear_resets_every_time_it_is_pressed(opened: Open) -> None:
    """R1.7: a ClearButton puts a State back to its initial value, any number of times."""
    page = opened("reset")
    shown = page.get_by_label("Biscuits")
    for _ in range(3):
        for left in ("9 left", "8 left"):
            press(page, "Take one")
            expect(shown).to_have_value(left)
        press(page, "Clear")
        expect(shown).to_have_value("")
    press(page, "Take one")
    expect(shown).to_have_value("9 left")
    press(page, "Refill")
    expect(shown).to_have_value("10 left")


def test_a_million_numbers_are_each_visitors_own(opened: Open, another_browser: object) -> None:
    """R5.3: two browsers never see each other's cells."""
    page = opened("large")
    other = another_browser.new_page()  # type: ignore[attr-defined]
    other.goto(page.url)
    for who in (page, other):
        who.get_by_label("Place").fill("999999")
        press(who, "Look")
        expect(who.get_by_label("Found")).to_have_value("At 999,999 of 1,000,000 stands 999,999")
    press(page, "Change")
    expect(page.get_by_label("Found")).not_to_have_value("At 999,999 of 1,000,000 stands 999,999")
    changed = page.get_by_label("Found").input_value()
    press(other, "Look")
    expect(other.get_by_label("Found")).to_have_value("At 999,999 of 1,000,000 stands 999,999")
    press(page, "Look")
    expect(page.get_by_label("Found")).to_have_value(changed)


def test_a_state_given_back_as_it_was_has_not_changed(opened: Open) -> None:
    """R3.1: change listeners are triggered by content, not by returning."""
    page = opened("conditional")
    press(page, "Offer")
    expect(page.get_by_label("Result")).to_have_value("Bought for 8. 1 so far, 8 in all.")
    expect(page.get_by_label("Times the State changed")).to_have_value("1")
    page.get_by_label("Price").fill("12")
    press(page, "Offer")
    expect(page.get_by_label("Result")).to_have_value("12 is over 10: not bought. 1 so far.")
    page.get_by_label("At most").fill("12")
    press(page, "Offer")
    expect(page.get_by_label("Result")).to_have_value("Bought for 12. 2 so far, 20 in all.")
    expect(page.get_by_label("Times the State changed")).to_have_value("2")


def test_the_second_step_sees_the_first_ones_state(opened: Open) -> None:
    page = opened("chain")
    press(page, "Read it")
    expect(page.get_by_label("After the first step")).to_have_value("6 words found")
    expect(page.get_by_label("After the second step")).to_have_value("The longest is 'small'")
    page.get_by_label("Text", exact=True).fill("tiny gigantic")
    press(page, "Read it")
    expect(page.get_by_label("After the first step")).to_have_value("2 words found")
    expect(page.get_by_label("After the second step")).to_have_value("The longest is 'gigantic'")
