"""Cached answers to a chat's examples."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from holdfast.apps.chat.function import ChatFunction
from holdfast.apps.examples_cache import CachedResults
from holdfast.components.base import Component
from holdfast.components.chatbot import Chatbot
from holdfast.components.state import State
from holdfast.files.rules import adopt


class KeptAnswers:
    """Conversations that start with a chat's examples, each with its answer.

    Args:
        fn: Function of the chat.
        rows: Examples: the message, and the values of the additional inputs.
        inputs: Text field and additional inputs.
        conversation: Component that stores a conversation unchanged.
        outputs: Additional outputs.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        rows: Sequence[Sequence[Any]],
        inputs: Sequence[Component],
        conversation: Component,
        outputs: Sequence[Component],
    ) -> None:
        answer = functools.partial(_answer, fn, len(outputs))
        self._count = len(rows)
        self._results = CachedResults(answer, rows, inputs, [conversation, *outputs])

    def compute(self) -> None:
        """Compute the answers that are not cached yet."""
        for place in range(self._count):
            self._results.row(place)

    def shown(self, place: int | None, chatbot: Chatbot) -> list[Any] | None:
        """Return what a click on an example shows, in the browser's form: chat, conversation, additional outputs.

        Args:
            place: Index of the example; `None` if the click does not name one.
            chatbot: Component that shows the conversation.
        """
        if place is None or not 0 <= place < self._count:
            return None
        said, *more = adopt(self._results.row(place))
        return [chatbot.postprocess(said), said, *more]


def _answer(fn: Callable[..., Any], more_outputs: int, message: str, *more: Any) -> Any:
    """Return the conversation that a message starts, and the values of the additional outputs."""
    said, values = ChatFunction(fn, more_outputs).conversation(message, more)
    return [said, *values] if values else said


def can_keep(wanted: bool | None, inputs: Sequence[Component]) -> bool:
    """Return whether to cache answers; they cannot be cached if they depend on a visitor's State."""
    if wanted and any(isinstance(one, State) for one in inputs):
        warnings.warn(
            "The answers to a chat's examples are not cached, because additional_inputs contains a State. Remove "
            "cache_examples.",
            stacklevel=4,
        )
        return False
    return bool(wanted)


def rows_of(examples: Sequence[Any], text: Callable[[Any], str], more: Sequence[Component]) -> list[list[Any]]:
    """Return the examples as rows of message and additional inputs; missing inputs get their components' initial
    values.

    Args:
        examples: Examples as the author passed them.
        text: Function that returns the message of an example.
        more: Additional inputs.
    """
    rows = []
    for row in examples:
        given = list(row[1:]) if isinstance(row, list | tuple) else []
        rows.append([text(row), *given[: len(more)], *[one.initial for one in more[len(given) :]]])
    return rows
