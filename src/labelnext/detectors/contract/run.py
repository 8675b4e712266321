"""Run the checks one after the other, and say of each what came of it."""

import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from labelnext.detectors.contract.checks import CHECKS, GATES, Check
from labelnext.detectors.contract.fault import FaultError, NothingToSeeError
from labelnext.detectors.contract.subject import Subject
from labelnext.errors import LabelnextError
from labelnext.protocols import Progress, quiet
from labelnext.wording import listing

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a check.

    Attributes:
        check: Its name.
        words: What must hold.
        state: `passed`; `failed`; `skipped`, as it does not apply or there is nothing to look at.
        expected: Of one that failed: what must be.
        got: What came instead.
        remedy: What to do.
        why: Of one that was skipped.
        seconds: How long it took.
    """

    check: str
    words: str
    state: Literal["passed", "failed", "skipped"]
    expected: str = ""
    got: str = ""
    remedy: str = ""
    why: str = ""
    seconds: float = 0.0


def run(
    subject: Subject, progress: Progress = quiet, checks: Sequence[Check] = CHECKS
) -> Iterator[Outcome]:
    """Every check's outcome, as it comes; after a gate that failed there is none."""
    for number, check in enumerate(checks, start=1):
        begun = time.perf_counter()
        outcome = _one(check, subject)
        seconds = time.perf_counter() - begun
        yield Outcome(check.name, check.words, *outcome, seconds)  # type: ignore[arg-type]
        progress("check", number, len(checks))
        if outcome[0] == "failed" and check.name in GATES:
            return


def abilities(subject: Subject) -> list[str]:
    """What a detector was found to do, and which optional parts it has not."""
    try:
        some = [seen.prediction for seen in subject.seen]
        _ = [len(one.detections) for one in some]
    except Exception:  # the checks have said why
        return ["fails to predict"]
    gives = {
        "maps": any(one.maps is not None for one in some),
        "boxes": any(len(one.detections) for one in some),
        "class vectors": any(one.detections.probabilities is not None for one in some),
        "features": any(one.detections.features is not None for one in some),
        "embeddings": any(one.embedding is not None for one in some),
    }
    there = listing([name for name, given in gives.items() if given]) or "nothing"
    return [
        f"looks up {there}" if subject.looks_up else f"predicts {there}",
        *(f"no {name}" for name, given in gives.items() if not given),
        "trains" if subject.trains else "no training",
        "random passes" if subject.draws else "no random passes",
        *(["segments"] if subject.segments else []),
    ]


def _one(check: Check, subject: Subject) -> tuple[str, str, str, str, str]:
    """State, expected, got, remedy and why."""
    try:
        if not check.applies(subject):
            return "skipped", "", "", "", check.otherwise
        check.hold(subject)
    except NothingToSeeError as error:
        return "skipped", "", "", "", str(error)
    except FaultError as error:
        return "failed", error.expected, error.got, error.remedy, ""
    except Exception as error:  # of the detector, whatever it is
        remedy = "" if isinstance(error, LabelnextError) else "Mend it there."
        return "failed", "no error", _described(error), remedy, ""
    return "passed", "", "", "", ""


def _described(error: Exception) -> str:
    """The error in a line, and where in somebody else's file it came from."""
    kind = "" if isinstance(error, LabelnextError) else f"{type(error).__name__}: "
    said = " ".join(f"{kind}{error}".split())
    notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if Path(frame.filename).parent != _HERE]
    if isinstance(error, LabelnextError) or not theirs:
        return said.rstrip(".") + notes
    return f"{said.rstrip('.')}{notes}, in {theirs[0].filename}, line {theirs[0].lineno}"
