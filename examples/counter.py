"""Counter: the smallest app that remembers something."""

from __future__ import annotations

import holdfast as gr


def press(count: int) -> tuple[int, str]:
    """One more."""
    count += 1
    return count, f"Pressed {count} {'time' if count == 1 else 'times'}"


with gr.Blocks(title="Counter") as demo:
    count = gr.State(value=0)
    report = gr.Textbox(label="So far", value="Not pressed yet", interactive=False)
    gr.Button("Press", variant="primary").click(press, count, [count, report])

if __name__ == "__main__":
    demo.launch()
