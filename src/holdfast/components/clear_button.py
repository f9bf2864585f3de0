"""Button that resets components and States to their initial values."""

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
    """A button that resets components to their initial values.

    States among them get a new initial value each time; a factory runs again. A component whose initial value came from
    a function or a file is emptied instead, because that value belongs to the page load.

    Args:
        components: Components to reset; add more with `add`.
        value: Text of the button, or a function that returns it.
        api_name: Name of the endpoint that resets States.
        api_visibility: Visibility of that endpoint in the API documentation.
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
        """Reset these components too.

        Args:
            components: A component or several; States are reset on the server, all others in the browser.
        """
        cleared = [components] if isinstance(components, Component) else list(components)
        for given in cleared:
            if not isinstance(given, Component):
                raise InvalidComponentError(
                    f"ClearButton clears components, but {given!r} is not one. Pass its components instead."
                )
        if current.get() is None:
            self._waiting += cleared
        else:
            self._listen(cleared)
        return self

    def render(self) -> Any:
        """Place the button, and register listeners for components that were added outside of a Blocks."""
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
        """Return the new text unchanged."""
        return value


def _start(component: Component) -> str:
    """Return a component's initial value as JSON."""
    start = json.dumps(component.value, default=str)
    return json.dumps(component.postprocess(None), default=str) if '"gradio.FileData"' in start else start


def _fresh(states: Sequence[State]) -> Any:
    """Return the function that gives each State a new initial value."""

    def clear() -> Any:
        values = [state.cell.fresh() for state in states]
        return values[0] if len(values) == 1 else tuple(values)

    return clear
