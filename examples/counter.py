"""Counter: The smallest app that remembers.

A State belongs to one visitor, and a function gets it like any other input. Open the page in a second tab: it counts
for itself.
"""

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
