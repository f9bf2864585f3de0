"""Answers to a chat's examples, computed once and kept."""

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
    """The conversations that a chat's examples begin, each with its answer.

    Args:
        fn: The chat's function.
        rows: The examples: the message, and the values of the additional inputs.
        inputs: The text field and the additional inputs.
        conversation: A component that keeps a conversation as it is.
        outputs: The additional outputs.
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
        """Compute what is not kept yet."""
        for place in range(self._count):
            self._results.row(place)

    def shown(self, place: int | None, chatbot: Chatbot) -> list[Any] | None:
        """What a click on an example shows, in the browser's form: the chat, its conversation, the additional outputs.

        Args:
            place: Which example; `None` when the click names none.
            chatbot: Shows the conversation.
        """
        if place is None or not 0 <= place < self._count:
            return None
        said, *more = adopt(self._results.row(place))
        return [chatbot.postprocess(said), said, *more]


def _answer(fn: Callable[..., Any], more_outputs: int, message: str, *more: Any) -> Any:
    """The conversation that a message begins, and the values of the additional outputs."""
    said, values = ChatFunction(fn, more_outputs).conversation(message, more)
    return [said, *values] if values else said


def can_keep(wanted: bool | None, inputs: Sequence[Component]) -> bool:
    """Whether answers are kept; a visitor's State is not the same for everyone."""
    if wanted and any(isinstance(one, State) for one in inputs):
        warnings.warn(
            "The answers to a chat's examples are not kept, because a State is among additional_inputs. Leave out "
            "cache_examples.",
            stacklevel=4,
        )
        return False
    return bool(wanted)


def rows_of(examples: Sequence[Any], text: Callable[[Any], str], more: Sequence[Component]) -> list[list[Any]]:
    """The examples as rows of message and additional inputs; those that a row leaves out begin as their components do.

    Args:
        examples: What the author gave.
        text: Gives the message of an example.
        more: The additional inputs.
    """
    rows = []
    for row in examples:
        given = list(row[1:]) if isinstance(row, list | tuple) else []
        rows.append([text(row), *given[: len(more)], *[one.initial for one in more[len(given) :]]])
    return rows
