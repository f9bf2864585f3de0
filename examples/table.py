"""Table: Edit cells, and nothing is lost.

A Dataframe is a table that visitors edit like a spreadsheet: sort, search, paste, undo. The function gets it as rows,
and its answer appears beside it.
"""

import holdfast as gr

LOST: list[list[str | int]] = [["Lindholm", 33], ["Northgate", 9], ["Harbour", 5], ["Saltmarsh", 12]]


def summary(rows: list[list[str | int]]) -> str:
    """How many parcels were lost, and where most of them."""
    lost = {str(depot): int(count or 0) for depot, count in rows if depot}
    worst = max(lost, key=lambda depot: lost[depot], default="nowhere")
    return f"{sum(lost.values())} parcels lost, most of them at {worst}"


with gr.Blocks(title="Table") as demo:
    table = gr.Dataframe(
        LOST, headers=["Depot", "Lost"], datatype=["str", "number"], type="array", label="Losses", show_search="search"
    )
    total = gr.Textbox(label="In short", value=summary(LOST), interactive=False)
    table.change(summary, table, total)

if __name__ == "__main__":
    demo.launch()
