"""Conversions do not block the event loop, and files are checked and published."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import holdfast as gr
from holdfast.files.rules import FileRules

from .driver import Driver

pytestmark = pytest.mark.anyio

where: list[bool] = []


class Noting(gr.File):
    """Records whether its conversions run on the event loop's thread."""

    def preprocess(self, payload: Any) -> Any:
        where.append(threading.current_thread() is threading.main_thread())
        return payload

    def postprocess(self, value: Any) -> Any:
        if value is not None:
            where.append(threading.current_thread() is threading.main_thread())
        return None


@pytest.fixture(autouse=True)
def forget() -> None:
    where.clear()


async def on_loop(value: Any) -> str:
    return "x"


async def steps(value: Any) -> AsyncIterator[str]:
    yield "x"


def in_thread(value: Any) -> str:
    return "x"


@pytest.mark.parametrize("fn", [on_loop, steps, in_thread])
async def test_conversions_of_files_stay_off_the_event_loop(fn: Any) -> None:
    with gr.Blocks() as demo:
        box = Noting()
        box.change(fn, box, box, api_name="run")
    async with Driver(demo) as driver:
        await driver.values("run", None)
    assert where == [False, False]


async def test_a_returned_file_can_be_downloaded(tmp_path: Path) -> None:
    report = tmp_path / "report.txt"
    report.write_text("hello")
    with gr.Blocks() as demo:
        file = gr.File()
        demo.load(lambda: str(report), None, file, api_name="run")
    rules = FileRules(upload_dir=tmp_path / "cache")
    async with Driver(demo, file_rules=rules) as driver:
        (value,) = await driver.values("run")
        assert value["url"].startswith("/gradio_api/file=")
        assert rules.may_serve(value["path"])


async def test_a_path_that_was_not_uploaded_is_rejected(tmp_path: Path) -> None:
    seen: list[Any] = []
    with gr.Blocks() as demo:
        file = gr.File()
        file.change(seen.append, file, None, api_name="run")
    async with Driver(demo, file_rules=FileRules(upload_dir=tmp_path), show_error=True) as driver:
        failure = await driver.failure("run", {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}})
        assert failure.error
    assert seen == []
