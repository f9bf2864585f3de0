"""String shortcuts: Components by name.

Where a component needs no options, its name is enough: `"textbox"`, `"number"`, `"state"`. The program gets shorter
and behaves the same.
"""

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
