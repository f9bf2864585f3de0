"""Messages and config records as typed structs, and the generator diff. Pure: no I/O."""
