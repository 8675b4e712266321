"""Videos kept as numbered images, one folder a video."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from labelnext.data import pixels
from labelnext.data.dataset import Lazy
from labelnext.data.pool import remote
from labelnext.data.pool.listing import Listing, listing
from labelnext.data.video import sampling
from labelnext.data.video.cuts import ShotFinder, small_size
from labelnext.data.video.numbered import MOST_EXACT, numbered, say
from labelnext.errors import DataError
from labelnext.types import ImageRecord, Sample

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm"})


@dataclass(frozen=True, slots=True)
class _Sequence:
    """One video: its name, and number and key of each image, in the order of the numbers."""

    name: str
    frames: list[tuple[int, str]]


def read(
    location: Path | str, *, every: int = 1, fps: float | None = None, cuts: bool = True
) -> Lazy:
    """Folders of numbered images, each folder a video, in the order of their paths.

    The number of a frame is the last one in the image's name (`frame_000123.jpg`, `123-left.png`).
    Names in one folder that differ in more than that number (`left_7.jpg`, `right_7.jpg`) are
    videos of their own, called by folder and name with `#` for the number. A key is the image's
    path relative to the place. Width and height are 0 until the images are indexed.

    Args:
        location: A folder, a glob, a text file of paths, or a URL.
        every: Take every n-th image of each video, in the order of their numbers.
        fps: The rate that the numbers count in: gives `seconds` since the video's first image.
        cuts: Read the images once, scaled down, to find shots (see `video.cuts`).

    Raises:
        ArgumentError: An option is outside its domain.
        DataError: The place is absent or cannot be listed, or holds no numbered image.
    """
    sampling.check(every, None, cuts)
    sampling.check(1, fps, cuts)
    found = listing(location, SUFFIXES)
    left_out: list[str] = list(found.notes)
    sequences = _sequences(found, left_out)
    if not sequences:
        raise DataError(
            location,
            "holds no image with a number in its name.",
            remedy="Give a folder of frames, or use the reader images.",
        )
    shots: dict[str, np.ndarray] = {}

    def make(notes: list[str]) -> Iterator[Sample]:
        notes.extend(left_out)
        for sequence in sequences:
            if sequence.name not in shots:
                shots[sequence.name] = _shots(found, sequence, fps, cuts)
            yield from _samples(found, sequence, shots[sequence.name], every, fps)

    count = sum(-(-len(sequence.frames) // every) for sequence in sequences)
    return Lazy((), make, count)


read.patterns = True  # type: ignore[attr-defined]


def _samples(
    found: Listing, sequence: _Sequence, shots: np.ndarray, every: int, fps: float | None
) -> Iterator[Sample]:
    first = sequence.frames[0][0]
    base = first if sequence.frames[-1][0] > MOST_EXACT else 0  # names that are time stamps
    for i in range(0, len(sequence.frames), every):
        number, key = sequence.frames[i]
        seconds = None if fps is None else round((number - first) / fps, 6)
        record = ImageRecord(
            key, found.path(key), 0, 0, sequence.name, number - base, seconds, int(shots[i])
        )
        yield Sample(record)


def _sequences(found: Listing, notes: list[str]) -> list[_Sequence]:
    """The videos of a listing, and what of it belongs to none."""
    folders: defaultdict[str, defaultdict[str, dict[int, str]]]
    folders = defaultdict(lambda: defaultdict(dict))
    unnumbered, twice = [], []
    for key in found.keys:
        name = numbered(key)
        if name is None:
            unnumbered.append(key)
        elif folders[name.folder][name.template].setdefault(name.number, key) != key:
            twice.append(key)
    say(notes, unnumbered, "without a usable number in its name, left out")
    say(notes, twice, "with the number of another, left out")
    sequences = []
    for folder, templates in folders.items():
        for template, frames in templates.items():
            called = folder if len(templates) == 1 else str(PurePosixPath(folder) / template)
            sequences.append(_Sequence(called, sorted(frames.items())))
    return sorted(sequences, key=lambda sequence: sequence.name)


def _shots(found: Listing, sequence: _Sequence, fps: float | None, cuts: bool) -> np.ndarray:
    """Number of the shot of each image."""
    begins = np.zeros(len(sequence.frames), np.int32)
    if cuts:
        finder = ShotFinder(fps)
        for _, key in sequence.frames:
            small = _small(found.path(key))
            if small is None:
                finder.skip()
            else:
                finder.show(small)
        begins[[cut for cut in finder.cuts if cut > 0]] = 1
    shots: np.ndarray = np.cumsum(begins, dtype=np.int32)
    return shots


def _small(path: str) -> np.ndarray | None:
    """An image scaled down, BGR; None where it cannot be read (the index will say why)."""
    try:
        header = pixels.open_image(remote.read_bytes(path))
        size = small_size(*header.image.size)
        header.image.draft("RGB", size)
        pixels.load(header.image)
        rgb = header.image.convert("RGB").resize(size)
    except (pixels.UnusableImageError, OSError, ValueError):
        return None
    return np.ascontiguousarray(np.asarray(rgb)[:, :, ::-1])
