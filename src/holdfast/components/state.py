"""State: a visitor's value that stays on the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from holdfast.components.base import Component
from holdfast.graph.callsite import assigned_to
from holdfast.graph.events import Event
from holdfast.state import CellSpec, Owner, Scope, access


class State(Component):
    """A value that is kept on the server for each session, browser or user, or for the whole app, and never sent
    anywhere.

    A handler gets the owner's own object. What it returns and what it changes in place is committed if the handler
    succeeds, and discarded if it fails.

    Args:
        value: The initial value; every owner gets a deep copy. A function is called once per owner to create it.
        render: Whether to add the State to the Blocks in which it is created.
        time_to_live: Seconds after the last write until the value is dropped; `None` for no limit.
        delete_callback: Called with each value that is dropped.
        scope: Who shares the value: a `"session"`, all tabs of a `"browser"`, a logged-in `"user"`, or the whole
            `"app"`.
        key: Name across re-renders and versions of the program; scopes other than session need one.
        version: Version of the value's structure.
        migrate: Called as `migrate(value, version)` with a stored value of an older version; returns the current one.
        history: Number of earlier values to keep for `undo`.
        concurrency: With `"last_write"`, events that write the State do not wait for each other, as in Gradio.
        secret: Whether to encrypt the stored value and never show it.
        **unknown: Rejected, with a suggestion of the intended parameter.

    Raises:
        BuildError: An option is out of range; the message names it.
        TypeError: The initial value cannot be copied.
    """

    NAME: ClassVar[str] = "state"
    SKIP_API: ClassVar[bool] = True

    change = Event("The content changed.", trigger_mode="always_last")

    def __init__(
        self,
        value: Any = None,
        render: bool = True,
        *,
        time_to_live: float | None = None,
        delete_callback: Callable[[Any], object] | None = None,
        scope: Scope = "session",
        key: str | None = None,
        version: int = 1,
        migrate: Callable[..., Any] | None = None,
        history: int = 0,
        concurrency: Literal["serial", "last_write"] = "serial",
        secret: bool = False,
        **unknown: Any,
    ) -> None:
        factory = value if callable(value) else None
        self.cell = CellSpec(
            initial=None if factory else value,
            factory=factory,
            time_to_live=time_to_live,
            delete_callback=delete_callback,
            scope=scope,
            key=key,
            version=version,
            migrate=migrate,
            history=history,
            concurrency=concurrency,
            secret=secret,
        )
        self.assigned_to = assigned_to() if key is None else ""
        """Program variable that holds the State: its name across program versions if it has no key."""
        self.time_to_live = time_to_live
        self.delete_callback = delete_callback
        super().__init__(None, render=render, key=key, **unknown)

    @property
    def value(self) -> Any:
        """New initial value, never a visitor's."""
        return self.cell.fresh()

    @value.setter
    def value(self, value: Any) -> None:  # noqa: ARG002 # a setter's signature
        raise AttributeError(
            "A State's initial value is given when it is made; to change a visitor's value, use set()."
        )

    def settle(self, *, watched: bool) -> None:
        """Name the State's cells: by key, combined with the keys of enclosing renders, or else by id."""
        inside = self.rendered_in is not None and self.cell.scope == "session" and self.key_path is not None
        self.cell.settle(self._id, watched=watched, name=repr(self.key_path) if inside else None)

    def props(self) -> dict[str, Any]:
        """Return the properties for the config, which do not include the value."""
        return {
            "time_to_live": self.time_to_live,
            "delete_callback": None if self.delete_callback is None else "<function>",
            "name": "state",
            "_selectable": False,
        }

    def preprocess(self, payload: Any) -> Any:  # noqa: ARG002 # anything that a client sends for it is ignored
        """Return nothing, because the handler gets the value from the server."""
        return

    def postprocess(self, value: Any) -> None:
        """Return nothing, because the value is never sent."""

    def fresh(self) -> Any:
        """Return a new initial value; a factory runs again."""
        return self.cell.fresh()

    def update(self, fn: Callable[[Any], Any], owner: str | Owner | None = None) -> Any:
        """Set the value to the result of `fn`, atomically and in turn with all events that write the State.

        Inside an event that has the State among its outputs, the update is part of that event.

        Args:
            fn: Function that takes the value and returns the new one; can be async.
            owner: Owner of the value: a session's id (`request.session_hash`), a user name, or a browser's id. Not
                needed for `scope="app"`, nor inside an event, which has an owner.

        Returns:
            The new value; on the event loop an awaitable.

        Raises:
            UpdateError: `fn` returned nothing.
            NotBoundError: No running app has this State, or several do.
        """
        return access.update(self.cell, owner, fn)

    def set(self, value: Any, owner: str | Owner | None = None) -> Any:
        """Set the value; see `update`."""
        return access.put(self.cell, owner, value)

    def get(self, owner: str | Owner | None = None) -> Any:
        """Return a copy of the last committed value; on the event loop an awaitable.

        Args:
            owner: Owner of the value; see `update`.
        """
        return access.get(self.cell, owner)

    def undo(self, owner: str | Owner | None = None) -> Any:
        """Go back by one version, as in `button.click(state.undo, None, state)`.

        Args:
            owner: Owner of the value; see `update`. Not needed if the State is among the event's outputs.

        Returns:
            Value after the undo, or the current value if there is nothing to undo.

        Raises:
            StateError: The State keeps no history.
        """
        return access.move(self.cell, owner, "undo")

    def redo(self, owner: str | Owner | None = None) -> Any:
        """Revert the last `undo`; see there."""
        return access.move(self.cell, owner, "redo")
