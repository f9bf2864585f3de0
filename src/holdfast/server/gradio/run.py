"""`/run`: start an event and get its result in one request."""

from __future__ import annotations

from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast.errors import BadValue, NotFound, RequestError
from holdfast.graph.listener import Listener
from holdfast.runtime.jobs import EventRequest
from holdfast.runtime.report import failure_of
from holdfast.runtime.session import Session
from holdfast.server.context import ServerContext, absolute_files
from holdfast.server.gradio.call import endpoint_name, fill, find
from holdfast.server.http.body import read_weighed
from holdfast.server.http.errors import JSON, error_object
from holdfast.server.http.request import HttpRequest
from holdfast.server.http.sse import gone
from holdfast.wire.encode import encode
from holdfast.wire.gradio import PredictBody

CLOSED = "This API endpoint does not accept direct HTTP POST requests. Please join the queue to use this API."

_predict = msgspec.json.Decoder(PredictBody)


class Run:
    """Routes of `/run` and of its older name `/api`.

    Args:
        context: State shared by all routes.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """Return the routes under the API's prefix."""
        return [Route(f"/{verb}/{{name:path}}", self.run, methods=["POST"]) for verb in ("run", "api")]

    async def run(self, request: Request) -> Response:
        """Run an endpoint and respond with its result, or with a generator's first step."""
        user = await self._context.identify(request)
        body, weight = await read_weighed(request, _predict)
        session = None
        if body.session_hash is not None:
            session = await self._context.client_session(request, body.session_hash)
        listener = self._listener(session, endpoint_name(request), body.fn_index)
        if listener.queue and not self._context.options.api_open:
            raise NotFound(CLOSED)
        if session is None:
            session = self._context.temporary_session(request, user)
        call = EventRequest(
            fn=listener.id,
            data=fill(listener, body.data),
            event_data=body.event_data,
            trigger=body.trigger_id,
            batched=body.batched,
            weight=weight,
            request=HttpRequest(request, session.id, user),
        )
        try:
            output = await self._context.runtime.run(session, call, gone=lambda: gone(request.receive))
        except RequestError:
            raise
        except Exception as error:
            failure = error_object(failure_of(error, show_error=self._context.options.show_error))
            return JSON(failure, status_code=422 if isinstance(error, BadValue) else 500)
        return JSON(absolute_files(encode(output), partial(self._context.root, request)))

    def _listener(self, session: Session | None, name: str, number: int | None) -> Listener:
        if number is None:
            return find(self._context, session, name)
        app, view = self._context.runtime.app, None if session is None else session.own_view
        try:
            return app.listeners[number] if view is None else view.listener(number)
        except KeyError:
            raise NotFound(f"This app has no function number {number}.") from None
