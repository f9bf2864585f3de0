"""Conditional: Change the State, or leave it.

A function that returns a State unchanged changes nothing, and no `change` listener runs. Type a word twice to see the
difference.
"""

import holdfast as gr


def offer(price: float, limit: float, bought: list[float]) -> tuple[list[float], str]:
    """Buy only at or under the limit."""
    if price > limit:
        return bought, f"{price:g} is over {limit:g}: not bought. {len(bought)} so far."
    bought = [*bought, price]
    return bought, f"Bought for {price:g}. {len(bought)} so far, {sum(bought):g} in all."


with gr.Blocks(title="Bargains") as demo:
    bought = gr.State([])
    with gr.Row():
        price = gr.Number(label="Price", value=8)
        limit = gr.Number(label="At most", value=10)
    result = gr.Textbox(label="Result", interactive=False)
    changes = gr.Number(label="Times the State changed", value=0, interactive=False)
    gr.Button("Offer", variant="primary").click(offer, [price, limit, bought], [bought, result])
    bought.change(lambda number: number + 1, changes, changes)

if __name__ == "__main__":
    demo.launch()
