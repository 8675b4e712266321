"""Run a project again and again, killing it at chosen points, until it is complete.

Usage: kill_driver.py PROJECT CYCLES SEED KILLS

Everything is imported once; each try is a fork. Half of the tries kill themselves at a random one
of their writes to disk (before or after it), the others are killed after a random time. Prints how
many tries were killed, as JSON.
"""

import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from labelnext.rounds import loop
from labelnext.rounds.overview import opened


def run(project: Path, cycles: int) -> None:
    with opened(project, writing=True) as project_open:
        loop.run(project_open, cycles)


def dies_at_write(number: int, after: bool) -> None:
    """Make this process kill itself at its `number`-th write: a file's fsync or a commit."""
    sync, count = os.fsync, 0

    def write(real: Callable[[], object]) -> object:
        nonlocal count
        count += 1
        if count == number and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        done = real()
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *values: object) -> object:
            run = partial(super().execute, sql, *values)
            return write(run) if sql == "COMMIT" else run()

    os.fsync = lambda handle: write(partial(sync, handle))
    sqlite3.connect = partial(sqlite3.connect, factory=Connection)


def one_try(project: Path, cycles: int, draw: random.Random, longest: float) -> bool:
    """Whether the try was complete before it was killed."""
    at_write = draw.random() < 0.5
    number, after, seconds = draw.randint(1, 8), draw.random() < 0.5, draw.uniform(0, longest)
    child = os.fork()
    if child == 0:
        if at_write:
            dies_at_write(number, after)
        run(project, cycles)
        os._exit(0)
    if not at_write:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        sys.exit(f"a try failed with status {os.WEXITSTATUS(status)}")
    return os.WIFEXITED(status)


def main() -> None:
    project, cycles, seed, kills = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    draw = random.Random(seed)
    killed = 0
    while killed < kills:
        if one_try(project, cycles, draw, longest=0.7):
            break
        killed += 1
    child = os.fork()
    if child == 0:
        run(project, cycles)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        sys.exit(f"the last try failed with status {status}")
    print(json.dumps({"killed": killed}))


if __name__ == "__main__":
    main()
