"""Visible state: What is shown is the state.

A text that the visitor may edit is input and output at once, so it needs no State. What is on the page is what the
function gets.
"""

import holdfast as gr


def number_lines(text: str) -> str:
    """Number the lines that have none yet."""
    lines = [line.partition(". ")[2] if line.partition(". ")[0].isdigit() else line for line in text.splitlines()]
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


with gr.Blocks(title="List") as demo:
    text = gr.Textbox(label="Your list", lines=10, placeholder="One thing a line")
    gr.Button("Number the lines", variant="primary").click(number_lines, text, text)

if __name__ == "__main__":
    demo.launch()
