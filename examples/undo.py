"""Undo: A State with a history.

A State with `history=20` keeps its last 20 values. Its `undo` and `redo` are functions, so any button can call them.
"""

import holdfast as gr

PARCELS = {"Lindholm": 4120, "Aspen Quay": 5190, "Northgate": 7844}


def add(stops: list[str], name: str) -> tuple[list[str], str]:
    """One more stop."""
    return ([*stops, name] if name else stops), ""


def rows(stops: list[str]) -> list[list[str | int]]:
    """The route as a table."""
    return [[i, stop, PARCELS.get(stop, 0)] for i, stop in enumerate(stops, 1)]


with gr.Blocks(title="Undo") as demo:
    stops = gr.State(["Lindholm", "Aspen Quay"], history=20)
    name = gr.Textbox(label="Next stop", submit_btn="Add")
    route = gr.Dataframe(headers=["#", "Stop", "Parcels"], label="Route", column_formats={"Parcels": ","})
    with gr.Row():
        gr.Button("Undo").click(stops.undo, None, stops)
        gr.Button("Redo").click(stops.redo, None, stops)
    name.submit(add, [stops, name], [stops, name])
    stops.change(rows, stops, route)
    demo.load(rows, stops, route)

if __name__ == "__main__":
    demo.launch()
