"""Chat interface: A conversation that streams.

`ChatInterface` turns one function of message and history into a whole chat. Every `yield` is shown as soon as it is
there.
"""

import time
from collections.abc import Iterator
from typing import Any

import holdfast as gr

PAUSE = 0.05


def tell(message: str, history: list[dict[str, Any]]) -> Iterator[str]:
    """Repeat the message word by word, slowly enough to watch."""
    asked = sum(turn["role"] == "user" for turn in history) + 1
    answer = f"You said, as number {asked}:"
    for word in message.split():
        answer += f" {word}"
        time.sleep(PAUSE)
        yield answer


demo = gr.ChatInterface(
    tell,
    title="Echo",
    description="Stop it, try again, undo, edit what you said, or clear everything.",
    examples=["Good morning", "one two three four five six seven eight nine ten"],
    editable=True,
)

if __name__ == "__main__":
    demo.launch()
