"""Calling a chat's function, whatever its kind, and giving the listeners a matching signature."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from holdfast.apps.chat.turns import Message, Turn, answers, api_value, storable
from holdfast.apps.examples_cache import last_result
from holdfast.errors import HandlerError
from holdfast.graph.injected import EventData
from holdfast.graph.signature import signature_of
from holdfast.graph.updates import skip, update

F = TypeVar("F", bound=Callable[..., Any])
Prepare = Callable[[Any, Any, "list[Message]"], "Turn | None"]
"""Function that finds the message to answer, given an event's data, the text field and the conversation."""


class ChatFunction:
    """A function of message, history and additional inputs.

    Args:
        fn: A function, a coroutine function, or a generator of either kind.
        more_outputs: Number of values that the function returns after its answer.
        submit_btn: Content of the text field's send button.
        stop_btn: Content of the stop button while an answer is being generated.
    """

    def __init__(
        self, fn: Callable[..., Any], more_outputs: int = 0, submit_btn: str | bool = True, stop_btn: str | bool = True
    ) -> None:
        self.fn = fn
        self.more_outputs = more_outputs
        self.submit_btn, self.stop_btn = submit_btn, stop_btn
        self.name: str = getattr(fn, "__name__", type(fn).__name__)
        called = fn if inspect.isroutine(fn) else getattr(fn, "__call__", fn)  # noqa: B004 -- the object's call
        self.is_async = inspect.iscoroutinefunction(called) or inspect.isasyncgenfunction(called)
        self._signature = signature_of(fn)

    def listener(self, prepare: Prepare) -> Callable[..., Any]:
        """Return the page's handler, whose outputs are the text field, the chat, the stored conversation, and
        additional outputs.

        Args:
            prepare: Function that finds the message to answer.
        """

        def chat(event: EventData, box: Any, said: Any, *more: Any, **special: Any) -> Iterator[Any]:
            turn = prepare(event._data, box, said)
            if turn is None:
                yield skip()
                return
            yield self._started(turn)
            for result in self.results(turn, more, special):
                yield self._answered(turn, result)
            yield self._finished()

        async def chat_async(event: EventData, box: Any, said: Any, *more: Any, **special: Any) -> AsyncIterator[Any]:
            turn = prepare(event._data, box, said)
            if turn is None:
                yield skip()
                return
            yield self._started(turn)
            async for result in self.results_async(turn, more, special):
                yield self._answered(turn, result)
            yield self._finished()

        return self._lend_special(chat_async if self.is_async else chat)

    def endpoint(self) -> Callable[..., Any]:
        """Return the API's handler, whose outputs are the answer, the stored conversation, and additional ones."""

        def chat(message: str, history: Any, *more: Any, **special: Any) -> Iterator[Any]:
            turn = Turn(message, list(history or ()))
            for result in self.results(turn, more, special):
                yield self._told(turn, result)

        async def chat_async(message: str, history: Any, *more: Any, **special: Any) -> AsyncIterator[Any]:
            turn = Turn(message, list(history or ()))
            async for result in self.results_async(turn, more, special):
                yield self._told(turn, result)

        return self._lend_names(chat_async if self.is_async else chat)

    # Calling ----------------------------------------------------------------------------------------------------------

    def results(self, turn: Turn, more: Sequence[Any], special: Mapping[str, Any]) -> Iterator[Any]:
        """Yield the function's answers: one return value, or each yielded value.

        Args:
            turn: Message to answer, and the conversation before it.
            more: Values of the additional inputs.
            special: Values injected by the runtime (`gr.Request`, …), by parameter.
        """
        result = self._call(turn, more, special)
        if inspect.isgenerator(result):
            yield from result
        else:
            yield result

    async def results_async(self, turn: Turn, more: Sequence[Any], special: Mapping[str, Any]) -> AsyncIterator[Any]:
        """Yield an async function's answers; see `results`."""
        result = self._call(turn, more, special)
        if not inspect.isasyncgen(result):
            yield await result
            return
        try:
            async for one in result:
                yield one
        finally:
            await result.aclose()

    def conversation(self, message: str, more: Sequence[Any]) -> tuple[list[Message], list[Any]]:
        """Return the conversation that a message starts, with the complete answer, and the values of the additional
        outputs.

        There is no visitor here: parameters that the runtime would fill are omitted, or `None`.

        Args:
            message: Message to answer.
            more: Values of the additional inputs.
        """
        turn = Turn(message, [])
        special = {parameter.name: None for parameter in self._signature.special if not parameter.has_default}
        response, values = self._split(last_result(lambda: self._call(turn, more, special), []))
        return storable([*turn.asked, *answers(response, self.name)]), values

    def _call(self, turn: Turn, more: Sequence[Any], special: Mapping[str, Any]) -> Any:
        values = (turn.message, list(turn.history), *more)
        if not special:
            return self.fn(*values)
        names = [parameter.name for parameter in self._signature.positional]
        return self.fn(**dict(zip(names, values, strict=False)), **special)

    # Steps ------------------------------------------------------------------------------------------------------------

    def _started(self, turn: Turn) -> tuple[Any, ...]:
        send = False if self.stop_btn else self.submit_btn
        box = update(value="", submit_btn=send, stop_btn=self.stop_btn)
        return (box, turn.asked, storable(turn.asked), *[skip()] * self.more_outputs)

    def _answered(self, turn: Turn, result: Any) -> tuple[Any, ...]:
        response, more = self._split(result)
        said = [*turn.asked, *answers(response, self.name)]
        return (skip(), said, storable(said), *more)

    def _finished(self) -> tuple[Any, ...]:
        box = update(submit_btn=self.submit_btn, stop_btn=False)
        return (box, *[skip()] * (2 + self.more_outputs))

    def _told(self, turn: Turn, result: Any) -> tuple[Any, ...]:
        response, more = self._split(result)
        said = [*turn.asked, *answers(response, self.name)]
        return (api_value(response), storable(said), *more)

    def _split(self, result: Any) -> tuple[Any, list[Any]]:
        """Split a result into the answer and the values of the additional outputs."""
        if not self.more_outputs:
            return result, []
        values = list(result) if isinstance(result, list | tuple) else [result]
        if len(values) != 1 + self.more_outputs:
            raise HandlerError(
                f"The chat function {self.name!r} returned {len(values)} values. "
                f"It must return its answer and {self.more_outputs} for the additional outputs."
            )
        return values[0], values[1:]

    # Signature --------------------------------------------------------------------------------------------------------

    def _lend_special(self, listener: F) -> F:
        """Give a listener `(event, box, said, *more, **special)` the function's injected parameters."""
        kind = inspect.Parameter
        own = [
            kind("event", kind.POSITIONAL_OR_KEYWORD, annotation=EventData),
            kind("box", kind.POSITIONAL_OR_KEYWORD),
            kind("said", kind.POSITIONAL_OR_KEYWORD),
            kind("more", kind.VAR_POSITIONAL),
        ]
        return self._sign(listener, own)

    def _lend_names(self, listener: F) -> F:
        """Give a listener `(message, history, *more, **special)` the function's own parameter names."""
        kind = inspect.Parameter
        own = [kind(p.name, kind.POSITIONAL_OR_KEYWORD, default=p.default) for p in self._signature.positional]
        return self._sign(listener, own or [kind("more", kind.VAR_POSITIONAL)])

    def _sign(self, listener: F, own: Sequence[inspect.Parameter]) -> F:
        special = [
            inspect.Parameter(p.name, inspect.Parameter.KEYWORD_ONLY, default=p.default, annotation=p.annotation)
            for p in self._signature.special
        ]
        listener.__name__ = self.name  # its name in messages
        listener.__signature__ = inspect.Signature([*own, *special])  # type: ignore[attr-defined]
        return listener
