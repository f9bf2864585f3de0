"""Values of any kind: compared, copied, weighed, and captured for an undo or a store."""
