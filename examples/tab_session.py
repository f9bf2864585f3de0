"""Tab session: Refresh, and the draft is still there.

With `session="tab"`, State and everything that was typed belong to the browser tab. Write a line, save it, then refresh
the page or restart the server: nothing is lost.
"""

import holdfast as gr


def save(draft: str, versions: list[str]) -> tuple[list[str], str]:
    """Keep the draft as it is now."""
    versions = [*versions, draft]
    return versions, f"{len(versions)} saved, the last one with {len(draft.split())} words"


with gr.Blocks(title="Tab session", session="tab") as demo:
    versions = gr.State([], key="versions")
    draft = gr.Textbox(label="Draft", lines=6, placeholder="Write something, then refresh the page")
    saved = gr.Textbox(label="Versions", value="None saved yet", interactive=False)
    gr.Button("Save a version", variant="primary").click(save, [draft, versions], [versions, saved])

if __name__ == "__main__":
    demo.launch()
