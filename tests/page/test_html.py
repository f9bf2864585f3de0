"""HTML components and the apps that other pages embed, in Chromium.

E7: siblings looked for: fields, text areas, check boxes, lists with and without ids, what scripts add, templates of
both languages; found: all were replaced.
E8: siblings looked for: what else Gradio gives `js_on_load`; found: `upload`.
E13: siblings are listed beside the test of `cellText`.
E27: siblings looked for: scripts of `head=` of HTML and of `launch`; found: in HTML, `async` was lost for the order,
and a script without it had it.
E29: siblings looked for: themes, heights, a second element, one without an address; found: none was there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.page.conftest import Complaints

import holdfast as gr

AppPage = Callable[..., Page]
Serve = Callable[..., str]
pytestmark = pytest.mark.browser


def test_listeners_of_a_template_survive_its_updates(app_page: AppPage) -> None:
    """E7, case 14."""
    script = """
    element.querySelector('.inc').addEventListener('click', () => { props.value++ })
    element.querySelector('.go').addEventListener('click', () => trigger('submit'))
    """
    template = "<b>v=${value}</b> <button class='inc'>+</button> <button class='go'>go</button>"
    with gr.Blocks() as demo:
        counter = gr.HTML(0, html_template=template, js_on_load=script, elem_id="h")
        out = gr.Textbox(label="O")
        counter.submit(str, counter, out)
    page = app_page(demo)
    for _ in range(3):
        page.locator("#h .inc").click()
    expect(page.locator("#h b")).to_have_text("v=3")
    page.locator("#h .go").click()
    expect(page.get_by_label("O", exact=True)).to_have_value("3")


def test_an_update_keeps_typed_text_focus_and_what_a_script_has_added(app_page: AppPage) -> None:
    """E7: only what differs between the two texts changes."""
    template = """
    <p class="a">${value.n}</p><input id="typed" value="${value.start}"><textarea class="area">t</textarea>
    <ul>{{#each value.items}}<li id="{{this}}">{{this}}</li>{{/each}}</ul><div class="map box${value.n}"></div>
    """
    script = "element.querySelector('.map').append('drawn'); element.querySelector('.map').classList.add('own')"
    with gr.Blocks() as demo:
        start = {"n": 1, "start": "s", "items": ["x", "y"]}
        html = gr.HTML(start, html_template=template, js_on_load=script, elem_id="h")
        gr.Button("Move").click(lambda: {"n": 2, "start": "s", "items": ["y", "new", "x"]}, None, html)
        gr.Button("Reset").click(lambda: {"n": 3, "start": "other", "items": []}, None, html)
    page = app_page(demo)
    typed, area = page.locator("#typed"), page.locator("#h textarea")
    area.fill("mine too")
    typed.fill("mine")
    page.evaluate("() => { window.y = document.getElementById('y') }")
    typed.focus()
    page.get_by_role("button", name="Move").dispatch_event("click")
    expect(page.locator("#h .a")).to_have_text("2")
    expect(typed).to_have_value("mine")
    expect(typed).to_be_focused()
    expect(area).to_have_value("mine too")
    expect(page.locator("#h li")).to_have_text(["y", "new", "x"])
    assert page.evaluate("window.y === document.getElementById('y')")
    expect(page.locator("#h .map")).to_have_text("drawn")
    expect(page.locator("#h .map")).to_contain_class("own map box2")
    page.get_by_role("button", name="Reset").click()
    expect(typed).to_have_value("other")
    expect(page.locator("#h li")).to_have_count(0)


def test_a_script_watches_properties(app_page: AppPage) -> None:
    """E8, case 16: called back once the update is shown, not for what the script sets itself."""
    script = """
    watch('value', () => { if (props.value === 5) trigger('submit') })
    element.dataset.seen = ''
    watch(['value', 'label'], () => { element.dataset.seen += element.textContent.trim() })
    element.addEventListener('click', () => { props.value = 7 })
    """
    with gr.Blocks() as demo:
        box = gr.HTML(0, html_template="<i>${value}</i>", js_on_load=script, elem_id="h")
        out = gr.Textbox(label="O")
        box.submit(lambda: "watched five", None, out)
        gr.Button("Five").click(lambda: 5, None, box)
    page = app_page(demo)
    page.get_by_role("button", name="Five").click()
    expect(page.get_by_label("O", exact=True)).to_have_value("watched five")
    expect(page.locator("#h [data-seen]")).to_have_attribute("data-seen", "5")
    page.locator("#h i").click()
    expect(page.locator("#h i")).to_have_text("7")
    expect(page.locator("#h [data-seen]")).to_have_attribute("data-seen", "5")


def test_scripts_of_a_head_keep_async_and_the_others_their_order(app_page: AppPage) -> None:
    """E27."""
    data = "data:text/javascript,(window.ran ??= []).push"
    head = f"""
    <script class="own" async src="{data}('async')"></script><script class="own" src="{data}('one')"></script>
    <script class="own">window.ran.push('two')</script><script class="own" defer src="{data}('three')"></script>
    """
    with gr.Blocks() as demo:
        gr.HTML(
            "h",
            head=head,
            js_on_load="element.dataset.ran = window.ran.filter((n) => n !== 'async').join()",
            elem_id="h",
        )
    page = app_page(demo, head='<script async id="page-head" src="data:text/javascript,0"></script>')
    expect(page.locator("#h [data-ran]")).to_have_attribute("data-ran", "one,two,three")
    states = page.evaluate(
        "[...document.querySelectorAll('script.own')].map((s) => [s.async, s.hasAttribute('async')])"
    )
    assert states == [[True, True], [False, False], [False, False], [False, False]]
    assert page.evaluate("document.getElementById('page-head').async")


@pytest.fixture
def site() -> Iterator[Callable[[str], str]]:
    """Serves one page at an origin that is not the app's."""
    pages: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(pages[-1].encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()

    def site(html: str) -> str:
        pages.append(f"<!doctype html><link rel=icon href=data:,>{html}")
        return f"http://localhost:{server.server_port}/"

    yield site
    server.shutdown()
    thread.join()
    server.server_close()


def test_any_page_embeds_an_app(
    serve: Serve, site: Callable[[str], str], context: BrowserContext, complaints: Complaints
) -> None:
    """E29: in a page of another origin, as high as it is, working."""
    with gr.Blocks() as demo:
        name = gr.Textbox(label="Name")
        out = gr.HTML("short", elem_id="out")
        gr.Button("Greet").click(lambda name: f"<div style='height: 1500px'>Hello {name}</div>", name, out)
    url = serve(demo)
    page = context.new_page()
    complaints.watch(page)
    page.goto(
        site(
            f"""<script type="module" src="{url}gradio.js"></script>
            <script>addEventListener('render', () => {{ window.rendered = true }}, true)</script>
            <gradio-app id="app" src="{url}" theme_mode="dark" initial_height="123px"></gradio-app>
            <gradio-app id="none"></gradio-app><gradio-app id="bad" src="javascript:window.ran = 1"></gradio-app>"""
        )
    )
    app = page.frame_locator("#app iframe")
    app.get_by_label("Name").fill("Ann")
    page.wait_for_function("window.rendered && document.querySelector('#app iframe').offsetHeight < 700")
    app.get_by_role("button", name="Greet").click()
    expect(app.locator("#out")).to_contain_text("Hello Ann")
    page.wait_for_function("document.querySelector('#app iframe').offsetHeight > 1500")
    assert page.locator("#none iframe, #bad iframe").count() == 0
    assert "__theme=dark" in (page.locator("#app iframe").get_attribute("src") or "")


def test_a_cell_with_an_object_shows_json(app_page: AppPage) -> None:
    """E13."""
    with gr.Blocks() as demo:
        gr.Dataframe({"headers": ["a", "b"], "data": [[{"x": [1]}, [2, None]]]}, type="array")
    page = app_page(demo)
    expect(page.get_by_test_id("cell-0-0")).to_have_text('{"x":[1]}')
    expect(page.get_by_test_id("cell-0-1")).to_have_text("[2,null]")
