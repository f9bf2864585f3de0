"""What one visitor sends and another one sees: data, in Chromium, never code, a form or a property.

A1: siblings looked for: every place where a page builds elements, links or scripts from a value (text, file and
component parts of messages, metadata and options, toasts, table cells, help, footer, login message, HTML's template,
style, script and head, buttons' links, download links, avatars, examples), every listener that skips `preprocess` or
`postprocess`, and the start values and updates of a Chatbot; found: the parts of a Chatbot with `preprocess=False`,
links of buttons, of the footer and of picture cells, objects shown by HTML, and the properties of a component that a
function takes by its class.
A3: siblings looked for: results of `js=`, values of `preprocess=False`, event data, server functions, updates sent to
API clients; found: `js=` that passes a value on, and the wire, on which a value looked like an update.
A7: siblings looked for: places with a sanitizer (Markdown, chat, help, cells, toasts) or without one; found: the login
message had none, toasts had another one.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.page.conftest import Complaints

import holdfast as gr
from holdfast.seals import Seal

AppPage = Callable[..., Page]
Serve = Callable[..., str]
pytestmark = pytest.mark.browser

FORM = '<form style="position:fixed;inset:0"><input name="password"></form>'


def run(form: str) -> str:
    return f"(window.ran ??= []).push('{form}')"


def image(form: str) -> str:
    """Markup that runs when a browser draws it."""
    return f'<img src="data:image/png,x" onerror="{run(form)}">'


def link(form: str) -> str:
    return f"java\nscript:{run(form)}"


def component(name: str, value: Any, props: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "component",
        "component": name,
        "value": value,
        "props": props,
        "constructor_args": props,
        **more,
    }


def message(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(parts), "metadata": None, "options": None}


def address(form: str) -> dict[str, Any]:
    return {"path": None, "url": link(form), "orig_name": "f.txt", "meta": {"_type": "gradio.FileData"}}


PARTS: dict[str, dict[str, Any]] = {
    "js_on_load": component("html", "hi", {"js_on_load": run("js_on_load")}),
    "html_template": component("html", "hi", {"html_template": image("html_template")}),
    "expression": component("html", "hi", {"html_template": f"${{{run('expression')}}}"}),
    "head": component("html", "hi", {"head": f"<script>{run('head')}</script>"}),
    "html": component("html", image("html"), {}),
    "markdown": component("markdown", image("markdown"), {"sanitize_html": False}),
    "chatbot": component("chatbot", [message({"type": "text", "text": image("chatbot")})], {"sanitize_html": False}),
    "nested": component("chatbot", [message(component("html", "hi", {"js_on_load": run("nested")}))], {}),
    "button": component("button", "press", {"link": link("button")}),
    "file": component("file", [address("file")], {"label": "f"}),
    "download": component("downloadbutton", address("download"), {"label": "press"}),
    "file part": {"type": "file", "file": address("file part")},
    "forged": component("html", "hi", {"js_on_load": run("forged")}, seal=Seal(b"another key").of(b"[]")),
    "unsealed": component("html", "hi", {"js_on_load": run("unsealed")}, seal=""),
    "text": {"type": "text", "text": image("text")},
    "text and component": component("html", "hi", {"js_on_load": run("text and component")}, text="hi"),
}
"""The forms in which a visitor may try, by what would run."""


def room(*, preprocess: bool = True, postprocess: bool = True) -> gr.Blocks:
    """A conversation that everyone sees, whatever the page of one visitor sends."""
    with gr.Blocks() as demo:
        kept = gr.State([], scope="app", key="room")
        bot = gr.Chatbot()
        how: Any = {"preprocess": preprocess, "postprocess": postprocess}
        gr.Button("Post").click(lambda said, kept: kept + said, [bot, kept], kept, api_name="post", **how)
        demo.load(lambda said: said, kept, bot, **how)
    return demo


def post(url: str, name: str, *data: Any) -> None:
    """Call an endpoint as a stranger's program does; whether it refuses is not the question."""
    body = json.dumps({"data": data}).encode()
    request = urllib.request.Request(f"{url}gradio_api/run/{name}", body, {"Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=20).read()
    except urllib.error.HTTPError as error:
        error.read()


@pytest.mark.parametrize("converted", [True, False])
def test_parts_that_another_visitor_made_up_run_nothing(
    serve: Serve, another_page: Callable[[str], Page], converted: bool
) -> None:
    """A1: stored, and shown to another visitor; also where the listener skips the conversions."""
    url = serve(room(preprocess=converted, postprocess=converted), state_store="memory://")
    for part in PARTS.values():
        post(url, "post", [message(part)])
    post(url, "post", [message({"type": "text", "text": "the end"})])
    page = another_page(url)
    expect(page.get_by_text("the end", exact=True)).to_be_visible()
    harmless(page)


def test_a_page_refuses_too_what_a_server_let_through(app_page: AppPage) -> None:
    """A1: values that no server checked, as a script of the page sets them."""
    parts = [part for name, part in PARTS.items() if name != "forged"]  # a server takes a wrong seal away
    shown = [message(part) for part in [*parts, {"type": "text", "text": "the end"}]]
    with gr.Blocks() as demo:
        bot = gr.Chatbot(height=3000)
        gr.Button("Show").click(None, None, bot, js=f"() => [{json.dumps(shown)}]")
    page = app_page(demo)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("the end", exact=True)).to_be_visible()
    harmless(page)


def harmless(page: Page) -> None:
    """Nothing has run, nothing is left that would, and no link leads to a script."""
    page.wait_for_load_state("networkidle")
    page.evaluate("Promise.all([...document.images].map((image) => image.decode().catch(() => 0)))")
    for button in page.locator(".message a, .message .button").all():
        button.dispatch_event("click")
    assert page.evaluate("window.ran") is None
    assert page.locator("[onerror]").count() == 0
    assert page.evaluate("[...document.links].filter((link) => link.protocol === 'javascript:').length") == 0


def test_a_component_that_the_app_put_in_runs_for_everyone_and_stays_when_it_comes_back(
    serve: Serve, another_page: Callable[[str], Page]
) -> None:
    """A1: what this server issued is recognized, whichever visitor sends it back."""
    with gr.Blocks() as demo:
        kept = gr.State([], scope="app", key="room")
        bot = gr.Chatbot()
        send = gr.Button("Send")

        def answer(said: list[Any]) -> Any:
            said = said or [{"role": "assistant", "content": gr.HTML("0", js_on_load="element.append('!')", size=1.0)}]
            return said, said

        send.click(answer, bot, [bot, kept])
        demo.load(lambda said: said, kept, bot)
    url = serve(demo, state_store="memory://")
    page = another_page(url)
    for _ in range(2):
        page.get_by_role("button", name="Send").click()
        expect(page.locator(".message .html-container")).to_have_text("0!")
    other = another_page(url)
    expect(other.locator(".message .html-container")).to_have_text("0!")
    other.get_by_role("button", name="Send").click()
    expect(other.locator(".message .html-container")).to_have_text("0!")


@pytest.mark.parametrize("place", ["markdown", "toast", "chat", "help", "login"])
def test_a_form_in_markup_is_not_shown(
    serve: Serve, another_page: Callable[[str], Page], context: BrowserContext, complaints: Complaints, place: str
) -> None:
    """A7: one sanitizer for all of them."""
    markup = (
        f'{FORM}<b id="root" class="toast-wrap svelte-1x" style="color: red; position: fixed; inset: 0; margin: -9px; '
        'box-shadow: 0 0 0 99em red; padding: 3px">the end</b><button popovertarget="root">press</button>'
    )
    with gr.Blocks() as demo:
        if place == "markdown":
            gr.Markdown(markup + "\n\n- [x] done\n- [ ] open")
        elif place == "chat":
            gr.Chatbot([{"role": "user", "content": markup}])
        elif place == "help":
            gr.Textbox(info=markup)
        else:
            demo.load(lambda: gr.Warning(markup))
    if place == "login":
        url = serve(demo, auth=("a", "b"), auth_message=markup)
        page = context.new_page()
        complaints.watch(page)
        page.goto(url)
    else:
        page = another_page(serve(demo))
    end = page.get_by_text("the end", exact=True)
    expect(end).to_be_visible()
    assert page.locator("form:has([name=password]:not([type])), [popovertarget]").count() == 0
    assert (
        end.get_attribute("style")
        == "color: red; padding-top: 3px; padding-right: 3px; padding-bottom: 3px; padding-left: 3px"
    )
    assert end.get_attribute("id") == "user-content-root"
    assert end.get_attribute("class") == "toast-wrap"
    if place == "markdown":
        expect(page.get_by_role("checkbox", name="Done")).to_be_disabled()
        expect(page.get_by_role("checkbox")).to_have_count(2)


def test_links_within_sanitized_markup_find_their_prefixed_targets(app_page: AppPage) -> None:
    """A7: an id gets a prefix, and a link to it still leads there."""
    with gr.Blocks() as demo:
        gr.Markdown("[down](#far)" + "\n\ntext" * 100 + '\n\n<b id="far">the end</b>')
    page = app_page(demo)
    expect(page.get_by_text("the end")).not_to_be_in_viewport()
    page.get_by_role("link", name="down").click()
    expect(page.get_by_text("the end")).to_be_in_viewport()


def test_a_visitors_dict_is_shown_as_a_value(serve: Serve, another_page: Callable[[str], Page]) -> None:
    """A3: it changes no property, neither from State nor passed on by `js=`; the author's own dict still does."""
    with gr.Blocks() as demo:
        kept = gr.State(None, scope="app", key="kept")
        sent = gr.JSON()
        shown = gr.HTML("before", elem_id="shown")
        gr.Button("Post").click(lambda value: value, sent, kept, api_name="post")
        demo.load(lambda value: (value, value), kept, [sent, shown])
        gr.Button("Pass on").click(None, sent, shown, js="(value) => value")
        gr.Button("Nest").click(None, sent, shown, js="(value) => JSON.parse(JSON.stringify(value))")
        own = {"__type__": "update", "value": "updated", "html_template": "<i>${value}</i>"}
        gr.Button("Update").click(lambda: dict(own), None, shown)
    url = serve(demo, state_store="memory://")
    post(url, "post", {"__type__": "update", "html_template": image("update"), "value": "taken"})
    page = another_page(url)
    expect(page.locator("#shown")).to_contain_text('"__type__":"update"')
    for name in ("Pass on", "Nest"):
        page.get_by_role("button", name=name).click()
        expect(page.locator("#shown")).to_contain_text('"__type__":"update"')
    assert page.evaluate("window.ran") is None
    page.get_by_role("button", name="Update").click()
    expect(page.locator("#shown i")).to_have_text("updated")


MUTATIONS = [
    '<svg></p><style><a id="</style><img src=data:image/png,x onerror=HIT>">',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=data:image/png,x onerror=HIT&gt;">',
    '<math><mtext><mglyph><svg><mtext><textarea><path id="</textarea><img onerror=HIT src=data:image/png,x>">',
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=HIT>",
    '<noscript><p title="</noscript><img src=data:image/png,x onerror=HIT>">',
    "<template><img src=data:image/png,x onerror=HIT></template><template><script>HIT</script></template>",
    "<svg><style><img src=data:image/png,x onerror=HIT></style></svg>",
    '<svg><foreignObject><iframe srcdoc="<script>parent.HIT</script>"></iframe></foreignObject></svg>',
    '<svg><annotation-xml><foreignobject><style><!--</style><p id="--><img src=data:image/png,x onerror=HIT>">',
    '<math><annotation-xml encoding="text/html"><p><style></math><img src onerror=HIT></style>',
    "<svg><title><![CDATA[</title><img src onerror=HIT>]]></title></svg>",
    "<svg><desc><noscript><img src onerror=HIT></noscript></desc></svg>",
    '<xmp><p title="</xmp><img src onerror=HIT>">',
    '<title><p title="</title><img src onerror=HIT>">',
    "<select><style></select><img src onerror=HIT>//",
    '<caption><svg><title><table></table></title><style><a id="</style><img src=data:image/png,x onerror=HIT>"></a>',
    "<div>" * 520 + '<svg><style><a title="</style><img src onerror=HIT>">',
    "<form id=x><input name=attributes><input name=nodeName></form><img src onerror=HIT>",
    "<details open ontoggle=HIT>x</details><svg onload=HIT></svg><video><source onerror=HIT></video>",
    "$\\htmlData{onclick=HIT}{a}$ $\\href{javascript:HIT}{a}$",
    '![x](data:image/png,x"onerror="HIT) [x](<java\tscript:HIT>) <javascript:HIT>',
]


def test_markup_that_changes_when_it_is_parsed_again_does_not_run(app_page: AppPage) -> None:
    """A7, A1: a sanitizer that reads markup in another way than the page does lets it through: none of it runs."""
    hits = [one.replace("HIT", f"(window.ran??=[]).push({at})") for at, one in enumerate(MUTATIONS)]
    with gr.Blocks() as demo:
        prose, chat = gr.Markdown(), gr.Chatbot()
        table = gr.Dataframe(datatype=["markdown", "html"], headers=["a", "b"])
        done = gr.Textbox(label="Done")

        def show() -> Iterator[tuple[Any, ...]]:
            for at, one in enumerate(hits):
                gr.Info(one, title=one)
                yield one, [{"role": role, "content": one} for role in ("user", "assistant")], [[one, one]], str(at)

        gr.Button("Show").click(show, None, [prose, chat, table, done])
    page = app_page(demo)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Done", exact=True)).to_have_value(str(len(hits) - 1))
    page.evaluate("new Promise(done => setTimeout(() => requestAnimationFrame(done)))")
    assert page.evaluate("window.ran") is None
    handlers = "[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => /^on/.test(a.name))).length"
    assert page.evaluate(handlers) == 0
