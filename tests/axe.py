"""What axe says about a page that has come to rest."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_AT_REST = """() => document.getAnimations().every(
    animation => animation.playState !== 'running' || animation.effect.getComputedTiming().endTime === Infinity
)"""


def assert_accessible(page: Page) -> None:
    """Axe finds nothing; a colour that is still on its way to another one is waited for."""
    page.wait_for_function(_AT_REST)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
