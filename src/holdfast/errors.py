"""Every error that Holdfast raises, in one tree.

HoldfastError
├── Error                      what a handler raises to tell the visitor something (`gr.Error`)
│   └── BadValue               a value from the browser that a component cannot accept
├── BuildError (ValueError)    a mistake in building the app, reported where it was made
│   ├── DuplicateBlockError
│   ├── InvalidBlockError
│   ├── InvalidComponentError
│   ├── InvalidApiNameError
│   └── RenderError
├── AddressError (OSError)     the address or port that an app is to listen on cannot be had
├── HandlerError               a handler returned what its outputs cannot take
├── UnavailableError           something that Gradio has and Holdfast does not have yet was used
├── InvalidPathError           a file outside the folders that the app may serve
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
    """A sentence that suggests the valid name that was most likely meant; "" when none is near."""
    near = difflib.get_close_matches(given, [one for one in valid if isinstance(one, str)], n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


class HoldfastError(Exception):
    """The root of all errors that are Holdfast's own."""

    at_start: bool = False
    """Whether `launch` raised it; a program that ends with it then shows its message without a traceback."""


class Error(HoldfastError):
    """Raise it in a handler to show the visitor a message; nothing of the step is kept.

    Args:
        message: What the visitor reads. HTML is allowed, as in Gradio.
        duration: Seconds until the message goes; `None` keeps it until it is closed.
        visible: Whether a message is shown at all.
        title: The message's heading.
        print_exception: Whether the traceback goes to the server's log.
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
    """A value sent by a browser or client that a component refuses; always shown, never logged as a failure."""

    def __init__(self, message: str) -> None:
        super().__init__(message, print_exception=False)


class BuildError(HoldfastError, ValueError):
    """The app is put together in a way that cannot work."""


class DuplicateBlockError(BuildError):
    """One block was placed twice in one app."""


class InvalidBlockError(BuildError):
    """Something that is no block stands where a block must."""


class InvalidComponentError(BuildError):
    """Something that is no component (a layout, for example) stands where a component must."""


class InvalidApiNameError(BuildError):
    """An `api_name` that cannot be used."""


class RenderError(BuildError):
    """A block was rendered or used where it cannot be."""


class AddressError(HoldfastError, OSError):
    """The address or port that an app is to listen on cannot be had."""


class HandlerError(HoldfastError, ValueError):
    """A handler returned what its outputs cannot take; the message names the function, the output and the remedy."""


class UnavailableError(HoldfastError, NotImplementedError):
    """Something that Gradio has and this version of Holdfast does not have was used."""


class InvalidPathError(HoldfastError, ValueError):
    """A path outside the folders that the app may read or serve."""


class StateError(HoldfastError):
    """The root of errors about State; its kinds are in `holdfast.state`."""


class RequestError(HoldfastError):
    """A request that cannot be served as it came: an HTTP status and one sentence that says what to do.

    Args:
        detail: The sentence, or a JSON value where Gradio's clients expect one.
    """

    status: ClassVar[int] = 400

    def __init__(self, detail: Any) -> None:
        self.detail = detail
        super().__init__(str(detail))


class BadRequest(RequestError):
    """400: the request contradicts itself or the app."""


class Unauthenticated(RequestError):
    """401: a login is needed."""

    status = 401


class Denied(RequestError):
    """403: this visitor may not touch that."""

    status = 403


class NotFound(RequestError):
    """404: no such function, session, event or file."""

    status = 404


class TooSlow(RequestError):
    """408: the body took too long to arrive."""

    status = 408


class Outdated(RequestError):
    """410: the program was updated since the page was loaded, and what the page asks for is gone or different."""

    status = 410


class TooLarge(RequestError):
    """413: over a size that the app allows."""

    status = 413


class StorageFull(RequestError):
    """507: there is no room for more files; trying again later may work."""

    status = 507


class Malformed(RequestError):
    """422: the body does not have the form that the route takes."""

    status = 422


class Busy(RequestError):
    """503: the queue is full or stopped; trying again later may work."""

    status = 503
