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
    """Event of a block class. On an instance it is the method that adds a listener.

    Args:
        doc: One sentence that describes when the event occurs.
        trigger_mode: Default for listeners of the event.
        show_progress: Default for listeners of the event.
        marks: Property of the block that a listener enables in the config (`_selectable`, `likeable`, …).
        on_page: Whether the event belongs to the page instead of the block (`unload`).
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
    """Event of one block: call it to add a listener, or pass it to `gr.on`."""

    def __init__(self, event: Event, block: Block) -> None:
        self.event = event
        self.block = block

    @property
    def target(self) -> Target:
        """Target that triggers listeners of this event."""
        return Target(None if self.event.on_page else self.block, self.event.name)

    def __call__(
        self,
        fn: Callable[..., Any] | Literal["decorator"] | None = "decorator",
        inputs: Any = None,
        outputs: Any = None,
        **options: Unpack[ListenerOptions],
    ) -> Dependency:
        """Run `fn` whenever the event occurs.

        Args:
            fn: Function to call; omit it to use the call as a decorator; `None` to run only `js`.
            inputs: Components whose values the function takes, in order; a set passes one dict keyed by component.
            outputs: Components that receive the results, in order; for a set the function returns a dict keyed by
                component.
            **options: See `ListenerOptions`.

        Returns:
            Listener, which can be chained with `.then`, `.success` and `.failure` and passed to `cancels=`.
        """
        return register(fn, (self,), inputs, outputs, options)
