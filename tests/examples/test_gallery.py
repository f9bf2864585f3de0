"""The gallery shows what Holdfast is for: every example with a title, two sentences, the live app, and its source."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.examples.conftest import EXAMPLES, load

pytestmark = pytest.mark.browser

PROMISES = ["undo", "tab_session", "shared_live", "scopes", "private_notes", "table", "upload"]
"""The examples that show what others cannot do, or what most apps need."""


def test_every_example_is_in_the_gallery() -> None:
    assert set(load("gallery").NAMES) == {file.stem for file in EXAMPLES.glob("*.py")} - {"gallery"}


def test_the_promises_come_first() -> None:
    """F9b: scopes, undo, tab session, login, table, upload, and shared live State."""
    assert {*PROMISES} <= {*list(load("gallery").NAMES)[:9]}


def test_every_example_says_what_it_shows() -> None:
    """F9a: a title, a line for its card, and two sentences."""
    for example in load("gallery").examples.values():
        assert re.fullmatch(r"[A-Z][^.]*", example.title)
        assert re.fullmatch(r"[A-Z].*\.", example.line)
        sentences = re.split(r"(?<=[.!?]) ", example.text)
        assert len(sentences) == 2, (example.name, sentences)
        assert '"""' not in example.source.split("\n", 1)[0]


def test_an_example_opens_live_with_its_source(opened: Callable[[str], Page]) -> None:
    expect.set_options(timeout=15_000)
    page = opened("gallery")
    page.get_by_role("link", name="Counter").click()
    expect(page.get_by_role("heading", name="Counter", level=1)).to_be_visible()
    page.get_by_role("button", name="Press").click()
    expect(page.get_by_label("So far")).to_have_value("Pressed 1 time")
    expect(page.get_by_test_id("markdown").last).to_contain_text("def press(count: int)")
    page.get_by_role("link", name="Examples").first.click()
    expect(page.get_by_role("link", name="Counter")).to_be_visible()


def test_one_goes_from_example_to_example(opened: Callable[[str], Page]) -> None:
    """F9a: links to the one before and the one after; the first and the last have one of them."""
    expect.set_options(timeout=15_000)
    page = opened("gallery")
    page.get_by_role("link", name="Counter").click()
    around = page.get_by_role("navigation", name="Examples before and after")
    expect(around.get_by_role("link")).to_have_count(1)
    around.get_by_role("link", name="Next").click()
    expect(page.get_by_text("2 of ")).to_be_visible()
    around.get_by_role("link", name="Previous").click()
    expect(page.get_by_text("1 of ")).to_be_visible()


def test_the_search_finds_examples_by_their_words(opened: Callable[[str], Page]) -> None:
    """look/gallery.png: a search beside the title."""
    expect.set_options(timeout=15_000)
    page = opened("gallery")
    page.get_by_role("textbox", name="Search examples").fill("history=20")
    expect(page.locator(".cards a")).to_have_count(1)
    expect(page.get_by_role("link", name="Undo")).to_be_visible()
    page.get_by_role("textbox", name="Search examples").fill("zebra")
    expect(page.locator(".cards a")).to_have_count(0)
    expect(page.get_by_text("No example mentions")).to_be_visible()


@pytest.mark.parametrize(("width", "columns"), [(1280, 3), (800, 2), (390, 1)])
def test_the_cards_fit_the_window(opened: Callable[[str], Page], width: int, columns: int) -> None:
    """look/gallery.png: three columns, two below 900 px, one below 560."""
    page = opened("gallery")
    page.set_viewport_size({"width": width, "height": 900})
    lefts = page.locator(".cards li").evaluate_all("cards => cards.map(card => card.getBoundingClientRect().left)")
    assert len({round(left) for left in lefts}) == columns
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_pages_that_no_menu_lists_need_no_header(opened: Callable[[str], Page]) -> None:
    """F10a: the gallery links its pages itself."""
    page = opened("gallery")
    page.get_by_role("link", name="Undo").click()
    expect(page.get_by_role("heading", name="Undo", level=1)).to_be_visible()
    expect(page.get_by_role("banner")).to_have_count(0)


def test_an_example_fits_a_phone(opened: Callable[[str], Page]) -> None:
    """F9a: below 900 px the source follows the app."""
    page = opened("gallery")
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_role("link", name="Undo").click()
    live, source = page.locator(".live"), page.get_by_test_id("markdown").last
    box, below = live.bounding_box(), source.bounding_box()
    assert box is not None
    assert below is not None
    assert box["x"] + box["width"] <= 390
    assert below["y"] >= box["y"] + box["height"]


def test_a_state_of_the_gallery_survives_a_refresh(opened: Callable[[str], Page]) -> None:
    """R5.2: the example of a tab session is one here too."""
    expect.set_options(timeout=15_000)
    page = opened("gallery")
    page.get_by_role("link", name="Tab session").click()
    page.get_by_label("Draft").fill("two words")
    page.get_by_role("button", name="Save a version").click()
    expect(page.get_by_label("Versions")).to_have_value("1 saved, the last one with 2 words")
    page.reload()
    expect(page.get_by_label("Draft")).to_have_value("two words")
    page.get_by_role("button", name="Save a version").click()
    expect(page.get_by_label("Versions")).to_have_value("2 saved, the last one with 2 words")


def test_undo_and_redo(opened: Callable[[str], Page]) -> None:
    """R10.1: what the example of a history shows."""
    expect.set_options(timeout=15_000)
    undo = opened("undo")
    undo.get_by_label("Next stop").fill("Northgate")
    undo.get_by_label("Next stop").press("Enter")
    expect(undo.get_by_test_id("cell-2-1")).to_have_text("Northgate")
    undo.get_by_role("button", name="Undo").click()
    expect(undo.locator(".virtual-row")).to_have_count(2)
    undo.get_by_role("button", name="Redo").click()
    expect(undo.get_by_test_id("cell-2-1")).to_have_text("Northgate")


def test_votes_reach_every_page(opened: Callable[[str], Page]) -> None:
    """R7.2: what the example of shared live State shows."""
    expect.set_options(timeout=15_000)
    page = opened("shared_live")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("grid")).to_contain_text("Tea")
    page.get_by_role("button", name="Coffee").click()
    expect(other.get_by_test_id("cell-0-0")).to_have_text("Coffee")
    expect(other.get_by_test_id("cell-0-1")).to_have_text("1")


def test_a_file_shows_its_first_rows_and_a_wrong_one_a_sentence(opened: Callable[[str], Page]) -> None:
    expect.set_options(timeout=15_000)
    page = opened("upload")
    chooser = page.locator("input[type=file]")
    chooser.set_input_files({"name": "depots.csv", "mimeType": "text/csv", "buffer": b"Depot,Lost\nLindholm,33\n"})
    expect(page.get_by_test_id("cell-0-0")).to_have_text("Lindholm")
    page.get_by_role("button", name=re.compile("Remove|Clear")).first.click()
    chooser.set_input_files({"name": "broken.csv", "mimeType": "text/csv", "buffer": b"\xff\xfe\x00"})
    expect(page.get_by_text("This is not a CSV file in UTF-8").first).to_be_visible()


def test_edits_of_a_table_change_the_summary(opened: Callable[[str], Page]) -> None:
    expect.set_options(timeout=15_000)
    page = opened("table")
    page.get_by_test_id("cell-1-1").dblclick()
    page.get_by_label("Edit cell").fill("100")
    page.keyboard.press("Enter")
    expect(page.get_by_label("In short")).to_have_value("150 parcels lost, most of them at Northgate")


def test_notes_follow_a_person_to_another_browser(
    serve: Callable[[str], str], page: Page, another_browser: object
) -> None:
    """R5.1: what the example of a login shows."""
    expect.set_options(timeout=15_000)
    url = serve("private_notes")
    for browser in (page, another_browser.new_page()):  # type: ignore[attr-defined]
        browser.goto(url)
        browser.locator("input[autocomplete=username]").fill("ada")
        browser.locator("input[autocomplete=current-password]").fill("lovelace")
        browser.keyboard.press("Enter")
        if browser is page:
            browser.get_by_label("Note", exact=True).fill("Buy punched cards")
            browser.keyboard.press("Enter")
        expect(browser.get_by_role("heading", name="Notes of ada")).to_be_visible()
        expect(browser.get_by_role("listitem")).to_have_text("Buy punched cards")
