"""Ports of servers that are started again at the same address, or whose port must be known before they are started."""

from __future__ import annotations

import itertools
import os
import socket

_FIRST, _LAST = 20_000, 32_000
"""Below the ports that systems give out by themselves: a port found free here is given to nobody meanwhile."""
_numbers = itertools.count(os.getpid() * 97)
"""Processes that run tests at the same time begin far from each other."""


def free_port() -> int:
    """A port of the loopback on which nobody listens, another one at each call."""
    for number in itertools.islice(_numbers, _LAST - _FIRST):
        port = _FIRST + number % (_LAST - _FIRST)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise AssertionError("no port is free")
