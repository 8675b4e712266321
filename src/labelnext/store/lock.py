"""One writer at a time on a project; a second one is told who holds it."""

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labelnext.errors import ProjectError
from labelnext.files import disk_errors


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file for the duration of the block; the kernel frees it if the process dies.

    Raises:
        ProjectError: Another process holds it; the message gives its number, command and start.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ProjectError(_held(path)) from None
        holder = {"pid": os.getpid(), "command": " ".join(sys.argv), "since": time.time()}
        with disk_errors(path):
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(holder).encode(), 0)
        yield
    finally:
        os.close(handle)


def _held(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(holder["since"]))
        who = f"process {holder['pid']} ({holder['command']}) since {since}"
    except (OSError, ValueError, KeyError):
        who = "another process"
    return (
        f"The project {path.parent.parent} is in use by {who}. Wait until it has finished, or stop "
        "it, and give the command again; `labelnext status` can be used meanwhile."
    )
