"""A COCO file's images and boxes, set aside on disk: memory stays flat whatever the file's size.

Images go into a temporary SQLite database, which also sees to it that ids, names and frames are
there once. Boxes, of which there are more, go one behind the other into a temporary file, and where
masks are wanted their segmentations into another; what is held of them is 8 to 32 bytes each, to
find those of an image.
"""

import json
import os
import sqlite3
import tempfile
import weakref
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from labelnext.coco_format import CocoBox, CocoImage
from labelnext.errors import ProjectError

# One box; `number` is its id, or (where `numbered` is 0) its place in the list.
BOX = np.dtype([
    ("image", "<i8"), ("category", "<i8"), ("number", "<i8"), ("track", "<i8"),
    ("xywh", "<f8", 4), ("visible_xywh", "<f8", 4), ("visible", "<f8"), ("truncation", "<f8"),
    ("occlusion", "i1"), ("ignore", "?"), ("numbered", "?"),
])  # fmt: skip
_BLOCK = 4096
_NAN = float("nan")
_NOWHERE = (_NAN,) * 4
_TABLES = (
    "PRAGMA journal_mode = MEMORY",
    "PRAGMA synchronous = OFF",
    "PRAGMA temp_store = FILE",
    "PRAGMA cache_size = -8192",
    """CREATE TABLE images (
    place INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, file_name TEXT NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL, video TEXT, frame INTEGER, seconds REAL,
    labelled INTEGER NOT NULL, confirmed INTEGER NOT NULL, segment INTEGER NOT NULL,
    key TEXT NOT NULL UNIQUE, UNIQUE (video, frame))""",
    "CREATE TABLE faults (image INTEGER NOT NULL, text TEXT NOT NULL)",
)
_FIELDS = ", ".join(CocoImage._fields)
_PUT = (
    f"INSERT INTO images ({_FIELDS}, key) VALUES ({', '.join('?' * (len(CocoImage._fields) + 1))})"
)


class Taken(Exception):  # noqa: N818 - tells, and is always caught
    """An image whose id, key or frame another has; `what` is `id`, `key` or `frame`."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Spill:
    """What was read of a COCO file, on disk until the object is gone.

    Args:
        path: The file, for errors.
        masks: Whether segmentations are kept.
    """

    def __init__(self, path: Path, masks: bool = False) -> None:
        self._path = path
        self.images, self.boxes = 0, 0
        self.given: set[str] = set()  # optional fields that some box has
        self._pending: list[tuple[object, ...]] = []
        self._order: np.ndarray | None = None
        self._ends = array("q", [0])  # of each segmentation in its file
        with self._disk():
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as this object
            self._drawn = tempfile.TemporaryFile() if masks else None  # noqa: SIM115 - the same
            self._images = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            weakref.finalize(self, _close, self._images, self._file, self._drawn)
            for statement in _TABLES:
                self._images.execute(statement)
            self._images.execute("BEGIN")

    def add_image(self, image: CocoImage, key: str) -> None:
        """Set an image aside.

        Raises:
            Taken: Its id, its key, or its frame of its video is that of another.
        """
        try:
            with self._disk():
                self._images.execute(_PUT, (*image, key))
        except sqlite3.IntegrityError as error:
            text = str(error)
            what = "id" if "images.id" in text else "key" if "images.key" in text else "frame"
            raise Taken(what) from None
        self.images += 1

    def file_name(self, key: str) -> str:
        """How the file spells the name of the image with a key."""
        row = self._images.execute("SELECT file_name FROM images WHERE key = ?", (key,))
        return str(row.fetchone()[0])

    def add_box(self, box: CocoBox, number: int | None, index: int) -> None:
        """Set a box aside, whose `category` is an id yet; nothing of it is checked here."""
        for name in ("visible_xywh", "occlusion", "truncation", "track"):
            if getattr(box, name) is not None:
                self.given.add(name)
        self._pending.append((
            box.image, box.category, index if number is None else number,
            -1 if box.track is None else box.track, box.xywh, box.visible_xywh or _NOWHERE,
            box.visible, _NAN if box.truncation is None else box.truncation,
            -1 if box.occlusion is None else box.occlusion, box.ignore, number is not None,
        ))  # fmt: skip
        self.boxes += 1
        if len(self._pending) == _BLOCK:
            self._flush()

    def add_segmentation(self, value: object) -> None:
        """Set aside what the file says of the mask of the box added last."""
        data = json.dumps(value).encode()
        assert self._drawn is not None
        with self._disk():
            self._drawn.write(data)
        self._ends.append(self._ends[-1] + len(data))

    def add_fault(self, image: int, text: str) -> None:
        """Set aside a sentence about an image."""
        with self._disk():
            self._images.execute("INSERT INTO faults VALUES (?, ?)", (image, text))

    def columns(self, *names: str) -> list[np.ndarray]:
        """Fields of every box, in the order of the file."""
        self._flush()
        found = [np.empty(self.boxes, BOX[name]) for name in names]
        for start in range(0, self.boxes, _BLOCK):
            block = self._boxes(start, min(_BLOCK, self.boxes - start))
            for name, column in zip(names, found, strict=True):
                column[start : start + len(block)] = block[name]
        return found

    def name(self, place: int) -> str:
        """What errors call a box, by its place in the order of the file."""
        (box,) = self._boxes(place, 1)
        return f"annotation {'' if box['numbered'] else '#'}{box['number']}"

    def other_faults(self, most: int) -> list[str]:
        """What was set aside about images that the file does not list."""
        rows = self._images.execute(
            "SELECT text FROM faults WHERE image NOT IN (SELECT id FROM images) LIMIT ?", (most,)
        )
        return [text for (text,) in rows]

    def ids(self) -> np.ndarray:
        """Ids of the images, in the order of the file."""
        rows = self._images.execute("SELECT id FROM images ORDER BY place")
        return np.fromiter((number for (number,) in rows), np.int64, self.images)

    def sort(self, images: np.ndarray, keep: np.ndarray) -> None:
        """Find the boxes of each image.

        Args:
            images: Place of each box's image.
            keep: Which boxes are used.
        """
        kept = np.flatnonzero(keep)
        images = images[kept]
        if len(images) and (np.diff(images) < 0).any():
            order = np.argsort(images, kind="stable")
            kept, images = kept[order], images[order]
        if len(kept) != self.boxes or (np.diff(kept) != 1).any():
            self._order = kept
        self._starts = np.searchsorted(images, np.arange(self.images + 1))
        with self._disk():
            self._images.execute("CREATE INDEX faults_by_image ON faults (image)")
            self._images.execute("COMMIT")

    def samples(self) -> Iterator[tuple[CocoImage, str, np.ndarray, list[str], list[object]]]:
        """Every image with its key, its boxes in the order of the file, what is to be said, and its
        boxes' segmentations where those are kept.
        """
        cursor = self._images.execute(f"SELECT {_FIELDS}, key, place FROM images ORDER BY place")
        faulty = {row[0] for row in self._images.execute("SELECT DISTINCT image FROM faults")}
        cursor.arraysize = 500
        at = 0
        while rows := cursor.fetchmany():
            for row in rows:
                image = CocoImage._make((*row[:7], bool(row[7]), bool(row[8]), row[9]))
                start, stop = int(self._starts[at]), int(self._starts[at + 1])
                faults = self._faults(image.id) if image.id in faulty else []
                yield image, row[10], self._of(start, stop), faults, self._segments(start, stop)
                at += 1

    def _of(self, start: int, stop: int) -> np.ndarray:
        if self._order is None or start == stop:
            return self._boxes(start, stop - start)
        places = self._order[start:stop]
        first, last = int(places[0]), int(places[-1])
        if last - first < 2 * len(places) + 64:  # near each other: read at once
            near: np.ndarray = self._boxes(first, last - first + 1)[places - first]
            return near
        return np.concatenate([self._boxes(place, 1) for place in places.tolist()])

    def _segments(self, start: int, stop: int) -> list[object]:
        if self._drawn is None:
            return []
        places = range(start, stop) if self._order is None else self._order[start:stop].tolist()
        found = []
        for place in places:
            begin, end = self._ends[place], self._ends[place + 1]
            found.append(json.loads(os.pread(self._drawn.fileno(), end - begin, begin)))
        return found

    def _boxes(self, start: int, count: int) -> np.ndarray:
        data = os.pread(self._file.fileno(), count * BOX.itemsize, start * BOX.itemsize)
        return np.frombuffer(data, BOX)

    def _faults(self, image: int) -> list[str]:
        rows = self._images.execute(
            "SELECT text FROM faults WHERE image = ? ORDER BY rowid", (image,)
        )
        return [text for (text,) in rows]

    def _flush(self) -> None:
        with self._disk():
            self._file.write(np.array(self._pending, BOX).tobytes())
            self._file.flush()
            if self._drawn is not None:
                self._drawn.flush()
        self._pending.clear()

    @contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except (OSError, sqlite3.Error) as error:
            raise ProjectError(
                f"What {self._path} holds cannot be set aside in {tempfile.gettempdir()} ({error})."
                " Free some space there, or name another folder in the environment's TMPDIR."
            ) from error


def _close(images: sqlite3.Connection, *files: IO[bytes] | None) -> None:
    images.close()
    for file in files:
        if file is not None:
            file.close()
