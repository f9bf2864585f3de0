"""Request bodies: read up to a limit from senders with access, then decoded and checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

import anyio.to_thread
import msgspec
from starlette.requests import Request

from holdfast.errors import Malformed, TooLarge
from holdfast.server.http.body_budget import LARGE, Intake, count, too_large, weigh
from holdfast.wire.page import MAX_ID

if TYPE_CHECKING:
    from holdfast.server.context import ServerContext

T = TypeVar("T")

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


async def read_weighed(request: Request, decoder: msgspec.json.Decoder[T], limit: int | None = None) -> tuple[T, int]:
    """Return the JSON body of a request and its approximate size in memory, after checking the sender's access.

    JSON bodies are only read by this function, so nothing is read before the sender is known.

    Args:
        request: The request.
        decoder: Decoder for the type of the body.
        limit: Maximum number of bytes; by default, `Limits.body_bytes`.

    Raises:
        Unauthenticated: A login is required.
        Malformed: The body is not valid JSON, or not of the decoder's type.
        TooLarge: The body exceeds `limit` (the rest is not read) or contains too many values.
        Busy: Too many bytes are held for unfinished requests.
        TooSlow: The body arrives too slowly.
    """
    context: ServerContext = request.app.state.context
    user = await context.identify(request)
    limits = context.options.limits
    limit = limits.body_bytes if limit is None else limit
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise too_large(limit)
    with context.bodies.intake(request.receive, context.visitor(request, user), limit) as intake:
        body = await _whole(intake)
        return await decoded(body, decoder, limits.body_values), weigh(body)


async def read_as(request: Request, decoder: msgspec.json.Decoder[T], limit: int | None = None) -> T:
    """Return the request's JSON body, like `read_weighed`."""
    return (await read_weighed(request, decoder, limit))[0]


async def _whole(intake: Intake) -> bytes:
    chunks: list[bytes] = []
    while not intake.complete:
        chunks.append(await intake.chunk())
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def decoded(body: bytes | str, decoder: msgspec.json.Decoder[T], values: int) -> T:
    """Return `body` as the decoder's type, decoding a large one in a thread.

    Args:
        body: The JSON.
        decoder: Decoder for the type of the body.
        values: Maximum number of values in the body.

    Raises:
        Malformed: The body is not valid JSON, or not of the decoder's type.
        TooLarge: The body contains too many values.
    """
    if len(body) > LARGE:
        return await anyio.to_thread.run_sync(_decode_bounded, body, decoder, values)
    return _decode_bounded(body, decoder, values)


def _decode_bounded(body: bytes | str, decoder: msgspec.json.Decoder[T], values: int) -> T:
    if count(body) > values and count(_STRING.sub(b"", body.encode() if isinstance(body, str) else body)) > values:
        raise TooLarge(f"The request's body contains more than {values:,} values. Send large data as a file.")
    return decode(body, decoder)


def decode(body: bytes | str, decoder: msgspec.json.Decoder[T]) -> T:
    """Return `body` as the decoder's type.

    Raises:
        Malformed: The body is not valid JSON, or not of the decoder's type; the message names the place.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Malformed(f"The request does not have the expected format: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The request's body is not valid JSON: {error}.") from None
    except RecursionError:
        raise Malformed("The request's body is nested too deeply.") from None


def check_id(name: str, value: str | None) -> None:
    """Reject an ID chosen by a client that is empty or too long to be stored.

    Raises:
        Malformed: The ID is empty or too long.
    """
    if value is None:
        return
    if not value:
        raise Malformed(f"{name} is empty. Omit it or send up to {MAX_ID} characters.")
    if len(value) > MAX_ID:
        raise Malformed(f"{name} is {len(value)} characters long. The maximum is {MAX_ID}.")
