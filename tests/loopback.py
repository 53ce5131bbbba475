"""Ports on loopback for whoever can only be told a number, and binds it later."""

import os
import socket
from itertools import count

_FIRST, _ALL, _EACH = 20_000, 12_000, 10
"""Below the ports that the kernel gives to whoever asks for any (Linux: from 32768); each process begins elsewhere."""
_next = count()


def unasked_port() -> int:
    """A port that nobody has and that is given to nobody else until it is bound."""
    while True:
        port = _FIRST + (os.getpid() * _EACH + next(_next)) % _ALL
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
