"""What all routes share: bodies, senders, errors, and streams."""
