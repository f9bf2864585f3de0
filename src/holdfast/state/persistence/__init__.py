"""Cells in a durable store: read, written, kept during an outage, and dropped when they expire."""
