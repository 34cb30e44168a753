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
    """Return how long each request took from the moment when it was due, milliseconds.

    So a server that stands still is charged with every request that waits meanwhile.

    Raises:
        RuntimeError: An answer is not the file.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    taken: list[float] = []
    begin = time.perf_counter()
    for number in range(round(seconds * RATE)):
        due = begin + number / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        content = answer.read()
        taken.append((time.perf_counter() - due) * 1000)
        if answer.status != http.client.OK or hashlib.sha256(content).hexdigest() != digest:
            raise RuntimeError(f"not the file: {answer.status}")
    return taken


if __name__ == "__main__":
    gc.collect()
    gc.freeze()
    json.dump(load(sys.argv[1], sys.argv[2], float(sys.argv[3])), sys.stdout)
