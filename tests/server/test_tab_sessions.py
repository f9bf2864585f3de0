"""Sessions of a tab through the socket: access to them, restoring, and copying."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.server.conftest import Page, Serve, Served
from websockets.exceptions import ConnectionClosed

import holdfast as gr


def basket(label: str = "Fruit", **state: Any) -> gr.Blocks:
    with gr.Blocks(session="tab") as demo:
        basket = gr.State([], **state)
        shared = gr.State(0, scope="app", key="shared")
        out = gr.JSON()
        text = gr.Textbox(label=label)
        gr.Button("Put").click(lambda t, b: ([*b, t], [*b, t]), [text, basket], [basket, out])
        gr.Button("All").click(lambda n: n + 1, shared, shared)
        shared.change(lambda n: n, shared, out)
    return demo


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/state.db"


@pytest.fixture
def app(serve: Serve, store: str) -> Served:
    return serve(basket(), state_store=store)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def put(page: Page, event: str, text: str) -> Any:
    page.submit(event, 0, [text, None])
    return page.until_completed(event)[-1]["output"]["data"][1]


def who(page: Page, **more: Any) -> dict[str, Any]:
    """Return the hello of the same tab after its page was reloaded."""
    welcome = page.welcome
    return {"session": welcome["session"], "token": welcome["token"], "epoch": welcome["epoch"], "load": "2", **more}


def refused(app: Served, **hello: Any) -> tuple[int, int | None]:
    """Return the status and close code of a rejected hello."""
    with app.socket(hello=False) as page:
        status = page.hello(**hello)["status"]
        try:
            page.hear()
        except ConnectionClosed as closed:
            return status, closed.rcvd.code if closed.rcvd else None
    return status, None


def started_again(serve: Serve, app: Served, store: str, demo: gr.Blocks | None = None, **options: Any) -> Served:
    """Serve the program in what its sessions see as a new process."""
    app.demo.close()
    return serve(demo or basket(), state_store=store, **options)


def test_a_session_is_restored_after_a_restart(serve: Serve, app: Served, store: str) -> None:
    """R5.2, R6.1."""
    with app.socket() as page:
        assert put(page, "e1", "apple") == ["apple"]
    again = started_again(serve, app, store)
    with again.socket(hello=False) as back:
        welcome = back.hello(**who(page, seen=2))
        assert (welcome["resumed"], welcome["forked"], welcome["seen"]) == (True, False, 0)
        assert welcome["session"] == page.welcome["session"]
        assert welcome["epoch"] != page.welcome["epoch"]
        back.hear()  # see test_a_returning_page_reloads_shared_state
        assert put(back, "e2", "plum") == ["apple", "plum"]


def test_another_visitor_with_only_the_id_is_rejected(serve: Serve, app: Served, store: str) -> None:
    """R8.1: while the process has the session, and after a restart when only the store has it."""
    with app.socket() as page:
        put(page, "e1", "apple")
        id = page.welcome["session"]
        other = page.welcome["token"][:-4] + "0000"
        tokens = [None, "", "x", other, f"{'0' * 8}.{'0' * 64}"]
        assert {refused(app, session=id, token=token) for token in tokens} == {(403, 4403)}
        assert statuses(app, id) == {403}
    again = started_again(serve, app, store)
    assert {refused(again, session=id, token=token) for token in tokens} == {(403, 4403)}
    assert statuses(again, id) <= {403, 404}
    with again.socket(hello=False) as back:
        assert back.hello(**who(page))["resumed"] is True


def statuses(app: Served, id: str) -> set[int]:
    """Return the statuses of the routes for someone who only knows an ID."""
    server = {"component_id": 0, "fn_name": "f", "data": None, "session_hash": id}
    asked = [
        app.post("/gradio_api/page/send", {"session": id, "token": "x", "frames": []}),
        app.post("/gradio_api/page/close", {"session": id, "token": "x"}),
        app.post("/gradio_api/page/feed", {"type": "hello", "session": id, "token": "x"}),
        app.post("/gradio_api/component_server", server),
        app.post("/gradio_api/queue/join", {"data": ["x", None], "fn_index": 0, "session_hash": id}),
        app.post("/gradio_api/run/lambda", {"data": ["x", None], "session_hash": id}),
    ]
    return {answer.status_code for answer in asked}


def test_an_expired_session_is_not_partially_resumed(serve: Serve, app: Served, store: str) -> None:
    """R4.1, R5.2: its State expired with its grace period, and the page is informed."""
    with app.socket() as page:
        put(page, "e1", "apple")
    app.context.runtime.engine.loop.call_soon_threadsafe(app.context.runtime.sessions.drop, page.welcome["session"])
    again = started_again(serve, app, store)
    with again.socket(hello=False) as back:
        welcome = back.hello(**who(page))
        assert (welcome["resumed"], welcome["session"] == page.welcome["session"]) == (False, False)
        assert put(back, "e2", "plum") == ["plum"]


@pytest.mark.parametrize("state", [{}, {"key": "basket"}])
def test_another_version_of_the_program_restores_what_it_still_has(
    serve: Serve, app: Served, store: str, state: dict[str, Any]
) -> None:
    """R5.1, R6.8: a State is found by its key, or by the variable that the program keeps it in."""
    first = started_again(serve, app, store, basket(**state))
    with first.socket() as page:
        put(page, "e1", "apple")
    again = started_again(serve, first, store, basket("Vegetable", **state))
    with again.socket(hello=False) as back:
        assert back.hello(**who(page, epoch=None, seen=None))["resumed"] is True
        assert put(back, "e2", "plum") == ["apple", "plum"]


def answering(page: Page) -> Thread:
    """Simulate an open page that responds to probes."""

    def answer() -> None:
        while page.hear()["type"] != "probe":
            pass
        page.say(type="alive")

    thread = Thread(target=answer)
    thread.start()
    return thread


def test_a_duplicated_tab_receives_a_copy(app: Served, stack: ExitStack) -> None:
    """R5.2, R5.3."""
    page = stack.enter_context(app.socket(hello=False))
    page.hello(load="1")
    put(page, "e1", "apple")
    thread = answering(page)
    copy = stack.enter_context(app.socket(hello=False))
    welcome = copy.hello(**who(page, seen=2))
    thread.join()
    assert (welcome["resumed"], welcome["forked"]) == (True, True)
    assert welcome["session"] != page.welcome["session"]
    assert put(copy, "e2", "plum") == ["apple", "plum"]
    assert put(page, "e2", "fig") == ["apple", "fig"]


def test_a_copy_includes_the_state_of_renders(serve: Serve, store: str, stack: ExitStack) -> None:
    """R5.2, R5.4."""
    with gr.Blocks(session="tab") as demo:

        @gr.render()
        def part() -> None:
            count, out = gr.State(0, key="count"), gr.Number()
            gr.Button("Add").click(lambda n: (n + 1, n + 1), count, [count, out], key="add")

    app = serve(demo, state_store=store)

    def add(page: Page, event: str, fn: str) -> Any:
        page.submit(event, fn, [None])
        return page.until_completed(event)[-1]["output"]["data"][1]

    page = stack.enter_context(app.socket(hello=False))
    page.hello(load="1")
    page.submit("e0", 0, [])
    fn = page.until_completed("e0")[-1]["output"]["render_config"]["dependencies"][0]["event"]
    assert add(page, "e1", fn) == 1
    thread = answering(page)
    copy = stack.enter_context(app.socket(hello=False))
    assert copy.hello(**who(page))["forked"] is True
    thread.join()
    assert [add(copy, "e1", fn), add(copy, "e2", fn), add(page, "e2", fn)] == [2, 3, 2]


def test_a_copy_survives_a_restart_too(serve: Serve, app: Served, store: str, stack: ExitStack) -> None:
    """R5.2."""
    with app.socket(hello=False) as page, app.socket(hello=False) as copy:
        page.hello(load="1")
        put(page, "e1", "apple")
        thread = answering(page)
        copy.hello(**who(page))
        thread.join()
        put(copy, "e2", "plum")
    again = started_again(serve, app, store)
    back = stack.enter_context(again.socket(hello=False))
    assert back.hello(**who(copy, load="3"))["resumed"] is True
    back.hear()
    assert put(back, "e3", "fig") == ["apple", "plum", "fig"]


def test_a_page_that_does_not_respond_was_reloaded(app: Served, stack: ExitStack) -> None:
    """R5.2: its connection may remain open for a while after the page has closed."""
    page = stack.enter_context(app.socket(hello=False))
    page.hello(load="1")
    put(page, "e1", "apple")
    back = stack.enter_context(app.socket(hello=False))
    welcome = back.hello(**who(page, seen=2))
    assert (welcome["resumed"], welcome["forked"], welcome["session"]) == (True, False, page.welcome["session"])
    assert put(back, "e2", "plum") == ["apple", "plum"]


def test_a_returning_page_is_never_mistaken_for_a_copy(app: Served, stack: ExitStack) -> None:
    """R5.2: a fast reconnect takes precedence over the old connection, without a probe."""
    page = stack.enter_context(app.socket(hello=False))
    page.hello(load="1")
    for _ in range(5):
        back = stack.enter_context(app.socket(hello=False))
        welcome = back.hello(**who(page, load="1"))
        assert (welcome["resumed"], welcome["forked"]) == (True, False)
    heard: list[Any] = []
    with pytest.raises(ConnectionClosed):
        heard.extend(iter(page.hear, None))
    assert "probe" not in [frame["type"] for frame in heard]


def test_a_page_without_websockets_can_be_probed_too(app: Served) -> None:
    """R5.2."""
    with app.http.stream("POST", "/gradio_api/page/feed", json={"type": "hello", "load": "1"}) as stream:
        frames = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
        welcome = next(frames)

        def answer() -> None:
            assert next(frames) == {"type": "probe"}
            said = {"session": welcome["session"], "token": welcome["token"], "frames": [{"type": "alive"}]}
            assert app.post("/gradio_api/page/send", said).status_code == 200

        thread = Thread(target=answer)
        thread.start()
        with app.socket(hello=False) as copy:
            hello = {key: welcome[key] for key in ("session", "token", "epoch")}
            assert copy.hello(**hello, load="2")["forked"] is True
        thread.join()


def test_a_new_page_of_a_session_receives_only_new_messages(app: Served) -> None:
    """R5.2: all pages of a multipage app in one tab share the session."""
    with app.socket() as page:
        put(page, "e1", "apple")
    with app.socket(hello=False) as back:
        welcome = back.hello(**who(page, epoch=None, seen=None))
        assert (welcome["resumed"], welcome["seen"]) == (True, 2)
        assert put(back, "e2", "plum") == ["apple", "plum"]


def test_a_returning_page_reloads_shared_state(serve: Serve, app: Served, store: str) -> None:
    """R7.2: it may have missed changes while its server was another process."""
    with app.socket() as page:
        put(page, "e1", "apple")
    again = started_again(serve, app, store)
    with again.socket(hello=False) as back:
        back.hello(**who(page))
        assert back.hear()["message"] == {"msg": "state_changed", "ids": [2], "event_id": None}


def test_a_session_belongs_to_its_user(serve: Serve, store: str) -> None:
    """R8.1: after a restart, another user cannot take it over with any knowledge of it."""
    users = [("ann", "a"), ("bob", "b")]
    app = serve(basket(), state_store=store, auth=users)

    def cookies(app: Served, name: str) -> dict[str, str]:
        client = app.client()
        client.post("/login", data={"username": name, "password": name[0]})
        return {"Cookie": "; ".join(f"{key}={value}" for key, value in client.cookies.items())}

    with app.socket(additional_headers=cookies(app, "ann")) as page:
        put(page, "e1", "apple")
    again = started_again(serve, app, store, auth=users)
    with again.socket(hello=False, additional_headers=cookies(again, "bob")) as bob:
        assert bob.hello(**who(page))["status"] == 403
    with again.socket(hello=False, additional_headers=cookies(again, "ann")) as ann:
        assert ann.hello(**who(page))["resumed"] is True
        ann.hear()
        assert put(ann, "e2", "plum") == ["apple", "plum"]


def test_a_session_of_one_page_load_ends_with_the_process(serve: Serve, store: str) -> None:
    """R4.1: `session="page"`."""
    app = serve(basket(), state_store=store, session="page")
    with app.socket() as page:
        put(page, "e1", "apple")
    again = started_again(serve, app, store, session="page")
    with again.socket(hello=False) as back:
        assert back.hello(**who(page))["resumed"] is False


def test_state_for_users_needs_a_login(serve: Serve) -> None:
    """R5.1: reported when the app is launched."""
    with gr.Blocks() as demo:
        gr.State(0, scope="user", key="notes")
    with pytest.raises(ValueError, match=r"State 'notes' has scope='user'.*auth"):
        serve(demo, state_store="memory://")


@pytest.mark.parametrize(
    ("url", "says"),
    [("mysql://x", "is not a valid store"), ("sqlite:/x", "is not a valid"), ("nowhere", "is not a valid store")],
)
def test_an_unknown_store_is_reported_at_the_start(serve: Serve, url: str, says: str) -> None:
    """R6.2."""
    with pytest.raises(Exception, match=says):
        serve(basket(), state_store=url)


def test_a_session_named_by_a_client_belongs_to_its_user_after_a_restart(serve: Serve, store: str) -> None:
    """R8.2."""
    users = [("ann", "a"), ("bob", "b")]
    app = serve(basket(), state_store=store, auth=users)

    def ask(app: Served, name: str) -> tuple[int, Any]:
        client = app.client()
        client.post("/login", data={"username": name, "password": name[0]})
        body = {"data": [name, None], "fn_index": 0, "session_hash": "ours"}
        answer = client.post("/gradio_api/run/predict", json=body)
        return answer.status_code, answer.json().get("data", [None, None])[1]

    assert ask(app, "ann") == (200, ["ann"])
    assert ask(app, "bob")[0] == 403
    again = started_again(serve, app, store, auth=users)
    assert ask(again, "bob")[0] == 403
    assert ask(again, "ann") == (200, ["ann", "ann"])


def test_an_evicted_session_is_restored(serve: Serve, store: str) -> None:
    """R4.4: beyond the limit it is moved to the store, not deleted."""
    app = serve(basket(), state_store=store, state_session_capacity=1)
    with app.socket() as page:
        put(page, "e1", "apple")
    with app.socket() as other:
        put(other, "e1", "plum")
    with app.socket(hello=False) as back:
        assert back.hello(**who(page))["resumed"] is True
        back.hear()
        assert put(back, "e2", "fig") == ["apple", "fig"]
