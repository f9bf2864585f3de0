"""Component methods that the page can call."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from holdfast.errors import NotFound
from holdfast.received import mark
from holdfast.runtime.plan import kind_of
from holdfast.runtime.threads import Threads, failure_from, outlast

if TYPE_CHECKING:
    from holdfast.graph.app import AppSpec, AppView


async def call_server_method(
    view: AppSpec | AppView, block_id: int, method: str, data: Any, request: Any, threads: Threads
) -> Any:
    """Call a method that its component's class lists in `SERVER_METHODS`.

    Args:
        view: The session's app.
        block_id: ID of the component.
        method: Name of the method.
        data: The method's only argument.
        request: The HTTP request, for methods that take a `request`.
        threads: Threads that run synchronous methods.

    Raises:
        NotFound: The component does not exist, or its class does not list the method.
    """
    try:
        block = view.block(block_id)
    except KeyError:
        raise NotFound(f"There is no component {block_id} in this app.") from None
    if method not in getattr(block, "SERVER_METHODS", ()):
        raise NotFound(
            f"The component {block_id} ({block.get_block_name()}) has no method {method!r} that the page can call."
        )
    fn = getattr(block, method)
    mark(data)
    keywords = {"request": request} if "request" in getattr(fn, "__annotations__", {}) else {}
    try:
        if kind_of(fn) == "async":
            return await fn(data, **keywords)
        result = await outlast(threads.run(lambda: fn(data, **keywords)))
        return await result if isinstance(result, Coroutine) else result
    except SystemExit as error:
        raise failure_from(error) from error
