"""`gr.ChatInterface`: a chat app made from one function of a message and the conversation so far."""
