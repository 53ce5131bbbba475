"""A sweep over a thousand endpoints: CPU a probe against a bare curl multi, and wall time with some that hang."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pycurl

from dr_core.health.http import Prober

Row = tuple[str, float, float, str]
_COUNT = 1000
_HUNG = 50
_TIMEOUT_S = 2.0
_SERVER = """
import asyncio, sys
async def answer(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 15\\r\\nConnection: close\\r\\n\\r\\n" + b'{"status":"ok"}')
    await writer.drain(); writer.close()
async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def _bare_cpu_s(url: str) -> float:
    """The same number of requests by curl's multi alone, a connection each."""
    multi = pycurl.CurlMulti()
    waiting = []
    for _ in range(_COUNT):
        curl = pycurl.Curl()
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.FORBID_REUSE, 1)
        curl.setopt(pycurl.FRESH_CONNECT, 1)
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.WRITEFUNCTION, lambda _: None)
        multi.add_handle(curl)
        waiting.append(curl)
    began = time.process_time()
    left = _COUNT
    while left:
        _, left = multi.perform()
        if left:
            multi.select(0.1)
    return time.process_time() - began


def rows() -> Iterator[Row]:
    """P1, with the server in a process of its own."""
    with subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/health"
        prober = Prober(total_timeout_s=_TIMEOUT_S)
        prober.sweep([url] * 10)
        began = time.process_time()
        answers = prober.sweep([url] * _COUNT)
        ours_s = time.process_time() - began
        good = sum(answer.status == 200 for answer in answers)
        bare_s = _bare_cpu_s(url)
        yield (
            "probe CPU / bare curl multi",
            ours_s / bare_s,
            5.0,
            f"{ours_s / _COUNT * 1e6:.0f} us a probe, {good} good",
        )
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            deaf.listen(_HUNG * 2)
            hung = f"http://127.0.0.1:{deaf.getsockname()[1]}/health"
            began = time.monotonic()
            prober.sweep([url] * (_COUNT - _HUNG) + [hung] * _HUNG)
            wall_s = time.monotonic() - began
        yield (
            "sweep with 5 % hung / the timeout",
            wall_s / _TIMEOUT_S,
            1.15,
            f"{wall_s:.2f} s, timeout {_TIMEOUT_S:g} s",
        )
        prober.close()
        server.kill()
