"""Chat: A Chatbot built by hand.

The conversation is the Chatbot's own value: the function gets it as a list of messages and returns it longer. Use
this form when a chat is one part of a larger app.
"""

import random
import time
from typing import Any

import holdfast as gr

THINKING_TIME = 1.0
ANSWERS = ("Tell me more.", "How did that feel?", "And then?", "I would not have guessed that.")


def answer(message: str, history: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """Think for a moment, then add the message and an answer."""
    time.sleep(THINKING_TIME)
    history.append({"role": "user", "content": message})
    history.append({"role": "assistant", "content": random.choice(ANSWERS)})  # noqa: S311 -- small talk
    return "", history


with gr.Blocks(title="Small talk") as demo:
    chatbot = gr.Chatbot(label="Small talk")
    box = gr.Textbox(label="Message", placeholder="Say something and press Enter")
    gr.ClearButton([box, chatbot])
    box.submit(answer, [box, chatbot], [box, chatbot])

if __name__ == "__main__":
    demo.launch()
