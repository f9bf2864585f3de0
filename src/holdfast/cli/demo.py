"""`holdfast demo`: a small app that demonstrates State."""

from __future__ import annotations

import argparse

from holdfast.blocks import Blocks
from holdfast.cli.arguments import launch_options
from holdfast.components.button import Button
from holdfast.components.clear_button import ClearButton
from holdfast.components.markdown import Markdown
from holdfast.components.state import State
from holdfast.components.textbox import Textbox
from holdfast.graph.layouts import Row

TEXT = """# It holds
Press the button, then open this page in a second tab: each visitor has a separate count.
Press it as fast as you like: every press is counted."""


def serve(given: argparse.Namespace) -> int:
    """Serve the app until it is stopped."""
    build().launch(**launch_options(given))
    return 0


def build() -> Blocks:
    """Return the app."""
    with Blocks(title="Holdfast") as app:
        Markdown(TEXT)
        count = State(0)
        shown = Textbox(label="Presses so far", value="none", interactive=False)
        with Row():
            press = Button("Press", variant="primary")
            ClearButton([count, shown], value="Start over")
        press.click(_press, count, [count, shown], trigger_mode="multiple")
    return app


def _press(count: int) -> tuple[int, str]:
    return count + 1, str(count + 1)
