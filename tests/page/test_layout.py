"""Layouts: where blocks stand, and what opens and closes."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.axe import assert_accessible

import holdfast as gr

AppPage = Callable[..., Page]
pytestmark = pytest.mark.browser


def box(locator: Locator) -> Any:
    found = locator.bounding_box()
    assert found is not None
    return found


def test_a_row_shares_its_width_by_scale(app_page: AppPage) -> None:
    with gr.Blocks() as demo, gr.Row():
        with gr.Column(scale=3, elem_id="wide"):
            gr.Textbox(label="A")
        with gr.Column(scale=1, min_width=100, elem_id="narrow"):
            gr.Textbox(label="B")
    page = app_page(demo)
    page.set_viewport_size({"width": 1200, "height": 800})
    wide, narrow = box(page.locator("#wide")), box(page.locator("#narrow"))
    assert wide["y"] == narrow["y"]
    assert wide["width"] == pytest.approx(3 * narrow["width"], rel=0.02)


def test_a_row_wraps_where_its_columns_do_not_fit(app_page: AppPage) -> None:
    with gr.Blocks() as demo, gr.Row():
        with gr.Column(elem_id="first"):
            gr.Textbox(label="A")
        with gr.Column(elem_id="second"):
            gr.Textbox(label="B")
    page = app_page(demo)
    page.set_viewport_size({"width": 500, "height": 800})
    assert box(page.locator("#second"))["y"] > box(page.locator("#first"))["y"]


def test_a_button_without_a_share_of_its_row_is_as_wide_as_its_word(app_page: AppPage) -> None:
    with gr.Blocks() as demo, gr.Row():
        gr.Textbox(label="Message", scale=7)
        gr.Button("Send it", scale=0)
        gr.Button("Clear", scale=1)
    page = app_page(demo)
    page.set_viewport_size({"width": 1000, "height": 400})
    send, clear = (page.get_by_role("button", name=name) for name in ("Send it", "Clear"))
    assert 60 < box(send)["width"] < 120
    assert box(send)["height"] == box(clear)["height"]
    assert box(send)["x"] + box(send)["width"] < box(clear)["x"]


def test_fields_of_a_row_stay_beside_each_other_when_its_button_wraps(app_page: AppPage) -> None:
    with gr.Blocks() as demo, gr.Row():
        gr.Textbox(label="First")
        gr.Textbox(label="Second")
        gr.Button("Press")
    page = app_page(demo)
    page.set_viewport_size({"width": 375, "height": 600})
    first, second = box(page.get_by_label("First")), box(page.get_by_label("Second"))
    assert first["y"] == second["y"]
    assert first["width"] == second["width"]
    assert box(page.get_by_role("button", name="Press"))["y"] > first["y"]
    page.set_viewport_size({"width": 1000, "height": 600})
    assert box(page.get_by_role("button", name="Press"))["y"] == box(page.get_by_label("First"))["y"]


def test_a_word_on_a_button_is_not_broken_on_a_phone(app_page: AppPage) -> None:
    with gr.Blocks() as demo, gr.Row():
        for word in ("Primary", "Secondary", "Stop", "Bare"):
            gr.Button(word)
    page = app_page(demo)
    page.set_viewport_size({"width": 390, "height": 800})
    heights = {page.get_by_role("button", name=word).bounding_box()["height"] for word in ("Stop", "Secondary")}  # type: ignore[index]
    assert len(heights) == 1
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_row_of_many_buttons_wraps_on_a_phone(app_page: AppPage) -> None:
    with gr.Blocks() as demo, gr.Row():
        for number in range(6):
            gr.Button(f"Key {number}")
    page = app_page(demo)
    page.set_viewport_size({"width": 375, "height": 600})
    boxes = [box(button) for button in page.get_by_role("button", name="Key").all()]
    assert {round(each["height"]) for each in boxes} == {36}
    assert len({each["y"] for each in boxes}) == 2


def test_a_component_of_a_given_height_scrolls_in_one_place(app_page: AppPage) -> None:
    talk = [{"role": "assistant", "content": "word " * 2000}]
    with gr.Blocks() as demo:
        gr.Chatbot(talk, height=200, label="Chat", elem_id="chat")
        gr.Dataframe([[n] for n in range(50)], max_height=200, label="Table", show_search="filter", elem_id="table")
        gr.JSON(list(range(100)), max_height=200, label="JSON", elem_id="json")
        gr.Markdown("word " * 2000, height=200, elem_id="markdown")
        gr.HTML("word " * 2000, max_height=200, elem_id="html")
    page = app_page(demo)
    expect(page.locator("#chat .bot.message")).to_be_visible()
    expect(page.locator("#markdown p")).to_be_visible()
    scrolls = """root => [root, ...root.querySelectorAll('*')].filter(
        e => ['auto', 'scroll'].includes(getComputedStyle(e).overflowY) && e.scrollHeight > e.clientHeight + 1
    ).length"""
    for name in ("chat", "table", "json", "markdown", "html"):
        assert (name, page.locator(f"#{name}").evaluate(scrolls)) == (name, 1)


def test_words_that_are_too_long_are_broken_within_their_place(app_page: AppPage) -> None:
    word = "unbroken" * 12
    with gr.Blocks() as demo:
        gr.Textbox(label="Textbox", info=word)
        gr.Checkbox(label=word, info=word)
        gr.CheckboxGroup([word, "b"], label="Group")
        gr.Radio([word, "b"], label="Radio")
        gr.Button(word)
        gr.UploadButton(word)
    page = app_page(demo)
    page.set_viewport_size({"width": 375, "height": 800})
    text = page.get_by_text("unbroken")
    expect(text).to_have_count(7)
    out = (
        "all => all.filter(e => e.getBoundingClientRect().right > innerWidth - 15 || e.scrollWidth > e.clientWidth + 1)"
    )
    spans = "all => all.filter(e => getComputedStyle(e).display !== 'inline')"
    assert text.evaluate_all(f"all => ({out})(({spans})(all)).map(e => e.outerHTML)") == []
    assert text.evaluate_all("all => all.filter(e => e.getBoundingClientRect().right > innerWidth - 15).length") == 0


def test_what_is_not_visible_is_not_there_and_what_is_hidden_is(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Textbox(label="Gone", visible=False, elem_id="gone")
        gr.Textbox(label="Hidden", visible="hidden", elem_id="hidden-one")
        with gr.Column(visible=False):
            gr.Textbox(label="Inside")
        gr.Textbox(label="Seen", elem_id="seen", elem_classes=["mine", "yours"])
    page = app_page(demo)
    expect(page.locator("#gone")).to_have_count(0)
    expect(page.get_by_label("Inside")).to_have_count(0)
    expect(page.locator("#hidden-one")).to_have_count(1)
    expect(page.locator("#hidden-one")).to_be_hidden()
    expect(page.locator("div.block#seen.mine.yours")).to_be_visible()


def test_a_button_carries_its_authors_id_and_classes(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Button("Start", elem_id="go", elem_classes="big", interactive=False)
    page = app_page(demo, css="#go { background: rgb(1, 2, 3) }")
    expect(page.locator("button#go.big")).to_be_disabled()
    expect(page.locator("#go")).to_have_css("background-color", "rgb(1, 2, 3)")


def test_tabs_open_one_panel_at_a_time_and_keep_what_was_entered(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        picked = gr.Textbox(label="Picked")
        with gr.Tabs() as tabs:
            with gr.Tab("One", id="one"):
                gr.Textbox(label="In one")
            with gr.Tab("Two", id="two", elem_id="two-panel"):
                gr.Textbox(label="In two")
            gr.Tab("Locked", interactive=False)

        def pick(event: gr.SelectData) -> str:
            return f"{event.index} {event.value}"

        tabs.select(pick, None, picked)
        gr.Button("Jump").click(lambda: gr.Tabs(selected="one"), None, tabs)
    page = app_page(demo)
    one, two = page.get_by_role("tab", name="One"), page.get_by_role("tab", name="Two")
    expect(one).to_have_attribute("aria-selected", "true")
    expect(page.get_by_label("In two")).to_have_count(0)
    page.get_by_label("In one").fill("kept")
    two.click()
    expect(page.get_by_label("In two")).to_be_visible()
    expect(page.get_by_label("In one")).to_be_hidden()
    expect(page.get_by_label("Picked")).to_have_value("1 Two")
    expect(page.locator("#two-panel-button")).to_have_attribute("data-tab-id", "two")
    expect(page.get_by_role("tab", name="Locked")).to_be_disabled()
    page.get_by_role("button", name="Jump").click()
    expect(page.get_by_label("In one")).to_have_value("kept")
    expect(one).to_have_attribute("aria-selected", "true")


def test_tabs_and_steps_tell_of_another_open_one_whoever_opened_it(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        seen = gr.Textbox(label="Seen")
        with gr.Tabs() as tabs:
            gr.Tab("One", id="one")
            gr.Tab("Two", id="two")
        with gr.Walkthrough(selected=1) as steps:
            gr.Step("First", id=1)
            gr.Step("Second", id=2)
        tabs.change(lambda before: before + "tab ", seen, seen)
        steps.change(lambda before: before + "step ", seen, seen)
        gr.Button("Jump").click(lambda: gr.Tabs(selected="two"), None, tabs)
        gr.Button("Next").click(lambda: gr.Walkthrough(selected=2), None, steps)
    page = app_page(demo)
    box = page.get_by_label("Seen")
    page.get_by_role("button", name="Jump").click()
    expect(box).to_have_value("tab ")
    page.get_by_role("tab", name="One").click()
    expect(box).to_have_value("tab tab ")
    page.get_by_role("button", name="Next").click()
    expect(box).to_have_value("tab tab step ")


def test_tabs_are_walked_with_the_arrow_keys(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        for name in ("One", "Two", "Three"):
            with gr.Tab(name):
                gr.Textbox(label=f"In {name}")
    page = app_page(demo)
    page.get_by_role("tab", name="One").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Two")).to_be_focused()
    expect(page.get_by_label("In Two")).to_be_visible()
    page.keyboard.press("End")
    expect(page.get_by_label("In Three")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("In One")).to_be_visible()


def test_tabs_that_have_no_room_are_in_a_menu(app_page: AppPage) -> None:
    with gr.Blocks() as demo, gr.Tabs() as tabs:
        for number in range(12):
            with gr.Tab("The same" if number > 9 else f"Number {number}", id=number):
                gr.Textbox(label=f"Field {number}")
        gr.Button("Fourth").click(lambda: gr.Tabs(selected=4), None, tabs)
    page = app_page(demo)
    page.set_viewport_size({"width": 500, "height": 600})
    expect(page.get_by_role("tab", name="Number 8")).not_to_be_in_viewport()
    page.get_by_role("button", name="More tabs").click()
    expect(page.get_by_role("menuitem", name="Number 0")).to_have_count(0)
    page.get_by_role("menuitem", name="Number 8").click()
    expect(page.get_by_label("Field 8")).to_be_visible()
    expect(page.get_by_role("tab", name="Number 8")).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 1400, "height": 600})
    expect(page.get_by_role("button", name="More tabs")).to_have_count(0)


def test_an_accordion_opens_and_closes_and_says_so(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        said = gr.Textbox(label="Said")
        with gr.Accordion("More", open=False) as more:
            gr.Textbox(label="Inside")
        more.expand(lambda: "expanded", None, said)
        more.collapse(lambda: "collapsed", None, said)
    page = app_page(demo)
    expect(page.get_by_label("Inside")).to_be_hidden()
    page.get_by_role("button", name="More").click()
    expect(page.get_by_label("Inside")).to_be_visible()
    expect(page.get_by_label("Said")).to_have_value("expanded")
    page.get_by_role("button", name="More").click()
    expect(page.get_by_test_id("accordion-content")).to_have_css("display", "none")
    expect(page.get_by_label("Said")).to_have_value("collapsed")


def test_a_sidebar_slides_out_of_sight(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        with gr.Sidebar():
            gr.Textbox(label="Aside")
        gr.Textbox(label="Main")
    page = app_page(demo)
    page.set_viewport_size({"width": 1200, "height": 700})
    expect(page.get_by_label("Aside")).to_be_in_viewport()
    assert box(page.get_by_label("Main"))["x"] >= 320
    page.get_by_role("button", name="Toggle Sidebar").click()
    expect(page.get_by_label("Aside")).not_to_be_in_viewport()
    expect(page.locator(".sidebar.open")).to_have_count(0)
    expect(page.locator("main.contain").locator("..")).to_have_css("padding-left", "0px")


@pytest.mark.parametrize("width", [375, 1000])
def test_a_sidebars_button_lies_on_nothing(app_page: AppPage, width: int) -> None:
    with gr.Blocks(title="An app with pages") as demo:
        with gr.Sidebar(open=False):
            gr.Textbox(label="Inside")
        gr.Markdown("# Title")
    with demo.route("A second page"):
        gr.Markdown("# Second")
    page = app_page(demo)
    page.set_viewport_size({"width": width, "height": 600})
    toggle, title, head = (
        page.get_by_label("Toggle Sidebar"),
        page.get_by_role("heading", name="Title"),
        page.locator("header"),
    )
    expect(page.locator("header")).to_be_visible()
    button, words = box(toggle), box(title)
    assert button["y"] >= box(head)["height"]
    assert button["x"] + button["width"] <= words["x"] or button["y"] + button["height"] <= words["y"]
    toggle.click()
    expect(page.get_by_label("Inside")).to_be_visible()


def test_steps_are_walked_in_order(app_page: AppPage) -> None:
    with gr.Blocks() as demo, gr.Walkthrough(selected=0) as walk:
        with gr.Step("Name", id=0):
            gr.Button("Next").click(lambda: gr.Walkthrough(selected=1), None, walk)
        with gr.Step("Age", id=1):
            gr.Number(label="Years")
    page = app_page(demo)
    expect(page.get_by_role("tab", name="Age")).to_be_disabled()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("Years")).to_be_visible()
    page.get_by_role("tab", name="Name").click()
    expect(page.get_by_role("button", name="Next")).to_be_visible()


def everything() -> gr.Blocks:
    with gr.Blocks(title="Everything") as demo:
        with gr.Sidebar(label="Tools"):
            gr.Textbox(label="Aside")
        with gr.Tabs():
            with gr.Tab("One"), gr.Group():
                gr.Textbox(label="In one")
            with gr.Tab("Two"):
                gr.Textbox(label="In two")
            gr.Tab("Locked", interactive=False)
        with gr.Accordion("More"):
            gr.Number(label="Inside")
        with gr.Walkthrough(selected=0):
            with gr.Step("First", id=0):
                gr.Textbox(label="Step one")
            gr.Step("Then", id=1)
    return demo


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(app_page: AppPage, scheme: Any) -> None:
    page = app_page(everything())
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    assert_accessible(page)


def test_status_moves_nothing(app_page: AppPage) -> None:
    started, go = Event(), Event()

    def work(progress: gr.Progress = gr.Progress()) -> str:  # noqa: B008 -- how progress is asked for
        progress((3, 20), desc="Reading")
        started.set()
        go.wait(20)
        return "done"

    with gr.Blocks() as demo:
        out = gr.Textbox(label="Out")
        below = gr.Textbox(label="Below")
        gr.Button("Work").click(work, None, out)
    del below
    page = app_page(demo)
    before = box(page.get_by_label("Below"))
    page.get_by_role("button", name="Work").click()
    assert started.wait(60)
    tracker = page.locator(".block", has=page.get_by_label("Out")).get_by_test_id("status-tracker")
    expect(tracker).to_contain_text("Reading 3 of 20")
    assert box(page.get_by_label("Below")) == before
    go.set()
    expect(page.get_by_label("Out")).to_have_value("done")
    expect(tracker.get_by_role("button")).to_have_count(0)
    assert box(page.get_by_label("Below")) == before
