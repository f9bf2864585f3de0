"""The addresses in `docs/clients.md` answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import holdfast as gr
from holdfast.launch import start

PAGE = Path(__file__).resolve().parents[2] / "docs" / "clients.md"
ADDRESSES = [a for a in re.findall(r"^\| `(/[^`]*)` \|", PAGE.read_text("utf-8"), re.MULTILINE) if "NAME" not in a]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with gr.Blocks() as demo:
        gr.Textbox(label="Text")
    yield start(demo, {"enable_monitoring": True, "mcp_server": True}, server_port=0, quiet=True).local_url
    demo.close()


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_of_the_page_answers(url: str, address: str) -> None:
    with httpx.stream("GET", url.rstrip("/") + address, headers={"accept": "text/html,*/*"}) as answer:
        assert answer.status_code == 200
