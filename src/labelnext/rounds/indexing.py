"""Import a source into the index: read labels, check every image once, hold some out to test."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import replace
from itertools import islice
from math import floor

from labelnext.data.check import Decoded, available_cpus, check_all
from labelnext.data.dataset import Noting
from labelnext.data.selection import ClassSelection
from labelnext.data.source import Source, open_source
from labelnext.errors import ArgumentError, DataError
from labelnext.protocols import Progress, quiet
from labelnext.store.import_report import ImportReport, Note
from labelnext.store.index import Index, Role
from labelnext.types import ImageRecord, Sample

_CHUNK = 500


def index_source(
    index: Index,
    spec: str,
    *,
    role: Role,
    classes: Sequence[str] | Mapping[str, str] | None = None,
    progress: Progress = quiet,
    hold_out: float | None = None,
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
        hold_out: Fraction in (0, 1) of each video's last frames, and of the last stills in the
            order of their keys, that goes to the test set instead.
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
    name = index.source_name(source.name, source.root)
    test_role = role == "test" or hold_out is not None
    if (role == "initial" or test_role) and not source.classes:
        raise DataError(
            source.location,
            f"has no labels, and images to {'test on' if test_role else 'begin with'} need them.",
            remedy="Give labelled data (such as coco:labels.json), or use role 'pool'.",
        )
    held_out: frozenset[str] = frozenset()
    if hold_out is not None:
        records = (_named(sample, name).record for sample in source.samples())
        held_out = last_part(records, hold_out)
    dropped: Counter[str] = Counter()
    workers = available_cpus() if workers is None else workers
    known, samples = _with_stamps(index, _prepared(source, select, name, dropped))
    total = len(source.dataset) if isinstance(source.dataset, Sized) else 0
    checked = check_all(
        _counted(samples, total, progress),
        workers=workers,
        known=known,
    )
    report = index.add(
        role,
        name,
        select.classes,
        checked,
        root=source.root,
        origin=source.spec,
        held_out=held_out,
        replace=replace_changed,
    )
    notes = source.dataset.notes if isinstance(source.dataset, Noting) else ()
    general = tuple(Note("", text) for text in notes)
    return replace(report, problems=general + report.problems, dropped=dict(dropped))


def last_part(records: Iterable[ImageRecord], fraction: float) -> frozenset[str]:
    """Keys of the last `fraction` of each video's frames, and of the stills taken as one video.

    Frames go by number, stills by key. Of n, floor(fraction·n + ½) are taken.
    """
    videos: defaultdict[str | None, list[tuple[int, str]]] = defaultdict(list)
    for record in records:
        videos[record.video].append((record.frame or 0, record.key))
    taken: set[str] = set()
    for frames in videos.values():
        frames.sort()
        count = floor(fraction * len(frames) + 0.5)
        taken.update(key for _, key in frames[len(frames) - count :])
    return frozenset(taken)


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
    source: Source, select: ClassSelection, name: str, dropped: Counter[str]
) -> Iterator[Sample]:
    for sample in source.samples():
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
        return before[2] if before is not None and before[:2] == (size, modified_ns) else None

    return known, look_up()


def _counted(samples: Iterable[Sample], total: int, progress: Progress) -> Iterator[Sample]:
    done = 0
    for done, sample in enumerate(samples, start=1):
        yield sample
        if done % 64 == 0:
            progress("index", done, max(total, done))
    progress("index", done, max(total, done))
