"""Login: cookies, access without a login, and the owners of sessions."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from tests.server.apps import counter
from tests.server.conftest import Serve, Served
from websockets.exceptions import ConnectionClosed

import holdfast as gr
from holdfast.errors import BuildError
from holdfast.server.login.routes import Auth
from holdfast.server.page.socket import NEEDS_LOGIN, NO_HELLO, NOT_YOURS


def log_in(app: Served, name: str = "ann", password: str = "pw") -> httpx.Client:
    client = app.client()
    answer = client.post("login", data={"username": name, "password": password})
    assert answer.status_code == 200, answer.text
    return client


@pytest.fixture
def app(serve: Serve) -> Served:
    users = [("ann", "pw"), ("bob", "pw2")]
    return serve(counter(), auth=users, auth_message="Ask <b>Eve</b>", allowed_hosts=["app.example", "inside"])


def test_a_login_sets_a_cookie(app: Served) -> None:
    answer = app.http.post("login", data={"username": " ann ", "password": "pw"})
    assert answer.json() == {"success": True}
    [cookie] = answer.headers.get_list("set-cookie")
    assert cookie.startswith("access-token-unsecure-")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Secure" not in cookie.split("; ")


@pytest.mark.parametrize(("name", "password"), [("ann", "wrong"), ("nobody", "pw"), ("ann", ""), ("a" * 5000, "pw")])
def test_wrong_credentials_are_a_400(app: Served, name: str, password: str) -> None:
    answer = app.http.post("login", data={"username": name, "password": password})
    assert (answer.status_code, answer.json()) == (400, {"detail": "Incorrect credentials."})
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("body", [b"", b"username=ann", b"\xff\xfe", b"username=" + b"x" * 100_000])
def test_a_login_form_that_cannot_be_read_is_a_4xx(app: Served, body: bytes) -> None:
    answer = app.http.post("login", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "config"),
        ("GET", "gradio_api/info"),
        ("GET", "gradio_api/openapi.json"),
        ("POST", "gradio_api/queue/join"),
        ("GET", "gradio_api/queue/data?session_hash=s"),
        ("GET", "gradio_api/queue/status"),
        ("POST", "gradio_api/call/count"),
        ("POST", "gradio_api/call/v2/count"),
        ("GET", "gradio_api/call/count/e"),
        ("POST", "gradio_api/run/count"),
        ("POST", "gradio_api/upload"),
        ("GET", "gradio_api/upload_progress?upload_id=u"),
        ("GET", "gradio_api/file=x"),
        ("POST", "gradio_api/component_server"),
        ("GET", "gradio_api/login_check"),
        ("GET", "gradio_api/heartbeat/s"),
        ("POST", "gradio_api/page/feed"),
    ],
)
def test_without_a_login_an_app_is_closed(app: Served, method: str, path: str) -> None:
    body = {"data": [], "fn_index": 0, "session_hash": "s", "component_id": 1, "fn_name": "f", "type": "hello"}
    answer = app.http.request(method, path, json=body if method == "POST" else None)
    assert answer.status_code == 401
    assert answer.json() == {"detail": {"error": "Not authenticated", "auth_message": "Ask <b>Eve</b>"}}


def test_with_a_login_it_is_open(app: Served) -> None:
    client = log_in(app)
    assert client.get("config").json()["username"] == "ann"
    assert client.get("gradio_api/user").json() == "ann"
    assert client.get("gradio_api/login_check").json() is None
    assert app.get("/gradio_api/user").json() is None
    assert app.get("/gradio_api/app_id").status_code == 200


def test_the_page_is_a_login_page_before_the_login(app: Served) -> None:
    shut = app.get("/").text
    assert '"auth_required":true' in shut
    assert "Greeting" not in shut
    assert "\\u003cb>Eve" in shut
    assert '"auth_required":true' not in log_in(app).get("/").text


def test_another_sites_requests_do_not_use_the_visitors_login(app: Served) -> None:
    """R8.1: the cookie works in frames, so it is sent with every site's requests."""
    client = log_in(app)
    foreign = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
    foreign["host"] = "app.example"  # on loopback, the app would reject the request
    assert client.get("config").status_code == 200
    assert client.get("config", headers=foreign).status_code == 401
    body = {"data": [None], "fn_index": 0, "session_hash": "s"}
    assert client.post("gradio_api/queue/join", json=body, headers=foreign).status_code == 401
    form = {**foreign, "sec-fetch-mode": "navigate"}
    assert client.post("gradio_api/queue/join", json=body, headers=form).status_code == 401
    framed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}
    assert "auth_required" not in client.get("", headers=framed).text


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"origin": "https://elsewhere.example", "host": "app.example"}, NOT_YOURS),
        ({"origin": "null", "host": "app.example"}, NOT_YOURS),
        ({"origin": "https://app.example:8443", "host": "app.example"}, NOT_YOURS),
        ({"origin": "https://app.example", "host": "app.example"}, None),
        ({"origin": "https://app.example", "host": "inside:80", "x-forwarded-host": "app.example"}, None),
        ({"origin": "https://app.example", "host": "inside:80", "sec-fetch-site": "same-origin"}, None),
        ({"origin": "https://app.example", "host": "inside:80"}, NOT_YOURS),
        ({"origin": "https://a.example", "host": "app.example", "sec-fetch-site": "cross-site"}, NOT_YOURS),
        ({}, None),
    ],
)
def test_a_socket_opened_by_another_site_does_not_use_the_login(
    app: Served, headers: dict[str, str], code: int | None
) -> None:
    """R8.1: some browsers do not send `sec-fetch-site` with a socket, but do send the cookie."""
    headers = dict(headers)
    cookie = "; ".join(f"{name}={value}" for name, value in log_in(app).cookies.items())
    assert cookie
    with app.socket(
        hello=False, host=headers.pop("host", None), additional_headers={**headers, "cookie": cookie}
    ) as page:
        said = page.hello()
        if code is None:
            assert said["type"] == "welcome"
        else:
            assert said["type"] == "refused"
            with pytest.raises(ConnectionClosed) as closed:
                page.hear()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == code


@pytest.mark.parametrize(
    ("origin", "host", "welcome"),
    [("https://elsewhere.example", "app.example", False), ("https://app.example", "app.example", True)],
)
def test_a_socket_opened_by_another_site_does_not_reach_a_dependency(
    serve: Serve, origin: str, host: str, welcome: bool
) -> None:
    """The dependency may check cookies for which it is unknown where browsers send them."""
    app = serve(counter(), auth_dependency=lambda request: "ann", allowed_hosts=["app.example"])
    with app.socket(hello=False, host=host, additional_headers={"origin": origin}) as page:
        assert page.hello()["type"] == ("welcome" if welcome else "refused")


@pytest.mark.parametrize(
    ("status", "code"), [(401, NEEDS_LOGIN), (303, NEEDS_LOGIN), (403, NOT_YOURS), (429, NO_HELLO)]
)
def test_a_dependency_can_reject_a_page_by_raising(serve: Serve, status: int, code: int) -> None:
    """The page is informed whether to reload, to stay disconnected, or to try again."""

    def refuse(request: Request) -> str:
        if request.headers.get("upgrade") == "websocket":
            raise HTTPException(status, "Not you.")
        return "ann"

    app = serve(counter(), auth_dependency=refuse)
    with app.socket(hello=False) as page:
        assert page.hello() == {"type": "refused", "event_id": None, "status": status, "detail": "Not you."}
        with pytest.raises(ConnectionClosed) as closed:
            page.hear()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


def test_a_session_belongs_to_the_login_that_used_it_first(app: Served) -> None:
    """R8.2."""
    ann, bob = log_in(app), log_in(app, "bob", "pw2")
    body = {"data": ["x", None], "fn_index": 0, "session_hash": "shared"}
    assert ann.post("gradio_api/queue/join", json=body).status_code == 200
    assert bob.post("gradio_api/queue/join", json=body).status_code == 403
    assert bob.get("gradio_api/queue/data?session_hash=shared").status_code == 403
    assert bob.post("gradio_api/run/now", json=body).status_code == 403
    assert bob.post("gradio_api/call/count", json={"data": ["x"], "session_hash": "shared"}).status_code == 403
    assert bob.get("gradio_api/heartbeat/shared").status_code == 403
    cancel = {"session_hash": "shared", "fn_index": 0, "event_id": "e"}
    assert bob.post("gradio_api/cancel", json=cancel).status_code == 403
    assert app.post("/gradio_api/cancel", cancel).status_code == 401
    assert ann.post("gradio_api/cancel", json=cancel).status_code == 200


def test_a_result_is_collected_only_by_the_login_that_started_it(app: Served) -> None:
    ann, bob = log_in(app), log_in(app, "bob", "pw2")
    event_id = ann.post("gradio_api/call/count", json={"data": ["x"]}).json()["event_id"]
    assert bob.get(f"gradio_api/call/count/{event_id}").status_code == 403
    assert "hi x 1" in ann.get(f"gradio_api/call/count/{event_id}").text


def test_a_logout_ends_this_login_or_all_of_the_user(app: Served) -> None:
    one, two = log_in(app), log_in(app)
    answer = one.get("logout?all_session=false")
    assert (answer.status_code, answer.headers["location"]) == (302, app.url)
    assert one.get("config").status_code == 401
    assert two.get("config").status_code == 200
    three = log_in(app)
    three.get("logout")
    assert two.get("config").status_code == 401


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_logout_closes_the_pages_of_its_login(app: Served, everywhere: bool) -> None:
    """R8.1: the next person at the computer may be someone else."""
    here, there, bob = log_in(app), log_in(app), log_in(app, "bob", "pw2")

    def as_user(client: httpx.Client) -> dict[str, str]:
        return {"cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}

    with (
        app.socket(additional_headers=as_user(here)) as mine,
        app.socket(additional_headers=as_user(there)) as other,
        app.socket(additional_headers=as_user(bob)) as stranger,
        app.http.stream("POST", "gradio_api/page/feed", json={"type": "hello"}, headers=as_user(here)) as feed,
    ):
        frames = feed.iter_lines()
        assert "welcome" in next(frames)
        here.get("logout" if everywhere else "logout?all_session=false")
        assert [line for line in frames if "message" in line] == []  # the stream has ended
        gone = [mine, other] if everywhere else [mine]
        for page in gone:
            with pytest.raises(ConnectionClosed) as closed:
                page.hear()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == NEEDS_LOGIN
        for page in {mine, other, stranger} - set(gone):
            page.say(type="ping")
            assert page.hear() == {"type": "pong"}


def test_a_logout_during_a_pages_hello_closes_it_too(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """R8.1: loading its session from a store can take a while."""
    ann = log_in(app)
    begin = app.context.runtime.resumption.begin

    async def slowly(**options: Any) -> Any:
        await asyncio.to_thread(ann.get, "logout")
        return await begin(**options)

    monkeypatch.setattr(app.context.runtime.resumption, "begin", slowly)
    cookies = "; ".join(f"{name}={value}" for name, value in ann.cookies.items())
    with app.socket(hello=False, additional_headers={"cookie": cookies}) as page:
        page.say(type="hello")
        with pytest.raises(ConnectionClosed) as closed:
            list(iter(page.hear, None))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == NEEDS_LOGIN


def test_a_login_without_need_redirects_to_the_page(serve: Serve) -> None:
    app = serve(counter())
    answer = app.http.post("login", data={"username": "a", "password": "b"})
    assert (answer.status_code, answer.headers["location"]) == (302, app.url)


@pytest.mark.parametrize("is_async", [False, True])
def test_a_function_can_check_the_login(serve: Serve, is_async: bool) -> None:
    def check(name: str, password: str) -> bool:
        return name[::-1] == password

    async def check_async(name: str, password: str) -> bool:
        return check(name, password)

    app = serve(counter(), auth=check_async if is_async else check)
    assert log_in(app, "abc", "cba").get("config").status_code == 200
    assert app.http.post("login", data={"username": "abc", "password": "abc"}).status_code == 400


@pytest.mark.parametrize("is_async", [False, True])
def test_a_dependency_can_return_the_user(serve: Serve, is_async: bool) -> None:
    def user(request: Request) -> str | None:
        return request.headers.get("x-user")

    async def user_async(request: Request) -> str | None:
        return user(request)

    app = serve(counter(), auth_dependency=user_async if is_async else user)
    assert app.get("/").status_code == 401
    assert app.get("/config").status_code == 401
    assert app.get("/config", headers={"x-user": "zoe"}).json()["username"] == "zoe"
    with app.socket(hello=False, additional_headers={"x-user": "zoe"}) as page:
        assert page.hello()["type"] == "welcome"
    with app.socket(hello=False) as page:
        assert page.hello()["status"] == 401


def test_a_handler_receives_the_user(serve: Serve) -> None:
    def who(request: gr.Request) -> str | None:
        return request.username

    with gr.Blocks() as demo:
        gr.Button().click(who, None, gr.Textbox(), api_name="who")
    app = serve(demo, auth=("ann", "pw"))
    assert log_in(app).post("gradio_api/run/who", json={"data": []}).json()["data"] == ["ann"]


@pytest.mark.parametrize("rule", [(), [], ("only",), [("a", "b", "c")], "ab", 5])
def test_an_invalid_rule_is_reported_when_the_app_is_launched(rule: object) -> None:
    with pytest.raises(BuildError, match="auth must be"):
        Auth(rule)  # type: ignore[arg-type]


def test_two_ways_to_log_in_are_reported() -> None:
    with pytest.raises(ValueError, match="Both auth and auth_dependency"):
        Auth(("a", "b"), dependency=lambda _: None)
