"""Text, numbers and choices, as a visitor fills them in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.axe import assert_accessible

import holdfast as gr

AppPage = Callable[..., Page]
pytestmark = pytest.mark.browser


def echo(component: Any, event: str = "change") -> gr.Blocks:
    """An app that shows the component's value as the handler gets it, at each `event`."""
    with gr.Blocks() as demo:
        component.render()
        seen = gr.Textbox(label="Seen")
        getattr(component, event)(repr, component, seen)
    return demo


def test_a_textbox_is_found_by_its_label_and_tells_each_letter(app_page: AppPage) -> None:
    page = app_page(echo(gr.Textbox(label="Name", info="As on your passport", render=False)))
    box = page.get_by_label("Name")
    expect(box).to_have_attribute("data-testid", "textbox")
    expect(box).to_have_accessible_description("As on your passport")
    box.press_sequentially("Ann")
    expect(page.get_by_label("Seen")).to_have_value("'Ann'")


def test_enter_submits_one_line_and_shift_enter_several(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        short, long = gr.Textbox(label="Short"), gr.Textbox(label="Long", lines=3)
        seen = gr.Textbox(label="Seen")
        short.submit(repr, short, seen)
        long.submit(repr, long, seen)
    page = app_page(demo)
    page.get_by_label("Short").fill("one")
    page.get_by_label("Short").press("Shift+Enter")
    page.get_by_label("Short").press_sequentially("two")
    page.get_by_label("Short").press("Enter")
    expect(page.get_by_label("Seen")).to_have_value(r"'one\ntwo'")
    page.get_by_label("Long").fill("a")
    page.get_by_label("Long").press("Enter")
    page.get_by_label("Long").press_sequentially("b")
    page.get_by_label("Long").press("Shift+Enter")
    expect(page.get_by_label("Seen")).to_have_value(r"'a\nb'")


@pytest.mark.parametrize("autoscroll", [True, False])
def test_a_textbox_shows_the_end_of_what_is_added_until_it_is_scrolled_up(app_page: AppPage, autoscroll: bool) -> None:
    with gr.Blocks() as demo:
        log = gr.Textbox("line\n" * 3, label="Journal", lines=4, max_lines=4, autoscroll=autoscroll)
        gr.Button("Add").click(lambda text: text + "line\n" * 4, log, log)
    page = app_page(demo)
    box = page.get_by_label("Journal")

    def add(lines: int) -> int:
        """Pixels between the end of the text and what is shown, after more of it has come."""
        page.get_by_role("button", name="Add").click()
        expect(box).to_have_value("line\n" * lines)
        below: int = box.evaluate(
            """box => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
                () => done(box.scrollHeight - box.clientHeight - box.scrollTop))))"""
        )
        return below

    assert (add(7) <= 1) is (add(11) <= 1) is autoscroll
    box.evaluate("box => (box.scrollTop = 0)")
    assert add(15) > 100
    box.evaluate("box => (box.scrollTop = box.scrollHeight)")
    assert (add(19) <= 1) is autoscroll


def test_a_textbox_grows_with_its_text_up_to_its_most_lines(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Textbox(label="Text", lines=2, max_lines=4)
    page = app_page(demo)
    box = page.get_by_label("Text")
    heights = []
    for lines in (1, 3, 9):
        box.fill("\n".join(["x"] * lines))
        heights.append(round(box.bounding_box()["height"]))  # type: ignore[index]
    assert heights == [58, 80, 102]


def test_password_and_email_boxes_are_real_ones(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Textbox(label="Secret", type="password")
        gr.Textbox(label="Mail", type="email", html_attributes=gr.InputHTMLAttributes(autocomplete="email"))
    page = app_page(demo)
    expect(page.get_by_test_id("password")).to_have_attribute("type", "password")
    expect(page.get_by_label("Mail")).to_have_attribute("type", "email")
    expect(page.get_by_label("Mail")).to_have_attribute("autocomplete", "email")


def test_a_textbox_with_buttons_in_it_submits_stops_and_copies(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        sent = gr.Textbox(label="Sent", submit_btn=True, buttons=["copy"])
        stopped = gr.Textbox(label="Stopped", stop_btn="Halt")
        seen = gr.Textbox(label="Seen")
        sent.submit(lambda text: f"sent {text}", sent, seen)
        stopped.stop(lambda: "stopped", None, seen)
    page = app_page(demo)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_label("Sent", exact=True).fill("hi")
    page.get_by_test_id("submit-button").click()
    expect(page.get_by_label("Seen")).to_have_value("sent hi")
    page.get_by_role("button", name="Halt").click()
    expect(page.get_by_label("Seen")).to_have_value("stopped")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "hi"


def test_selecting_text_tells_its_range(app_page: AppPage) -> None:
    def told(data: gr.SelectData) -> str:
        return f"{data.index} {data.value}"

    with gr.Blocks() as demo:
        box, seen = gr.Textbox("hello world", label="Text"), gr.Textbox(label="Seen")
        box.select(told, None, seen)
    page = app_page(demo)
    page.get_by_label("Text").dblclick(position={"x": 20, "y": 18})
    expect(page.get_by_label("Seen")).to_have_value("[0, 5] hello")


def test_choosing_tells_the_value_and_not_its_label(app_page: AppPage) -> None:
    def told(data: gr.SelectData) -> str:
        return f"{data.index} {data.value!r} {data.selected}"

    with gr.Blocks() as demo:
        one = gr.Dropdown([("First", 1), ("Second", 2)], label="One")
        many = gr.Dropdown([("First", 1), ("Second", 2)], multiselect=True, label="Many")
        box, seen = gr.Checkbox(label="Box"), gr.Textbox(label="Seen")
        for chosen in (one, many, box):
            chosen.select(told, None, seen)
    page = app_page(demo)
    seen_box = page.get_by_label("Seen")
    for label in ("One", "Many"):
        page.get_by_label(label, exact=True).click()
        page.get_by_role("option", name="Second").click()
        page.keyboard.press("Escape")
        expect(seen_box).to_have_value("1 2 True")
        page.get_by_label("Box").check()
        expect(seen_box).to_have_value("0 True True")
        page.get_by_label("Box").uncheck()
        expect(seen_box).to_have_value("0 False False")
    page.get_by_label("Remove Second").click()
    expect(seen_box).to_have_value("1 2 False")


def test_choices_that_nobody_touched_are_an_empty_list(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        group = gr.CheckboxGroup(["a"], label="Group")
        many = gr.Dropdown(["a"], multiselect=True, label="Many")
        seen = gr.Textbox(label="Seen")
        gr.Button("Go").click(lambda *values: repr(values), [group, many], seen)
    page = app_page(demo)
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.get_by_label("Seen")).to_have_value("([], [])")


def test_a_box_without_a_label_has_a_name_all_the_same(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Textbox(label="", show_label=False, placeholder="Type a message...")
        gr.Textbox(label="Unseen", show_label=False)
    page = app_page(demo)
    expect(page.get_by_role("textbox", name="Textbox")).to_have_attribute("placeholder", "Type a message...")
    expect(page.get_by_label("Unseen")).to_be_visible()
    expect(page.get_by_text("Unseen")).to_have_class("field-title sr-only")


def test_a_number_that_a_listener_reads_begins_with_zero(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        given = [
            gr.Number(label="Plain"),
            gr.Number(label="Asked", placeholder="Your age"),
            gr.Number(label="Limited", minimum=5),
        ]
        count, seen = gr.Number(label="Count"), gr.Textbox(label="Seen")
        total = gr.Number(label="Total")
        button = gr.Button("Go")
        button.click(lambda *values: repr(values), given, seen)
        button.click(lambda n: n + 1, count, count)
        button.click(lambda: 5, None, total)
    page = app_page(demo)
    for label, shown in (("Plain", "0"), ("Asked", ""), ("Limited", ""), ("Count", "0"), ("Total", "")):
        expect(page.get_by_label(label, exact=True)).to_have_value(shown)
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.get_by_label("Seen")).to_have_value("(0, None, None)")
    page.get_by_label("Plain").click()
    page.keyboard.type("7")
    expect(page.get_by_label("Plain")).to_have_value("7")
    expect(page.get_by_label("Count")).to_have_value("1")
    expect(page.get_by_label("Total")).to_have_value("5")


def test_a_number_can_be_typed_over_without_losing_its_zeros(app_page: AppPage) -> None:
    page = app_page(echo(gr.Number(label="Amount", render=False)))
    box = page.get_by_label("Amount")
    box.press_sequentially("1.05")
    expect(page.get_by_label("Seen")).to_have_value("1.05")
    box.press("Backspace")
    expect(box).to_have_value("1.0")
    box.press_sequentially("7")
    expect(page.get_by_label("Seen")).to_have_value("1.07")
    box.fill("")
    expect(page.get_by_label("Seen")).to_have_value("None")


def test_arrow_keys_step_a_number_between_its_limits(app_page: AppPage) -> None:
    page = app_page(echo(gr.Number(0.1, label="Amount", step=0.2, maximum=0.4, render=False)))
    box = page.get_by_label("Amount")
    box.press("ArrowUp")
    expect(page.get_by_label("Seen")).to_have_value("0.3")
    box.press("ArrowUp")
    expect(page.get_by_label("Seen")).to_have_value("0.4")


def test_a_slider_has_a_range_a_number_and_a_way_back(app_page: AppPage) -> None:
    page = app_page(echo(gr.Slider(0, 10, 4, step=1, label="Size", render=False)))
    seen = page.get_by_label("Seen")
    page.get_by_label("range slider for Size").press("ArrowRight")
    expect(seen).to_have_value("5")
    number = page.get_by_label("number input for Size")
    number.fill("99")
    number.press("Tab")
    expect(seen).to_have_value("10")
    page.get_by_label("Reset to default value").click()
    expect(seen).to_have_value("4")


def test_letting_go_of_a_slider_is_a_release(app_page: AppPage) -> None:
    page = app_page(echo(gr.Slider(0, 10, 4, step=1, label="Size", render=False), "release"))
    track = page.get_by_label("range slider for Size")
    box = track.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] / 2)
    page.mouse.up()
    expect(page.get_by_label("Seen")).to_have_value("10")


def test_a_checkbox_is_toggled_by_its_words_and_by_enter(app_page: AppPage) -> None:
    page = app_page(echo(gr.Checkbox(label="Agree", render=False)))
    page.get_by_text("Agree").click()
    expect(page.get_by_label("Seen")).to_have_value("True")
    page.get_by_label("Agree").press("Enter")
    expect(page.get_by_label("Seen")).to_have_value("False")


def test_choices_of_a_group_are_boxes_with_their_own_names(app_page: AppPage) -> None:
    group = gr.CheckboxGroup([("Apple", "a"), ("Three", 3)], label="Fruit", show_select_all=True, render=False)
    page = app_page(echo(group))
    expect(page.locator("fieldset.block [data-testid=checkbox-group]")).to_be_visible()
    page.get_by_label("Three").check()
    page.get_by_label("Apple").check()
    expect(page.get_by_label("Seen")).to_have_value("[3, 'a']")
    page.get_by_label("Select/Deselect All").uncheck()
    expect(page.get_by_label("Seen")).to_have_value("[]")


def test_radio_buttons_are_moved_through_with_arrow_keys(app_page: AppPage) -> None:
    page = app_page(echo(gr.Radio([("One", 1), ("Two", 2)], label="Count", render=False)))
    page.get_by_test_id("One-radio-label").click()
    expect(page.get_by_label("Seen")).to_have_value("1")
    page.get_by_role("radio", name="One").press("ArrowDown")
    expect(page.get_by_label("Seen")).to_have_value("2")
    expect(page.get_by_role("radio", name="Two")).to_have_attribute("aria-checked", "true")


def test_what_cannot_be_changed_is_disabled(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Textbox("x", label="Text", interactive=False)
        gr.Slider(label="Slider", interactive=False)
        gr.Radio(["a"], label="Radio", interactive=False)
        gr.Dropdown(["a"], label="Dropdown", interactive=False)
        gr.Button("Button", interactive=False)
    page = app_page(demo)
    expect(page.get_by_label("Text")).to_be_disabled()
    expect(page.get_by_label("range slider for Slider")).to_be_disabled()
    expect(page.get_by_role("radio")).to_be_disabled()
    expect(page.get_by_role("combobox")).to_be_disabled()
    expect(page.get_by_role("button", name="Button")).to_be_disabled()


def test_a_button_with_a_link_is_a_link(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Button("Docs", link="https://example.com/docs", link_target="_blank", variant="primary", size="sm")
    page = app_page(demo)
    link = page.get_by_role("link", name="Docs")
    expect(link).to_have_attribute("href", "https://example.com/docs")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_contain_class("sm primary")


def test_help_is_a_line_of_markdown(app_page: AppPage) -> None:
    words = "**bold** `code` [more](https://example.org/) for <name> and snake_case_name"
    with gr.Blocks() as demo:
        gr.Textbox(label="One", info=words)
        gr.Checkbox(label="Two", info=words)
        gr.Slider(label="Three", info=words)
        gr.Radio(["a"], label="Four", info=words)
        gr.CheckboxGroup(["a"], label="Five", info=words)
    page = app_page(demo)
    for tag, text in (("strong", "bold"), ("code", "code"), ("a[target=_blank]", "more")):
        expect(page.locator(f".field-help {tag}")).to_have_text([text] * 5)
    expect(page.get_by_label("One")).to_have_accessible_description("bold code more for <name> and snake_case_name")
    expect(page.locator(".field-help.indent")).to_have_css("padding-inline-start", "44px")
    assert_accessible(page)
