"""axe finds nothing on any example, light or dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page
from tests.axe import assert_accessible
from tests.examples.conftest import EXAMPLES, show

pytestmark = pytest.mark.browser

NAMES = sorted(file.stem for file in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing(
    name: str, scheme: Literal["light", "dark"], serve: Callable[[str], str], page: Page
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    show(page, serve(name))
    assert_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_an_example_beside_its_source(
    scheme: Literal["light", "dark"], serve: Callable[[str], str], page: Page
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    show(page, serve("gallery") + "cart")
    assert_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_an_example_is_used(
    scheme: Literal["light", "dark"], serve: Callable[[str], str], page: Page
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    show(page, serve("chat_interface"))
    page.get_by_placeholder("Type a message...").fill("say **something**")
    page.get_by_placeholder("Type a message...").press("Enter")
    page.get_by_text("as number 1: say something").wait_for()
    page.get_by_test_id("submit-button").wait_for()
    assert_accessible(page)
