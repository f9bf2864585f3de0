"""A hostile client: fuzzes routes and frames, and runs the attacks of which each names something that a server keeps.

`python -m tests.hostile --seconds 3600` goes on for an hour; CI runs a short part with a fixed seed.
"""
