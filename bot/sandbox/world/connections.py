"""What a dead or silent network does to a connection: reset it, or notice that the client has given up."""

import os
import select
import socket
import ssl
import struct


def reset(connection: object) -> None:
    """Close with RST: the client sees a reset at once, never an empty answer."""
    if isinstance(connection, socket.socket) and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())


def gone(connection: object) -> bool:
    """Whether the client has closed its side while it waits for an answer."""
    if not isinstance(connection, socket.socket):
        return False
    poller = select.poll()
    poller.register(connection, select.POLLIN)
    if not poller.poll(0):
        return False
    # Over TLS the only thing a waiting client still sends is its goodbye.
    return isinstance(connection, ssl.SSLSocket) or not connection.recv(1, socket.MSG_PEEK)
