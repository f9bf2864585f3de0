"""Files that a client names by URL.

B8: the tests cover all notations of an address in a URL (decimal, octal and hexadecimal IPv4, zones, names that resolve
to it), redirects, names whose address changes between check and connection, embedded IPv4 addresses, providers'
addresses, and the address that the system really connects to.
"""

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
from holdfast.files.fetch import Fetcher
from holdfast.files.rules import FileRules, check
from holdfast.networks import is_public


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
        """Send small chunks repeatedly until the client disconnects."""
        self.flush_headers()
        with contextlib.suppress(OSError):
            while not self.server.stopped.wait(0.01):  # type: ignore[attr-defined]
                self.wfile.write(piece)

    def log_message(self, *_: Any) -> None:
        """Log nothing during tests."""


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
    with pytest.raises(BadValue, match=r"10\.0\.0\.1 is not a public address"):
        LOCAL.fetch(f"{site}/away-inside", tmp_path)


@pytest.mark.parametrize(
    ("place", "message"),
    [("/missing", "its server answered 404"), ("/away-for-ever", "there are too many redirects")],
)
def test_a_failed_download_is_reported(site: str, tmp_path: Path, place: str, message: str) -> None:
    with pytest.raises(BadValue, match=message):
        LOCAL.fetch(site + place, tmp_path)


def test_a_file_above_the_limit_is_discarded(site: str, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="exceeds the maximum file size of 4 bytes"):
        LOCAL.fetch(f"{site}/a.txt", tmp_path, max_size=4)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["/dripping", "/dripping-headers"])
def test_an_endless_download_is_aborted(site: str, tmp_path: Path, place: str) -> None:
    """Its bytes arrive often enough to avoid the socket's timeout."""
    with pytest.raises(BadValue, match=r"took longer than 0\.2 seconds"):
        Fetcher(public=lambda _: True, longest=0.2).fetch(site + place, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_incomplete_file_is_discarded(site: str, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="its server ended 45 bytes too early"):
        LOCAL.fetch(f"{site}/cut", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_this_machine_is_not_contacted(site: str, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match=r"127\.0\.0\.1 is not a public address"):
        Fetcher().fetch(f"{site}/a.txt", tmp_path)
    assert Site.hosts == []


def test_a_name_with_one_internal_address_is_not_contacted(tmp_path: Path) -> None:
    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, None, None, "", (address, 80)) for address in ("93.184.215.14", "10.0.0.1")]

    with pytest.raises(BadValue, match=r"rebind\.example is not a public address"):
        Fetcher(resolve=resolve).fetch("http://rebind.example/a", tmp_path)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/y", "http:///a", "http://[bad"])
def test_only_web_addresses_are_contacted(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="cannot be downloaded"):
        Fetcher().fetch(url, tmp_path)


INSIDE = """
0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.9 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.7
203.0.113.7 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 64:ff9b::7f00:1
64:ff9b::a9fe:a9fe 64:ff9b::a83f:8110 64:ff9b:1::1 64:ff9b:1::808:808 100::1 2001::1 2001:0:7f00:1::1
2001:0:808:808::f5ff:fffe 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe::1 2002:808:808::1
2606:4700::5efe:127.0.0.1 2606:4700::200:5efe:10.0.0.1 3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fd20:ce::254
fe80::1 fe80::1%eth0 fec0::1 ff02::1
"""
OUTSIDE = """
1.1.1.1 8.8.8.8 93.184.215.14 100.63.255.255 100.128.0.1 168.63.129.17 172.15.0.1 172.32.0.1 192.0.1.1 198.17.0.1
223.255.255.255 2606:2800:220:1::1 2001:4860:4860::8888 2a00:1450::1 ::ffff:8.8.8.8 64:ff9b::808:808
2606:4700::5efe:8.8.8.8
"""


@pytest.mark.parametrize("address", INSIDE.split())
def test_an_internal_address_is_recognized(address: str) -> None:
    """B8: also IPv6 addresses that contain IPv4 addresses, and those of cloud providers."""
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE.split())
def test_a_public_address_is_recognized(address: str) -> None:
    """B8: machines without IPv4 use NAT64."""
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "[64:ff9b::7f00:1]",
        "[::127.0.0.1]",
        "[::ffff:7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "168.63.129.16",
        "192.0.0.192",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "localhost",
    ],
)
def test_an_internal_address_is_not_contacted_in_any_notation(host: str, tmp_path: Path) -> None:
    """B8: the resolved address is checked."""
    with pytest.raises(BadValue, match="is not a public address"):
        Fetcher().fetch(f"http://{host}/secret", tmp_path)


def test_the_address_that_was_checked_is_the_one_connected_to(site: str, tmp_path: Path) -> None:
    """B8: a name that resolves to another address the second time (DNS rebinding) gains nothing."""
    answers = iter(["127.0.0.1", "10.0.0.1"])
    port = int(site.rpartition(":")[2])

    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, None, None, "", (next(answers), port))]

    asked: list[str] = []

    def public(address: str) -> bool:
        asked.append(address)
        return address == "127.0.0.1"

    path = Fetcher(resolve=resolve, public=public).fetch(f"http://rebind.example:{port}/a.txt", tmp_path)
    assert Path(path).read_bytes() == b"hello"
    assert asked == ["127.0.0.1", "127.0.0.1"]  # the resolved address, and the connected one
    assert next(answers) == "10.0.0.1"


def test_the_connected_address_is_checked_too(site: str, tmp_path: Path) -> None:
    """B8: for example, 0.0.0.0 connects to 127.0.0.1."""
    port = site.rpartition(":")[2]
    with pytest.raises(BadValue, match="is not a public address"):
        Fetcher(public=lambda address: address == "0.0.0.0").fetch(f"http://0.0.0.0:{port}/a.txt", tmp_path)
    assert Site.hosts == []


def test_an_input_that_a_handler_opens_is_fetched(site: str, tmp_path: Path) -> None:
    rules = FileRules(upload_dir=tmp_path, fetcher=LOCAL)
    file = check({"path": f"{site}/a.txt", "orig_name": "a.txt"}, rules, fetch=True)
    assert Path(file["path"]).read_bytes() == b"hello"
    assert file["url"] == f"/gradio_api/file={file['path']}"
    assert file["orig_name"] == "a.txt"


def test_other_inputs_keep_the_url(tmp_path: Path) -> None:
    rules = FileRules(upload_dir=tmp_path)
    assert check([{"path": "https://x/y.png"}], rules) == [{"path": "https://x/y.png", "url": "https://x/y.png"}]
