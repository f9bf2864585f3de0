"""The page, its config, its files, and their URLs behind a proxy."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import HTTPConnection
from tests.server.apps import counter
from tests.server.conftest import Serve

import holdfast as gr
from holdfast.errors import Denied, NotFound
from holdfast.server.http.cors import is_allowed
from holdfast.server.http.proxies import Proxies
from holdfast.server.http.root_path import public_root
from holdfast.server.page import html as page_html
from holdfast.server.page.assets import find
from holdfast.server.page.html import PageFiles

HTML = (
    '<!doctype html><html><head><!--holdfast:head--><script type="module" src="./assets/index-1.js"></script>'
    "</head><body><gradio-app></gradio-app></body></html>"
)
MANIFEST = {
    "entry": {"js": ["assets/index-1.js"], "css": []},
    "components": {
        "textbox": {"js": ["assets/textbox-2.js"], "css": ["assets/textbox-3.css"]},
        "image": {"js": ["assets/image-4.js"], "css": []},
    },
}


@pytest.fixture(autouse=True)
def page_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small built page."""
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(HTML)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    (folder / "assets" / "index-1.js").write_bytes(b"console.log(1)")
    (folder / "assets" / "index-1.js.gz").write_bytes(gzip.compress(b"console.log(1)"))
    (folder / "assets" / "index-1.js.br").write_bytes(b"brotli")
    monkeypatch.setattr("holdfast.server.settings.ServerOptions.page_folder", folder)
    monkeypatch.setitem(
        __import__("holdfast.server.settings", fromlist=["x"]).ServerOptions.__init__.__kwdefaults__,
        "page_folder",
        folder,
    )
    return folder


def config_in(html: str) -> dict[str, Any]:
    found = re.search(r"window\.gradio_config = (.*?);</script>", html)
    assert found
    config: dict[str, Any] = json.loads(found[1])
    return config


def test_the_page_contains_its_config(serve: Serve) -> None:
    app = serve(counter())
    answer = app.get("/")
    config = config_in(answer.text)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Counter</title>" in answer.text
    assert [c["type"] for c in config["components"]].count("textbox") == 2
    assert (config["root"], config["base"], config["username"]) == (app.url.rstrip("/"), "./", None)
    assert config["current_page"] == ""


def test_the_page_preloads_only_the_files_of_its_components(serve: Serve) -> None:
    html = serve(counter()).get("/").text
    assert '<link rel="modulepreload" crossorigin href="./assets/textbox-2.js">' in html
    assert '<link rel="stylesheet" crossorigin href="./assets/textbox-3.css">' in html
    assert "image-4" not in html


def test_state_values_are_not_in_page_config_or_info(serve: Serve) -> None:
    """R1.4."""
    with gr.Blocks() as demo:
        state, out = gr.State({"k": "very-secret-value"}), gr.Textbox()
        gr.Button().click(lambda s: "x", state, out, api_name="f")
    app = serve(demo)
    for path in ("/", "/config", "/gradio_api/info", "/gradio_api/openapi.json"):
        answer = app.get(path)
        assert answer.status_code == 200
        assert "very-secret" not in answer.text


def test_text_in_the_config_cannot_end_the_script(serve: Serve) -> None:
    with gr.Blocks(title="<b>&") as demo:
        gr.Textbox("</script><script>alert(1)</script><!--\u2028")
    html = serve(demo).get("/").text
    assert "<script>alert" not in html
    assert "<title>&lt;b&gt;&amp;</title>" in html
    assert config_in(html)["components"][0]["props"]["value"].startswith("</script>")


def test_the_authors_css_and_head_are_in_the_page(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "more.css").write_text(".more { color: red }")
    head = '<meta name="x" content="y">'
    app = serve(counter(), css="a > b { top: 0 }", css_paths=tmp_path / "more.css", head=head)
    html = app.get("/").text
    assert "<style>a > b { top: 0 }\n.more { color: red }</style>" in html
    assert head in html
    assert app.get("/config").json()["css"] == "a > b { top: 0 }\n.more { color: red }"


def test_the_page_is_compressed_if_the_client_accepts_it(serve: Serve) -> None:
    app = serve(counter())
    assert app.get("/").headers["content-encoding"] == "gzip"
    assert "content-encoding" not in app.get("/", headers={"accept-encoding": "identity"}).headers


def test_every_page_of_an_app_has_its_url(serve: Serve) -> None:
    with gr.Blocks() as demo:
        gr.Textbox(label="first")
        with demo.route("Second", "second"):
            gr.Number(label="second")
        with demo.route("Deep", "a/b"):
            gr.Number(label="deep")
    app = serve(demo)
    second = app.get("/second").text
    assert config_in(second)["current_page"] == "second"
    assert [c["props"]["label"] for c in config_in(second)["components"] if "label" in c["props"]] == ["second"]
    deep = app.get("/a/b").text
    assert config_in(deep)["base"] == "../"
    assert 'src="../assets/index-1.js"' in deep
    moved = app.get("/second/?x=1")
    assert (moved.status_code, moved.headers["location"]) == (301, f"{app.url}second?x=1")
    assert app.get("/third").status_code == 404
    only = app.get("/config?page=second").json()
    assert [c["props"]["label"] for c in only["components"] if "label" in c["props"]] == ["second"]
    assert app.get("/config?page=nowhere").status_code == 404


def test_the_error_for_a_missing_page_explains_how_to_build_it(serve: Serve, page_folder: Path) -> None:
    (page_folder / "index.html").unlink()
    answer = serve(counter()).get("/")
    assert answer.status_code == 503
    assert "npm run build" in answer.text


def test_the_config_matches_gradios_clients(serve: Serve) -> None:
    app = serve(counter())
    config = app.get("/config").json()
    assert set(config) >= {
        "version", "api_prefix", "mode", "app_id", "dev_mode", "components", "css", "connect_heartbeat", "js", "head",
        "title", "space_id", "enable_queue", "show_error", "footer_links", "max_file_size", "stylesheets", "theme",
        "protocol", "body_css", "fill_height", "fill_width", "theme_hash", "pwa", "pages", "page", "mcp_server",
        "i18n_translations", "layout", "dependencies", "username", "root",
    }  # fmt: skip
    assert (config["protocol"], config["api_prefix"], config["enable_queue"]) == ("sse_v3", "/gradio_api", True)
    assert config["connect_heartbeat"] is True
    state = next(c for c in config["components"] if c["type"] == "state")
    assert state["skip_api"] is True
    assert "value" not in state["props"]
    assert app.get("/config/").json() == config


def test_files_in_the_config_have_absolute_urls_for_clients(serve: Serve, tmp_path: Path) -> None:
    picture = tmp_path / "cat.txt"
    picture.write_text("cat")
    with gr.Blocks() as demo:
        gr.File(str(picture))
    app = serve(demo, allowed_hosts=["example.org"])
    [component] = app.get("/config", headers={"host": "example.org"}).json()["components"]
    url = component["props"]["value"]["url"]
    assert url.startswith("http://example.org/gradio_api/file=")
    assert app.get(url.removeprefix("http://example.org")).text == "cat"
    assert config_in(app.get("/").text)["components"][0]["props"]["value"]["url"].startswith("/gradio_api/file=")


def test_routes_that_describe_the_app(serve: Serve) -> None:
    app = serve(counter())
    assert isinstance(app.get("/gradio_api/app_id").json()["app_id"], int)
    assert [app.get("/gradio_api/startup-events").json() for _ in range(2)] == [True, False]
    assert app.get("/theme.css").headers["content-type"].startswith("text/css")
    assert app.get("/gradio_api/openapi.json").json()["openapi"] == "3.0.2"
    assert set(app.get("/gradio_api/info").json()["named_endpoints"]) == {"/count", "/now"}
    health = app.get("/gradio_api/health")
    assert (health.status_code, health.json()["status"]) == (200, "ok")
    assert app.get("/nowhere").json() == {"detail": "Not Found"}


def test_an_app_can_be_installable(serve: Serve) -> None:
    assert serve(counter(), pwa=True).get("/manifest.json").json()["name"] == "Counter"
    plain = serve(counter())
    assert plain.get("/manifest.json").status_code == 404
    assert plain.get("/monitoring/summary").json() == {"detail": "Monitoring is not enabled."}


# URLs -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "configured", "expected"),
    [
        ({}, None, "http://h:1"),
        ({}, "/sub", "http://h:1/sub"),
        ({}, "sub/", "http://h:1/sub"),
        ({}, "https://other.org/x/", "https://other.org/x"),
        ({"x-forwarded-host": "ex.com", "x-forwarded-proto": "https"}, "/sub", "https://ex.com/sub"),
        ({"x-forwarded-host": "ex.com, inner:80", "x-forwarded-proto": "https, http"}, None, "https://ex.com"),
        ({"x-forwarded-proto": "https"}, None, "https://h:1"),
        ({"x-gradio-server": "https://gw.example/"}, None, "https://gw.example"),
        ({"x-forwarded-host": 'e"x.com<script>'}, None, "http://h:1"),
        ({"x-forwarded-host": "ex.com/path"}, None, "http://h:1"),
        ({"host": "[::1]:80"}, None, "http://[::1]:80"),
        ({"host": 'bad"host'}, None, "http://srv:99"),
    ],
)
def test_the_public_url_follows_the_proxy(headers: dict[str, str], configured: str | None, expected: str) -> None:
    sent = {"host": "h:1", **headers}
    raw = [(name.encode(), value.encode()) for name, value in sent.items()]
    scope: dict[str, Any] = {"type": "http", "scheme": "http", "server": ("srv", 99), "path": "/", "headers": raw}
    scope["client"] = ("127.0.0.1", 1234)
    assert public_root(HTTPConnection(Proxies().applied(scope)), configured) == expected


def test_a_url_claimed_by_one_visitor_is_not_sent_to_the_next(serve: Serve) -> None:
    app = serve(counter())
    for path in ("/config", "/"):
        assert "attacker.example" in app.get(path, headers={"x-forwarded-host": "attacker.example"}).text
        assert "attacker.example" not in app.get(path).text


def test_a_root_path_works_whether_or_not_the_proxy_removes_it(serve: Serve) -> None:
    app = serve(counter(), root_path="/sub")
    for prefix in ("", "/sub"):
        assert app.get(f"{prefix}/config").json()["root"] == f"{app.url}sub"
        assert app.get(f"{prefix}/").status_code == 200
        answer = app.post(f"{prefix}/gradio_api/run/count", {"data": ["x", None]})
        assert answer.json()["data"][0] == "hi x 1"


# Access ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "host", "strict", "allowed"),
    [
        ("https://any.org", "app.example", True, True),
        ("https://any.org", "localhost:7860", True, False),
        ("https://any.org", "127.0.0.1:7860", True, False),
        ("http://localhost:3000", "127.0.0.1:7860", True, True),
        ("http://0.0.0.0:3000", "localhost:7860", True, True),
        ("null", "localhost:7860", True, False),
        ("null", "localhost:7860", False, True),
        ("http://localhost.evil.org", "localhost:7860", True, False),
        ("http://[bad", "localhost:7860", True, False),
        ("https://any.org", "app.localhost:7860", True, False),
        ("https://any.org", "127.0.0.2:7860", True, False),
        ("https://any.org", "[::ffff:127.0.0.1]:7860", True, False),
        ("https://any.org", "[::]:7860", True, False),
        ("https://any.org", "localhost.:7860", True, False),
        ("null", "app.localhost:7860", True, False),
        ("http://app.localhost:3000", "127.0.0.2:7860", True, True),
        ("http://localhost.", "localhost:7860", True, True),
    ],
)
def test_an_app_on_this_machine_is_closed_to_pages_from_elsewhere(
    origin: str, host: str, strict: bool, allowed: bool
) -> None:
    """B3, B4: by any name with which a page reaches it."""
    assert is_allowed(origin, host, strict=strict) is allowed


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://any.org"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost:3000"}, 200),
        ({"origin": "chrome-extension://abcdef"}, 200),
        ({"origin": "https://any.org", "x-forwarded-host": "any.org"}, 200),
        ({"origin": "https://any.org", "sec-fetch-site": "same-origin"}, 200),
        ({"origin": "https://public.example"}, 200),
        ({"origin": "https://any.org", "host": "app.example"}, 200),
        ({}, 200),
    ],
)
def test_a_page_from_elsewhere_cannot_cause_effects_in_an_app_on_this_machine(
    serve: Serve, headers: dict[str, str], status: int
) -> None:
    """A simple request is sent without a preflight, and an unreadable response does not undo its effects."""
    app = serve(counter(), root_path="https://public.example/app", allowed_hosts=["app.example"])
    body = {"data": ["x", None], "session_hash": "s"}
    answer = app.http.post(
        "/gradio_api/run/now", content=json.dumps(body), headers={"content-type": "text/plain", **headers}
    )
    assert answer.status_code == status
    count = app.post("/gradio_api/run/now", body).json()["data"][0]
    assert count == ("hi x 2" if status == 200 else "hi x 1")


@pytest.mark.parametrize(
    ("headers", "welcome"),
    [
        ({"origin": "https://any.org"}, False),
        ({"origin": "https://any.org", "x-forwarded-host": "any.org"}, True),
        ({"origin": "https://any.org", "x-forwarded-host": "any.org, inside"}, True),
        ({"origin": "https://any.org", "sec-fetch-site": "same-origin"}, True),
        ({"origin": "https://any.org:444", "x-forwarded-host": "any.org"}, False),
        ({"origin": "http://any.org", "x-forwarded-host": "any.org", "x-forwarded-proto": "https"}, False),
        ({"origin": "https://public.example"}, True),
    ],
)
def test_a_page_behind_a_proxy_that_requests_localhost_is_accepted(
    serve: Serve, headers: dict[str, str], welcome: bool
) -> None:
    app = serve(counter(), root_path="https://public.example/app")
    with app.socket(hello=False, additional_headers=headers) as page:
        assert page.hello()["type"] == ("welcome" if welcome else "refused")


def test_the_log_explains_once_that_a_page_was_rejected(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    app = serve(counter())
    for _ in range(3):
        with app.socket(hello=False, host="localhost:7860", additional_headers={"origin": "http://app.lan"}) as page:
            assert page.hello()["type"] == "refused"
    [record] = [record for record in caplog.records if record.name == "holdfast.server"]
    assert "A page of 'http://app.lan' was rejected because it accessed this app as 'localhost:7860'" in record.message
    assert "X-Forwarded-Host" in record.message


def test_an_origin_that_can_call_the_app_is_in_the_response(serve: Serve) -> None:
    """B3: only the app's own and trusted origins are named with credentials."""
    app = serve(counter(), allowed_hosts=["app.example"], trusted_origins=["https://friend.org"])
    for origin in ("https://friend.org", "http://app.example", "https://app.example"):
        answer = app.get("/config", headers={"origin": origin, "host": "app.example"})
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "Origin" in answer.headers["vary"]
    answer = app.get("/config", headers={"origin": "https://a.org", "host": "app.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-origin" not in app.get("/config", headers={"origin": "https://a.org"}).headers
    assert "access-control-allow-origin" not in app.get("/config").headers


def test_a_preflight_receives_a_response(serve: Serve) -> None:
    headers = {
        "origin": "https://a.org",
        "host": "app.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type, x-forwarded-host",
    }
    app = serve(counter(), allowed_hosts=["app.example"])
    answer = app.http.options("/gradio_api/queue/join", headers=headers)
    assert (answer.status_code, answer.text) == (200, "OK")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "content-type"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-max-age"] == "600"


# Static files ---------------------------------------------------------------------------------------------------------


def test_an_asset_is_cached_indefinitely_and_sent_in_an_accepted_encoding(serve: Serve) -> None:
    app = serve(counter())
    zipped = app.get("/assets/index-1.js", headers={"accept-encoding": "gzip"})
    assert zipped.text == "console.log(1)"
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.headers["content-type"].startswith("text/javascript")
    assert "immutable" in zipped.headers["cache-control"]
    assert zipped.headers["vary"] == "Accept-Encoding"
    plain = app.get("/assets/index-1.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    ("accepted", "suffix"),
    [("gzip, deflate, br", ".br"), ("gzip", ".gz"), ("br;q=0, gzip;q=0.5", ".gz"), ("", ".js"), ("zstd", ".js")],
)
def test_the_smallest_form_is_chosen(page_folder: Path, accepted: str, suffix: str) -> None:
    assert find(page_folder / "assets", "index-1.js", accepted)[0].suffix == suffix


@pytest.mark.parametrize("path", ["../index.html", "/etc/passwd", "a/../../index.html", "\0", "..%2f"])
def test_paths_outside_the_folder_are_rejected(page_folder: Path, path: str) -> None:
    with pytest.raises((Denied, NotFound)):
        find(page_folder / "assets", path, "")


def test_a_path_outside_the_folder_is_rejected_over_http(serve: Serve) -> None:
    app = serve(counter())
    assert app.get("/assets/%2e%2e/index.html").status_code in {403, 404}
    assert app.get("/assets/nothing.js").status_code == 404
    assert app.get("/static/%2fetc/passwd").status_code in {403, 404}
    assert app.get("/assets/" + "a" * 300).json() == {"detail": "Not Found"}
    assert app.get("/assets/" + "a/" * 3000).status_code == 404


def test_a_favicon_can_be_chosen(serve: Serve, tmp_path: Path) -> None:
    icon = tmp_path / "icon.png"
    icon.write_bytes(b"png")
    assert serve(counter(), favicon_path=icon).get("/favicon.ico").content == b"png"
    assert serve(counter()).get("/favicon.ico").status_code == 204


def test_the_config_of_a_page_without_a_mark_is_before_the_heads_end(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<head><x></head><body>")
    assert PageFiles(tmp_path).template == ("<head><x>", "</head><body>")
    assert page_html.PageFiles(tmp_path).links(["textbox"], "./") == ""


def test_a_browser_receives_an_id_if_state_is_kept_per_browser(serve: Serve) -> None:
    """R5.1."""
    with gr.Blocks() as demo:
        gr.State(0, scope="browser", key="n")
    app = serve(demo, state_store="memory://")
    cookie = app.get("/").headers["set-cookie"]
    name = cookie.partition("=")[0]
    assert name.startswith("holdfast-browser-")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert app.get("/").headers["set-cookie"].split(";")[0] == cookie.split(";")[0]
    secure = app.client().get("/", headers={"x-forwarded-proto": "https"}).headers.get_list("set-cookie")
    assert [one.partition("=")[0] for one in secure] == [name, f"{name}-framed"]
    assert all("Secure" in one and "HttpOnly" in one for one in secure)
    assert "SameSite=lax" in secure[0]
    assert "SameSite=none" in secure[1]
    assert len({one.partition("=")[2].split(";")[0] for one in secure}) == 1
    forged = app.client().get("/", headers={"cookie": f"{name}=mine.bad"}).headers["set-cookie"]
    assert not forged.startswith(f"{name}=mine")
    assert "set-cookie" not in serve(counter()).get("/").headers


@pytest.mark.parametrize(
    ("headers", "known"),
    [
        ({}, True),
        ({"origin": "https://app.example"}, True),
        ({"origin": "https://elsewhere.example"}, False),
        ({"origin": "https://app.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}, False),
    ],
)
def test_another_sites_requests_do_not_use_the_browsers_id(serve: Serve, headers: dict[str, str], known: bool) -> None:
    """R5.3: the cookie that works in frames is sent with every site's requests and sockets."""
    with gr.Blocks() as demo:
        n, out = gr.State(0, scope="browser", key="n"), gr.Number()
        gr.Button().click(lambda n: (n + 1, n + 1), n, [n, out], api_name="add")
    app = serve(demo, state_store="memory://", allowed_hosts=["app.example"])
    given = app.client().get("/", headers={"x-forwarded-proto": "https"}).headers.get_list("set-cookie")
    cookie = given[1].split(";")[0]
    own = {"cookie": cookie, "host": "app.example"}

    def add(session: str, headers: dict[str, str]) -> Any:
        body = {"data": [None], "session_hash": session}
        return app.post("/gradio_api/run/add", body, headers=headers).json().get("data", [None, None])[1]

    assert add("one", own) == 1
    assert add("two", {**own, **headers}) == (2 if known else None)
    with app.socket(hello=False, host="app.example", additional_headers={"cookie": cookie, **headers}) as page:
        assert page.hello()["type"] == "welcome"
        page.submit("e", 0, [None])
        last = page.until_completed("e")[-1]
        assert last["success"] is known
        assert add("three", own) == (4 if known else 2)
