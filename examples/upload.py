"""Upload: Read a file and show its first rows.

A File hands the function the path of what a visitor dropped. What the function cannot read becomes a sentence at the
field, and the app goes on.
"""

import csv
from pathlib import Path

import holdfast as gr

SHOWN = 10


def first_rows(path: str | None) -> dict[str, list[object]]:
    """The head of a CSV file."""
    if path is None:
        return {"headers": ["Column"], "data": []}
    try:
        headers, *rows = csv.reader(Path(path).read_text("utf-8").splitlines())
    except (UnicodeDecodeError, ValueError, csv.Error):
        raise gr.Error("This is not a CSV file in UTF-8. Save it as CSV and drop it again.") from None
    return {"headers": list(headers), "data": [(row + [""] * len(headers))[: len(headers)] for row in rows[:SHOWN]]}


with gr.Blocks(title="Upload") as demo:
    file = gr.File(label="CSV file", file_types=[".csv"])
    table = gr.Dataframe(headers=["Column"], label="First rows", interactive=False)
    file.change(first_rows, file, table)

if __name__ == "__main__":
    demo.launch()
