"""What a `gr.render` makes again is the same thing to the visitor, and what a function opens fires as if a visitor had.

Faults of this kind, and their siblings:

- E2: `preserved_by_key=None` and `[]` keep nothing; looked for components and layouts with other defaults (layouts
  keep nothing by default, components their value).
- E3: Tabs, TabItem, Walkthrough, Accordion, and Sidebar; looked for other events of opening (found: `collapse`,
  `expand` of the sidebar, `select` of steps).
- E20: looked for what else is lost with a component: focus, the button under the pointer, an opened accordion, a chosen
  tab, forms that are put around fields.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

import holdfast as gr

AppPage = Callable[..., Page]
pytestmark = pytest.mark.browser


@pytest.mark.parametrize("preserved", [None, []])
def test_nothing_is_kept_under_a_key_that_preserves_nothing(app_page: AppPage, preserved: list[str] | None) -> None:
    """E2: the value is the one of the last run."""
    with gr.Blocks() as demo:
        number = gr.State(0)
        gr.Button("Again").click(lambda n: n + 1, number, number)

        @gr.render(inputs=number)
        def draw(n: int) -> None:
            gr.Textbox(f"v{n}", label="Text", key="a", preserved_by_key=preserved, interactive=True)
            gr.Dropdown(
                [f"{n}", "x"], value=f"{n}", label="Choice", key="b", preserved_by_key=preserved, interactive=True
            )

    page = app_page(demo)
    page.get_by_label("Text").fill("typed")
    page.get_by_role("button", name="Again").click()
    expect(page.get_by_label("Text")).to_have_value("v1")
    expect(page.get_by_role("combobox", name="Choice")).to_have_value("1")


def test_a_key_keeps_the_value_by_default(app_page: AppPage) -> None:
    """E2: the default of a component is its value."""
    with gr.Blocks() as demo:
        number = gr.State(0)
        gr.Button("Again").click(lambda n: n + 1, number, number)

        @gr.render(inputs=number)
        def draw(n: int) -> None:
            gr.Textbox(f"v{n}", label=f"Text {n}", key="a", interactive=True)

    page = app_page(demo)
    page.get_by_label("Text 0").fill("typed")
    page.get_by_role("button", name="Again").click()
    expect(page.get_by_label("Text 1")).to_have_value("typed")


def test_a_function_that_opens_a_tab_runs_its_listeners(app_page: AppPage) -> None:
    """E3: `select` of the tab and of the tabs, once each."""
    told: list[str] = []

    def tell(event: gr.SelectData) -> str:
        told.append(f"{event.index} {event.value}")
        return " | ".join(told)

    with gr.Blocks() as demo:
        with gr.Tabs() as tabs:
            with gr.Tab("A", id="a"):
                go = gr.Button("Go B")
            with gr.Tab("B", id="b") as second:
                lazy = gr.Textbox(label="Lazy")
        seen = gr.Textbox(label="Seen")
        second.select(lambda: "loaded", None, lazy)
        tabs.select(tell, None, seen)
        go.click(lambda: gr.Tabs(selected="b"), None, tabs)
    page = app_page(demo)
    page.get_by_role("button", name="Go B").click()
    expect(page.get_by_label("Lazy")).to_have_value("loaded")
    expect(page.get_by_label("Seen")).to_have_value("1 B")
    page.get_by_role("tab", name="A").click()
    expect(page.get_by_label("Seen")).to_have_value("1 B | 0 A")


@pytest.mark.parametrize("layout", ["accordion", "sidebar"])
def test_a_function_that_opens_and_closes_runs_the_listeners(app_page: AppPage, layout: str) -> None:
    """E3: `expand` and `collapse`."""
    with gr.Blocks() as demo:
        with gr.Accordion("More", open=False) if layout == "accordion" else gr.Sidebar(open=False) as more:
            gr.Markdown("inside")
        seen = gr.Textbox(label="Seen")
        more.expand(lambda: "expanded", None, seen)
        more.collapse(lambda: "collapsed", None, seen)
        gr.Button("Open").click(lambda: type(more)(open=True), None, more)
        gr.Button("Shut").click(lambda: type(more)(open=False), None, more)
    page = app_page(demo)
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_label("Seen")).to_have_value("expanded")
    page.get_by_role("button", name="Shut").click()
    expect(page.get_by_label("Seen")).to_have_value("collapsed")


@pytest.fixture
def unkeyed(app_page: AppPage) -> Page:
    """A render without keys that runs again, by a timer's hand, while the visitor works in it."""
    with gr.Blocks() as demo:
        number = gr.State(0)
        gr.Button("Again").click(lambda n: n + 1, number, number)

        @gr.render(inputs=number)
        def draw(n: int) -> None:
            gr.Markdown(f"run {n}", elem_id="run")
            name = gr.Textbox(label="Name")
            given = gr.Textbox(f"given {n}", label="Given")
            with gr.Accordion("More", open=False):
                gr.Markdown("inside")
            send = gr.Button("Send")
            seen = gr.Textbox(label="Seen", interactive=False)
            send.click(lambda name, given: f"{n}: {name}, {given}", [name, given], seen)

    return app_page(demo)


def again(page: Page) -> None:
    """Run the render again without taking the focus from where it is."""
    page.get_by_role("button", name="Again").dispatch_event("click")


def test_typed_text_and_focus_survive_a_render_without_keys(unkeyed: Page) -> None:
    """E20: the same type at the same place is the same component."""
    page = unkeyed
    page.get_by_label("Name").click()
    page.keyboard.type("Ada")
    page.evaluate("document.activeElement.dataset.mark = 'same'")
    again(page)
    expect(page.locator("#run")).to_have_text("run 1")
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_label("Name")).to_have_attribute("data-mark", "same")
    page.keyboard.type(" Lovelace")
    expect(page.get_by_label("Name")).to_have_value("Ada Lovelace")


def test_a_value_that_the_function_changes_is_shown(unkeyed: Page) -> None:
    """E20: what was typed stays only where the function gives the same as before."""
    page = unkeyed
    page.get_by_label("Given").fill("mine")
    again(page)
    expect(page.get_by_label("Given")).to_have_value("given 1")


def test_an_opened_accordion_stays_open(unkeyed: Page) -> None:
    """E20: what the visitor opened is not closed by a run."""
    page = unkeyed
    page.get_by_role("button", name="More").click()
    expect(page.get_by_text("inside")).to_be_visible()
    again(page)
    expect(page.locator("#run")).to_have_text("run 1")
    expect(page.get_by_text("inside")).to_be_visible()


def test_a_button_and_its_listener_belong_to_the_last_run(unkeyed: Page) -> None:
    """E20: the button is the same one, what it does is what the last run said."""
    page = unkeyed
    page.get_by_label("Name").fill("Ada")
    page.get_by_role("button", name="Send").evaluate("button => { button.dataset.mark = 'same' }")
    again(page)
    expect(page.locator("#run")).to_have_text("run 1")
    expect(page.get_by_role("button", name="Send")).to_have_attribute("data-mark", "same")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Seen")).to_have_value("1: Ada, given 1")
