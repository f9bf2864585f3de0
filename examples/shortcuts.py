"""String shortcuts: components by name, a State among them."""

from __future__ import annotations

import holdfast as gr


def collect(word: str, state: list[str] | None) -> tuple[str, list[str]]:
    """Keep each word once, in order of arrival."""
    words = state or []
    if word and word not in words:
        words = [*words, word]
    return ", ".join(words), words


demo = gr.Interface(
    collect,
    inputs=["textbox", "state"],
    outputs=["textbox", "state"],
    title="Words",
)

if __name__ == "__main__":
    demo.launch()
