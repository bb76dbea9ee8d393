"""Ports for servers: chosen before they are bound, so out of reach of whoever else is given one meanwhile."""

import random
import socket

# Below the ports that Linux (32768 on) and macOS (49152 on) give to connections by themselves.
PORTS = range(20_000, 32_000)
_given: set[int] = set()
# Hypothesis seeds the common generator alike in every process: two workers would choose the same.
_random = random.SystemRandom()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on and that this process has not returned before."""
    for port in _random.sample(PORTS, 100):
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise AssertionError(f"a hundred ports of {PORTS} are taken")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
