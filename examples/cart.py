"""Cart: Count what changed.

A listener of a State's `change` runs after every event that changed it, and only then. The cart below shows its count
without the button knowing about it.
"""

import holdfast as gr


def add(chosen: list[str], basket: list[str]) -> list[str]:
    """Put what is ticked into the basket."""
    return basket + chosen


with gr.Blocks(title="Basket") as demo:
    basket = gr.State([])
    wares = gr.CheckboxGroup(["Apples", "Bread", "Cheese", "Dates"], label="What would you like?")
    items = gr.Number(label="Items in the basket", value=0, interactive=False)
    gr.Button("Put into the basket", variant="primary").click(add, [wares, basket], basket)
    basket.change(len, basket, items)

if __name__ == "__main__":
    demo.launch()
