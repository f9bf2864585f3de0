"""Error responses: a client's mistake is a 4xx with one sentence, and tracebacks are never sent."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from holdfast.errors import RequestError
from holdfast.server.page.error_page import error_page, wants_page
from holdfast.wire.encode import encode
from holdfast.wire.messages import Failure

logger = logging.getLogger("holdfast.server")


class JSON(Response):
    """A JSON response, encoded like all messages.

    Args:
        content: Content to encode, or bytes that are already JSON.
        status_code: The HTTP status.
        headers: Additional headers.
    """

    def __init__(self, content: Any, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.status_code = status_code
        self.background = None
        self.body = content if isinstance(content, bytes) else encode(content)
        self.raw_headers = [(b"content-length", b"%d" % len(self.body)), (b"content-type", b"application/json")]
        for name, value in (headers or {}).items():
            self.raw_headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))


def error_object(failure: Failure) -> dict[str, Any]:
    """Return a failure for Gradio's clients: all details of a `gr.Error`, or another error's message if allowed."""
    if failure.title is not None:
        return {
            "error": failure.error,
            "duration": failure.duration,
            "visible": failure.visible,
            "title": failure.title,
        }
    return {"error": None} if failure.error is None else {"error": failure.error, "visible": failure.visible}


def answer(request: Request, detail: Any, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error response: a page for a browser that opens a URL, otherwise JSON."""
    if wants_page(request):
        return error_page(request, detail, status, headers)
    return JSON({"detail": detail}, status_code=status, headers=headers)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestError):
        raise error
    return answer(request, error.detail, error.status)


async def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code in {204, 304}:
        return Response(status_code=error.status_code, headers=error.headers)
    return answer(request, error.detail, error.status_code, error.headers)


async def _gone(request: Request, error: Exception) -> Response:  # noqa: ARG001 -- Starlette's signature
    return Response(status_code=400)


async def _broken(request: Request, error: Exception) -> Response:  # noqa: ARG001 -- the log has the error
    return answer(request, "The server failed to process the request. See its log for details.", 500)


HANDLERS: dict[int | type[Exception], ExceptionHandler] = {
    RequestError: _refused,
    HTTPException: _http,
    ClientDisconnect: _gone,
    Exception: _broken,
}
"""Handlers for each kind of error. Starlette logs errors of the last kind."""
