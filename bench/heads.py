"""Sends HEAD requests: ``python -m bench.heads URL SECONDS`` prints how many a second.

wrk cannot: it waits for the body that such an answer does not have.
"""

import asyncio
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

_CONNECTIONS = 32
_END = b"\r\n\r\n"


def rate(url: str, seconds: float) -> float:
    """Return how many requests a second a server answers on 32 connections.

    Raises:
        RuntimeError: An answer is not 200.
    """
    parts = urlsplit(url)
    request = f"HEAD {parts.path} HTTP/1.1\r\nHost: {parts.netloc}".encode() + _END
    address = (parts.hostname or "", parts.port or 80)
    sockets = [socket.create_connection(address) for _ in range(_CONNECTIONS)]
    count, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        for each in sockets:
            each.sendall(request)
        for each in sockets:
            answer = each.recv(65536)
            while not answer.endswith(_END):
                answer += each.recv(65536)
            if not answer.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(f"{url}: {answer!r}")
            count += 1
    return count / (time.perf_counter() - begin)


async def run(url: str, seconds: float, prefix: Sequence[str] = ()) -> float:
    """Return what a process of its own measures; ``prefix`` goes before its command."""
    process = await asyncio.create_subprocess_exec(
        *(*prefix, sys.executable, "-m", "bench.heads", url, str(seconds)),
        cwd=Path(__file__).parents[1],
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"HEAD {url} failed")
    return float(output)


if __name__ == "__main__":
    print(rate(sys.argv[1], float(sys.argv[2])))
