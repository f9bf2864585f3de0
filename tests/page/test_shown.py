"""What is only shown: Markdown, HTML, JSON, labels, examples, timers; and that axe finds nothing in any component."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

import holdfast as gr

AppPage = Callable[..., Page]
pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


def test_markdown_is_drawn_with_links_to_its_headings(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Markdown("# The Title\n\nSome *text* and a [link](https://example.com).", header_links=True)
    page = app_page(demo)
    expect(page.get_by_role("heading", name="The Title")).to_have_attribute("id", "the-title")
    expect(page.get_by_label("Link to The Title")).to_have_attribute("href", "#the-title")
    expect(page.get_by_role("link", name="link", exact=True)).to_have_attribute("rel", "noopener noreferrer")


def test_a_table_that_is_too_wide_scrolls_and_keeps_its_words_whole(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Markdown("| Manufacturer | Consumption | Registration | Displacement |\n|-|-|-|-|\n| a | b | c | d |")
    page = app_page(demo)
    page.set_viewport_size({"width": 320, "height": 600})
    heads = page.get_by_role("columnheader")
    expect(heads).to_have_count(4)
    assert {round(head.bounding_box()["height"]) for head in heads.all()} == {36}  # type: ignore[index]
    scrolls = "e => e.scrollWidth > e.clientWidth"
    assert page.get_by_role("group", name="Table").evaluate(scrolls)
    assert not page.locator("html").evaluate(scrolls)


def test_markdown_keeps_harm_out_unless_the_author_lets_it_in(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Markdown("<b onclick='x()'>kept</b>", elem_id="clean")
        gr.Markdown("<b onclick='x()'>kept</b>", sanitize_html=False, elem_id="raw")
    page = app_page(demo)
    expect(page.locator("#clean b")).not_to_have_attribute("onclick", "x()")
    expect(page.locator("#raw b")).to_have_attribute("onclick", "x()")


def test_html_is_itself_and_a_click_on_it_is_an_event(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        html, seen = gr.HTML("<em>raw</em>", elem_id="html"), gr.Textbox(label="Seen")
        html.click(lambda: "clicked", None, seen)
    page = app_page(demo)
    page.locator("#html em").click()
    expect(page.get_by_label("Seen")).to_have_value("clicked")


def test_html_of_a_template_follows_its_value_and_its_script(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        html = gr.HTML(
            1,
            elem_id="html",
            html_template="<b>${'*'.repeat(value)}</b>",
            css_template="b { letter-spacing: ${value}px }",
            js_on_load="element.addEventListener('click', () => { props.value = props.value + 1 })",
        )
        seen = gr.Textbox(label="Seen")
        html.change(str, html, seen)
    page = app_page(demo)
    page.locator("#html b").click()
    expect(page.locator("#html b")).to_have_text("**")
    expect(page.locator("#html b")).to_have_css("letter-spacing", "2px")
    expect(page.get_by_label("Seen")).to_have_value("2")


def test_a_button_in_html_looks_like_one_unless_its_author_says_otherwise(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.HTML("<button>Plain</button>")
        gr.HTML("x", html_template="<button class='own'>Own</button>", css_template=".own { padding: 2px }")
    page = app_page(demo)
    plain = page.get_by_role("button", name="Plain")
    expect(plain).to_have_css("padding-left", "16px")
    expect(plain).to_have_css("border-top-width", "1px")
    expect(page.get_by_role("button", name="Own")).to_have_css("padding-left", "2px")


def test_html_of_a_handlebars_template_follows_its_properties(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        html = gr.HTML(
            ["milk", "<tea>"],
            elem_id="html",
            html_template="<ul>{{#each value}}<li>{{this}} {{../unit}}</li>{{else}}none{{/each}}</ul>",
            css_template="li { letter-spacing: {{gap}}px }",
            js_on_load="element.querySelector('ul').addEventListener('click', () => trigger('click'))",
            unit="kg",
            gap=1,
        )
        html.click(lambda: gr.HTML(["eggs"], unit="pieces", gap=3), None, html)
    page = app_page(demo)
    items = page.locator("#html li")
    expect(items).to_have_text(["milk kg", "<tea> kg"])
    expect(items.first).to_have_css("letter-spacing", "1px")
    items.first.click()
    expect(items).to_have_text(["eggs pieces"])
    expect(items.first).to_have_css("letter-spacing", "3px")


def test_json_is_a_tree_that_opens_and_closes(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.JSON({"a": {"b": {"c": 5}}}, label="Result")
    page = app_page(demo)
    tree = page.get_by_test_id("json")
    expect(tree).not_to_contain_text('"c": 5')
    tree.get_by_label("Expand").click()
    expect(tree).to_contain_text('"c": 5')
    tree.get_by_label("Collapse").first.click()
    expect(tree).to_have_text("{1 key}")


def test_json_is_copied_whole(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.JSON({"a": [1, None]}, label="Result")
    page = app_page(demo)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_label("Copy").click()
    expect(page.get_by_label("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == '{\n  "a": [\n    1,\n    null\n  ]\n}'


def test_a_label_shows_the_best_and_the_confidences(app_page: AppPage) -> None:
    def told(data: gr.SelectData) -> str:
        return f"{data.index} {data.value}"

    with gr.Blocks() as demo:
        label, seen = gr.Label({"cat": 0.9, "dog": 0.1}), gr.Textbox(label="Seen")
        label.select(told, None, seen)
    page = app_page(demo)
    expect(page.get_by_test_id("label-output-value")).to_have_text("cat")
    expect(page.get_by_role("meter", name="dog")).to_have_attribute("value", "10")
    page.get_by_test_id("dog-confidence-set").click()
    expect(page.get_by_label("Seen")).to_have_value("1 dog")


def test_examples_fill_the_inputs_and_have_pages(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        name, age = gr.Textbox(label="Name"), gr.Number(label="Years")
        gr.Examples([[f"name {number}", number] for number in range(25)], [name, age])
    page = app_page(demo)
    expect(page.locator("tr.tr-body")).to_have_count(10)
    page.locator("tr.tr-body").nth(2).click()
    expect(page.get_by_label("Name")).to_have_value("name 2")
    expect(page.get_by_label("Years")).to_have_value("2")
    page.get_by_role("button", name="3", exact=True).click()
    expect(page.locator("tr.tr-body")).to_have_count(5)
    page.get_by_role("button", name="Example 25").click()
    expect(page.get_by_label("Name")).to_have_value("name 24")


def test_what_says_that_nothing_is_there_stands_at_one_place(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        for kind in (gr.JSON, gr.Label):
            kind(label=kind.__name__)
        gr.File(label="File", interactive=False)
    page = app_page(demo)
    nothing = page.get_by_text(re.compile(r"^(Nothing here|No file) yet$"))
    expect(nothing).to_have_count(3)
    places = nothing.evaluate_all(
        """all => all.map(element => {
          const range = document.createRange()
          range.selectNodeContents(element)
          return [range.getBoundingClientRect().left, getComputedStyle(element).fontSize]
        })"""
    )
    assert places == [places[0]] * 3


def test_a_timer_ticks_until_it_is_told_not_to(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        count = gr.Number(0, label="Count")
        timer = gr.Timer(0.05)
        timer.tick(lambda count: (count + 1, gr.Timer(active=count < 2)), count, [count, timer])
    page = app_page(demo)
    expect(page.get_by_label("Count")).to_have_value("3")
    expect(page.get_by_label("Count")).to_have_value(re.compile(r"^3$"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_component(
    browser: Browser, serve: Callable[..., str], scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(serve(everything()))
    page.locator("gradio-app[data-connected=true]").wait_for()
    expect(page.locator(".bot .hljs-string")).to_be_visible()
    expect(page.get_by_test_id("cell-0-0")).to_be_visible()
    page.get_by_role("combobox", name="Several").click()
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run().then(result => result.violations.map(v => [v.id, v.nodes.map(n => n.target)]))")
    context.close()
    assert found == []


def everything() -> gr.Blocks:
    """One of each component, with something in it."""
    with gr.Blocks(title="Everything") as demo:
        tables = "| a |\n|---|\n| 1 |\n\nand\n\n| b |\n|---|\n| 2 |"
        gr.Markdown(f"# Title\n\nText with `code` and a [link](https://example.com)\n\n{tables}")
        gr.Textbox("text", label="Text", info="Help", buttons=["copy"], submit_btn=True)
        gr.Textbox("text", label="Off", interactive=False, placeholder="none")
        gr.Textbox(label="Secret", type="password", placeholder="none")
        gr.Number(3, label="Number", info="Help")
        gr.Slider(label="Slider", info="Help")
        gr.Checkbox(True, label="Check", info="Help")
        gr.CheckboxGroup(["a", "b"], value=["a"], label="Group", show_select_all=True, info="Help")
        gr.Radio(["a", "b"], value="a", label="Radio", info="Help")
        gr.Radio(["a", "b"], value="a", label="Radio off", interactive=False)
        gr.Dropdown(["a", "b"], label="Single", info="Help")
        gr.Dropdown(["a", "b", "c"], value=["a"], multiselect=True, label="Several")
        for variant in ("primary", "secondary", "stop", "huggingface"):
            gr.Button(variant, variant=variant)
        gr.UploadButton("Up")
        gr.DownloadButton("Down")
        gr.File(label="File")
        gr.File([str(Path(__file__)), str(AXE.parent / "package.json")], file_count="multiple", label="Files")
        gr.Image(label="Image")
        gr.JSON({"a": [1, "b", None, True]}, label="JSON", open=True)
        gr.JSON(label="Nothing")
        gr.HTML("<p>HTML</p>")
        gr.Label({"cat": 0.9, "dog": 0.1}, label="Label")
        types = ["str", "number", "bool"]
        gr.Dataframe([["a", 1, True]], headers=["A", "B", "C"], datatype=types, show_search="filter", interactive=True)
        talk = [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "hm", "metadata": {"title": "Thought", "status": "pending", "log": "log"}},
            {"role": "assistant", "content": "```python\nx = 'y'\n```", "options": [{"value": "more"}]},
        ]
        chat = gr.Chatbot(talk, editable="all", label="Chat", feedback_options=["Like", "Dislike", "Odd"])
        chat.like(lambda: None)
        chat.retry(lambda: None)
        chat.undo(lambda: None)
        gr.Chatbot(label="Empty", placeholder="Ask", examples=[{"text": "hello"}])
        name = gr.Textbox(label="Name")
        gr.Examples(["Ann", "Ben"], name)
        gr.Examples([["Ann", 1], ["Ben", 2]], [name, gr.Number(label="Age")], label="More")
    return demo
