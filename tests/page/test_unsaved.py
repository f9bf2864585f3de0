"""What a page says while the store is away: the app goes on, and the visitor knows that nothing is saved yet.

Siblings looked for: other places that tell of an outage; found: the result of each event (`unsaved`) and the health
check, which are tested where they are.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.axe import assert_accessible

import holdfast as gr
from holdfast.stores import StoreUnavailableError
from holdfast.stores.sqlite.store import SqliteStore

AppPage = Callable[..., Page]
pytestmark = pytest.mark.browser


class Cable:
    """What leads to every SQLite store; without it, the stores are out of reach."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.out = False
        for name in ("read", "commit", "claim", "release", "fact", "touch"):
            patch.setattr(SqliteStore, name, self._through(getattr(SqliteStore, name)))

    def _through(self, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(*given: Any, **named: Any) -> Any:
            if self.out:
                raise StoreUnavailableError("the cable is out.")
            return await method(*given, **named)

        return call


@pytest.fixture
def cable(monkeypatch: pytest.MonkeyPatch) -> Cable:
    return Cable(monkeypatch)


def counter() -> gr.Blocks:
    with gr.Blocks(title="Counter") as demo:
        count = gr.State(0, key="count")
        shown = gr.Number(label="Count")
        gr.Button("Add").click(lambda n: (n + 1, n + 1), count, [count, shown])
    return demo


WELL = """async () => {
  for (let attempt = 0; attempt < 2000; attempt++) {
    const { store, metrics } = await (await fetch('gradio_api/health')).json()
    if (store === 'ok' && metrics.state_unsaved_cells === 0) return true
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  return false
}"""
"""Whether the app comes to reach its store again, and saves all."""


def test_a_visitor_is_told_once_for_each_outage_that_nothing_is_saved_yet(
    app_page: AppPage, cable: Cable, tmp_path: Path
) -> None:
    page = app_page(counter(), state_store=f"sqlite:///{tmp_path / 'state.db'}")
    add, notice = page.get_by_role("button", name="Add"), page.get_by_test_id("toast-body")
    count = page.get_by_label("Count")
    add.click()
    expect(count).to_have_value("1")
    expect(notice).to_have_count(0)
    for told, begin in ((True, 1), (False, 4)):
        cable.out = True
        add.click()
        expect(count).to_have_value(str(begin + 1))
        expect(notice).to_have_count(1)
        expect(notice).to_contain_text("Not saved yet")
        expect(page.locator(".failed")).to_have_count(0)
        if told:
            assert_accessible(page)
        page.get_by_test_id("toast-close").click()
        expect(notice).to_have_count(0)
        add.click()
        expect(count).to_have_value(str(begin + 2))
        expect(notice).to_have_count(0)
        cable.out = False
        assert page.evaluate(WELL)
        add.click()
        expect(count).to_have_value(str(begin + 3))
        expect(notice).to_have_count(0)
