"""Loads one file at a steady rate: ``python bench/load.py URL DIGEST SECONDS``.

A process of its own, so that nothing else that a benchmark does delays what is measured. Prints
the milliseconds that each request took as JSON, and fails if one gets anything but the file whose
SHA-256 is ``DIGEST``.
"""

import gc
import hashlib
import http.client
import json
import sys
import time
from urllib.parse import urlsplit

RATE = 100  # requests a second


def load(url: str, digest: str, seconds: float) -> list[float]:
    """Return how long each request took, milliseconds.

    Raises:
        RuntimeError: An answer is not the file.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    taken: list[float] = []
    following = time.perf_counter()
    end = following + seconds
    while (start := time.perf_counter()) < end:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        content = answer.read()
        now = time.perf_counter()
        if answer.status != http.client.OK or hashlib.sha256(content).hexdigest() != digest:
            raise RuntimeError(f"not the file: {answer.status}")
        taken.append((now - start) * 1000)
        following = max(following + 1 / RATE, now)
        time.sleep(following - now)
    return taken


if __name__ == "__main__":
    gc.collect()
    gc.freeze()
    json.dump(load(sys.argv[1], sys.argv[2], float(sys.argv[3])), sys.stdout)
