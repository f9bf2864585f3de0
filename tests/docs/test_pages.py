"""Every Python block of the documentation runs, and its links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import holdfast as gr
from holdfast.launch import start

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
PRINTED = "http://127.0.0.1:7860"


def blocks(page: Path, language: str) -> list[str]:
    return [code for found, code in FENCE.findall(page.read_text(encoding="utf-8")) if found == language]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """`launch` serves at a free port, from a new folder, and returns; the list holds the addresses."""
    urls: list[str] = []
    apps: list[gr.Blocks] = []
    monkeypatch.chdir(tmp_path)

    def launch(app: gr.Blocks, **options: Any) -> tuple[Any, str, None]:
        again = bool(apps) and apps[-1].server is None  # an app that was closed comes back at its address
        port = int(urls[-1].rstrip("/").rpartition(":")[2]) if again else 0
        server = start(app, options, server_port=port, quiet=True)  # type: ignore[arg-type]
        apps.append(app)
        urls.append(server.local_url)
        return server.app, server.local_url, None

    monkeypatch.setattr(gr.Blocks, "launch", launch)
    yield urls
    for app in apps:
        app.close()


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.name)
def test_every_python_block_runs(page: Path, served: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType(f"docs_{page.stem.replace('-', '_')}")  # State finds a page's classes in its module
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for number, code in enumerate(blocks(page, "python"), 1):
        here = code.replace(PRINTED, served[-1].rstrip("/")) if served else code
        exec(compile(here, f"{page.name}, block {number}", "exec", dont_inherit=True), vars(module))


def test_the_curl_call_answers_with_an_event(served: list[str]) -> None:
    page = ROOT / "docs" / "clients.md"
    exec(compile(blocks(page, "python")[0], page.name, "exec"), {"__name__": "docs"})
    [call] = blocks(page, "bash")
    done = subprocess.run(
        ["bash", "-c", call.replace(PRINTED, served[-1].rstrip("/"))],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert re.fullmatch(r'\{"event_id":\s*"[^"]+"\}', done.stdout.strip())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    gone = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert gone == []


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert [page.name for page in (ROOT / "docs").glob("*.md") if page.stem != "index" and page.name not in index] == []
