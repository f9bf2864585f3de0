"""Uploads: multipart bodies streamed into the file cache, with their progress as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from holdfast.clock import Clock
from holdfast.errors import TooLarge
from holdfast.files.cache import whose
from holdfast.limits import Limits
from holdfast.runtime.holdings import Account
from holdfast.server.context import ServerContext
from holdfast.server.http.body import check_id
from holdfast.server.http.errors import JSON
from holdfast.server.http.multipart import UploadReader
from holdfast.server.http.sse import EventStream, frame
from holdfast.server.kept import Bounds, Kept
from holdfast.wire.encode import encode

MAX_NAME = 200
"""Maximum length of a file's name in progress reports."""
UPLOAD, FILE = 2_000, 200
"""Approximate size in bytes of an upload's progress and of each of its files, not counting names."""
WAIT = 3.0
"""Seconds that a reader of progress waits for its upload to start, as in Gradio."""


class UploadProgress:
    """Progress of an upload in bytes per file, for any number of readers.

    Args:
        account: Account that counts the bytes of the progress.
    """

    def __init__(self, account: Account | None = None) -> None:
        self.sizes: dict[str, int] = {}
        self.begun = False
        self.done = False
        self._account = account
        self._changed = asyncio.Event()

    def begin(self) -> None:
        """Mark the upload as started."""
        self.begun = True
        self._wake()

    def add(self, name: str, size: int) -> None:
        """Add `size` received bytes to the file `name`."""
        name = name[:MAX_NAME]
        if name not in self.sizes and self._account is not None:
            self._account.add(FILE + len(name))
        self.sizes[name] = self.sizes.get(name, 0) + size
        self._wake()

    def end(self) -> None:
        """Mark the upload as ended, successfully or not."""
        self.begun = self.done = True
        self._wake()

    async def change(self) -> None:
        """Wait for the next change."""
        await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class Followed:
    """The uploads that have an ID.

    Args:
        limits: Limits on the number, size, and lifetime of uploads' progress.
        clock: Source of time.
    """

    def __init__(self, limits: Limits, clock: Clock) -> None:
        bounds = Bounds(
            number=limits.uploads_followed,
            per_visitor=limits.visitor_uploads_followed,
            size=limits.uploads_followed_bytes,
            size_per_visitor=limits.visitor_uploads_followed_bytes,
            seconds=limits.upload_followed_seconds,
        )
        self.kept: Kept[UploadProgress] = Kept(
            bounds, clock, dropped=UploadProgress.end, in_use=lambda progress: progress.begun and not progress.done
        )

    def __len__(self) -> int:
        return len(self.kept)

    def get(self, upload_id: str, visitor: str) -> UploadProgress:
        """Return the progress of an upload, creating it for the upload or its reader, whichever comes first."""
        found = self.kept.get(upload_id)
        if found is None:
            account = self.kept.account(visitor)
            found = UploadProgress(account)
            account.add(UPLOAD + len(upload_id))
            self.kept.add(upload_id, found, account)
        return found

    def forget(self, upload_id: str) -> None:
        """Drop the progress of an upload after it has been read to the end."""
        self.kept.pop(upload_id)


class Uploads:
    """The upload routes.

    Args:
            context: State shared by all routes.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._followed = Followed(context.options.limits, context.runtime.clock)

    def routes(self) -> list[Route]:
        """Return the routes under the API's prefix."""
        return [
            Route("/upload", self.upload, methods=["POST"]),
            Route("/upload/", self.upload, methods=["POST"]),
            Route("/upload_progress", self.progress, methods=["GET"]),
        ]

    async def upload(self, request: Request) -> Response:
        """Store the files of a multipart body and respond with their paths, in order."""
        user = await self._context.identify(request)
        upload_id = request.query_params.get("upload_id")
        check_id("upload_id", upload_id)
        progress = (
            UploadProgress()
            if upload_id is None
            else self._followed.get(upload_id, self._context.visitor(request, user))
        )
        progress.begin()
        try:
            return JSON([str(path) for path in await self._store(request, user, progress)])
        except TooLarge as error:
            return PlainTextResponse(str(error), status_code=413)
        finally:
            progress.end()

    async def _store(self, request: Request, user: str | None, progress: UploadProgress) -> list[Path]:
        rules = self._context.options.rules
        reader = UploadReader(
            request.headers.get("content-type", ""),
            rules.upload_dir,
            max_size=rules.max_size,
            on_data=progress.add,
        )
        visitor = self._context.visitor(request, user)
        whose.set(visitor)
        try:
            with self._context.bodies.intake(request.receive, visitor) as intake:
                while not intake.complete:
                    await reader.feed(await intake.chunk())
                    intake.hold(reader.held)
                return await reader.finish()
        except BaseException:
            reader.drop()
            raise

    async def progress(self, request: Request) -> Response:
        """Stream the progress of an upload until it is done."""
        user = await self._context.identify(request)
        upload_id = request.query_params.get("upload_id", "")
        check_id("upload_id", upload_id)
        progress = self._followed.get(upload_id, self._context.visitor(request, user))
        if not progress.begun:
            try:
                await asyncio.wait_for(progress.change(), WAIT)
            except asyncio.TimeoutError:
                self._followed.forget(upload_id)
                return PlainTextResponse("Upload not found", status_code=404)
        return EventStream(
            self._frames(upload_id, progress),
            self._context.streams,
            heartbeat=frame(b'{"msg":"heartbeat"}'),
            interval=self._context.options.heartbeat,
        )

    async def _frames(self, upload_id: str, progress: UploadProgress) -> AsyncIterator[bytes]:
        sent: dict[str, int] = {}
        while True:
            for name, size in list(progress.sizes.items()):
                if size > sent.get(name, 0):
                    message = {"msg": "update", "orig_name": name, "chunk_size": size - sent.get(name, 0)}
                    sent[name] = size
                    yield frame(encode(message))
            if progress.done:
                break
            await progress.change()
        self._followed.forget(upload_id)
        yield frame(b'{"msg":"done"}')
