"""The web server of an app: its page, the page's socket, Gradio's HTTP routes, uploads, files, and login."""
