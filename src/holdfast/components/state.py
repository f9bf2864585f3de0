"""State: a value of the visitor's own that stays on the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from holdfast.components.base import Component
from holdfast.graph.callsite import assigned_to
from holdfast.graph.events import Event
from holdfast.state import CellSpec, Owner, Scope, access


class State(Component):
    """A value that is kept on the server for each visitor, browser, user, or for everyone; it is never sent anywhere.

    A handler gets the owner's own object. What it returns and what it changes in place is committed when the handler
    succeeds, and forgotten when it fails.

    Args:
        value: The initial value; every owner gets a deep copy. A function is called once per owner to make it.
        render: Whether it belongs to the Blocks where it is made.
        time_to_live: Seconds after the last write until the value goes; `None` for no limit.
        delete_callback: Called with each value that is dropped.
        scope: Who shares it: `"session"`, every tab of a `"browser"`, a logged-in `"user"`, or the whole `"app"`.
        key: Its name across re-renders and versions of the program; scopes other than session need one.
        version: The version of the value's shape.
        migrate: Called as `migrate(value, version)` with a stored value of an older version; returns today's.
        history: How many earlier values are kept for `undo`.
        concurrency: `"last_write"`: events that write it do not wait for one another, as in Gradio.
        secret: The value is encrypted where it is stored, and never shown.
        **unknown: Refused, with the parameter that was meant.

    Raises:
        BuildError: An option is out of range; the message names it.
        TypeError: The initial value cannot be copied.
    """

    NAME: ClassVar[str] = "state"
    SKIP_API: ClassVar[bool] = True

    change = Event("Its content became another.", trigger_mode="always_last")

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
        """The program's variable that it is kept in: its name over versions of the program when it has no key."""
        self.time_to_live = time_to_live
        self.delete_callback = delete_callback
        super().__init__(None, render=render, key=key, **unknown)

    @property
    def value(self) -> Any:
        """A new initial value; no visitor's."""
        return self.cell.fresh()

    @value.setter
    def value(self, value: Any) -> None:  # noqa: ARG002 # a setter's signature
        raise AttributeError("A State's initial value is given when it is made; to change a visitor's, use set().")

    def settle(self, *, watched: bool) -> None:
        """Give its cells their name: the key, with those of the renders around it, else the id."""
        inside = self.rendered_in is not None and self.cell.scope == "session" and self.key_path is not None
        self.cell.settle(self._id, watched=watched, name=repr(self.key_path) if inside else None)

    def props(self) -> dict[str, Any]:
        """What the config tells of it: nothing of its value."""
        return {
            "time_to_live": self.time_to_live,
            "delete_callback": None if self.delete_callback is None else "<function>",
            "name": "state",
            "_selectable": False,
        }

    def preprocess(self, payload: Any) -> Any:  # noqa: ARG002 # whatever a client sends in its place is ignored
        """Nothing: the handler's value is the server's own."""
        return

    def postprocess(self, value: Any) -> None:
        """Nothing: it is never sent."""

    def fresh(self) -> Any:
        """A new initial value; a factory runs again."""
        return self.cell.fresh()

    def update(self, fn: Callable[[Any], Any], owner: str | Owner | None = None) -> Any:
        """Set it to what `fn` makes of its value: atomically, in turn with all events that write it.

        Inside an event that has it among its outputs, it is part of that event.

        Args:
            fn: Takes the value, returns the new one; may be async.
            owner: Whose: a session's id (`request.session_hash`), a user's name, a browser's id. Not needed for
                `scope="app"` and inside an event, which has an owner.

        Returns:
            The new value; on the event loop an awaitable of it.

        Raises:
            UpdateError: `fn` returned nothing.
            NotBoundError: No running app has this State, or several have.
        """
        return access.update(self.cell, owner, fn)

    def set(self, value: Any, owner: str | Owner | None = None) -> Any:
        """Set it to `value`; see `update`."""
        return access.put(self.cell, owner, value)

    def get(self, owner: str | Owner | None = None) -> Any:
        """A copy of the last committed value; on the event loop an awaitable of it.

        Args:
            owner: Whose; see `update`.
        """
        return access.get(self.cell, owner)

    def undo(self, owner: str | Owner | None = None) -> Any:
        """Go back by one version: `button.click(state.undo, None, state)`.

        Args:
            owner: Whose; see `update`. Not needed where the State is among the event's outputs.

        Returns:
            The value then; the present one when there is nothing to undo.

        Raises:
            StateError: It keeps no history.
        """
        return access.move(self.cell, owner, "undo")

    def redo(self, owner: str | Owner | None = None) -> Any:
        """Take the last `undo` back; see there."""
        return access.move(self.cell, owner, "redo")
