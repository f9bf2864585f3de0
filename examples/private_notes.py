"""Login: A visitor's own notes, behind a name.

`auth` asks for a name and a password, and a State with `scope="user"` follows that person to every device. Sign in as
ada with the password lovelace in one browser and in another one: both show the same notes.
"""

import holdfast as gr

ACCOUNTS = [("ada", "lovelace"), ("alan", "turing")]


def write(note: str, notes: list[str]) -> tuple[str, list[str]]:
    """One more note."""
    return "", ([*notes, note] if note else notes)


def listed(notes: list[str], request: gr.Request) -> str:
    """The notes of the visitor, under their name."""
    return f"## Notes of {request.username}\n" + ("\n".join(f"- {note}" for note in notes) or "None yet.")


with gr.Blocks(title="Notes") as demo:
    notes = gr.State([], scope="user", key="notes")
    text = gr.Markdown()
    note = gr.Textbox(label="Note", placeholder="Something to remember", submit_btn="Keep")
    note.submit(write, [note, notes], [note, notes])
    notes.change(listed, notes, text)
    demo.load(listed, notes, text)

if __name__ == "__main__":
    demo.launch(auth=ACCOUNTS, auth_message="Sign in as ada (lovelace) or as alan (turing).")
