"""The one place that holds the package's version."""

__version__ = "0.1.0"

GRADIO_VERSION = "6.31.0"
"""The Gradio release whose protocol and API Holdfast serves; clients read it from the config to pick their routes."""
