"""One process that reads a thousand damaged files of one format, within bounds on memory and time.

`python -m tests.data.formats.shared.child FORMAT BASE COUNT FOLDER` prints a report as JSON. The
bounds and the watch over files opened are of the process, so each data set has one of its own.
"""

import contextlib
import faulthandler
import gc
import json
import resource
import shutil
import signal
import sys
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from labelnext.data.guess import guess
from labelnext.errors import DataError, LabelnextError
from tests.data.formats.shared.base import Base
from tests.data.formats.shared.bases import BASES
from tests.data.formats.shared.images import png
from tests.data.formats.shared.mutations import ABSENT, FOLDER, LOOP, Mutation, mutations
from tests.data.formats.shared.whole import CANARY_SIZE, is_whole

MEMORY = 300 << 20  # bytes beyond what reading the undamaged data set took
CPU_SECONDS = 10.0  # for one file; none needs a tenth of it
WALL_SECONDS = 90.0  # for one file that waits instead of working
_WATCHED = (
    "open", "os.listdir", "os.scandir", "os.system", "subprocess.Popen", "os.exec",
    "os.posix_spawn", "socket.connect", "socket.getaddrinfo", "os.remove", "os.rename",
    "shutil.rmtree",
)  # fmt: skip


class Hang(BaseException):
    """One file took more than its share of processor time."""


class Watch:
    """Files opened and doors tried by Python code while a damaged file is read."""

    def __init__(self, *allowed: Path) -> None:
        libraries = {sys.prefix, sys.base_prefix, str(Path(__file__).parents[4] / "src")}
        self._allowed = tuple(str(path) for path in allowed) + tuple(libraries)
        self.active = False
        self.seen: list[str] = []
        sys.addaudithook(self._see)

    def _see(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.active:
            return
        if event in _WATCHED and not self._mine(arguments[0]):
            self.seen.append(f"{event} {arguments[0]!a}")

    def _mine(self, path: Any) -> bool:
        if path is None or isinstance(path, int):
            return True
        with contextlib.suppress(Exception):
            text = path.decode() if isinstance(path, bytes) else str(path)
            return ".." not in Path(text).parts and text.startswith(self._allowed)
        return False


def main(name: str, make: str, count: int, folder: Path) -> dict[str, Any]:
    """Read `count` mutations of one base data set of a format; report what came of each."""
    root = folder / "root"
    base = next(one for one in BASES[name] if one.__name__ == make)(root)
    canary = folder / "secret.png"
    canary.write_bytes(png(*CANARY_SIZE))
    shutil.copy(canary, folder / "secret.avi")
    watch = Watch(root, folder / "tmp")
    samples = is_whole(base.read(), root)[0]
    assert samples, "the undamaged data set is empty"
    good = {file: (kind, (root / file).read_bytes()) for file, kind in base.files.items()}
    gc.freeze()
    _bound_memory()
    outcomes: Counter[str] = Counter()
    failures: list[str] = []
    for number, mutation in enumerate(mutations(good, count, len(make), canary)):
        (folder / "current.txt").write_text(f"{number}: {mutation.file}: {mutation.what}")
        _put(root / mutation.file, mutation.content)
        outcome = _outcome(base, mutation, root, watch)
        outcomes[outcome if outcome in ("error", "said", "whole") else "failure"] += 1
        if outcome not in ("error", "said", "whole"):
            failures.append(f"{number} {mutation.file} ({mutation.what}): {outcome}")
        _put(root / mutation.file, good[mutation.file][1])
    assert is_whole(base.read(), root)[0] == samples, "the undamaged data set reads differently"
    return {"outcomes": outcomes, "failures": failures, "count": sum(outcomes.values())}


def _outcome(base: Base, mutation: Mutation, root: Path, watch: Watch) -> str:
    """`error`, `said` (something is recorded), `whole`, or what went wrong."""
    faulthandler.dump_traceback_later(WALL_SECONDS, exit=True)
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
    watch.active = True
    try:
        with contextlib.suppress(DataError):  # a bare path, whose format is to be recognised
            assert guess(str(base.location)) in BASES
        found = base.read()
        _, said, notes = is_whole(found, None if base.anywhere else root)
        outcome = "said" if said or notes else "whole"
    except LabelnextError as error:
        named = any(Path(part).name in str(error) for part in (mutation.file, *base.files))
        outcome = "error" if named or str(root) in str(error) else f"names no file: {error}"
    except (Exception, Hang) as error:
        watch.active = False
        place = traceback.extract_tb(error.__traceback__)[-1]
        outcome = f"{type(error).__name__}: {str(error)[:200]} ({place.filename}:{place.lineno})"
    finally:
        watch.active = False
        gc.collect()  # PyAV's objects hold each other, and threads, until they are collected
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        faulthandler.cancel_dump_traceback_later()
    if watch.seen:
        outcome = f"touched {watch.seen[:3]}"
        watch.seen.clear()
    return outcome


def _put(path: Path, content: bytes | str) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == FOLDER:
        path.mkdir()
    elif content == LOOP:
        path.symlink_to(path)
    else:
        assert content == ABSENT


def _bound_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _hang(*_: object) -> None:
    raise Hang


if __name__ == "__main__":
    faulthandler.enable()
    signal.signal(signal.SIGVTALRM, _hang)
    report = main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
    sys.stdout.write(json.dumps(report))
