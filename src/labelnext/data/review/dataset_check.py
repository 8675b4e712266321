"""A whole data set checked, and a corrected copy of it written, as `labelnext data check` does."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from labelnext.data.review.fix import Fixed, write_fixed
from labelnext.data.review.validate import KINDS, Finding, Inspection, Validation
from labelnext.data.source import Source, open_source
from labelnext.protocols import Progress, quiet


def check_source(
    spec: str,
    *,
    fix: Path | None = None,
    classes: Sequence[str] | None = None,
    examples: int | None = None,
    workers: int | None = None,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Check a source, and write a corrected copy of it if `fix` names a file.

    Args:
        spec: What to check, such as `coco:labels.json`. A reader that can leave bad records out
            does, unless the source says otherwise; they are findings then.
        fix: Where to put the copy (see `fix.write_fixed`).
        classes: Names of the classes to look at; None for all.
        examples: How many findings of each kind to give; None for all of them.
        workers: Threads that decode; by default one a CPU.
        progress: Told of `check`.

    Returns:
        `source`, `images`, `boxes` by class, `faults` (errors and warnings), `kinds` (each with
        severity, count and what it is; none that did not occur), `findings` (kind, key and text),
        and `fix` (None, or the file, what was changed, and the source by which to read it).

    Raises:
        DataError: The source cannot be read at all; it has none of the classes.
    """
    source = open_source(spec, wished={"skip_bad": True})
    look = Validation(source.dataset, source.location, classes, workers)
    findings: list[Finding] = []
    given: Counter[str] = Counter()

    def keep(found: Finding) -> None:
        given[found.kind] += 1
        if examples is None or given[found.kind] <= examples:
            findings.append(found)

    inspections = _told(look.inspections(), keep, source, progress)
    fixed = None
    if fix is None:
        for _ in inspections:
            pass
    else:
        fixed = write_fixed(fix, inspections, look.classes, source.location)
    for found in look.findings():
        keep(found)
    return {
        "source": spec,
        "images": look.images,
        "boxes": {name: look.boxes[name] for name in look.classes},
        "faults": look.faults,
        "kinds": [
            {"kind": kind, "severity": severity, "count": look.counts[kind], "what": what}
            for kind, (severity, what) in KINDS.items()
            if look.counts[kind]
        ],
        "findings": [found._asdict() for found in sorted(findings, key=_order)],
        "fix": None if fix is None or fixed is None else _as_dict(fix, fixed),
    }


def _told(
    inspections: Iterator[Inspection], keep: Any, source: Source, progress: Progress
) -> Iterator[Inspection]:
    total = source.total
    done = 0
    for done, inspection in enumerate(inspections, start=1):
        for finding in inspection.findings:
            keep(finding)
        yield inspection
        if done % 64 == 0:
            progress("check", done, max(total, done))
    progress("check", done, max(total, done))


def _order(found: Finding) -> int:
    return list(KINDS).index(found.kind)


def _as_dict(out: Path, fixed: Fixed) -> dict[str, Any]:
    source = None
    if fixed.base is not None:
        here = Path(fixed.base) == out.resolve().parent
        source = f"coco:{out}" if here else f"coco[images={fixed.base}]:{out}"
    return {
        "file": str(out),
        "images": fixed.images,
        "boxes": fixed.boxes,
        "changes": dict(fixed.changes),
        "lost": fixed.lost,
        "source": source,
    }
