"""`gr.TabbedInterface`: several apps in tabs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import Unpack

from holdfast.blocks import Blocks, BlocksOptions
from holdfast.components.markdown import Markdown
from holdfast.errors import BuildError
from holdfast.graph.callsite import warn
from holdfast.graph.layouts import Tab, Tabs


class TabbedInterface(Blocks):
    """Several apps combined into one app with tabs.

    Args:
        interface_list: Apps, one per tab.
        tab_names: Texts of the tabs; by default "Tab 0", "Tab 1", ….
        title: Heading above the tabs, and title of the browser tab.
        analytics_enabled: Accepted for compatibility with Gradio; no data is ever sent.
        tabs_kwargs: Options of the surrounding `gr.Tabs`.
        **options: See `Blocks`.
    """

    def __init__(
        self,
        interface_list: Sequence[Blocks],
        tab_names: Sequence[str] | None = None,
        title: str | None = None,
        analytics_enabled: bool | None = None,
        tabs_kwargs: Mapping[str, Any] | None = None,
        **options: Unpack[BlocksOptions],
    ) -> None:
        if isinstance(interface_list, Blocks):
            raise BuildError("TabbedInterface takes a list of apps, but got one app. Write [app], or pass several.")
        for interface in interface_list:
            if not isinstance(interface, Blocks):
                raise BuildError(
                    f"{interface!r}, a {type(interface).__name__}, cannot be a tab. "
                    "Pass apps: gr.Interface, gr.ChatInterface or gr.Blocks."
                )
        super().__init__(
            analytics_enabled=analytics_enabled, mode="tabbed_interface", title=title or "Holdfast", **options
        )
        names = _names(tab_names, len(interface_list))
        with self:
            if title:
                Markdown(f"<h1 style='text-align: center; margin-bottom: 1rem'>{title}</h1>")
            with Tabs(**(tabs_kwargs or {})):
                for interface, name in zip(interface_list, names, strict=True):
                    with Tab(name):
                        interface.render()


def _names(given: Sequence[str] | None, count: int) -> list[str]:
    """Return one name per app: missing names are numbered, surplus names are dropped."""
    names = list(given or ())
    if names and len(names) != count:
        warn(f"There are {count} apps and {len(names)} tab names. Pass one name for each app, or none.")
    return names[:count] + [f"Tab {number}" for number in range(len(names), count)]
