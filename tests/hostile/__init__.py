"""A hostile client: fuzzes routes and frames, and attacks each kind of data that a server keeps.

`python -m tests.hostile --seconds 3600` runs for an hour; CI runs a short part with a fixed seed.
"""
