"""Runs a command in a process group of its own, and ends that group when standard input closes.

A program of its own, started with nothing but the standard library: however labelnext ends, killed
or not, its end of the pipe closes, and the command goes with it. Arguments: a file that output is
appended to, the number of an open file that holds a lock, seconds that the command has to end by
itself, and the command. The exit status of the command is printed; negative, the number of the
signal that ended it.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress


def main(log: str, lock: int, grace: float, words: list[str]) -> None:
    """Start the command, wait for its end or that of standard input, and say how it ended."""
    with open(log, "ab", buffering=0) as output:  # noqa: PTH123
        try:
            child = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, pass_fds=[lock],
            )  # fmt: skip
        except OSError as error:
            output.write(f"{words[0]}: {error.strerror}\n".encode())
            finish(127)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(child.pid).encode(), 0)
    threading.Thread(target=wait, args=(child,), daemon=True).start()
    sys.stdin.buffer.read()  # until whoever started this is gone, or wants it to end
    send(child.pid, signal.SIGTERM)
    time.sleep(grace)  # `wait` ends this process as soon as the command has ended
    send(child.pid, signal.SIGKILL)
    time.sleep(grace)


def wait(child: "subprocess.Popen[bytes]") -> None:
    """Say how the command ended; what it left behind in its group is ended with it."""
    status = child.wait()
    send(child.pid, signal.SIGTERM)
    finish(status)


def finish(status: int) -> None:
    """Print the status, and end at once, whatever other threads wait for."""
    try:
        os.write(1, str(status).encode())
    finally:
        os._exit(0)


def send(group: int, number: int) -> None:
    """Signal a process group, if there is still one."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])
