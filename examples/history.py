"""History: Two States in one step.

An event may write several States, and they change together or not at all. Here a number and the list of its earlier
values go hand in hand.
"""

import holdfast as gr


def say(text: str, count: int, lines: list[str]) -> tuple[int, list[str], str]:
    """Number the text and put it under the others."""
    count += 1
    lines.append(f"{count}. {text}")
    return count, lines, "\n".join(lines)


with gr.Blocks(title="History") as demo:
    count = gr.State(0)
    lines = gr.State([])
    text = gr.Textbox(label="Text")
    add = gr.Button("Add", variant="primary")
    shown = gr.Textbox(label="All texts", lines=5, interactive=False)
    gr.on([add.click, text.submit], say, [text, count, lines], [count, lines, shown])

if __name__ == "__main__":
    demo.launch()
