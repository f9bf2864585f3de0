"""The HTTP routes that Gradio's clients use."""
