"""A data set split into parts, such as train and val, each written by a writer or as a list."""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int64

from labelnext import plugins
from labelnext.data.convert import Converted, convert
from labelnext.data.groups import Groups, gather
from labelnext.data.source import Source, open_source
from labelnext.data.split import allot
from labelnext.errors import ArgumentError, DataError
from labelnext.files import write_atomic
from labelnext.protocols import Progress, quiet

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


class Part(NamedTuple):
    """What one part got.

    Attributes:
        name: As given.
        images: Number of images.
        share: Of all images.
        groups: Number of groups.
        target: The file or folder that was written.
        written: What the writer did; None for a list of keys.
    """

    name: str
    images: int
    share: float
    groups: int
    target: str
    written: Converted | None


def split_source(
    spec: str,
    out: Path,
    shares: Mapping[str, float],
    *,
    by: str,
    seed: int = 0,
    to: str | None = "coco",
    progress: Progress = quiet,
    **options: Any,
) -> list[Part]:
    """Split a source into parts by whole groups (see `data.split`) and write each part.

    COCO gets a file a part, `OUT/NAME.json`, with the images of all parts beside them; writers that
    know splits (YOLO, VOC) fill one data set with them; others get a folder a part, `OUT/NAME`.

    Args:
        spec: The source, `reader:place`.
        out: The folder to write to.
        shares: Of each part by its name; positive, together 1.
        by: One of `groups.BY`.
        seed: Another seed, another split.
        to: Name of the format; None for text files of keys, `OUT/NAME.txt`.
        progress: Told of each step.
        options: Of `convert`: classes, renamed, images, force.

    Raises:
        ArgumentError: A name or a share is not possible.
        DataError: The source cannot be used, or groups are so few or so large that a part would be
            empty.
    """
    for name in shares:
        if not _NAME.fullmatch(name):
            raise ArgumentError(
                "split", "shares", expected="of parts called by letters and digits", got=repr(name)
            )
    source = open_source(spec)
    groups = Groups()
    for _ in gather(source, by, groups, progress=progress):
        pass
    of, sizes = groups.of(), groups.sizes()
    parts = allot(groups.names, sizes, list(shares.values()), seed=seed)
    images = np.bincount(parts, weights=sizes, minlength=len(shares)).astype(np.int64)
    _none_empty(source, by, list(shares), images, sizes)
    counts = np.bincount(parts, minlength=len(shares))
    found = []
    for number, name in enumerate(shares):
        some = parts[of] == number
        target, extra = _target(out, name, to)
        written = None
        if to is None:
            _write_list(source, target, some)
        else:
            written = convert(
                source, target, to, some=some, options=extra, progress=progress, **options
            )
        size = int(images[number])
        found.append(Part(name, size, size / len(of), int(counts[number]), str(target), written))
    return found


def _none_empty(
    source: Source,
    by: str,
    names: Sequence[str],
    images: Int64[np.ndarray, "parts"],
    sizes: Int64[np.ndarray, "groups"],
) -> None:
    empty = [name for name, count in zip(names, images, strict=True) if not count]
    if empty:
        raise DataError(
            source.location,
            f"cannot be split by {by}: {', '.join(empty)} would be empty, with {len(sizes)} "
            f"groups, the largest of {sizes.max(initial=0)} of {sizes.sum()} images.",
            remedy="Split by something finer, or into other shares.",
        )


def _target(out: Path, name: str, to: str | None) -> tuple[Path, dict[str, str]]:
    """Where a part goes, and the option of the writer that says which part it is."""
    if to is None:
        return out / f"{name}.txt", {}
    writer = plugins.load("writers", to)
    if "split" in inspect.signature(writer).parameters:
        return out, {"split": name}
    return (out / f"{name}.json" if to == "coco" else out / name), {}


def _write_list(source: Source, target: Path, some: np.ndarray) -> None:
    """The keys of a part, one a line, in the order of the source."""

    def keys() -> Iterator[str]:
        for wanted, sample in zip(some, source.samples(), strict=True):
            if wanted:
                yield f"{sample.record.key}\n"

    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8") as handle:
            handle.writelines(keys())

    write_atomic(target, write)
