"""Runs events: every kind of function as steps, in lanes and queues, with progress and cancel. Knows nothing of HTTP."""
