"""Tools for testing apps without a browser, and for testing custom stores.

    from holdfast import testing

    async with testing.open(demo) as app:
        page = await app.visit()
        await page.fill(box, "tea")
        await page.click(button)
        assert page.value(shown) == "tea"
        assert await page.state(cart) == ["tea"]

`open` runs the app's own runtime and engine, with a clock that only moves when the test moves it; `App` is the running
app, `Page` a loaded page. `ManualClock` is the same clock for other tests. `StoreContract` tests a store for
everything that the engine relies on; it requires pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.lazy import attach

if TYPE_CHECKING:
    from holdfast.testing.app import App, open  # noqa: A004 # read as `testing.open(demo)`
    from holdfast.testing.clock import ManualClock
    from holdfast.testing.page import Page, Toast
    from holdfast.testing.store_contract import StoreContract

__all__ = ["App", "ManualClock", "Page", "StoreContract", "Toast", "open"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "App": "holdfast.testing.app",
        "ManualClock": "holdfast.testing.clock",
        "Page": "holdfast.testing.page",
        "StoreContract": "holdfast.testing.store_contract",
        "Toast": "holdfast.testing.page",
        "open": "holdfast.testing.app",
    },
)
