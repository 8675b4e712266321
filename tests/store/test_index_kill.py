"""An import that is killed leaves the index as it was; given again, it is whole."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from labelnext.store.index import Index

# Forks a process for each line "path images statement seconds" and prints how it ended. That one
# imports; it kills itself at a SQL statement of the import, counted from 1, or is killed from
# outside after some seconds; 0 is never.
SERVER = """
import os, signal, sys, time
from pathlib import Path
from labelnext.store.index import Index
from labelnext.types import CheckedSample, GroundTruth, ImageRecord, Sample

def checked(i):
    truth = GroundTruth.from_boxes([[0, 0, i % 50 + 1, 1]] * (i % 3))
    record = ImageRecord(f"{i:06}", f"/data/{i:06}", 60, 40)
    return CheckedSample(Sample(record, truth), content=str(i))

def run(path, images, statement):
    def count(sql):
        nonlocal statement
        statement -= 1
        if statement == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    with Index.open(Path(path)) as index:
        if statement:
            index._connection.set_trace_callback(count)
        index.add("pool", "s", ("person",), map(checked, range(images)))

print("ready", flush=True)
for line in sys.stdin:
    path, images, statement, seconds = line.split()
    pid = os.fork()
    if not pid:
        run(path, int(images), int(statement))
        os._exit(0)
    if float(seconds):
        time.sleep(float(seconds))
        os.kill(pid, signal.SIGKILL)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
IMAGES = 2500


class Importer:
    """Imports in processes of their own."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        assert self._answer() == "ready"

    def __call__(self, path: Path, images: int, statement: int = 0, seconds: float = 0) -> int:
        """Exit status of one import; -9 where it was killed."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{path} {images} {statement} {seconds}\n")
        self.process.stdin.flush()
        return int(self._answer())

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@pytest.fixture(scope="module")
def importer() -> Iterator[Importer]:
    started = Importer()
    yield started
    started.process.kill()
    started.process.communicate()


def fresh(path: Path) -> Path:
    for name in ("", "-wal", "-shm"):
        Path(f"{path}{name}").unlink(missing_ok=True)
    Index.open(path, create=True).close()
    return path


def stored(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return list(connection.iterdump())


def is_whole(path: Path, empty: list[str], whole: list[str]) -> bool:
    """Whether everything is in; else nothing may be, and there is no file too many."""
    Index.open(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    now = stored(path)
    assert now in (empty, whole)
    assert {child.name for child in path.parent.iterdir()} == {path.name}
    return now == whole


def test_killed_at_random_moments(tmp_path: Path, importer: Importer) -> None:
    path = fresh(tmp_path / "index.sqlite")
    empty = stored(path)
    begin = time.perf_counter()
    assert importer(path, IMAGES) == 0
    seconds = time.perf_counter() - begin
    whole = stored(path)
    rng = random.Random(5)
    killed = 0
    while killed < 8:
        fresh(path)
        status = importer(path, IMAGES, seconds=rng.uniform(0.01, seconds))
        is_whole(path, empty, whole)
        if status == 0:  # it was faster than the first one
            seconds *= 0.8
            continue
        assert status == -signal.SIGKILL
        killed += 1
        assert importer(path, IMAGES) == 0
        assert is_whole(path, empty, whole)


def test_killed_at_each_statement(tmp_path: Path, importer: Importer) -> None:
    path = fresh(tmp_path / "index.sqlite")
    empty = stored(path)
    assert importer(path, 5) == 0
    whole = stored(path)
    fresh(path)
    statements = 1
    while importer(path, 5, statement=statements) == -signal.SIGKILL:
        if is_whole(path, empty, whole):  # killed behind the last one that matters
            break
        statements += 1
    assert statements > 12
    assert importer(path, 5) == 0
    assert is_whole(path, empty, whole)
