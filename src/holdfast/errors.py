"""All errors that Holdfast raises.

HoldfastError
├── Error                      raised by a handler to show the visitor a message (`gr.Error`)
│   └── BadValue               a value from the browser that a component cannot accept
├── BuildError (ValueError)    a mistake in the structure of the app, reported where it was made
│   ├── DuplicateBlockError
│   ├── InvalidBlockError
│   ├── InvalidComponentError
│   ├── InvalidApiNameError
│   └── RenderError
├── AddressError (OSError)     the app cannot listen on the address or port
├── HandlerError               a handler returned values that its outputs do not accept
├── UnavailableError           the program uses something that Holdfast does not support yet
├── InvalidPathError           a file outside the folders that the app can serve
├── StateError                 see holdfast.state
└── RequestError               a request that cannot be served; carries the HTTP status and one sentence
    ├── NotFound 404 · Denied 403 · Unauthenticated 401 · Malformed 422 · BadRequest 400 · TooLarge 413 · Busy 503
    └── Outdated 410
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, ClassVar


def did_you_mean(given: str, valid: Iterable[Any]) -> str:
    """Return a sentence that suggests the closest valid name, or "" if none is close."""
    near = difflib.get_close_matches(given, [one for one in valid if isinstance(one, str)], n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


class HoldfastError(Exception):
    """Base class of all errors that Holdfast defines."""

    at_start: bool = False
    """Whether `launch` raised the error, so that a program that ends with it shows its message without a traceback."""


class Error(HoldfastError):
    """Raised in a handler to show the visitor a message and discard the current step.

    Args:
        message: Message for the visitor. HTML is allowed, as in Gradio.
        duration: Seconds until the message disappears; `None` keeps it until it is closed.
        visible: Whether to show a message.
        title: Heading of the message.
        print_exception: Whether to log the traceback on the server.
    """

    def __init__(
        self,
        message: str = "Error raised.",
        duration: float | None = 10,
        visible: bool = True,
        title: str = "Error",
        print_exception: bool = True,
    ) -> None:
        self.message = str(message)
        self.duration = duration
        self.visible = visible
        self.title = title
        self.print_exception = print_exception
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


class BadValue(Error):
    """A value from a browser or client that a component rejects; always shown, never logged as a failure."""

    def __init__(self, message: str) -> None:
        super().__init__(message, print_exception=False)


class BuildError(HoldfastError, ValueError):
    """The structure of the app is not valid."""


class DuplicateBlockError(BuildError):
    """One block was placed twice in one app."""


class InvalidBlockError(BuildError):
    """An argument that must be a block is not one."""


class InvalidComponentError(BuildError):
    """An argument that must be a component is not one (for example, it is a layout)."""


class InvalidApiNameError(BuildError):
    """An `api_name` is not valid."""


class RenderError(BuildError):
    """A block was rendered or used where that is not possible."""


class AddressError(HoldfastError, OSError):
    """The app cannot listen on the address or port."""


class HandlerError(HoldfastError, ValueError):
    """A handler returned values that its outputs do not accept; the message names the function, output, and fix."""


class UnavailableError(HoldfastError, NotImplementedError):
    """The program uses something from Gradio that this version of Holdfast does not support."""


class InvalidPathError(HoldfastError, ValueError):
    """A path is outside the folders that the app can read or serve."""


class StateError(HoldfastError):
    """Base class of errors about State; subclasses are in `holdfast.state`."""


class RequestError(HoldfastError):
    """A request cannot be served: an HTTP status and one sentence that says what to do.

    Args:
        detail: Sentence, or a JSON value where Gradio's clients expect one.
    """

    status: ClassVar[int] = 400

    def __init__(self, detail: Any) -> None:
        self.detail = detail
        super().__init__(str(detail))


class BadRequest(RequestError):
    """400: the request is inconsistent with itself or with the app."""


class Unauthenticated(RequestError):
    """401: a login is required."""

    status = 401


class Denied(RequestError):
    """403: this visitor is not allowed to access the resource."""

    status = 403


class NotFound(RequestError):
    """404: the function, session, event or file does not exist."""

    status = 404


class TooSlow(RequestError):
    """408: the body took too long to arrive."""

    status = 408


class Outdated(RequestError):
    """410: the program was updated after the page was loaded, and what the page requests is gone or different."""

    status = 410


class TooLarge(RequestError):
    """413: the request exceeds a size limit of the app."""

    status = 413


class StorageFull(RequestError):
    """507: there is no space for more files; retrying later may work."""

    status = 507


class Malformed(RequestError):
    """422: the body does not have the form that the route accepts."""

    status = 422


class Busy(RequestError):
    """503: the queue is full or stopped; retrying later may work."""

    status = 503
