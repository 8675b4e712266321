"""Images and videos together: a folder, a glob or a list of paths that holds both."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from labelnext.data.dataset import Lazy
from labelnext.data.pool import folder
from labelnext.data.video import reader as video
from labelnext.types import Sample


def read(
    location: Path | str, *, every: int = 1, fps: float | None = None, cuts: bool = True
) -> Lazy:
    """The images at a place, then the frames of its videos (see the readers `images` and `video`).

    Args:
        location: A folder, a glob, or a text file of paths.
        every: Take frames 0, n, 2n, … of each video.
        fps: Take so many frames a second of each video, instead.
        cuts: Decode each video once to find its shots.

    Raises:
        ArgumentError: An option is outside its domain.
        DataError: The place is absent, or does not hold both.
    """
    stills = folder.read(location)
    frames = video.read(location, every=every, fps=fps, cuts=cuts)

    def make(notes: list[str]) -> Iterator[Sample]:
        yield from chain(stills.samples(), frames.samples())
        notes.extend(frames.notes)

    return Lazy((), make, len(stills) + len(frames))


read.patterns = True  # type: ignore[attr-defined]
