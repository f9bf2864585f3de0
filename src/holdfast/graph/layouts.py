"""Layouts: the containers of a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from typing_extensions import TypedDict, Unpack

from holdfast.graph.block import BlockContext
from holdfast.graph.events import Event


class NamedOptions(TypedDict, total=False):
    """Options of layouts that accept `visible` as a positional argument."""

    elem_id: str | None
    """`id` of the layout's HTML element, for CSS."""
    elem_classes: Sequence[str] | str | None
    """CSS classes of the layout's HTML element."""
    render: bool
    """Whether to place the layout where it is created."""
    key: int | str | tuple[int | str, ...] | None
    """Identity across re-renders in `gr.render`."""
    preserved_by_key: Sequence[str] | str | None
    """Properties that keep their values when a re-render uses the same key."""


class LayoutOptions(NamedOptions, total=False):
    """Options that all layouts share."""

    visible: bool | Literal["hidden"]
    """`False` leaves the layout out of the page; `"hidden"` renders it invisibly."""


class Row(BlockContext):
    """Blocks side by side.

    Args:
        variant: `"panel"` with a background, `"compact"` without gaps.
        scale: Share of an outer row's width.
        height: Height in pixels or as a CSS length; longer content scrolls.
        max_height: Maximum height, like `height`.
        min_height: Minimum height, like `height`.
        equal_height: Whether all children have the same height.
        show_progress: Whether to show the status of events that write to the row.
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
    """Blocks stacked vertically.

    Args:
        scale: Share of a row's width.
        min_width: Width in pixels below which the row wraps.
        variant: `"panel"` with a background, `"compact"` without gaps.
        show_progress: Whether to show the status of events that write to the column.
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
    """Frame that adjacent fields share, added when their container ends."""

    NAME = "form"

    def __init__(self, *, scale: int = 0, min_width: int = 0, **options: Unpack[LayoutOptions]) -> None:
        self.scale = scale
        self.min_width = min_width
        super().__init__(**options)


class Accordion(BlockContext):
    """Blocks that can be collapsed under a heading.

    Args:
        label: Heading of the accordion.
        open: Whether the accordion is initially expanded.
        height: Height in pixels or as a CSS length; longer content scrolls.
        max_height: Maximum height, like `height`.
        **options: See `LayoutOptions`.
    """

    NAME = "accordion"
    expand = Event("The accordion was expanded.")
    collapse = Event("The accordion was collapsed.")

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
    """Collapsible panel at the side of the page.

    Args:
        label: Heading of the sidebar.
        open: Whether the sidebar is initially open.
        width: Width in pixels or as a CSS length.
        position: Side of the page.
        **options: See `LayoutOptions`.
    """

    NAME = "sidebar"
    expand = Event("The sidebar was opened.")
    collapse = Event("The sidebar was closed.")

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
    """Tabs, one of which is open.

    Args:
        selected: `id` of the tab that is initially open.
        overflow_behavior: How to show tabs that do not fit; `"scroll"` is treated as `"menu"`.
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
    """One tab. Adjacent tabs outside a `Tabs` are wrapped in one.

    Args:
        label: Text of the tab's button.
        visible: Whether the tab is shown.
        interactive: Whether the tab can be opened.
        id: Id for `Tabs(selected=…)`.
        alignment: Alignment of the tab's button.
        scale: Share of the height.
        height: Height in pixels or as a CSS length; longer content scrolls.
        max_height: Maximum height, like `height`.
        render_children: Whether to render the content before the tab is opened.
        **options: See `NamedOptions`.
    """

    NAME = "tabitem"
    select = Event("The visitor opened the tab.", marks="_selectable")

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
        """Return the properties; `id` is the tab's id, not the block's."""
        return {**super().props(), "id": self.tab_id}

    def get_block_name(self) -> str:
        """Return Gradio's name for the type, which differs from `NAME`."""
        return "tab"


class Walkthrough(BlockContext):
    """Sequence of steps, one of which is open.

    Args:
        selected: `id` of the step that is initially open.
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
        label: Name of the step.
        visible: Whether the step is shown.
        interactive: Whether the step can be opened.
        id: Id for `Walkthrough(selected=…)`.
        scale: Share of the height.
        **options: See `NamedOptions`.
    """

    NAME = "walkthroughstep"
    select = Event("The visitor opened the step.", marks="_selectable")

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
        """Return the properties; `id` is the step's id, not the block's."""
        return {**super().props(), "id": self.tab_id}

    def get_block_name(self) -> str:
        """Return Gradio's name for the type, which differs from `NAME`."""
        return "step"


TabItem = Tab
