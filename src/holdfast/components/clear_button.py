"""A button that puts components and States back to their initial values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from typing_extensions import Self, Unpack

from holdfast.components.base import Component, ValueOptions
from holdfast.components.button import Button, ButtonSize, ButtonVariant
from holdfast.components.state import State
from holdfast.errors import InvalidComponentError
from holdfast.graph.context import current
from holdfast.graph.dependency import register
from holdfast.graph.listener import Visibility


class ClearButton(Button):
    """A button that puts components back to the values that they began with.

    States among them get their initial value afresh each time; a factory runs again. A component whose value began as
    a function's result or as a file is emptied: what it began with belongs to the page load.

    Args:
        components: What it clears; more can follow with `add`.
        value: Its text, or a function that gives it.
        api_name: Name of the endpoint that clears States.
        api_visibility: Whether that endpoint is documented.
        **options: See `Button`.
    """

    def __init__(
        self,
        components: Component | Sequence[Component] | None = None,
        *,
        value: Any = "Clear",
        variant: ButtonVariant = "secondary",
        size: ButtonSize = "lg",
        icon: str | Path | None = None,
        link: str | None = None,
        link_target: Literal["_self", "_blank", "_parent", "_top"] = "_self",
        interactive: bool = True,
        scale: int | None = None,
        min_width: int | None = None,
        api_name: str | None = None,
        api_visibility: Visibility = "undocumented",
        **options: Unpack[ValueOptions],
    ) -> None:
        self.api_name = api_name
        self.api_visibility: Visibility = api_visibility
        self._waiting: list[Component] = []
        super().__init__(
            value,
            variant=variant,
            size=size,
            icon=icon,
            link=link,
            link_target=link_target,
            interactive=interactive,
            scale=scale,
            min_width=min_width,
            **options,
        )
        if components is not None:
            self.add(components)

    def add(self, components: Component | Sequence[Component]) -> Self:
        """Clear these, too.

        Args:
            components: A component or several; a State is put back on the server, all others in the browser.
        """
        cleared = [components] if isinstance(components, Component) else list(components)
        for given in cleared:
            if not isinstance(given, Component):
                raise InvalidComponentError(
                    f"ClearButton clears components, but {given!r} is none. Name the components in it instead."
                )
        if current.get() is None:
            self._waiting += cleared
        else:
            self._listen(cleared)
        return self

    def render(self) -> Any:
        """Place the button; what it was given outside of a Blocks is cleared from now on."""
        super().render()
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._listen(waiting)
        return self

    def _listen(self, cleared: list[Component]) -> None:
        states = [c for c in cleared if isinstance(c, State)]
        shown = [c for c in cleared if not isinstance(c, State)]
        if shown:
            starts = ", ".join(_start(component) for component in shown)
            register(None, (self.click,), [], shown, {"js": f"() => [{starts}]", "api_visibility": "private"})
        if states:
            register(
                _fresh(states),
                (self.click,),
                [],
                states,
                {"api_name": self.api_name, "api_visibility": self.api_visibility},
            )

    def postprocess(self, value: Any) -> Any:
        """Its new text, as given."""
        return value


def _start(component: Component) -> str:
    """The value that a component began with, as JSON."""
    start = json.dumps(component.value, default=str)
    return json.dumps(component.postprocess(None), default=str) if '"gradio.FileData"' in start else start


def _fresh(states: Sequence[State]) -> Any:
    """The function that gives each State a new initial value."""

    def clear() -> Any:
        values = [state.cell.fresh() for state in states]
        return values[0] if len(values) == 1 else tuple(values)

    return clear
