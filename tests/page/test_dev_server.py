"""`npm run dev` shows the page from its sources against a running app, and edits of them without a reload."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.page.conftest import Complaints, open_page

import holdfast as gr

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
CONFIG = """
import { mergeConfig } from 'vite'
import base from './vite.config.ts'

export default mergeConfig(base, { cacheDir: '__cache', resolve: { preserveSymlinks: true } })
"""
"""The project's own configuration, for a copy of the sources that shares the packages of the original."""
LISTENS = re.compile(r"http://127\.0\.0\.1:(\d+)/")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the page's sources to edit."""
    copy = shutil.copytree(FRONTEND, tmp_path / "frontend", ignore=shutil.ignore_patterns("node_modules", "tests"))
    (copy / "node_modules").symlink_to(FRONTEND / "node_modules")
    (copy / "copy.config.ts").write_text(CONFIG, "utf-8")
    return copy


@pytest.fixture
def develop(sources: Path) -> Iterator[Callable[[str], str]]:
    """Start Vite on the copied sources against the app at an address; return Vite's address."""
    running: list[subprocess.Popen[str]] = []

    def develop(app: str) -> str:
        vite = FRONTEND / "node_modules" / "vite" / "bin" / "vite.js"
        process = subprocess.Popen(
            ["node", str(vite), "--config", "copy.config.ts", "--port", "0"],
            cwd=sources,
            env={**os.environ, "HOLDFAST_APP": app, "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if found := LISTENS.search(line):
                return found[0]
        raise AssertionError("Vite ended:\n" + "".join(said))

    yield develop
    for process in running:
        with process:  # closes its output, too
            process.terminate()


@pytest.fixture
def dev_page(
    serve: Callable[..., str],
    develop: Callable[[str], str],
    complaints: Complaints,
    context: BrowserContext,
) -> Page:
    """The page of a counter, as Vite serves it."""
    expect.set_options(timeout=60_000)  # the first request waits until Vite has prepared the packages
    context.set_default_timeout(60_000)
    with gr.Blocks(title="Developed") as demo:
        count = gr.State(0)
        shown = gr.Number(label="Count")
        gr.Button("Add").click(lambda n: (n + 1, n + 1), count, [count, shown])
    return open_page(context, complaints, develop(serve(demo)))


def edit(file: Path, old: str, new: str) -> None:
    before = file.read_text("utf-8")
    assert old in before
    file.write_text(before.replace(old, new), "utf-8")


@pytest.mark.slow
def test_edits_of_a_component_show_without_a_reload(dev_page: Page, sources: Path) -> None:
    expect(dev_page).to_have_title("Developed")
    add, count = dev_page.get_by_role("button", name="Add"), dev_page.get_by_label("Count")
    add.click()
    expect(count).to_have_value("1")
    dev_page.evaluate("window.same = true")

    [face] = (sources / "src").rglob("ButtonFace.svelte")
    edit(face, "</style>", ".button { outline: 7px solid red }\n</style>")
    expect(add).to_have_css("outline-width", "7px")
    edit(face, "</button>", "<b>edited</b></button>")
    expect(dev_page.get_by_role("button", name="edited")).to_be_visible()

    add.click()
    expect(count).to_have_value("2")
    assert dev_page.evaluate("window.same")
