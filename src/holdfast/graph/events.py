"""Events of blocks, as attributes: `button.click(fn, inputs, outputs)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, overload

from typing_extensions import Self, Unpack

from holdfast.graph.dependency import Dependency, register
from holdfast.graph.listener import ListenerOptions, Target

if TYPE_CHECKING:
    from holdfast.graph.block import Block


class Event:
    """An event that blocks of a class have. On an instance it is the method that adds a listener.

    Args:
        doc: When it happens, in one sentence.
        trigger_mode: Default of its listeners.
        show_progress: Default of its listeners.
        marks: Property of the block that a listener turns on in the config (`_selectable`, `likeable`, …).
        on_page: Whether it is an event of the page instead of the block (`unload`).
    """

    name: str

    def __init__(
        self,
        doc: str,
        *,
        trigger_mode: Literal["once", "multiple", "always_last"] = "once",
        show_progress: Literal["full", "minimal", "hidden"] = "full",
        marks: str | None = None,
        on_page: bool = False,
    ) -> None:
        self.__doc__ = doc
        self.trigger_mode = trigger_mode
        self.show_progress = show_progress
        self.marks = marks
        self.on_page = on_page

    def __set_name__(self, owner: type[Block], name: str) -> None:
        self.name = name
        owner.EVENTS = (*owner.EVENTS, name)

    @overload
    def __get__(self, block: None, owner: type[Block]) -> Self: ...
    @overload
    def __get__(self, block: Block, owner: type[Block]) -> BoundEvent: ...
    def __get__(self, block: Block | None, owner: type[Block]) -> Self | BoundEvent:
        return self if block is None else BoundEvent(self, block)


class BoundEvent:
    """One event of one block: call it to add a listener, or give it to `gr.on`."""

    def __init__(self, event: Event, block: Block) -> None:
        self.event = event
        self.block = block

    @property
    def target(self) -> Target:
        """What a listener of it is triggered by."""
        return Target(None if self.event.on_page else self.block, self.event.name)

    def __call__(
        self,
        fn: Callable[..., Any] | Literal["decorator"] | None = "decorator",
        inputs: Any = None,
        outputs: Any = None,
        **options: Unpack[ListenerOptions],
    ) -> Dependency:
        """Run `fn` whenever the event happens.

        Args:
            fn: The function; leave it out to use the call as a decorator; `None` for `js` alone.
            inputs: Components whose values it takes, in order; a set passes one dict keyed by component.
            outputs: Components that its results go to, in order; a set takes a dict keyed by component.
            **options: See `ListenerOptions`.

        Returns:
            The listener; `.then`, `.success` and `.failure` chain on it, `cancels=` takes it.
        """
        return register(fn, (self,), inputs, outputs, options)
