"""Extract files from a multipart body in pieces, without holding a whole file in memory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import anyio.to_thread
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from holdfast.errors import BadRequest, TooLarge
from holdfast.files.rules import SavedFile

MAX_FILES = 1000
"""Maximum number of files in a request, as in Gradio."""
MAX_HEADERS = 16 * 1024
"""Maximum size of a part's headers in bytes."""
MAX_BOUNDARY = 256
"""Maximum length of the boundary between parts, given by the parser. RFC 2046 allows 70 bytes."""
FLUSH_AT = 1024 * 1024
"""Number of bytes, over all files of an upload, that are collected before they are written."""


class Part:
    """A file that is being received: collected in memory up to a limit, then written in a thread.

    Args:
        name: Name of the file from the client.
        folder: Folder for uploads.
        max_size: Maximum size of a file in bytes.
    """

    def __init__(self, name: str, folder: Path, max_size: int | None) -> None:
        self.name = name
        self._pending = bytearray()
        self._size = 0
        self._max_size = max_size
        self._file = SavedFile(name, directory=folder)
        self._open = ExitStack()
        self._opened = False
        self.ended = False
        """Whether the whole file has arrived."""

    @property
    def pending(self) -> int:
        """Number of bytes that are not written yet."""
        return len(self._pending)

    def add(self, data: bytes) -> None:
        """Add received data to the file.

        Raises:
            TooLarge: The file exceeds its maximum size.
        """
        self._size += len(data)
        if self._max_size is not None and self._size > self._max_size:
            raise TooLarge(f"{self.name or 'The file'} exceeds the maximum size of {self._max_size} bytes.")
        self._pending += data

    def write(self) -> None:
        """Write the collected data, and close the file if it is complete. Blocks; call it in a thread."""
        if not self._opened:
            self._open.enter_context(self._file)
            self._opened = True
        if self._pending:
            self._file.write(self._pending)
            self._pending = bytearray()
        if self.ended:
            self._file.written()

    def keep(self) -> Path:
        """Move the complete file to its place and return its path. Blocks; call it in a thread."""
        self.write()
        self._opened = False
        self._open.close()
        return Path(self._file.path)

    def drop(self) -> None:
        """Delete the file of a failed upload."""
        if self._opened:
            self._opened = False
            self._open.__exit__(ConnectionAbortedError, None, None)


class UploadReader:
    """Receives a multipart body in pieces and stores the files of one field.

    Args:
        content_type: Value of the request's `Content-Type` header.
        folder: Folder for uploads.
        max_size: Maximum size of a file in bytes; `None` for no limit.
        on_data: Callback for received data, with the file's name from the client and the number of bytes.

    Raises:
        BadRequest: The body is not a multipart form.
    """

    FIELD = "files"

    def __init__(
        self,
        content_type: str,
        folder: Path,
        *,
        max_size: int | None = None,
        on_data: Callable[[str, int], None] | None = None,
    ) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary or len(boundary) > MAX_BOUNDARY:
            raise BadRequest("An upload must be a multipart/form-data body with its files in the field `files`.")
        self._folder = folder
        self._max_size = max_size
        self._on_data = on_data or (lambda _name, _size: None)
        self._headers: dict[bytes, bytes] = {}
        self._field = bytearray()
        self._value = bytearray()
        self._part: Part | None = None
        self._ended = False
        self._parts: list[Part] = []
        self._unwritten: list[Part] = []
        """Parts that are not completely written."""
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._data,
                "on_part_end": self._part_end,
                "on_end": self._end,
            },
        )

    async def feed(self, chunk: bytes) -> None:
        """Process a piece of the body.

        Raises:
            BadRequest: The body is not a multipart form.
            TooLarge: A file, or the number of files, exceeds its limit.
        """
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise BadRequest(f"The upload's multipart body cannot be read: {error}.") from None
        if self.held >= FLUSH_AT:
            await anyio.to_thread.run_sync(self._flush)

    @property
    def held(self) -> int:
        """Number of bytes that are not written yet."""
        return sum(part.pending for part in self._unwritten)

    async def finish(self) -> list[Path]:
        """Complete the upload and return the paths of its files, in order.

        Raises:
            BadRequest: The body is incomplete or contains no file.
        """
        with suppress(MultipartParseError):
            self._parser.finalize()
        if not self._ended:
            raise BadRequest("The upload's multipart body ends too early.")
        if not self._parts:
            raise BadRequest("The upload contains no file in the field `files`.")
        return await anyio.to_thread.run_sync(lambda: [part.keep() for part in self._parts])

    def drop(self) -> None:
        """Delete the files of a failed upload."""
        for part in self._parts:
            part.drop()

    def _flush(self) -> None:
        for part in self._unwritten:
            part.write()
        self._unwritten = [part for part in self._unwritten if not part.ended]

    def _begin(self) -> None:
        self._headers = {}
        self._part = None

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]
        self._check_headers()

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._check_headers()

    def _check_headers(self) -> None:
        if len(self._field) + len(self._value) > MAX_HEADERS:
            raise BadRequest("The upload's part headers are too long.")

    def _header_end(self) -> None:
        self._headers[bytes(self._field).lower()] = bytes(self._value)
        if len(self._headers) > 20:
            raise BadRequest("The upload's part has too many headers.")
        self._field.clear()
        self._value.clear()

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if options.get(b"name") != self.FIELD.encode() or b"filename" not in options:
            return
        if len(self._parts) >= MAX_FILES:
            raise TooLarge(f"An upload can contain at most {MAX_FILES} files.")
        self._part = Part(options[b"filename"].decode("utf-8", "replace"), self._folder, self._max_size)
        self._parts.append(self._part)
        self._unwritten.append(self._part)

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        if part is None:
            return
        part.add(data[start:end])
        self._on_data(part.name, end - start)

    def _part_end(self) -> None:
        if self._part is not None:
            self._part.ended = True

    def _end(self) -> None:
        self._ended = True
