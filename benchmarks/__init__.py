"""Measurements of Holdfast beside Gradio and a floor; see README.md."""
