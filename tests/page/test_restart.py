"""A page whose server is killed and started again (R5.2, R6.1): an unchanged Gradio program, by `--session tab`."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.page.conftest import PATIENCE, Complaints, open_page
from tests.page.program import Program

pytestmark = pytest.mark.browser

CODE = """
    import time
    import gradio as gr

    with gr.Blocks() as demo:
        fruits = gr.CheckboxGroup(["apple", "banana", "cherry"], label="Fruits")
        cart = gr.State([])
        number = gr.Number(label="In the cart")
        note = gr.Textbox(label="Note")
        slow = gr.Textbox(label="Slow")
        kind = gr.Dropdown(["a"], label="Kind", allow_custom_value=False)
        chosen = gr.Textbox(label="Chosen")
        add = gr.Button("Add")
        wait = gr.Button("Wait")
        more = gr.Button("More kinds")
        count = gr.State(2)

        add.click(lambda new, old: [*old, *new], [fruits, cart], cart)
        cart.change(len, cart, number)
        kind.change(lambda kind: f"chose {kind}", kind, chosen)
        more.click(lambda: gr.update(choices=["a", "b"]), None, kind)

        @wait.click(outputs=slow)
        def work():
            for n in range(1000):
                yield f"step {n}"
                time.sleep(0.1)

        @gr.render(inputs=count)
        def rows(count):
            for n in range(count):
                gr.Textbox(label=f"Row {n}", key=f"row{n}")
        gr.Button("Grow").click(lambda n: n + 1, count, count)

    demo.launch()
"""


@pytest.fixture
def page(program: Program, context: BrowserContext, complaints: Complaints) -> Iterator[Page]:
    expect.set_options(timeout=PATIENCE)
    context.set_default_timeout(PATIENCE)
    yield open_page(context, complaints, program.url)
    complaints.clear()


def add(page: Page, *fruits: str) -> None:
    for fruit in fruits:
        page.get_by_label(fruit).check()
    page.get_by_role("button", name="Add").click()


def begin_again(program: Program, page: Page) -> None:
    """Kill the server and start it again."""
    program.kill()
    expect(page.get_by_test_id("connection")).to_contain_text("Reconnecting.")
    program.start()


def test_it_says_where_it_keeps_state(program: Program, page: Page, tmp_path: Path) -> None:
    """R6.2: no store was chosen, and the session outlives the process."""
    found = re.search(r"State is kept in sqlite:///(\.holdfast/app-\w+)/state\.db", program.rest())
    assert found is not None
    folder = tmp_path / found[1]
    assert (folder / "state.db").exists()
    assert (tmp_path / ".holdfast" / ".gitignore").read_text() == "*\n"
    assert stat.S_IMODE((folder / ".key").stat().st_mode) == 0o600


def test_the_cart_survives_a_kill(program: Program, page: Page) -> None:
    """R5.2, R6.1."""
    add(page, "apple", "banana")
    expect(page.get_by_label("In the cart")).to_have_value("2")
    page.get_by_label("Note").fill("half a sen")
    begin_again(program, page)
    expect(page.get_by_test_id("connection")).to_have_text("Connection restored.")
    expect(page.get_by_label("Note")).to_have_value("half a sen")
    add(page)
    expect(page.get_by_label("In the cart")).to_have_value("4")
    begin_again(program, page)
    page.reload()
    page.locator("gradio-app[data-connected=true]").wait_for()
    expect(page.get_by_label("Note")).to_have_value("half a sen")
    expect(page.get_by_label("In the cart")).to_have_value("4")
    add(page)
    expect(page.get_by_label("In the cart")).to_have_value("6")


def test_what_ran_when_it_was_killed_is_said_to_be_lost(program: Program, page: Page) -> None:
    """R5.2: nothing is run a second time in silence."""
    page.get_by_role("button", name="Wait").click()
    expect(page.get_by_label("Slow")).to_have_value(re.compile("step"))
    begin_again(program, page)
    expect(page.get_by_text("The server restarted while this was running")).to_have_count(1)
    page.get_by_role("button", name="Wait").click()
    expect(page.get_by_label("Slow")).to_have_value(re.compile(r"step \d$"))


def test_a_click_while_it_is_down_runs_once_when_it_is_back(program: Program, page: Page) -> None:
    """R5.2."""
    add(page, "apple")
    expect(page.get_by_label("In the cart")).to_have_value("1")
    program.kill()
    expect(page.get_by_test_id("connection")).to_contain_text("Reconnecting.")
    add(page, "banana")
    program.start()
    expect(page.get_by_label("In the cart")).to_have_value("3")


def test_keyed_parts_keep_what_was_typed(program: Program, page: Page) -> None:
    """R5.2, R5.4: what is rendered anew after a restart has its keyed values."""
    page.get_by_role("button", name="Grow").click()
    expect(page.get_by_label("Row 2")).to_be_visible()
    page.get_by_label("Row 0").fill("zero")
    page.get_by_label("Row 2").fill("two")
    page.reload()
    expect(page.get_by_test_id("connection")).to_contain_text("Restored from")
    expect(page.get_by_label("Row 2")).to_have_value("two")
    begin_again(program, page)
    expect(page.get_by_test_id("connection")).to_have_text("Connection restored.")
    page.get_by_role("button", name="Grow").click()
    expect(page.get_by_label("Row 3")).to_be_visible()
    expect(page.get_by_label("Row 2")).to_have_value("two")
    expect(page.get_by_label("Row 0")).to_have_value("zero")


def test_choices_that_an_update_gave_are_still_choices(program: Program, page: Page) -> None:
    """R5.2: what the server knows of the page's components survives too."""
    page.get_by_role("button", name="More kinds").click()
    page.get_by_role("combobox", name="Kind").click()
    page.get_by_role("option", name="b", exact=True).click()
    expect(page.get_by_label("Chosen")).to_have_value("chose b")
    begin_again(program, page)
    expect(page.get_by_test_id("connection")).to_have_text("Connection restored.")
    page.get_by_role("combobox", name="Kind").click()
    page.get_by_role("option", name="a", exact=True).click()
    expect(page.get_by_label("Chosen")).to_have_value("chose a")
    page.get_by_role("combobox", name="Kind").click()
    page.get_by_role("option", name="b", exact=True).click()
    expect(page.get_by_label("Chosen")).to_have_value("chose b")
