"""What becomes of a page whose connection does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect
from starlette.requests import Request
from tests.page.conftest import Complaints, open_page
from tests.page.proxy import Wire

import holdfast as gr
from holdfast.launch import start

Serve = Callable[..., str]
pytestmark = pytest.mark.browser

STEPS = 60


class Counting:
    """An app that writes numbers one by one, when it is told to."""

    def __init__(self) -> None:
        self.runs = 0
        self.go = [Event() for _ in range(STEPS)]
        with gr.Blocks() as self.demo:
            out = gr.Textbox(label="Numbers")
            total = gr.Number(label="Total")
            state = gr.State(0)
            gr.Button("Count").click(self.count, None, out)
            gr.Button("Add").click(lambda n: (n + 1, n + 1), state, [state, total])

    def count(self) -> Iterator[str]:
        self.runs += 1
        said: list[str] = []
        for number, go in enumerate(self.go):
            go.wait(30)
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


@pytest.fixture
def wire(serve: Serve, app: Counting) -> Iterator[Wire]:
    wire = Wire(serve(app.demo))
    yield wire
    wire.close()


@pytest.fixture
def page(wire: Wire, context: BrowserContext, complaints: Complaints) -> Page:
    context.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    return open_page(context, complaints, wire.url)


def upto(number: int) -> str:
    return " ".join(str(n) for n in range(number))


def test_a_stream_that_is_cut_comes_once_and_in_order(
    page: Page, wire: Wire, app: Counting, complaints: Complaints
) -> None:
    """R4.1: a reconnect finds everything as it was, and a lost connection is not a cancel."""
    page.get_by_role("button", name="Count").click()
    app.go_on(10)
    expect(page.get_by_label("Numbers")).to_have_value(upto(10))
    for to in (20, 30, 40):
        wire.cut()
        app.go_on(to)
        expect(page.get_by_label("Numbers")).to_have_value(upto(to))
    app.go_on(STEPS)
    expect(page.get_by_label("Numbers")).to_have_value(upto(STEPS))
    assert app.runs == 1
    complaints.clear()


def test_what_happened_while_it_was_away_is_there_when_it_is_back(
    page: Page, wire: Wire, app: Counting, complaints: Complaints
) -> None:
    page.get_by_role("button", name="Count").click()
    app.go_on(5)
    expect(page.get_by_label("Numbers")).to_have_value(upto(5))
    wire.cut(stay_down=True)
    expect(page.get_by_test_id("connection")).to_contain_text("Reconnecting.")
    app.go_on(STEPS)
    expect(page.get_by_test_id("toast-body")).to_have_count(0)
    wire.mend()
    expect(page.get_by_label("Numbers")).to_have_value(upto(STEPS))
    expect(page.get_by_test_id("toast-body")).to_have_count(0)
    complaints.clear()


def test_a_click_while_it_is_away_runs_once_when_it_is_back(page: Page, wire: Wire, complaints: Complaints) -> None:
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Total")).to_have_value("1")
    wire.cut(stay_down=True)
    expect(page.get_by_test_id("connection")).to_contain_text("Reconnecting.")
    page.get_by_role("button", name="Add").click()
    wire.mend()
    expect(page.get_by_test_id("connection")).to_have_text("Connection restored.")
    expect(page.get_by_label("Total")).to_have_value("2")
    expect(page.get_by_test_id("connection")).to_be_empty()
    complaints.clear()


def test_a_restarted_server_is_said_and_a_reload_begins_anew(
    serve: Serve, context: BrowserContext, complaints: Complaints, app: Counting
) -> None:
    url = serve(app.demo)
    page = open_page(context, complaints, url)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Total")).to_have_value("1")
    port = int(url.rstrip("/").rsplit(":", 1)[1])
    app.demo.close()
    start(app.demo, {}, server_port=port, quiet=True)
    expect(page.get_by_test_id("connection")).to_contain_text("The server was restarted")
    page.set_viewport_size({"width": 800, "height": 200})
    page.mouse.wheel(0, 10_000)
    expect(page.get_by_role("button", name="Reload")).to_be_in_viewport(ratio=1)
    page.mouse.wheel(0, -10_000)
    expect(page.get_by_role("button", name="Reload")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("alert")).to_contain_text("Reload the page")
    page.get_by_role("button", name="Reload").click()
    expect(page.get_by_test_id("connection")).to_be_empty()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Total")).to_have_value("1")
    complaints.clear()


def test_where_websockets_are_refused_everything_works(
    serve: Serve, context: BrowserContext, complaints: Complaints, app: Counting
) -> None:
    refused: list[str] = []

    def refuse(route: WebSocketRoute) -> None:
        refused.append(route.url)
        route.close()

    context.route_web_socket("**/page/socket", refuse)
    page = open_page(context, complaints, serve(app.demo))
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Total")).to_have_value("1")
    page.get_by_role("button", name="Count").click()
    app.go_on(STEPS)
    expect(page.get_by_label("Numbers")).to_have_value(upto(STEPS))
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Total")).to_have_value("2")
    assert refused
    assert app.runs == 1


def test_a_closed_page_says_goodbye(serve: Serve, context: BrowserContext, complaints: Complaints) -> None:
    """R4.5: `unload` runs once per closed session."""
    gone: list[str] = []
    heard = Event()

    def leave(request: gr.Request) -> None:
        gone.append(request.session_hash or "")
        heard.set()

    with gr.Blocks() as demo:
        gr.Textbox(label="Text")
        demo.unload(leave)
    page = open_page(context, complaints, serve(demo))
    page.goto("about:blank")
    assert heard.wait(60)
    assert len(gone) == 1


def test_a_guessed_secret_opens_no_session(serve: Serve, context: BrowserContext, complaints: Complaints) -> None:
    """R8.1"""
    with gr.Blocks() as demo:
        gr.Textbox(label="Text")
    page = open_page(context, complaints, serve(demo))
    taken = page.evaluate(
        """async () => {
            const talk = (hello) => new Promise((resolve) => {
                const socket = new WebSocket(location.href.replace('http', 'ws') + 'gradio_api/page/socket')
                socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', ...hello }))
                socket.onmessage = ({ data }) => resolve(JSON.parse(data))
            })
            const stranger = await talk({})
            return (await talk({ session: stranger.session, token: 'guessed' })).type
        }"""
    )
    assert taken == "refused"
    expect(page.get_by_test_id("connection")).to_be_empty()


def test_a_page_whose_connection_is_not_logged_in_says_so_and_is_not_loaded_for_ever(
    serve: Serve, page: Page, complaints: Complaints
) -> None:
    """It was served as logged in: to load it again would lead here again."""
    loads = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))

    def who(request: Request) -> str | None:
        return None if request.headers.get("upgrade") == "websocket" else "ann"

    with gr.Blocks() as demo:
        gr.Textbox(label="Text")
    page.goto(serve(demo, auth_dependency=who))
    expect(page.get_by_role("alert")).to_contain_text("does not know the login of this page")
    assert len(loads) == 1
