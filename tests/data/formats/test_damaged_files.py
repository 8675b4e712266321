"""Damaged and hostile files, a thousand of each format: a clear error, or a whole data set."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labelnext import plugins
from tests.data.formats.shared.bases import BASES

ROOT = Path(__file__).parents[3]
COUNT = 1000


def test_every_reader_is_checked_here() -> None:
    assert sorted(BASES) == plugins.names("readers")


@pytest.mark.parametrize("name", BASES)
def test_damaged_files(name: str, tmp_path: Path) -> None:
    share = -(-COUNT // len(BASES[name]))
    reports = [_run(base.__name__, name, share, tmp_path) for base in BASES[name]]
    failures = [failure for report in reports for failure in report["failures"]]
    assert not failures, "\n".join(failures[:20])
    assert sum(report["count"] for report in reports) >= COUNT
    noticed = [report["outcomes"].get("error", 0) + report["outcomes"].get("said", 0)
               for report in reports]  # fmt: skip
    assert all(noticed)


FAULTY = """
import json, sys
from pathlib import Path
from labelnext import plugins
from labelnext.data.dataset import SampleSet
from labelnext.data.formats import coco
from labelnext.errors import LabelnextError
from labelnext.types import ImageRecord, Sample
from tests.data.formats.shared import child

child.CPU_SECONDS = 0.02
good = []

def read(location):
    good.append(location.read_bytes() if not good else good[0])
    if location.is_file() and location.read_bytes() == good[0]:
        return coco.read(location)
    FAULT

def one(key, path):
    return SampleSet((), [Sample(ImageRecord(key, str(path), 1, 1))])

plugins.load = lambda group, name: read
child.guess = lambda place: "coco"
child.signal.signal(child.signal.SIGVTALRM, child._hang)
print(json.dumps(child.main("coco", "coco", 1, Path(sys.argv[1]))))
"""


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("raise KeyError('x')", "KeyError: 'x'"),
        ("bytes(1 << 30)", "MemoryError"),
        ("while True: pass", "Hang"),
        ("open('/etc/hostname').close()", "touched"),
        ("(location.parents[1] / 'secret.png').read_bytes()", "touched"),
        ("__import__('socket').getaddrinfo('127.0.0.1', 9)", "touched"),
        ("raise LabelnextError('something is bad')", "names no file"),
        ("return SampleSet(('a', 'a'), [])", "a class twice"),
        ("return one('a', '/etc/a')", "path outside"),
        ("return one('a', location.parent / '..' / 'a')", "path outside"),
        ("return one('../a', location)", "key that climbs out"),
    ],
)
def test_a_faulty_reader_is_found_out(fault: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", FAULTY.replace("FAULT", fault), str(tmp_path)],
        capture_output=True, text=True, cwd=ROOT, timeout=100, check=True,
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
    )  # fmt: skip
    report = json.loads(done.stdout)
    missed = report["count"] - len(report["failures"])
    assert missed <= 2  # what equals the undamaged file, or is none
    assert all(said in failure for failure in report["failures"])
    assert len(report["failures"]) > 50


def _run(base: str, name: str, count: int, folder: Path) -> dict[str, Any]:
    place = folder / base
    (place / "tmp").mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-m", "tests.data.formats.shared.child", name, base, str(count), place],
        capture_output=True, text=True, cwd=ROOT, timeout=500,
        env={**os.environ, "TMPDIR": str(place / "tmp"), "OMP_NUM_THREADS": "1",
             "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
    )  # fmt: skip
    current = place / "current.txt"
    last = current.read_text() if current.exists() else "the undamaged data set"
    assert done.returncode == 0, f"{base} ended at {last}:\n{done.stderr[-3000:]}"
    found: dict[str, Any] = json.loads(done.stdout)
    return found
