"""Messages: An Interface that remembers.

In an `Interface`, the string `"state"` among inputs and outputs is a State. The function gets it last and returns it
last.
"""

import holdfast as gr


def remember(message: str, earlier: list[str]) -> tuple[dict[str, object], list[str]]:
    """Show the new message and the earlier ones, newest first."""
    return {"now": message, "before": earlier[::-1]}, [*earlier, message]


demo = gr.Interface(
    remember,
    inputs=["textbox", gr.State(value=[])],
    outputs=["json", gr.State()],
    title="What was said",
)

if __name__ == "__main__":
    demo.launch()
