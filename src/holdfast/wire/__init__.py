"""Every message and config record as a typed struct, and the generator diff. Pure: no I/O."""
