"""Details of the request behind an event that a handler can access."""

from __future__ import annotations

from typing import Any

import pytest

import holdfast as gr
from holdfast.runtime import Request

from .driver import Driver

pytestmark = pytest.mark.anyio


def test_header_names_are_case_insensitive() -> None:
    request = Request(headers=[("X-Api-Key", "k")])
    assert request.headers["x-api-key"] == request.headers["X-API-KEY"] == "k"
    assert "X-Api-Key" in request.headers
    assert dict(request.headers) == {"x-api-key": "k"}
    with pytest.raises(KeyError):
        request.headers["other"]


def test_the_repr_does_not_contain_header_values() -> None:
    assert "secret" not in repr(Request(headers={"Authorization": "secret"}).headers)


def test_the_url_has_its_parts() -> None:
    url = Request(url="https://host:8080/page?x=1").url
    assert url == "https://host:8080/page?x=1"
    assert (url.scheme, url.hostname, url.port, url.path, url.query) == ("https", "host", 8080, "/page", "x=1")
    with pytest.raises(AttributeError):
        _ = url.colour


def test_client_has_host_and_port() -> None:
    assert Request(client=("1.2.3.4", 99)).client.host == "1.2.3.4"  # type: ignore[union-attr]
    assert Request().client is None


def test_a_request_with_a_sessions_id_is_a_copy() -> None:
    request = Request(query_params={"a": "1"})
    other = request.of("session", "ann")
    assert (other.session_hash, other.username, other.query_params) == ("session", "ann", {"a": "1"})
    assert request.session_hash is None
    assert other.of("session", "ann") is other


def signed_in(profile: gr.OAuthProfile, token: gr.OAuthToken) -> str:
    return f"{profile['name']} {token.token} {token.scope} {token.expires_at}"


def maybe_signed_in(profile: gr.OAuthProfile | None) -> str:
    return "nobody" if profile is None else str(profile["name"])


def app(fn: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        box = gr.Textbox()
        demo.load(fn, None, box, api_name="run")
    return demo


LOGIN = {
    "session": {
        "oauth_info": {"userinfo": {"name": "Ann"}, "access_token": "t", "scope": "email", "expires_at": 7},
    }
}


async def test_a_login_is_passed_by_annotation() -> None:
    async with Driver(app(signed_in)) as driver:
        assert await driver.values("run", request=Request(scope=LOGIN)) == ["Ann t email 7"]


async def test_without_a_login_the_error_asks_the_visitor_to_sign_in() -> None:
    async with Driver(app(signed_in)) as driver:
        assert "Sign in" in ((await driver.failure("run")).error or "")


async def test_a_missing_optional_login_is_none() -> None:
    async with Driver(app(maybe_signed_in)) as driver:
        assert await driver.values("run") == ["nobody"]
        assert await driver.values("run", request=Request(scope=LOGIN)) == ["Ann"]


async def test_listeners_without_a_request_receive_that_of_the_pages_connection() -> None:
    async with Driver(app(named)) as driver:
        driver.page.request = Request(query_params={"q": "from the page"})
        assert await driver.values("run") == ["from the page"]


def named(request: gr.Request) -> str:
    return request.query_params.get("q", "")
