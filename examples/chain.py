"""Chain: One step after another.

A step that starts with `then` sees the State that the step before has left. If the first one fails, nothing of it
stays and the second one can tell.
"""

import holdfast as gr

Draft = dict[str, object]


def split(text: str, draft: Draft) -> tuple[Draft, str]:
    """First step: take the text apart."""
    draft["words"] = text.split()
    return draft, f"{len(text.split())} words found"


def count(draft: Draft) -> tuple[Draft, str]:
    """Second step: work with what the first one kept."""
    words = [str(word) for word in draft["words"]]  # type: ignore[attr-defined]
    draft["longest"] = max(words, key=len, default="")
    return draft, f"The longest is {draft['longest']!r}"


with gr.Blocks(title="One after the other") as demo:
    draft = gr.State({})
    text = gr.Textbox(label="Text", value="small steps go a long way")
    button = gr.Button("Read it", variant="primary")
    middle = gr.Textbox(label="After the first step", interactive=False)
    out = gr.Textbox(label="After the second step", interactive=False)
    button.click(split, [text, draft], [draft, middle]).then(count, draft, [draft, out])

if __name__ == "__main__":
    demo.launch()
