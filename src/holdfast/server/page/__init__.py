"""The page: its HTML, its built files, and its protocol over a WebSocket or HTTP."""
