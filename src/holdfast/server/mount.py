"""Serving an app inside another ASGI app: FastAPI, Starlette."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware

from holdfast.server.app import lifespan


def has_cors(parent: Starlette) -> bool:
    """Whether the parent app names allowed origins itself."""
    return any(
        isinstance(one.cls, type) and issubclass(one.cls, CORSMiddleware)
        for one in getattr(parent, "user_middleware", ())
    )


def mount(parent: Any, child: Starlette, path: str) -> None:
    """Put a served app below a path of a parent, and its start and end into the parent's.

    Args:
        parent: A FastAPI or Starlette app that has not started.
        child: What `create_app` made.
        path: Where it is served, such as `/gradio`; the parent's root when empty.
    """
    parent.mount(path.rstrip("/"), child)
    around = parent.router.lifespan_context

    @asynccontextmanager
    async def both(app: Any) -> AsyncIterator[Any]:
        async with around(app) as state, lifespan(child):
            yield state

    parent.router.lifespan_context = both
