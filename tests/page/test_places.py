"""Where an app can live: inside another app, under a path, in another page's frame."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from playwright.sync_api import BrowserContext, Page, expect
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
from tests.page.conftest import Complaints, open_page

import holdfast as gr

pytestmark = pytest.mark.browser


class Host:
    """Serves an ASGI app on a free port."""

    def __init__(self, app: Starlette) -> None:
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="websockets-sansio"))
        started = threading.Event()
        startup = self._server.startup

        async def start(sockets: object = None) -> None:
            await startup()
            started.set()

        self._server.startup = start  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        assert started.wait(60)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)


@pytest.fixture
def host() -> Iterator[Callable[[Starlette], str]]:
    hosts: list[Host] = []

    def host(app: Starlette) -> str:
        hosts.append(Host(app))
        return hosts[-1].url

    yield host
    for one in hosts:
        one.close()


def greeter() -> gr.Blocks:
    with gr.Blocks() as demo:
        name = gr.Textbox(label="Name")
        greeting = gr.Textbox(label="Greeting")
        name.submit(lambda name: f"Hello {name}", name, greeting)
        with demo.route("More", "more"):
            gr.Textbox("here", label="More")
    return demo


def greet(page: Page) -> None:
    page.get_by_label("Name").fill("Ann")
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_label("Greeting")).to_have_value("Hello Ann")


@pytest.mark.parametrize("path", ["/tools", "/tools/"])
def test_an_app_works_inside_another_one(
    host: Callable[[Starlette], str], context: BrowserContext, complaints: Complaints, path: str
) -> None:
    app = gr.mount_gradio_app(Starlette(), greeter(), path="/tools")
    page = open_page(context, complaints, host(app) + path)
    greet(page)
    page.get_by_role("link", name="More").click()
    expect(page.get_by_label("More")).to_have_value("here")


def test_an_app_works_in_the_frame_of_another_site(
    serve: Callable[..., str], host: Callable[[Starlette], str], context: BrowserContext, complaints: Complaints
) -> None:
    """R8.1: no cookie is needed."""
    inner = serve(greeter())

    async def outside(request: object) -> HTMLResponse:
        del request
        return HTMLResponse(
            f'<!doctype html><link rel=icon href=data:,><title>Outside</title><iframe src="{inner}"></iframe>'
        )

    page = context.new_page()
    complaints.watch(page)
    page.goto(host(Starlette(routes=[Route("/", outside)])).replace("127.0.0.1", "localhost"))
    frame = page.frame_locator("iframe")
    frame.get_by_label("Name").fill("Ann")
    frame.get_by_label("Name").press("Enter")
    expect(frame.get_by_label("Greeting")).to_have_value("Hello Ann")
    expect(frame.get_by_role("banner")).to_have_count(0)
