"""Shared live: One value, on every page at once.

A State with `scope="app"` belongs to everyone, and every open page follows its changes. Open this page twice and vote
in one of them: two votes at the same moment both count.
"""

from collections.abc import Callable

import holdfast as gr

Votes = dict[str, int]
DRINKS = ("Tea", "Coffee", "Water")


def vote_for(drink: str) -> Callable[[Votes], Votes]:
    """What a button does: one more vote for its drink."""
    return lambda votes: {**votes, drink: votes[drink] + 1}


def rows(votes: Votes) -> list[list[str | int]]:
    """The votes as a table, the favorite first."""
    return [list(row) for row in sorted(votes.items(), key=lambda row: -row[1])]


with gr.Blocks(title="Shared live") as demo:
    votes = gr.State(dict.fromkeys(DRINKS, 0), scope="app", key="votes")
    with gr.Row():
        for drink in DRINKS:
            gr.Button(drink).click(vote_for(drink), votes, votes)
    table = gr.Dataframe(headers=["Drink", "Votes"], label="Votes of everyone", interactive=False)
    votes.change(rows, votes, table)
    demo.load(rows, votes, table)

if __name__ == "__main__":
    demo.launch()
