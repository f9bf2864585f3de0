"""The web side of an app: its page, the page's socket, Gradio's HTTP routes, uploads, files, login. No app logic."""
