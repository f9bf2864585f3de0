"""Scores: What is outside belongs to everyone.

A plain list outside of the function is shared by all visitors, as in any Python program. A State is the opposite: one
for each of them.
"""

import holdfast as gr

scores: list[float] = []


def enter(score: float) -> list[float]:
    """Keep a score and give back the best three so far, everybody's."""
    scores.append(score)
    return sorted(scores, reverse=True)[:3]


demo = gr.Interface(
    enter,
    gr.Number(label="Your score"),
    gr.JSON(label="Best three"),
    title="High scores",
    description="Open this page twice: both windows add to the same table.",
)

if __name__ == "__main__":
    demo.launch()
