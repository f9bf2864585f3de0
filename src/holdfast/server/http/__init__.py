"""Code shared by all routes: bodies, senders, errors, and streams."""
