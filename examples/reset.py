"""Reset: Back to the start.

A `ClearButton` puts a State back to its first value, as often as a visitor likes. A first value that is a function is
made again each time.
"""

import holdfast as gr

START = 10


def take(left: int) -> tuple[int, str]:
    """One less, down to none."""
    left = max(0, left - 1)
    return left, f"{left} left"


def refill() -> tuple[int, str]:
    """As many as at the start."""
    return START, f"{START} left"


with gr.Blocks(title="Biscuits") as demo:
    left = gr.State(START)
    shown = gr.Textbox(label="Biscuits", interactive=False)
    with gr.Row():
        gr.Button("Take one", variant="primary").click(take, left, [left, shown])
        gr.Button("Refill").click(refill, None, [left, shown])
        gr.ClearButton([left, shown], value="Clear")

if __name__ == "__main__":
    demo.launch()
