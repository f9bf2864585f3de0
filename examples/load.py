"""Load: Fill a State when the page opens.

`demo.load` runs once for each page that opens. It may read from a database or a file, and what it returns belongs to
that visitor.
"""

import holdfast as gr


def welcome(request: gr.Request) -> tuple[dict[str, str], str]:
    """Look at who is coming."""
    language = request.headers.get("accept-language", "en").split(",")[0]
    return {"language": language}, f"Ready. Your browser prefers {language}."


def recall(profile: dict[str, str]) -> str:
    """What was found when the page opened."""
    return f"Still remembered: {profile['language']}."


with gr.Blocks(title="At the start") as demo:
    profile = gr.State(value=None)
    status = gr.Textbox(label="Status", interactive=False)
    gr.Button("What do you remember?").click(recall, profile, status)
    demo.load(welcome, None, [profile, status])

if __name__ == "__main__":
    demo.launch()
