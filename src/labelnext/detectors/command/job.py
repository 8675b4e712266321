"""One training by a command: its folder, what goes in, and what has to come out."""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from labelnext.detectors.command.process import Attempt, run
from labelnext.errors import LabelnextError
from labelnext.files import disk_errors, write_text
from labelnext.protocols import Detector, Progress

_CLOCK = 2.0  # seconds by which time stamps of files may be coarse

Load = Callable[[Path], Detector]


@dataclass(frozen=True, slots=True)
class Job:
    """A training. Its folder belongs to exactly this one; `find` says which that is.

    The folder holds `begun` (when it was first tried), `work/` (the command's own), `out/` (what it
    writes), `lock`, and, when it succeeded, `done.json`.

    Attributes:
        folder: Its own.
        out: What the command has to write: a file, or a folder.
        log: Where the output of the command goes.
    """

    folder: Path
    out: Path
    log: Path

    @staticmethod
    def find(place: Path, facts: Sequence[object], *, suffix: str, log: Path) -> "Job":
        """The training that these facts make what it is.

        Args:
            place: A folder for all trainings from the same call.
            facts: JSON-able, or with a text of their own.
            suffix: Of the file that the command writes.
            log: Where its output goes.

        Raises:
            ProjectError: The folder cannot be written.
        """
        same = json.dumps(facts, sort_keys=True, default=str)
        folder = place / f"training-{hashlib.sha256(same.encode()).hexdigest()[:12]}"
        job = Job(folder, folder / "out" / f"weights{suffix}", log)
        with disk_errors(folder):
            for part in (job.work, job.out.parent):
                part.mkdir(parents=True, exist_ok=True)
        return job

    @property
    def work(self) -> Path:
        """The command's own folder, kept from one try to the next."""
        return self.folder / "work"

    def finished(self, load: Load) -> Detector | None:
        """What an earlier call trained to the end; None if none did."""
        try:
            known = json.loads((self.folder / "done.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if not self.out.exists():
            return None
        found = load(self.out)
        return found if found.fingerprint() == known.get("fingerprint") else None

    def train(self, words: Sequence[str], load: Load, seed: int, progress: Progress) -> Detector:
        """Run the command, and load what it wrote.

        Raises:
            CommandError: It failed, wrote nothing, or wrote what cannot be loaded.
            ProjectError: It runs already.
        """
        begun = self._begun()
        attempt = run(
            words, log=self.log, lock=self.folder / "lock",
            environment={
                "LABELNEXT_SEED": str(seed), "LABELNEXT_WORKDIR": str(self.work),
                "PYTHONUNBUFFERED": "1",
            },
            before=lambda: _clear(self.out.parent), progress=progress,
        )  # fmt: skip
        self._require_written(attempt, begun)
        try:
            found = load(self.out)
        except Exception as error:
            kind = "" if isinstance(error, LabelnextError) else f"{type(error).__name__}: "
            raise attempt.error(
                f"ended well, but what it wrote cannot be loaded: {kind}{error}"
            ) from error
        write_text(self.folder / "done.json", json.dumps({"fingerprint": found.fingerprint()}))
        return found

    def _begun(self) -> float:
        """When this training was first tried."""
        mark = self.folder / "begun"
        with suppress(OSError, ValueError):
            return float(mark.read_text(encoding="utf-8"))
        now = time.time()
        write_text(mark, str(now))
        return now

    def _require_written(self, attempt: Attempt, begun: float) -> None:
        """Refuse nothing, an empty file, an old one, and one that needs others beside it."""
        out, where = self.out, f"{{out}} ({self.out})"
        others = sorted(path.name for path in out.parent.iterdir() if path != out)
        if not out.exists():
            beside = f", but {', '.join(others)} beside it" if others else ""
            raise attempt.error(f"ended well, but wrote nothing to {where}{beside}")
        files = [out] if out.is_file() else [path for path in out.rglob("*") if path.is_file()]
        if not any(path.stat().st_size for path in files):
            raise attempt.error(f"ended well, but left {where} empty")
        if max(path.stat().st_mtime for path in files) < begun - _CLOCK:
            raise attempt.error(
                f"ended well, but {where} is older than this training. Write it anew, or touch it "
                "if nothing was to change"
            )
        parts = [name for name in others if name.startswith(out.name)]
        if parts:
            raise attempt.error(
                f"ended well, but left {', '.join(parts)} beside {where}, and only {{out}} is kept."
                " Write one file (of ONNX: with its weights inside), or a folder"
            )


def _clear(folder: Path) -> None:
    """Empty a folder: what a stopped run left there may be half written."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
