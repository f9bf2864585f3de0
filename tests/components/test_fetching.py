"""Files that a client names by URL."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import BadValue
from holdfast.fetching import Fetcher, is_public
from holdfast.files import FileRules, check


class Site(BaseHTTPRequestHandler):
    hosts: list[str]

    def do_GET(self) -> None:
        type(self).hosts.append(self.headers["Host"])
        if self.path == "/missing":
            self.send_error(404)
            return
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", {"/away": "/a%20b.txt?x=1", "/away-inside": "http://10.0.0.1/"}.get(
                self.path, self.path))  # fmt: skip
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", {"/cut": "50", "/dripping": "100000"}.get(self.path, "5"))
        if self.path == "/dripping-headers":
            self.drip(b"X")
            return
        self.end_headers()
        if self.path == "/dripping":
            self.drip(b"h")
            return
        self.wfile.write(b"hello")

    def drip(self, piece: bytes) -> None:
        """Send a little again and again, until the other side goes."""
        self.flush_headers()
        with contextlib.suppress(OSError):
            while not self.server.stopped.wait(0.01):  # type: ignore[attr-defined]
                self.wfile.write(piece)

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


@pytest.fixture
def site() -> Iterator[str]:
    Site.hosts = []
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.stopped = threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.stopped.set()
    server.shutdown()
    thread.join()
    server.server_close()


LOCAL = Fetcher(public=lambda address: address == "127.0.0.1")


def test_a_file_is_fetched_into_the_cache(site: str, tmp_path: Path) -> None:
    path = LOCAL.fetch(f"{site}/a%20b.txt?x=1", tmp_path)
    assert Path(path).name == "a b.txt"
    assert Path(path).read_bytes() == b"hello"
    assert Site.hosts == [site.removeprefix("http://")]


def test_a_redirect_is_followed(site: str, tmp_path: Path) -> None:
    assert Path(LOCAL.fetch(f"{site}/away", tmp_path)).read_bytes() == b"hello"


def test_a_redirect_inside_is_not_followed(site: str, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match=r"10\.0\.0\.1 is no public address"):
        LOCAL.fetch(f"{site}/away-inside", tmp_path)


@pytest.mark.parametrize(
    ("place", "message"),
    [("/missing", "its server answered 404"), ("/away-for-ever", "redirected too often")],
)
def test_what_cannot_be_had_is_said(site: str, tmp_path: Path, place: str, message: str) -> None:
    with pytest.raises(BadValue, match=message):
        LOCAL.fetch(site + place, tmp_path)


def test_a_file_over_the_limit_is_left(site: str, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="over the maximum file size of 4 bytes"):
        LOCAL.fetch(f"{site}/a.txt", tmp_path, max_size=4)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["/dripping", "/dripping-headers"])
def test_a_server_that_never_ends_is_left_after_a_while(site: str, tmp_path: Path, place: str) -> None:
    """Its bytes come often enough for a socket's own timeout."""
    with pytest.raises(BadValue, match=r"took longer than 0\.2 seconds"):
        Fetcher(public=lambda _: True, longest=0.2).fetch(site + place, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_half_a_file_is_none(site: str, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="its server ended 45 bytes too early"):
        LOCAL.fetch(f"{site}/cut", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_this_machine_is_not_asked(site: str, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match=r"127\.0\.0\.1 is no public address"):
        Fetcher().fetch(f"{site}/a.txt", tmp_path)
    assert Site.hosts == []


def test_a_name_of_which_one_address_is_inside_is_not_asked(tmp_path: Path) -> None:
    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, None, None, "", (address, 80)) for address in ("93.184.215.14", "10.0.0.1")]

    with pytest.raises(BadValue, match=r"rebind\.example is no public address"):
        Fetcher(resolve=resolve).fetch("http://rebind.example/a", tmp_path)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/y", "http:///a", "http://[bad"])
def test_only_web_addresses_are_asked(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="cannot be fetched"):
        Fetcher().fetch(url, tmp_path)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
    ],
)
def test_addresses_inside_are_known(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_an_input_that_a_handler_opens_is_fetched(site: str, tmp_path: Path) -> None:
    rules = FileRules(upload_dir=tmp_path, fetcher=LOCAL)
    file = check({"path": f"{site}/a.txt", "orig_name": "a.txt"}, rules, fetch=True)
    assert Path(file["path"]).read_bytes() == b"hello"
    assert file["url"] == f"/gradio_api/file={file['path']}"
    assert file["orig_name"] == "a.txt"


def test_other_inputs_keep_the_url(tmp_path: Path) -> None:
    rules = FileRules(upload_dir=tmp_path)
    assert check([{"path": "https://x/y.png"}], rules) == [{"path": "https://x/y.png", "url": "https://x/y.png"}]
