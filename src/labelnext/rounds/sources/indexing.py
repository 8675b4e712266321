"""Import a source into the index: read labels, check every image once, hold some out to test."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from labelnext.data.check import Decoded, check_all
from labelnext.data.selection import ClassSelection
from labelnext.data.source import Source, open_source
from labelnext.data.video.numbered import Rows
from labelnext.errors import ArgumentError, DataError
from labelnext.machine import available_cpus
from labelnext.protocols import Progress, quiet
from labelnext.rounds.sources.hold_out import HeldOut
from labelnext.rounds.sources.hold_out import hold_out as choose
from labelnext.rounds.sources.moved import moved_from
from labelnext.store.import_report import ImportReport, Note
from labelnext.store.index import Index, Role
from labelnext.types import Sample

_CHUNK = 500


def index_source(
    index: Index,
    spec: str,
    *,
    role: Role,
    classes: Sequence[str] | Mapping[str, str] | None = None,
    progress: Progress = quiet,
    hold_out: float | None = None,
    split_by: str = "time",
    seed: int = 0,
    replace_changed: bool = False,
    workers: int | None = None,
) -> ImportReport:
    """Read a source, check every image of it, and put it into the index, all or nothing.

    Image keys and video names get the source's name in front. A file whose size and modification
    time are those of an earlier import is not read again. A broken or missing image is recorded and
    reported, and stops nothing.

    Args:
        index: Where to put it.
        spec: What to read, such as `coco:labels.json`; see `data.open_source`.
        role: What the images are for.
        classes: Classes to keep: names; or a mapping from the source's names to those to keep them
            under; or None for all. Boxes of the others are counted in the report.
        progress: Told of `index`.
        hold_out: Fraction in (0, 1) that goes to the test set instead.
        split_by: How that is chosen: `time` takes each video's last frames, and the last stills in
            the order of their keys; `video`, `folder`, `name:REGEX`, `duplicates` and `image` take
            whole groups (see `hold_out.hold_out`).
        seed: Of a split into groups.
        replace_changed: Take changed files and labels in place of the indexed ones.
        workers: Threads that decode; by default one a CPU.

    Raises:
        ArgumentError: `hold_out` is outside (0, 1), or given with the role `test`.
        DataError: The source cannot be read; it has no labels and the role needs them.
        ProjectError: See `Index.add`. In every case the index is as it was.
    """
    _check(role, hold_out)
    source = open_source(spec)
    select = ClassSelection(source.spec, source.classes, classes)
    moved = moved_from(index, source)
    name = moved[0] if moved else index.source_name(source.name, source.root)
    _check_labels(source, role, hold_out)
    held = HeldOut(frozenset())
    if hold_out is not None:
        held = choose(
            source, hold_out, split_by, seed=seed, progress=progress,
            roles=lambda keys: _roles(index, name, keys),
        )  # fmt: skip
    dropped: Counter[str] = Counter()
    rows = Rows()
    known, samples = _with_stamps(index, _prepared(source, select, name, dropped, rows))
    total = source.total
    checked = check_all(
        _counted(samples, total, progress),
        workers=available_cpus() if workers is None else workers,
        known=known,
    )
    report = index.add(
        role,
        name,
        select.classes,
        checked,
        root=source.root,
        origin=source.spec,
        held_out=frozenset(f"{name}/{key}" for key in held.keys),
        replace=replace_changed,
        moved_from=moved[1] if moved else "",
    )
    noted = _with_notes(report, source, held, moved, dropped)
    return replace(noted, notes=(*noted.notes, *_hint(source, rows))) if role == "pool" else noted


def _hint(source: Source, rows: Rows) -> list[str]:
    """Stills that may be frames: the source cannot say so, and the user can."""
    if not rows.images:
        return []
    reader, _, place = source.spec.partition(":")
    return [
        f"{rows.images} images are numbered in a row and taken for stills. If they are frames of a "
        f"video, name the source {reader.partition('[')[0]}[sequence=true]:{Path(place).name}, so "
        "that neighbours in time are kept apart"
    ]


def _with_notes(
    report: ImportReport,
    source: Source,
    held: HeldOut,
    moved: tuple[str, str] | None,
    dropped: Mapping[str, int],
) -> ImportReport:
    notes = [held.note] if held.note else []
    if moved:
        notes.insert(0, f"moved here from {moved[1]}; the paths of its images were updated")
    general = tuple(Note("", text) for text in source.notes)
    return replace(
        report, problems=general + report.problems, dropped=dict(dropped),
        test_groups=held.groups, notes=tuple(notes),
    )  # fmt: skip


def _check_labels(source: Source, role: Role, hold_out: float | None) -> None:
    test = role == "test" or hold_out is not None
    if (role == "initial" or test) and not source.classes:
        raise DataError(
            source.location,
            f"has no labels, and images to {'test on' if test else 'begin with'} need them.",
            remedy="Give labelled data (such as coco:labels.json), or use role 'pool'.",
        )


def _roles(index: Index, name: str, keys: Sequence[str]) -> dict[str, str]:
    found = index.roles([f"{name}/{key}" for key in keys])
    return {key.removeprefix(f"{name}/"): role for key, role in found.items()}


def _check(role: str, hold_out: float | None) -> None:
    if hold_out is None:
        return
    if not 0 < hold_out < 1:
        raise ArgumentError(
            "index_source", "hold_out", expected="between 0 and 1, both excluded", got=hold_out
        )
    if role == "test":
        raise ArgumentError(
            "index_source",
            "hold_out",
            expected="None with the role 'test'",
            got=hold_out,
            remedy="Give role='pool' to split a source into pool and test set.",
        )


def _named(sample: Sample, name: str) -> Sample:
    record = sample.record
    video = None if record.video is None else f"{name}/{record.video}"
    return replace(sample, record=replace(record, key=f"{name}/{record.key}", video=video))


def _prepared(
    source: Source, select: ClassSelection, name: str, dropped: Counter[str], rows: Rows
) -> Iterator[Sample]:
    for sample in source.samples():
        if sample.record.video is None:
            rows.see(sample.record.key)
        kept = select(sample)
        dropped.update(kept.dropped)
        yield _named(kept.sample, name)


def _with_stamps(
    index: Index, samples: Iterator[Sample]
) -> tuple[Callable[[Sample, int, int], Decoded | None], Iterator[Sample]]:
    """Samples, looked up in the index in time; and what is known of one when its turn comes."""
    stamps: dict[str, tuple[int, int, Decoded]] = {}

    def look_up() -> Iterator[Sample]:
        while chunk := list(islice(samples, _CHUNK)):
            found = index.stamps([sample.record.key for sample in chunk])
            for key, stamp in found.items():
                decoded = Decoded(stamp.content, stamp.width, stamp.height)
                stamps[key] = (stamp.size, stamp.modified_ns, decoded)
            yield from chunk

    def known(sample: Sample, size: int, modified_ns: int) -> Decoded | None:
        before = stamps.pop(sample.record.key, None)
        # A server that gives no time of change says nothing about whether a file is the same.
        same = before is not None and modified_ns != 0 and before[:2] == (size, modified_ns)
        return before[2] if before is not None and same else None

    return known, look_up()


def _counted(samples: Iterable[Sample], total: int, progress: Progress) -> Iterator[Sample]:
    done = 0
    for done, sample in enumerate(samples, start=1):
        yield sample
        if done % 64 == 0:
            progress("index", done, max(total, done))
    progress("index", done, max(total, done))
