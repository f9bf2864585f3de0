"""Request bodies: read up to a bound, decoded and checked in one go."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from starlette.requests import Request

from holdfast.errors import Malformed, TooLarge
from holdfast.wire.page import MAX_ID

T = TypeVar("T")


async def read(request: Request, limit: int | None = None) -> bytes:
    """The request's body.

    Args:
        request: The request.
        limit: Most bytes of it; by default those of `Limits.body_bytes`.

    Raises:
        TooLarge: It is over `limit` bytes; the rest is not read.
    """
    if limit is None:
        limit = request.app.state.site.options.limits.body_bytes
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The request's body is over {limit >> 20} MB. Send large data as files to the upload route.")


async def read_as(request: Request, decoder: msgspec.json.Decoder[T]) -> T:
    """The request's JSON body, checked against the decoder's type.

    Raises:
        Malformed: It is no JSON, or not of that form.
        TooLarge: It is too large.
    """
    return decode(await read(request), decoder)


def decode(body: bytes | str, decoder: msgspec.json.Decoder[T]) -> T:
    """`body` as the decoder's type.

    Raises:
        Malformed: It is no JSON, or not of that form; the sentence says where.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Malformed(f"The request does not have the form that is taken here: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The request's body is no valid JSON: {error}.") from None
    except RecursionError:
        raise Malformed("The request's body is nested too deeply.") from None


def check_id(name: str, value: str | None) -> None:
    """See to it that a name chosen by a client is short enough to be kept.

    Raises:
        Malformed: It is empty or too long.
    """
    if value is None:
        return
    if not value:
        raise Malformed(f"{name} is empty. Leave it out or send up to {MAX_ID} characters.")
    if len(value) > MAX_ID:
        raise Malformed(f"{name} is {len(value)} characters long. At most {MAX_ID} are taken.")
