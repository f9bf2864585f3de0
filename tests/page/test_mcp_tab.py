"""What the page says of an app's tools."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from mcp import Client
from playwright.sync_api import Page, expect
from tests.axe import assert_accessible
from tests.page.test_shell import AppPage, calculator

pytestmark = pytest.mark.browser


async def names_of_tools(url: str) -> list[str]:
    async with Client(url) as mcp:
        return [tool.name for tool in (await mcp.list_tools()).tools]


def opened(page: Page) -> None:
    page.get_by_role("button", name="Use via API logo").click()
    expect(page.get_by_role("dialog", name="Use via API")).to_be_visible()


def test_the_configuration_that_is_shown_works(app_page: AppPage) -> None:
    page = app_page(calculator(), mcp_server=True)
    opened(page)
    dialog = page.get_by_role("dialog", name="Use via API")
    dialog.get_by_role("button", name="MCP").click()
    expect(dialog.get_by_role("region", name="add")).to_contain_text("Adds two numbers.")
    expect(dialog.get_by_role("group", name="Copy the code for /add")).to_have_count(0)
    assert_accessible(page)
    shown = json.loads(dialog.get_by_role("group", name="Copy the client's configuration").locator("code").inner_text())
    with ThreadPoolExecutor() as apart:  # this thread has Playwright's loop
        found = apart.submit(asyncio.run, names_of_tools(shown["mcpServers"]["calculator"]["url"])).result()
    assert found == ["add"]
    dialog.get_by_role("button", name="Python").click()
    expect(dialog.get_by_role("group", name="Copy the code for /add")).to_be_visible()


def test_an_app_without_tools_offers_no_tab(app_page: AppPage) -> None:
    page = app_page(calculator())
    opened(page)
    expect(page.get_by_role("button", name="JavaScript")).to_be_visible()
    expect(page.get_by_role("button", name="MCP")).to_have_count(0)
