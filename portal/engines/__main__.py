"""The embedded engines from the shell: `python -m portal.engines watch|status|stop`."""

from __future__ import annotations

import os
import signal
import sys
import threading

from portal.engines import database_url, postgres, redis, redis_url, users
from portal.engines.home import EnginesError, engines_lock


def main(words: list[str]) -> int:
    """Run one command; exit code 0, 1 for trouble, 2 for a wrong word."""
    commands = {"watch": watch, "status": status, "stop": stop}
    if len(words) != 1 or words[0] not in commands:
        _say("usage: python -m portal.engines watch|status|stop")
        return 2
    try:
        return commands[words[0]]()
    except EnginesError as error:
        _say(str(error), sys.stderr)
        return 1


def watch() -> int:
    """Keep the embedded engines running until SIGTERM or SIGINT, starting again within a second what dies."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    _say(database_url())
    _say(redis_url())
    while not ended.wait(1):
        for name, engine in _embedded().items():
            if not engine.is_up():
                _mend(name, engine)
    return 0


def status() -> int:
    """Print what runs; exit code 1 when an embedded engine is down."""
    numbers = {name: engine.pid() if engine.is_up() else None for name, engine in _embedded().items()}
    for name, number in numbers.items():
        _say(f"{name}: running, process {number}" if number else f"{name}: not running")
    return 0 if all(numbers.values()) else 1


def stop() -> int:
    """Stop the engines unless a process uses them."""
    if users.stop_unless_used():
        return 0
    _say("A running command uses the engines. End it first.", sys.stderr)
    return 1


def _embedded() -> dict:
    names = {"PostgreSQL": (postgres, "DATABASE_URL"), "Redis": (redis, "REDIS_URL")}
    return {name: engine for name, (engine, variable) in names.items() if not os.environ.get(variable)}


def _mend(name: str, engine) -> None:
    try:
        with engines_lock():
            if engine.is_up():
                return
            was = engine.pid()
            engine.ensure()
    except EnginesError as error:  # tried again a second later
        _say(str(error), sys.stderr)
    else:
        if engine.pid() != was:
            _say(f"{name} was down and has been restarted.", sys.stderr)


def _say(text: str, stream=sys.stdout) -> None:
    stream.write(text + "\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
