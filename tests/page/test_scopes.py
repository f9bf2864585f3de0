"""State that several pages share: per browser, per user, for everyone (R5.1, R5.3, R7)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.page.conftest import PATIENCE, Complaints, open_page

import holdfast as gr

Serve = Callable[..., str]
pytestmark = pytest.mark.browser


def counter(scope: str) -> gr.Blocks:
    """A count that every page shows when it changes, and when it is loaded."""
    with gr.Blocks() as demo:
        count = gr.State(0, scope=scope, key="count")  # type: ignore[arg-type]
        shown = gr.Number(label="Count")
        gr.Button("Press").click(lambda n: n + 1, count, count)
        gr.on([demo.load, count.change], lambda n: n, count, shown)
    return demo


@pytest.fixture(autouse=True)
def patience(context: BrowserContext) -> None:
    expect.set_options(timeout=PATIENCE)
    context.set_default_timeout(PATIENCE)


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/state.db"


def press(page: Page) -> None:
    page.get_by_role("button", name="Press").click()


def count(page: Page, number: int) -> None:
    expect(page.get_by_label("Count")).to_have_value(str(number))


@pytest.mark.parametrize("session", ["page", "tab"])
def test_a_shared_count_reaches_every_page(
    serve: Serve, store: str, browser: Browser, context: BrowserContext, complaints: Complaints, session: str
) -> None:
    """R7.2: without polling: the pages say nothing while nothing happens."""
    url = serve(counter("app"), session=session, state_store=store)
    asked: list[str] = []
    other = browser.new_context()
    pages = [
        open_page(context, complaints, url),
        open_page(context, complaints, url),
        open_page(other, complaints, url),
    ]
    for page in pages:
        count(page, 0)
        page.on("request", lambda request: asked.append(request.url))
    for n in range(1, 6):
        press(pages[0])
        for page in pages:
            count(page, n)
    press(pages[2])
    for page in pages:
        count(page, 6)
    assert asked == []
    other.close()


def test_a_page_that_was_loaded_again_sees_what_others_did_meanwhile(
    serve: Serve, store: str, context: BrowserContext, complaints: Complaints
) -> None:
    """R7.2: a page that missed changes gets the latest."""
    url = serve(counter("app"), session="tab", state_store=store)
    one, two = open_page(context, complaints, url), open_page(context, complaints, url)
    count(two, 0)
    two.goto("about:blank")
    press(one)
    count(one, 1)
    two.go_back()
    count(two, 1)


def test_the_tabs_of_a_browser_share_and_two_browsers_do_not(
    serve: Serve, store: str, browser: Browser, context: BrowserContext, complaints: Complaints
) -> None:
    """R5.1, R5.3."""
    url = serve(counter("browser"), state_store=store)
    other = browser.new_context()
    tabs = [open_page(context, complaints, url), open_page(context, complaints, url)]
    stranger = open_page(other, complaints, url)
    press(tabs[0])
    for tab in tabs:
        count(tab, 1)
    press(stranger)
    count(stranger, 1)
    press(tabs[1])
    for tab in tabs:
        count(tab, 2)
    count(stranger, 1)
    cookie = next(one for one in context.cookies() if one["name"].startswith("holdfast-browser"))
    assert cookie["httpOnly"]
    other.close()


def test_a_user_shares_over_browsers_and_two_users_do_not(
    serve: Serve, store: str, browser: Browser, complaints: Complaints
) -> None:
    """R5.1, R5.3."""
    url = serve(counter("user"), state_store=store, auth=[("ann", "a"), ("bob", "b")])
    contexts = [browser.new_context() for _ in range(3)]
    home, work, bob = (
        logged_in(one, complaints, url, name) for one, name in zip(contexts, ("ann", "ann", "bob"), strict=True)
    )
    press(home)
    count(home, 1)
    count(work, 1)
    count(bob, 0)
    press(bob)
    press(work)
    count(home, 2)
    count(bob, 1)
    for one in contexts:
        one.close()


def logged_in(context: BrowserContext, complaints: Complaints, url: str, name: str) -> Page:
    context.set_default_timeout(PATIENCE)
    answer = context.request.post(f"{url}login", form={"username": name, "password": name[0]})
    assert answer.ok
    return open_page(context, complaints, url)
