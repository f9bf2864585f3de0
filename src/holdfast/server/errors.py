"""Errors as answers: a client's fault is a 4xx with one sentence, and nobody ever sees a traceback."""

from __future__ import annotations

import logging
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from holdfast.errors import RequestError
from holdfast.wire.encode import encode

logger = logging.getLogger("holdfast.server")


class JSON(Response):
    """A JSON answer, encoded as everything on the wire is."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode `content`; bytes are taken as JSON already."""
        return content if isinstance(content, bytes) else encode(content)


async def _refused(request: Request, error: Exception) -> Response:  # noqa: ARG001 -- Starlette's signature
    if not isinstance(error, RequestError):
        raise error
    return JSON({"detail": error.detail}, status_code=error.status)


async def _http(request: Request, error: Exception) -> Response:  # noqa: ARG001 -- Starlette's signature
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code in {204, 304}:
        return Response(status_code=error.status_code, headers=error.headers)
    return JSON({"detail": error.detail}, status_code=error.status_code, headers=error.headers)


async def _gone(request: Request, error: Exception) -> Response:  # noqa: ARG001 -- Starlette's signature
    return Response(status_code=400)


async def _broken(request: Request, error: Exception) -> Response:  # noqa: ARG001 -- Starlette's signature
    sentence = "The server failed while it answered. Its log says why."
    return JSON({"detail": sentence}, status_code=500)


HANDLERS: dict[int | type[Exception], ExceptionHandler] = {
    RequestError: _refused,
    HTTPException: _http,
    ClientDisconnect: _gone,
    Exception: _broken,
}
"""What the app does with each kind of error; Starlette logs what the last one answers."""
