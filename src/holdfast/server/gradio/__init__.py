"""HTTP routes for Gradio's clients."""
