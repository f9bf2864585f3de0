"""Scopes: Session, browser, user, or everyone.

`scope=` says who shares a State: one page, all tabs of a browser, or everyone. Press each button, then open the page in
a second tab and in a private window to see which counts go along.
"""

import holdfast as gr


def press(count: int) -> tuple[int, int]:
    """One more, kept and shown."""
    return count + 1, count + 1


with gr.Blocks(title="Scopes") as demo:
    counts = {
        "This page": gr.State(0),
        "This browser": gr.State(0, scope="browser", key="presses-of-browser"),
        "Everyone": gr.State(0, scope="app", key="presses-of-everyone"),
    }
    for name, count in counts.items():
        with gr.Row(equal_height=True):
            shown = gr.Number(label=name, interactive=False, precision=0)
            gr.Button(f"Press: {name.lower()}").click(press, count, [count, shown])
        count.change(lambda count: count, count, shown)
        demo.load(lambda count: count, count, shown)

if __name__ == "__main__":
    demo.launch()
