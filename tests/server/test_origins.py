"""The sender of a request (the app itself, a trusted origin, or any other), and the host names of an app.

B1: related cases: every reader of `Origin`, `Host`, `Sec-Fetch-*`, and cookies. Affected were logins (a cookie that
browsers send to the whole site), browser IDs, sockets, the fallback's feed, MCP, `gr.Request.cookies` in an author's
function, and HTTP Basic passwords that browsers add automatically; all are behind one gate now.
B2: related cases: other routes that change something and that a link or a form can reach (every GET route, every route
that accepts a form). Affected were `/logout` by HEAD and by a browser's prefetch; uploads and `/component_server`
accept forms, but without the visitor's cookies.
B3: related cases: every caller of `user_of`. Affected were `/user`, `/token`, the page itself, MCP, and sockets.
B4: related cases: sockets, mounted apps (the parent listens: `allowed_hosts` is checked there if it is given),
`server_name` given as a name, IPv6.
B6: related cases: every reader of a header that a proxy sets. Affected were `X-Forwarded-Proto`, `x-gradio-server`,
`X-Forwarded-For` (read by uvicorn), preflights that let a page send them, and the `Secure` attribute of cookies.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient
from tests.ports import free_port
from tests.server.apps import counter
from tests.server.conftest import Serve, Served
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import holdfast as gr
from holdfast.cli.failure_page import Broken
from holdfast.errors import BuildError
from holdfast.server.http.hosts import Hosts
from holdfast.server.http.origins import Origins
from holdfast.server.http.proxies import Proxies

SAME_SITE = {"origin": "http://127.0.0.1:9999", "sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}
CROSS_SITE = {"origin": "https://evil.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
OLD_BROWSER = {"origin": "http://127.0.0.1:9999"}
"""Browsers without fetch metadata, and all browsers over plain http."""


def scope_of(headers: dict[str, str], *, kind: str = "http", method: str = "GET", scheme: str = "http") -> Any:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": kind, "method": method, "scheme": scheme, "client": ("127.0.0.1", 5000), "headers": raw} | {
        "server": ("127.0.0.1", 7860)
    }


def logged_in(app: Served, **headers: str) -> httpx.Client:
    client = app.client()
    assert client.post("login", data={"username": "ann", "password": "pw"}, headers=headers).status_code == 200
    return client


@pytest.fixture
def app(serve: Serve) -> Served:
    return serve(counter(), auth=("ann", "pw"))


# B1 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"sec-fetch-site": "same-origin"}, "own"),
        ({"sec-fetch-site": "same-origin", "origin": "https://hidden.by.proxy"}, "own"),
        ({"sec-fetch-site": "none"}, "own"),
        ({"sec-fetch-site": "same-site"}, "untrusted"),
        ({"sec-fetch-site": "cross-site"}, "untrusted"),
        ({"sec-fetch-site": "something-new"}, "untrusted"),
        ({"sec-fetch-site": "same-site", "origin": "http://friend.example"}, "trusted"),
        ({"sec-fetch-site": "cross-site", "referer": "http://friend.example/"}, "trusted"),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, "link"),
        ({}, "own"),
        ({"sec-fetch-mode": "cors"}, "own"),
        ({"origin": "http://app.example:8000"}, "own"),
        ({"origin": "http://APP.example.:8000"}, "own"),
        ({"origin": "https://app.example:8000"}, "untrusted"),
        ({"origin": "http://app.example"}, "untrusted"),
        ({"origin": "http://app.example:8001"}, "untrusted"),
        ({"origin": "http://sub.app.example:8000"}, "untrusted"),
        ({"origin": "http://friend.example"}, "trusted"),
        ({"origin": "http://friend.example:80"}, "trusted"),
        ({"origin": "https://friend.example"}, "untrusted"),
        ({"origin": "null"}, "untrusted"),
        ({"origin": "http://[bad"}, "untrusted"),
        ({"user-agent": "Mozilla/5.0"}, "link"),
        ({"user-agent": "Mozilla/5.0", "referer": "http://app.example:8000/"}, "own"),
        ({"user-agent": "Mozilla/5.0", "referer": "http://evil.example/"}, "link"),
    ],
)
def test_scheme_host_and_port_determine_the_sender(headers: dict[str, str], expected: str) -> None:
    """B1: only `same-origin` and `none` are the app's own; programs, which send no metadata, work as before."""
    scope = scope_of({"host": "app.example:8000", **headers})
    assert Origins(["http://friend.example"]).sender(scope) == expected


def test_only_a_displayed_page_counts_as_a_link() -> None:
    """B1: a form of another origin is not a link, and a socket never is."""
    navigation = {"host": "app.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert Origins().sender(scope_of(navigation, method="POST")) == "untrusted"
    assert Origins().sender(scope_of(navigation, kind="websocket")) == "untrusted"


@pytest.mark.parametrize(
    ("trusted", "origin", "expected"),
    [("*", "https://any.example", "trusted"), ("null", "null", "trusted"), ("https://a.example/", "null", "untrusted")],
)
def test_every_origin_can_be_trusted_as_in_gradio(trusted: str, origin: str, expected: str) -> None:
    assert Origins([trusted]).sender(scope_of({"host": "app.example", "origin": origin})) == expected


@pytest.mark.parametrize("entry", ["friend.example", "https://friend.example/app", "friend", ""])
def test_an_invalid_origin_is_reported_at_launch(entry: str) -> None:
    with pytest.raises(BuildError, match="not a valid origin"):
        Origins([entry])


@pytest.mark.parametrize("headers", [SAME_SITE, CROSS_SITE, OLD_BROWSER])
def test_a_page_on_another_port_neither_reads_nor_acts_as_the_user(app: Served, headers: dict[str, str]) -> None:
    """B1: cookies belong to a site, and a site has many ports and subdomains."""
    client = logged_in(app)
    body = {"data": ["x", None], "fn_index": 0, "session_hash": "s"}
    assert client.get("config").status_code == 200
    assert client.get("config", headers=headers).status_code == 401
    assert client.get("gradio_api/user", headers=headers).json() is None
    for path in ("run/now", "queue/join", "call/count", "upload", "component_server", "page/feed"):
        answer = client.post(f"gradio_api/{path}", json={**body, "type": "hello"}, headers=headers)
        assert answer.status_code in {401, 403}, path


@pytest.mark.parametrize("headers", [SAME_SITE, CROSS_SITE, OLD_BROWSER])
def test_a_page_on_another_port_opens_no_socket_as_the_user(app: Served, headers: dict[str, str]) -> None:
    """B1."""
    cookie = "; ".join(f"{name}={value}" for name, value in logged_in(app).cookies.items())
    with app.socket(hello=False, additional_headers={**headers, "cookie": cookie}) as page:
        assert page.hello()["status"] == 403


@pytest.mark.parametrize("from_environment", [False, True])
def test_a_page_of_a_trusted_origin_acts_as_the_user(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, from_environment: bool
) -> None:
    """B1: `trusted_origins=`, or `HOLDFAST_TRUSTED_ORIGINS`."""
    if from_environment:
        monkeypatch.setenv("HOLDFAST_TRUSTED_ORIGINS", "https://other.example, http://127.0.0.1:9999")
    options = {} if from_environment else {"trusted_origins": ["http://127.0.0.1:9999"]}
    app = serve(counter(), auth=("ann", "pw"), **options)
    answer = logged_in(app, **SAME_SITE).get("config", headers=SAME_SITE)
    assert answer.json()["username"] == "ann"
    assert answer.headers["access-control-allow-origin"] == "http://127.0.0.1:9999"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert app.get("/config", headers=CROSS_SITE).status_code == 401


@pytest.mark.parametrize("headers", [{}, {"sec-fetch-mode": "cors"}, {"user-agent": "python"}])
def test_programs_are_not_restricted(app: Served, headers: dict[str, str]) -> None:
    """Clients outside browsers send no `Origin` and no `Sec-Fetch-Site`; Node sends `Sec-Fetch-Mode`."""
    client = logged_in(app, **headers)
    assert client.post("gradio_api/run/now", json={"data": ["x", None]}, headers=headers).status_code == 200


def test_a_function_does_not_receive_the_cookies_of_another_origins_request(serve: Serve) -> None:
    """B1: an author may check cookies, and the password that a browser sends automatically."""

    def seen(request: gr.Request) -> str:
        return f"{sorted(request.cookies)} {request.headers.get('authorization')}"

    with gr.Blocks() as demo:
        gr.Button().click(seen, None, gr.Textbox(), api_name="seen")
    app = serve(demo, allowed_hosts=["app.example"])

    def call(**headers: str) -> str:
        sent = {"host": "app.example", "cookie": "mine=1", **headers}
        return str(app.post("/gradio_api/run/seen", {"data": []}, headers=sent).json()["data"][0])

    assert call(authorization="Basic YTpi") == "['mine'] Basic YTpi"
    assert call(authorization="Basic YTpi", origin="https://evil.example") == "[] None"
    assert call(authorization="Bearer of.the.page", origin="https://evil.example") == "[] Bearer of.the.page"


@pytest.mark.parametrize(("origin", "told"), [("http://127.0.0.1:{port}", True), ("https://evil.example", False)])
def test_only_the_authors_own_page_shows_why_a_program_does_not_start(origin: str, told: bool) -> None:
    """B1: with `--reload`; the error contains code, and browsers let every page read what a socket receives."""
    port = free_port()
    broken = Broken("line 1: secret", "127.0.0.1", port)
    try:
        headers = {"origin": origin.format(port=port)}
        with connect(f"ws://127.0.0.1:{port}/gradio_api/page/socket", additional_headers=headers) as page:
            page.send("{}")
            assert ("secret" in page.recv(10)) is told
    finally:
        broken.close()


# B2 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [SAME_SITE, CROSS_SITE, OLD_BROWSER, {"origin": "null"}])
def test_a_form_of_another_origin_does_not_log_in(app: Served, headers: dict[str, str]) -> None:
    """B2: a visitor who works under the attacker's name reveals everything to the attacker."""
    answer = app.http.post("login", data={"username": "ann", "password": "pw"}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
        {"user-agent": "Mozilla/5.0", "referer": "http://evil.example/"},
        {"user-agent": "Mozilla/5.0"},
        {"sec-fetch-site": "same-origin", "sec-purpose": "prefetch"},
    ],
)
def test_a_link_of_another_origin_to_the_logout_shows_a_button(app: Served, headers: dict[str, str]) -> None:
    """B2: the button is on a page of the app, so its request is the visitor's own."""
    client = logged_in(app)
    shown = client.get("logout", headers=headers)
    assert shown.status_code == 200
    assert '<form method="post">' in shown.text
    assert "<button" in shown.text
    assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
    assert client.head("logout").status_code == 200
    assert client.get("config").status_code == 200
    assert client.post("logout", headers=CROSS_SITE).status_code == 403
    assert client.get("config").status_code == 200
    answer = client.post("logout", headers={"sec-fetch-site": "same-origin"})
    assert (answer.status_code, answer.headers["location"]) == (303, app.url)
    assert client.get("config").status_code == 401


@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}])
def test_the_apps_own_link_logs_out(app: Served, headers: dict[str, str]) -> None:
    client = logged_in(app)
    assert client.get("logout", headers=headers).status_code == 302
    assert client.get("config").status_code == 401


def test_the_page_receives_the_user_and_whether_there_is_a_logout(app: Served, serve: Serve) -> None:
    page = logged_in(app).get("").text
    assert '"username":"ann"' in page
    assert '"logout":true' in page
    assert '"logout":false' in serve(counter()).get("/").text


# B3 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [SAME_SITE, CROSS_SITE, {"origin": "https://evil.example"}])
def test_a_dependency_does_not_receive_requests_of_other_origins(serve: Serve, headers: dict[str, str]) -> None:
    """B3: a proxy may have put the user's name into a header because of a cookie."""
    asked: list[str | None] = []

    def user(request: Request) -> str | None:
        asked.append(request.headers.get("origin"))
        return request.headers.get("x-user") or request.cookies.get("user")

    app = serve(counter(), auth_dependency=user, allowed_hosts=["app.example"])
    own = {"cookie": "user=ann", "x-user": "ann", "host": "app.example"}
    assert app.get("/config", headers=own).status_code == 200
    asked.clear()
    answer = app.get("/config", headers={**own, **headers})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert app.get("/gradio_api/user", headers={**own, **headers}).json() is None
    assert asked == []


# B4 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "options", "allowed"),
    [
        ("localhost:7860", {}, True),
        ("LOCALHOST", {}, True),
        ("app.localhost:7860", {}, True),
        ("127.0.0.1:7860", {}, True),
        ("[::1]:7860", {}, True),
        ("evil.example", {}, False),
        ("localhost.evil.example", {}, False),
        ("127.0.0.1.evil.example", {}, False),
        ("192.168.1.5", {}, False),
        ("[bad", {}, False),
        ("app.example:443", {"allowed": ["app.example"]}, True),
        ("app.example", {"allowed": ["https://app.example/"]}, True),
        ("b.app.example", {"allowed": ["app.example"]}, False),
        ("b.app.example", {"allowed": ["*.app.example"]}, True),
        ("evilapp.example", {"allowed": ["*.app.example"]}, False),
        ("any.example", {"allowed": ["*"]}, True),
        ("app.example", {"root_path": "https://app.example/sub"}, True),
        ("evil.example", {"root_path": "/sub"}, False),
        ("mine.lan", {"listens_on": "0.0.0.0"}, True),
        ("mine.lan", {"listens_on": None}, True),
        ("mine.lan", {"listens_on": "0.0.0.0", "allowed": ["app.example"]}, False),
    ],
)
def test_an_app_on_loopback_accepts_only_local_names(host: str, options: dict[str, Any], allowed: bool) -> None:
    """B4."""
    hosts = Hosts(**{"listens_on": "127.0.0.1", **options})
    assert (hosts.refusal(scope_of({"host": host})) is None) is allowed
    assert hosts.refusal(scope_of({})) is None


def test_a_page_cannot_reach_an_app_on_loopback_by_its_own_name(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """B4: DNS rebinding. Such a page cannot choose the `Host` header."""
    app = serve(counter())
    sent = {"host": "evil.example", "x-forwarded-host": "localhost", "sec-fetch-site": "same-origin"}
    for path in ("/", "/config", "/gradio_api/health", "/assets/x.js"):
        answer = app.get(path, headers=sent)
        assert answer.status_code == 403
        assert "'evil.example'" in answer.json()["detail"]
        assert "allowed_hosts" in answer.json()["detail"]
    with pytest.raises(InvalidStatus, match="403"), app.socket(hello=False, host="evil.example"):
        pass
    assert app.get("/config").status_code == 200
    assert [record for record in caplog.records if "evil.example" in record.getMessage()] == [
        record for record in caplog.records if "Rejected a request" in record.getMessage()
    ][:1]


def test_a_test_client_reaches_an_app_on_loopback(app: Served) -> None:
    """It calls the app in this process, under a name of its choice, as in tests of Gradio's users."""
    assert TestClient(app.demo.server.app).get("/gradio_api/app_id").status_code == 200


def test_allowed_hosts_come_from_the_environment_too(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """B4."""
    monkeypatch.setenv("HOLDFAST_ALLOWED_HOSTS", "one.example,two.example")
    app = serve(counter())
    assert app.get("/config", headers={"host": "two.example:99"}).json()["root"] == "http://two.example:99"
    assert app.get("/config", headers={"host": "three.example"}).status_code == 403


def test_a_mounted_app_accepts_every_name_unless_some_are_given() -> None:
    """B4: the parent's server listens, and only its operator knows the address."""
    for hosts, status in ((None, 200), ("app.example", 403)):
        parent = gr.mount_gradio_app(Starlette(), counter(), "/ui", allowed_hosts=hosts)
        with TestClient(parent, base_url="http://any.example") as client:
            assert client.get("/ui/config").status_code == status


# B6 ---------------------------------------------------------------------------------------------------------------


def forwarded(peer: tuple[str, int] | None, headers: dict[str, str], trusted: list[str] | None = None) -> Any:
    scope = {**scope_of({"host": "inside:80", **headers}), "client": peer}
    return (Proxies() if trusted is None else Proxies(trusted)).applied(scope)


@pytest.mark.parametrize(
    ("peer", "trusted", "counts"),
    [
        (("127.0.0.1", 5000), None, True),
        (("::1", 5000), None, True),
        (("::ffff:127.0.0.1", 5000), None, True),
        (("10.1.2.3", 5000), None, False),
        (("127.0.0.2", 5000), None, False),
        (("10.1.2.3", 5000), ["10.0.0.0/8"], True),
        (("127.0.0.1", 5000), ["10.0.0.0/8"], False),
        (("10.1.2.3", 5000), ["*"], True),
        (None, ["*"], True),
        (None, None, False),
        (("203.0.113.7", 0), None, True),
        (("a-socket", 5000), None, False),
    ],
)
def test_a_proxys_headers_are_used_only_if_it_is_trusted(
    peer: tuple[str, int] | None, trusted: list[str] | None, counts: bool
) -> None:
    """B6; a peer with the port 0 was set by a server that trusts its proxy, such as one that mounts an app."""
    from holdfast.server.http.root_path import public_root  # the only place that reads the result

    headers = {"x-forwarded-host": "ex.com", "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9"}
    scope = forwarded(peer, headers, trusted)
    assert public_root(Request(scope), None) == ("https://ex.com" if counts else "http://inside:80")
    assert scope["scheme"] == ("https" if counts else "http")
    assert scope["client"] == (("203.0.113.9", 0) if counts else peer)


@pytest.mark.parametrize(
    ("header", "trusted", "client"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", None, "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9, 10.0.0.1", ["127.0.0.1", "10.0.0.1"], "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", ["*"], "6.6.6.6"),
        ("203.0.113.9:4711", None, "203.0.113.9"),
        ("[2001:db8::1]:4711", None, "2001:db8::1"),
        ("2001:db8::1", None, "2001:db8::1"),
        ("127.0.0.1", None, "127.0.0.1"),
    ],
)
def test_the_visitors_address_is_the_last_one_not_of_a_trusted_proxy(
    header: str, trusted: list[str] | None, client: str
) -> None:
    """B6: entries before it could be forged by the visitor."""
    assert forwarded(("127.0.0.1", 5000), {"x-forwarded-for": header}, trusted)["client"][0] == client


def test_an_invalid_address_is_reported_at_launch() -> None:
    with pytest.raises(BuildError, match="not a valid address"):
        Proxies(["my-proxy"])


@pytest.mark.parametrize("variable", ["HOLDFAST_TRUSTED_PROXIES", "FORWARDED_ALLOW_IPS"])
def test_headers_of_a_proxy_that_is_not_trusted_are_ignored(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, variable: str
) -> None:
    """B6: over a real connection, for HTTP and sockets; the log explains once what to do."""
    monkeypatch.setenv(variable, "10.0.0.1")
    app = serve(counter(), auth=("ann", "pw"))
    evil = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "x-gradio-server": "https://evil.example"}
    client = logged_in(app)
    for _ in range(2):
        assert "evil.example" not in client.get("", headers=evil).text
        assert client.get("config", headers=evil).json()["root"] == app.url.rstrip("/")
    assert client.get("config", headers={**evil, "origin": "https://evil.example"}).status_code == 401
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    headers = {**evil, "origin": "https://evil.example", "cookie": cookie}
    with app.socket(hello=False, additional_headers=headers) as page:
        assert page.hello()["status"] == 403
    warnings = [record.getMessage() for record in caplog.records if "trusted proxy" in record.getMessage()]
    assert len(warnings) == 1
    assert "trusted_proxies=['127.0.0.1']" in warnings[0]


# In Chromium --------------------------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Serve another app on the same machine, with another port and therefore another origin of the same site."""

    class Blank(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><link rel=icon href=data:,><title>Elsewhere</title>")

        def log_message(self, *_: Any) -> None:
            """Suppress output in tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Blank)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


FETCH = """async ([url, body]) => {
  const options = body === null ? {} : {method: 'POST', body, headers: {'content-type': 'text/plain'}}
  try {
    const answer = await fetch(url, {credentials: 'include', ...options})
    return answer.status
  } catch { return 'unreadable' }
}"""
SOCKET = """url => new Promise(done => {
  const socket = new WebSocket(url)
  socket.onopen = () => socket.send(JSON.stringify({type: 'hello'}))
  socket.onmessage = event => done(JSON.parse(event.data).type)
  socket.onclose = () => done('closed')
})"""


@pytest.mark.browser
def test_another_port_cannot_use_the_login_in_chromium(app: Served, elsewhere: str, context: BrowserContext) -> None:
    """B1, B2: the browser sends the cookie, because the site is the same; the app ignores it."""
    own, evil = context.new_page(), context.new_page()
    own.goto(app.url)
    own.get_by_label("username").fill("ann")
    own.get_by_label("password").fill("pw")
    own.get_by_role("button", name="Login").click()
    own.locator("gradio-app[data-connected=true]").wait_for()
    evil.goto(elsewhere)
    body = json.dumps({"data": ["x", None], "session_hash": "s"})
    socket_url = f"{app.url}gradio_api/page/socket".replace("http", "ws")
    assert own.evaluate(FETCH, [f"{app.url}config", None]) == 200
    assert own.evaluate(FETCH, [f"{app.url}gradio_api/run/now", body]) == 200
    assert own.evaluate(SOCKET, socket_url) == "welcome"
    assert evil.evaluate(FETCH, [f"{app.url}config", None]) == "unreadable"
    assert evil.evaluate(FETCH, [f"{app.url}gradio_api/run/now", body]) == "unreadable"
    assert evil.evaluate(SOCKET, socket_url) == "refused"
    assert app.context.runtime.sessions.get("s").username == "ann"
    form = (
        f"<form method=post action={app.url}login><input name=username value=ann><input name=password value=pw></form>"
    )
    with evil.expect_navigation():
        evil.evaluate("html => { document.body.innerHTML = html; document.forms[0].submit() }", form)
    assert "another origin" in evil.content()
    evil.goto(elsewhere)
    with evil.expect_navigation():
        evil.evaluate("url => { location.href = url }", f"{app.url}logout")
    assert own.evaluate(FETCH, [f"{app.url}config", None]) == 200
    with evil.expect_navigation():
        evil.get_by_role("button", name="Log out").click()
    evil.get_by_label("username").wait_for()
    assert own.evaluate(FETCH, [f"{app.url}config", None]) == 401


@pytest.mark.browser
def test_a_trusted_port_uses_the_login_in_chromium(serve: Serve, elsewhere: str, context: BrowserContext) -> None:
    """B1: `trusted_origins`."""
    app = serve(counter(), auth=("ann", "pw"), trusted_origins=[elsewhere])
    page = context.new_page()
    page.goto(elsewhere)
    assert page.evaluate(FETCH, [f"{app.url}config", None]) == 401
    login = """async url => (await fetch(url, {method: 'POST', credentials: 'include',
      body: new URLSearchParams({username: 'ann', password: 'pw'})})).status"""
    assert page.evaluate(login, f"{app.url}login") == 200
    assert page.evaluate(FETCH, [f"{app.url}config", None]) == 200
    assert page.evaluate(SOCKET, f"{app.url}gradio_api/page/socket".replace("http", "ws")) == "welcome"
