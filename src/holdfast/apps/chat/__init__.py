"""`gr.ChatInterface`: a chat from one function of a message and the conversation before it."""
