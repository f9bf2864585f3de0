"""`session="tab"` in a browser: refresh, restart, duplicated tabs, what was typed and what runs (R5.2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.page.conftest import PATIENCE, Complaints, open_page
from tests.page.proxy import Wire

import holdfast as gr

Serve = Callable[..., str]
pytestmark = pytest.mark.browser

STEPS = 40


def cart() -> gr.Blocks:
    """Fruits that are put into a cart; how many there are is shown."""
    with gr.Blocks() as demo:
        fruits = gr.CheckboxGroup(["apple", "banana", "cherry"], label="Fruits")
        cart = gr.State([])
        number = gr.Number(label="In the cart")
        gr.Textbox(label="Note")
        gr.Textbox(label="Password", type="password")
        gr.Button("Add").click(lambda new, old: [*old, *new], [fruits, cart], cart)
        cart.change(len, cart, number)
    return demo


def put_in(page: Page, *fruits: str) -> None:
    for fruit in fruits:
        page.get_by_label(fruit).check()
    page.get_by_role("button", name="Add").click()


@pytest.fixture(autouse=True)
def patience(context: BrowserContext) -> None:
    expect.set_options(timeout=PATIENCE)
    context.set_default_timeout(PATIENCE)


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/state.db"


@pytest.fixture
def page(serve: Serve, store: str, context: BrowserContext, complaints: Complaints) -> Page:
    return open_page(context, complaints, serve(cart(), session="tab", state_store=store))


def loaded_again(page: Page) -> None:
    page.reload()
    page.locator("gradio-app[data-connected=true]").wait_for()


def test_the_cart_survives_a_refresh(page: Page) -> None:
    """R5.2: State, what was typed and what was seen."""
    put_in(page, "apple", "cherry")
    expect(page.get_by_label("In the cart")).to_have_value("2")
    page.get_by_label("Note").fill("half a sen")
    page.get_by_label("Password").fill("secret")
    loaded_again(page)
    expect(page.get_by_test_id("connection")).to_contain_text("Restored from")
    expect(page.get_by_label("In the cart")).to_have_value("2")
    expect(page.get_by_label("Note")).to_have_value("half a sen")
    expect(page.get_by_label("Password")).to_have_value("")
    expect(page.get_by_label("apple")).to_be_checked()
    expect(page.get_by_label("banana")).not_to_be_checked()
    put_in(page)
    expect(page.get_by_label("In the cart")).to_have_value("4")
    expect(page.get_by_test_id("connection")).to_be_empty()
    assert "secret" not in page.evaluate("JSON.stringify(sessionStorage)")


def test_a_refresh_runs_no_load_listener_again_and_keeps_the_session(
    serve: Serve, store: str, context: BrowserContext, complaints: Complaints
) -> None:
    """R5.2: a page that is loaded again goes on; it does not begin."""
    loads: list[str | None] = []
    gone: list[str] = []

    def load(request: gr.Request) -> str:
        loads.append(request.session_hash)
        return "loaded"

    with gr.Blocks(session="tab") as demo:
        shown = gr.Textbox(label="Shown", interactive=True)
        demo.load(load, None, shown)
        demo.unload(lambda: gone.append("gone"))
    page = open_page(context, complaints, serve(demo, state_store=store))
    expect(page.get_by_label("Shown")).to_have_value("loaded")
    page.get_by_label("Shown").fill("mine")
    loaded_again(page)
    expect(page.get_by_label("Shown")).to_have_value("mine")
    assert (len(loads), gone) == (1, [])


class Counting:
    """Writes numbers one by one, when it is told to."""

    def __init__(self) -> None:
        self.runs = 0
        self.go = [Event() for _ in range(STEPS)]
        with gr.Blocks(session="tab") as self.demo:
            out = gr.Textbox(label="Numbers")
            total = gr.Number(label="Total")
            state = gr.State(0)
            done = gr.Textbox(label="After")
            gr.Button("Count").click(self.count, None, out).then(lambda: "done", None, done)
            gr.Button("Add").click(lambda n: (n + 1, n + 1), state, [state, total])

    def count(self) -> Iterator[str]:
        self.runs += 1
        said: list[str] = []
        for number, go in enumerate(self.go):
            go.wait(60)
            said.append(str(number))
            yield " ".join(said)

    def go_on(self, to: int) -> None:
        """Let it write all numbers below `to`."""
        for go in self.go[:to]:
            go.set()


@pytest.fixture
def app() -> Iterator[Counting]:
    app = Counting()
    yield app
    app.go_on(STEPS)


def upto(number: int) -> str:
    return " ".join(str(n) for n in range(number))


def test_a_running_generator_goes_on_over_refreshes(
    serve: Serve, store: str, app: Counting, context: BrowserContext, complaints: Complaints
) -> None:
    """R5.2: every message comes once and in order."""
    page = open_page(context, complaints, serve(app.demo, state_store=store))
    page.get_by_role("button", name="Count").click()
    for to in (5, 12, 20):
        app.go_on(to)
        expect(page.get_by_label("Numbers")).to_have_value(upto(to))
        app.go_on(to + 3)
        loaded_again(page)
        expect(page.get_by_label("Numbers")).to_have_value(upto(to + 3))
    app.go_on(STEPS)
    expect(page.get_by_label("Numbers")).to_have_value(upto(STEPS))
    expect(page.get_by_label("After")).to_have_value("done")
    assert app.runs == 1


def test_a_page_that_crashed_goes_on_where_it_was(
    serve: Serve, store: str, app: Counting, context: BrowserContext, complaints: Complaints
) -> None:
    """R5.2: what came after the page was last kept comes again."""
    wire = Wire(serve(app.demo, state_store=store))
    page = open_page(context, complaints, wire.url)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Total")).to_have_value("1")
    wire.cut(stay_down=True)
    memory = page.evaluate("JSON.stringify(sessionStorage)")
    page.close()
    wire.mend()
    again = with_memory(context, complaints, wire.url, memory)
    expect(again.get_by_test_id("connection")).to_contain_text("Restored from")
    expect(again.get_by_label("Total")).to_have_value("1")
    again.get_by_role("button", name="Add").click()
    expect(again.get_by_label("Total")).to_have_value("2")
    wire.close()
    complaints.clear()


def with_memory(context: BrowserContext, complaints: Complaints, url: str, memory: str) -> Page:
    """A new tab that begins with what another one remembers, as a duplicated one does."""
    page = context.new_page()
    complaints.watch(page)
    page.add_init_script(
        "if (!sessionStorage.length) for (const [k, v] of Object.entries(JSON.parse("
        + json.dumps(memory)
        + "))) sessionStorage.setItem(k, v)"
    )
    page.goto(url)
    page.locator("gradio-app[data-connected=true]").wait_for()
    return page


def test_a_duplicated_tab_gets_a_copy(
    serve: Serve, store: str, app: Counting, context: BrowserContext, complaints: Complaints
) -> None:
    """R5.2, R5.3."""
    url = serve(app.demo, state_store=store)
    page = open_page(context, complaints, url)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Total")).to_have_value("1")
    page.get_by_role("button", name="Count").click()
    app.go_on(3)
    expect(page.get_by_label("Numbers")).to_have_value(upto(3))
    page.evaluate("document.dispatchEvent(new Event('input'))")
    page.wait_for_function("Object.values(sessionStorage).some((kept) => kept.includes('0 1 2'))")
    copy = with_memory(context, complaints, url, page.evaluate("JSON.stringify(sessionStorage)"))
    expect(copy.get_by_test_id("toast-text")).to_contain_text("copy of its own")
    expect(copy.get_by_label("Total")).to_have_value("1")
    expect(copy.get_by_label("Numbers")).to_have_value(upto(3))
    for _ in range(2):
        copy.get_by_role("button", name="Add").click()
    expect(copy.get_by_label("Total")).to_have_value("3")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Total")).to_have_value("2")
    app.go_on(STEPS)
    expect(page.get_by_label("Numbers")).to_have_value(upto(STEPS))
    expect(copy.get_by_label("Numbers")).to_have_value(upto(3))
    loaded_again(copy)
    expect(copy.get_by_label("Total")).to_have_value("3")
    assert app.runs == 1


def test_what_is_clicked_offline_is_sent_when_the_connection_is_back(
    serve: Serve, store: str, app: Counting, context: BrowserContext, complaints: Complaints
) -> None:
    """R5.2."""
    wire = Wire(serve(app.demo, state_store=store))
    page = open_page(context, complaints, wire.url)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Total")).to_have_value("1")
    wire.cut(stay_down=True)
    expect(page.get_by_test_id("connection")).to_contain_text("Reconnecting.")
    page.get_by_role("button", name="Add").click()
    wire.mend()
    expect(page.get_by_test_id("connection")).to_have_text("Connection restored.")
    expect(page.get_by_label("Total")).to_have_value("2")
    wire.cut()
    loaded_again(page)
    expect(page.get_by_label("Total")).to_have_value("2")
    wire.close()
    complaints.clear()


def test_a_browser_that_keeps_nothing_begins_anew(
    serve: Serve, store: str, context: BrowserContext, complaints: Complaints
) -> None:
    said: list[str] = []
    page = context.new_page()
    complaints.watch(page)
    page.on("console", lambda message: said.append(message.text) if message.type == "info" else None)
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }")
    page.goto(serve(cart(), session="tab", state_store=store))
    page.locator("gradio-app[data-connected=true]").wait_for()
    put_in(page, "apple")
    expect(page.get_by_label("In the cart")).to_have_value("1")
    loaded_again(page)
    expect(page.get_by_label("In the cart")).to_have_value("")
    put_in(page, "apple")
    expect(page.get_by_label("In the cart")).to_have_value("1")
    assert len(said) == 2, said


def test_the_pages_of_an_app_share_the_tabs_session(
    serve: Serve, store: str, context: BrowserContext, complaints: Complaints
) -> None:
    """R5.2: each page comes back as it was, and what ran on one goes on while another is shown."""
    go = Event()

    def work() -> Iterator[str]:
        yield "begun"
        go.wait(60)
        yield "done"

    with gr.Blocks(session="tab") as demo:
        count = gr.State(0)
        first = gr.Number(label="First")
        out = gr.Textbox(label="Out")
        gr.Textbox(label="Note")
        gr.Button("Add").click(lambda n: (n + 1, n + 1), count, [count, first])
        gr.Button("Work").click(work, None, out)
        with demo.route("Second", "second"):
            second = gr.Number(label="Second")
            gr.Button("Add here").click(lambda n: (n + 1, n + 1), count, [count, second])
    url = serve(demo, state_store=store)
    page = open_page(context, complaints, url)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("First")).to_have_value("1")
    page.get_by_label("Note").fill("mine")
    page.get_by_role("button", name="Work").click()
    expect(page.get_by_label("Out")).to_have_value("begun")
    page.goto(f"{url}second")
    for n in ("2", "3"):
        page.get_by_role("button", name="Add here").click()
        expect(page.get_by_label("Second")).to_have_value(n)
    go.set()
    page.goto(url)
    expect(page.get_by_label("Note")).to_have_value("mine")
    expect(page.get_by_label("Out")).to_have_value("done")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("First")).to_have_value("4")
    page.goto(f"{url}second")
    expect(page.get_by_label("Second")).to_have_value("3")


def test_a_session_that_is_over_begins_anew_by_itself(
    serve: Serve, store: str, context: BrowserContext, complaints: Complaints
) -> None:
    """R4.1, R5.2: what the page had kept does not stand over State that has gone."""
    demo = cart()
    page = open_page(context, complaints, serve(demo, session="tab", state_store=store))
    put_in(page, "apple")
    expect(page.get_by_label("In the cart")).to_have_value("1")
    page.goto("about:blank")
    runtime = demo.server.app.state.context.runtime
    (session,) = runtime.sessions
    runtime.engine.loop.call_soon_threadsafe(runtime.sessions.drop, session.id)
    page.go_back()
    expect(page.get_by_test_id("connection")).to_be_empty()
    expect(page.get_by_label("In the cart")).to_have_value("")
    put_in(page, "apple")
    expect(page.get_by_label("In the cart")).to_have_value("1")
