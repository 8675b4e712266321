"""The command as a process: its group, its log, its progress, and its end in every case."""

import fcntl
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from labelnext.errors import LabelnextError, ProjectError
from labelnext.files import disk_errors
from labelnext.protocols import Progress
from labelnext.wording import duration, plain

GRACE = 10.0  # seconds that a command has to end by itself when it is stopped
_POLL = 0.1
_SAID = re.compile(rb"labelnext-progress\s+(\d+)/(\d+)((?:\s+[\w.-]+=\S+)*)\s*")
_FIGURE = re.compile(rb"([\w.-]+)=(\S+)")
_TAIL_BYTES, _TAIL_LINES = 1 << 14, 8
_LONGEST = 1 << 16  # of a line that may be progress
_LONGEST_SHOWN = 300  # of a command in an error


class CommandError(LabelnextError):
    """The command failed, or did not do what it was given for; the message names its log."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a command.

    Attributes:
        words: The command, filled in.
        log: The file that its output is appended to.
        begin: Bytes of the log that are of earlier runs.
        seconds: How long it ran.
    """

    words: tuple[str, ...]
    log: Path
    begin: int
    seconds: float

    def error(self, what: str) -> CommandError:
        """One line that says what went wrong and where the output is, and the end of it below."""
        tail = _tail(self.log, self.begin)
        head = f"The training command {what.rstrip('.')}. Its output is in {self.log}"
        return CommandError("\n".join([f"{head}, which ends:" if tail else f"{head}.", *tail]))


def run(
    words: Sequence[str],
    *,
    log: Path,
    lock: Path,
    environment: Mapping[str, str],
    before: Callable[[], None],
    progress: Progress,
    grace: float = GRACE,
) -> Attempt:
    """Run a command to its end, in the working directory of this process.

    It has a process group of its own, which is ended (SIGTERM, and SIGKILL after `grace` seconds)
    when this process is interrupted or dies in any other way.

    Args:
        words: The command.
        log: Output and errors are appended to it.
        lock: A file that is locked as long as the command runs, so that it never runs twice.
        environment: Variables beside those of this process.
        before: Called when no earlier run is left, just before this one starts.
        progress: Told of lines `labelnext-progress DONE/TOTAL [name=number …]` in the output;
            before the first one, of the minutes that have passed, with a total of 0: not known.
        grace: Seconds between asking a command to end and ending it.

    Raises:
        CommandError: It cannot be started, or ended with another status than 0.
        ProjectError: It runs already, or the log cannot be written.
    """
    with disk_errors(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as handle:
            when = time.strftime("%Y-%m-%d %H:%M:%S")
            handle.write(f"# {when} in {Path.cwd()}: {shlex.join(words)}\n".encode())
            begin = handle.tell()
    begun = time.monotonic()
    with _locked(lock, grace) as held:
        before()
        status = _wait(words, log, begin, held, environment, progress, grace)
    attempt = Attempt(tuple(words), log, begin, time.monotonic() - begun)
    if status:
        took = duration(attempt.seconds)
        shown = plain(shlex.join(words), limit=_LONGEST_SHOWN)
        raise attempt.error(f"`{shown}` {_ended(status)} after {took}")
    return attempt


def _wait(
    words: Sequence[str],
    log: Path,
    begin: int,
    lock: int,
    environment: Mapping[str, str],
    progress: Progress,
    grace: float,
) -> int:
    """The exit status; negative, the number of the signal that ended it."""
    guard = Path(__file__).with_name("guard.py")
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(guard), str(log), str(lock), str(grace), *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **environment},
        start_new_session=True, pass_fds=[lock],
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    watch = _Watch(log, begin, progress)
    try:
        while process.poll() is None:
            watch.look()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_POLL)
        watch.look()
    finally:
        process.stdin.close()  # the guard ends the command, if it is still there
        try:
            process.wait(2 * grace + 1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        said = process.stdout.read()
        process.stdout.close()
        if not said:  # the guard itself was killed
            _kill(lock)
    return int(said) if said else -signal.SIGKILL


def _kill(lock: int) -> None:
    """End the group whose number the guard left in the lock."""
    left = os.pread(lock, 32, 0)
    with suppress(ValueError, ProcessLookupError, PermissionError):
        os.killpg(int(left), signal.SIGKILL)


@contextmanager
def _locked(path: Path, grace: float) -> Iterator[int]:
    """Hold a lock that the command inherits; one that is about to end is waited for.

    Raises:
        ProjectError: A command holds it and does not end.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        last = time.monotonic() + grace + 2
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > last:
                    who = os.pread(handle, 32, 0).decode() or "unknown"
                    raise ProjectError(
                        f"The training command is still running from before, as process {who}. "
                        f"Wait until it has ended, or end it (kill {who}), and give the command "
                        "again."
                    ) from None
                time.sleep(_POLL)
        yield handle
    finally:
        os.close(handle)


@dataclass(slots=True)
class _Watch:
    """Reads what is new in the log, and tells how far the command is."""

    log: Path
    place: int
    progress: Progress
    begun: float = field(default_factory=time.monotonic)
    told: float = -1.0
    partial: bytes = b""
    found: bool = False

    def look(self) -> None:
        with self.log.open("rb") as handle:
            handle.seek(self.place)
            while new := handle.read(1 << 20):
                self.place += len(new)
                self._read(new)
        minutes = (time.monotonic() - self.begun) / 60
        if not self.found and minutes * 60 >= self.told + 1:
            self.told = minutes * 60
            self.progress("train", 0, 0, minutes=minutes)

    def _read(self, new: bytes) -> None:
        *lines, self.partial = re.split(rb"[\r\n]", self.partial + new)
        self.partial = self.partial[-_LONGEST:]
        for line in lines:
            said = _SAID.fullmatch(line.strip())
            if said is None:
                continue
            done, total = int(said[1]), int(said[2])
            if 0 <= done <= total and total:
                self.found = True
                self.progress("train", done, total, **_figures(said[3]))


def _figures(text: bytes) -> dict[str, float]:
    found = {}
    for name, value in _FIGURE.findall(text):
        with suppress(ValueError):
            found[name.decode()] = float(value)
    return found


def _ended(status: int) -> str:
    if status > 0:
        return f"ended with status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


def _tail(log: Path, begin: int) -> list[str]:
    """The last lines of a run that say something."""
    try:
        with log.open("rb") as handle:
            end = handle.seek(0, os.SEEK_END)
            handle.seek(max(begin, end - _TAIL_BYTES))
            text = handle.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    lines = [plain(line.rstrip(), limit=_LONGEST_SHOWN) for line in re.split(r"[\r\n]+", text)]
    said = [line for line in lines if line and not line.startswith("labelnext-progress ")]
    return [f"  {line}" for line in said[-_TAIL_LINES:]]
