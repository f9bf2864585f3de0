"""Large: A million numbers for each visitor.

A State may be large: a change is seen without copying the value. Other visitors' clicks do not wait for it.
"""

import random

import holdfast as gr

SIZE = 1_000_000


def numbers() -> list[int]:
    """A list of its own for each visitor: a State's value may be a function that makes it."""
    return list(range(SIZE))


def look(values: list[int], place: float) -> str:
    """Reading costs nothing extra, however long the list is."""
    return f"At {int(place):,} of {len(values):,} stands {values[int(place) % len(values)]:,}"


def change(values: list[int], place: float) -> tuple[list[int], str]:
    """One number changes in place; nobody else's list does."""
    values[int(place) % len(values)] = random.randrange(SIZE)  # noqa: S311 -- any number will do
    return values, look(values, place)


with gr.Blocks(title="A million numbers") as demo:
    values = gr.State(numbers)
    place = gr.Number(label="Place", value=0, precision=0)
    found = gr.Textbox(label="Found", interactive=False)
    with gr.Row():
        gr.Button("Look").click(look, [values, place], found)
        gr.Button("Change", variant="primary").click(change, [values, place], [values, found])

if __name__ == "__main__":
    demo.launch()
