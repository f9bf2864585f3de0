"""Layouts: the containers of a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from typing_extensions import TypedDict, Unpack

from holdfast.graph.block import BlockContext
from holdfast.graph.events import Event


class NamedOptions(TypedDict, total=False):
    """The options of layouts that take `visible` by position."""

    elem_id: str | None
    """`id` of its element, for CSS."""
    elem_classes: Sequence[str] | str | None
    """Classes of its element."""
    render: bool
    """Whether it is placed where it is made."""
    key: int | str | tuple[int | str, ...] | None
    """Identity across re-renders in `gr.render`."""
    preserved_by_key: Sequence[str] | str | None
    """Properties that a re-render keeps when the key is the same."""


class LayoutOptions(NamedOptions, total=False):
    """The options that all layouts share."""

    visible: bool | Literal["hidden"]
    """`False` keeps it out of the page, `"hidden"` in the page but unseen."""


class Row(BlockContext):
    """Blocks side by side.

    Args:
        variant: `"panel"` with a background, `"compact"` without gaps.
        scale: Its share of an outer row.
        height: Pixels, or any CSS length; longer content scrolls.
        max_height: As `height`.
        min_height: As `height`.
        equal_height: Whether its children are made equally high.
        show_progress: Whether the status of events that write it is shown on it.
        **options: See `LayoutOptions`.
    """

    NAME = "row"

    def __init__(
        self,
        *,
        variant: Literal["default", "panel", "compact"] = "default",
        scale: int | None = None,
        height: int | str | None = None,
        max_height: int | str | None = None,
        min_height: int | str | None = None,
        equal_height: bool = False,
        show_progress: bool = False,
        **options: Unpack[LayoutOptions],
    ) -> None:
        self.variant = variant
        self.scale = scale
        self.height = height
        self.max_height = max_height
        self.min_height = min_height
        self.equal_height = equal_height
        self.show_progress = show_progress
        super().__init__(**options)


class Column(BlockContext):
    """Blocks below each other.

    Args:
        scale: Its share of a row.
        min_width: Pixels below which the row wraps.
        variant: `"panel"` with a background, `"compact"` without gaps.
        show_progress: Whether the status of events that write it is shown on it.
        **options: See `LayoutOptions`.
    """

    NAME = "column"

    def __init__(
        self,
        *,
        scale: int = 1,
        min_width: int = 320,
        variant: Literal["default", "panel", "compact"] = "default",
        show_progress: bool = False,
        **options: Unpack[LayoutOptions],
    ) -> None:
        self.scale = scale
        self.min_width = min_width
        self.variant = variant
        self.show_progress = show_progress
        super().__init__(**options)


class Group(BlockContext):
    """Blocks in one frame, without gaps."""

    NAME = "group"

    def __init__(self, **options: Unpack[LayoutOptions]) -> None:
        super().__init__(**options)


class Form(BlockContext):
    """The frame that adjacent fields share; put around them when their container ends."""

    NAME = "form"

    def __init__(self, *, scale: int = 0, min_width: int = 0, **options: Unpack[LayoutOptions]) -> None:
        self.scale = scale
        self.min_width = min_width
        super().__init__(**options)


class Accordion(BlockContext):
    """Blocks that fold away under a heading.

    Args:
        label: The heading.
        open: Whether it starts unfolded.
        height: Pixels, or any CSS length; longer content scrolls.
        max_height: As `height`.
        **options: See `LayoutOptions`.
    """

    NAME = "accordion"
    expand = Event("It was unfolded.")
    collapse = Event("It was folded.")

    def __init__(
        self,
        label: str | None = None,
        *,
        open: bool = True,
        height: int | str | None = None,
        max_height: int | str | None = None,
        **options: Unpack[LayoutOptions],
    ) -> None:
        self.label = label
        self.open = open
        self.height = height
        self.max_height = max_height
        super().__init__(**options)


class Sidebar(BlockContext):
    """Blocks at the side of the page that slide away.

    Args:
        label: Its heading.
        open: Whether it starts open.
        width: Pixels, or any CSS length.
        position: The side.
        **options: See `LayoutOptions`.
    """

    NAME = "sidebar"
    expand = Event("It was opened.")
    collapse = Event("It was closed.")

    def __init__(
        self,
        label: str | None = None,
        *,
        open: bool = True,
        width: int | str = 320,
        position: Literal["left", "right"] = "left",
        **options: Unpack[LayoutOptions],
    ) -> None:
        self.label = label
        self.open = open
        self.width = width
        self.position = position
        super().__init__(**options)


class Tabs(BlockContext):
    """Tabs, one open at a time.

    Args:
        selected: `id` of the tab that is open at first.
        overflow_behavior: What happens to tabs that do not fit; `"scroll"` is treated as `"menu"`.
        **options: See `LayoutOptions`.
    """

    NAME = "tabs"
    change = Event("Another tab was opened, by the visitor or by an update.", trigger_mode="always_last")
    select = Event("The visitor opened a tab.", marks="_selectable")

    def __init__(
        self,
        *,
        selected: int | str | None = None,
        overflow_behavior: Literal["menu", "scroll"] = "menu",
        **options: Unpack[LayoutOptions],
    ) -> None:
        self.selected = selected
        self.overflow_behavior = overflow_behavior
        super().__init__(**options)


class Tab(BlockContext):
    """One tab. Tabs that stand alone get a `Tabs` around them.

    Args:
        label: Text of its button.
        visible: Whether it is shown.
        interactive: Whether it can be opened.
        id: What `Tabs(selected=…)` calls it.
        alignment: Where its button stands.
        scale: Its share of the height.
        height: Pixels, or any CSS length; longer content scrolls.
        max_height: As `height`.
        render_children: Whether its content is put on the page before it is opened.
        **options: See `NamedOptions`.
    """

    NAME = "tabitem"
    select = Event("The visitor opened it.", marks="_selectable")

    def __init__(
        self,
        label: Any = None,
        visible: bool | Literal["hidden"] = True,
        interactive: bool = True,
        *,
        id: int | str | None = None,
        alignment: Literal["left", "right"] = "left",
        scale: int | None = None,
        height: int | str | None = None,
        max_height: int | str | None = None,
        render_children: bool = False,
        **options: Unpack[NamedOptions],
    ) -> None:
        self.label = label
        self.interactive = interactive
        self.tab_id = id
        self.alignment = alignment
        self.scale = scale
        self.height = height
        self.max_height = max_height
        self.render_children = render_children
        super().__init__(visible=visible, **options)

    def props(self) -> dict[str, Any]:
        """Its properties; `id` is the tab's own, not the block's."""
        return {**super().props(), "id": self.tab_id}

    def get_block_name(self) -> str:
        """Gradio's name for it, which is not its type's."""
        return "tab"


class Walkthrough(BlockContext):
    """Steps, one at a time, in order.

    Args:
        selected: `id` of the step that is open at first.
        **options: See `LayoutOptions`.
    """

    NAME = "walkthrough"
    change = Event("Another step was opened.", trigger_mode="always_last")
    select = Event("The visitor opened a step.", marks="_selectable")

    def __init__(self, *, selected: int | None = None, **options: Unpack[LayoutOptions]) -> None:
        self.selected = selected
        super().__init__(**options)


class Step(BlockContext):
    """One step of a `Walkthrough`.

    Args:
        label: Its name.
        visible: Whether it is shown.
        interactive: Whether it can be opened.
        id: What `Walkthrough(selected=…)` calls it.
        scale: Its share of the height.
        **options: See `NamedOptions`.
    """

    NAME = "walkthroughstep"
    select = Event("The visitor opened it.", marks="_selectable")

    def __init__(
        self,
        label: str | None = None,
        visible: bool | Literal["hidden"] = True,
        interactive: bool = True,
        *,
        id: int | None = None,
        scale: int | None = None,
        **options: Unpack[NamedOptions],
    ) -> None:
        self.label = label
        self.interactive = interactive
        self.tab_id = id
        self.scale = scale
        super().__init__(visible=visible, **options)

    def props(self) -> dict[str, Any]:
        """Its properties; `id` is the step's own, not the block's."""
        return {**super().props(), "id": self.tab_id}

    def get_block_name(self) -> str:
        """Gradio's name for it, which is not its type's."""
        return "step"


TabItem = Tab
