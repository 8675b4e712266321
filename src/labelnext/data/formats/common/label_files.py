"""What formats with one label file an image share: listing, text, numbers, bad files."""

import math
import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath

from labelnext.errors import ArgumentError, DataError
from labelnext.json_fields import show
from labelnext.types import ImageRecord, Sample

# No image has so many labels; a larger file is not what it is taken for.
LARGEST = 1 << 24
MOST_CLASSES = 10_000
_FARTHEST = 1e9


class Skips:
    """Which label files of one drawing were of use: a bad one is recorded and passed over.

    Args:
        root: The data set's folder; label files are named relative to it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._used = self._passed = 0
        self._first: DataError | None = None

    def sample(self, record: ImageRecord, make: Callable[[], Sample]) -> Sample:
        """What `make` gives; where it raises a DataError, the image without truth, and why."""
        try:
            made = make()
        except DataError as error:
            self._passed += 1
            self._first = self._first or error
            return Sample(record, None, (f"{self._place(error)}; taken as unlabelled",))
        self._used += 1
        return made

    def finish(self) -> None:
        """To be called after the last image.

        Raises:
            DataError: There were label files and every one of them is bad: the first one's fault.
        """
        if self._first is None or self._used:
            return
        if self._passed == 1:
            raise self._first
        raise DataError(
            self._root,
            f"has {self._passed} label files, and none can be used. The first: {self._first}",
            remedy="Check that they are of the format that was named.",
        )

    def _place(self, error: DataError) -> str:
        file = relative(Path(error.source), self._root)
        where = file if error.record is None else f"{file}, {error.record}"
        return f"{where}: {error.problem.rstrip('.')}"


def relative(path: Path, root: Path) -> str:
    """A path below the data set's folder as sentences name it; any other as it is."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def listed(root: Path, folder: Path, suffixes: Collection[str]) -> Iterator[str]:
    """Files of some suffixes in a folder and below it, as paths relative to `root`, sorted.

    Hidden files and folders are passed over, links to folders are not followed, and so are names
    that are not valid Unicode. One folder's names are in memory at a time.

    Raises:
        DataError: The folder is absent or cannot be listed.
    """
    for place, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if _plain(name))
        below = PurePosixPath(Path(place).relative_to(root).as_posix())
        for name in sorted(names):
            if os.path.splitext(name)[1].lower() in suffixes and _plain(name):  # noqa: PTH122
                yield str(below / name)


def given_names(function: str, classes: str | Sequence[str]) -> tuple[str, ...]:
    """Class names that a user gives: a list, or text with `|` between them.

    Raises:
        ArgumentError: One is empty, or two are equal.
    """
    parts = classes.split("|") if isinstance(classes, str) else classes
    names = tuple(str(name).strip() for name in parts)
    if not names or "" in names or len(set(names)) != len(names):
        raise ArgumentError(
            function, "classes", expected="different names, separated by |", got=repr(classes)
        )
    return names


def names_in(path: Path) -> tuple[str, ...]:
    """Class names of a text file, one a line; empty lines at the end do not count.

    Raises:
        DataError: See `read_lines`; or a line is empty or like one before, or there are more than
            10,000.
    """
    lines = [line.strip() for line in read_lines(path)]
    while lines and not lines[-1]:
        lines.pop()
    seen: set[str] = set()
    for number, name in enumerate(lines, start=1):
        if not name or name in seen or number > MOST_CLASSES:
            raise DataError(
                path,
                f"{show(name)} is no class name of its own."
                if number <= MOST_CLASSES
                else f"has more than {MOST_CLASSES:,} class names.",
                record=f"line {number}",
                remedy="Give each class one line.",
            )
        seen.add(name)
    return tuple(lines)


def _plain(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return not name.startswith(".")


def _refuse(error: OSError) -> None:
    raise DataError(
        error.filename, f"cannot be listed: {error.strerror}.", remedy="Check the path."
    )


def bounded(path: Path, *, largest: int = LARGEST) -> Path:
    """The path itself, if it can be opened without blocking and read without filling memory.

    Raises:
        DataError: It is absent, no regular file (a pipe would block), or has more than `largest`
            bytes.
    """
    try:
        status = path.stat()
    except OSError as error:
        problem = "does not exist." if isinstance(error, FileNotFoundError) else ""
        raise DataError(
            path,
            problem or f"cannot be read: {error.strerror}.",
            remedy="Put the label file there.",
        ) from None
    if not stat.S_ISREG(status.st_mode):
        raise DataError(path, "is not a regular file.", remedy="Put the label file there.")
    if status.st_size > largest:
        raise DataError(
            path,
            f"has more than {largest:,} bytes, too many for such a file.",
            remedy="Check that it is what its name says.",
        )
    return path


def read_bytes(path: Path, *, largest: int = LARGEST) -> bytes:
    """A label file's bytes.

    Raises:
        DataError: See `bounded`; or it cannot be read.
    """
    try:
        return bounded(path, largest=largest).read_bytes()
    except OSError as error:
        raise DataError(
            path, f"cannot be read: {error.strerror}.", remedy="Check its permissions."
        ) from None


def read_lines(path: Path, *, largest: int = LARGEST) -> list[str]:
    """The lines of a text file in UTF-8, with or without a byte order mark.

    Lines end by LF, CR LF or CR, so that they count as in an editor.

    Raises:
        DataError: See `read_bytes`; or it is not UTF-8, or holds a NUL.
    """
    try:
        text = read_bytes(path, largest=largest).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            path, f"is not text (byte {error.start}).", remedy="Get the file again."
        ) from None
    if "\0" in text:
        raise DataError(
            path, f"is not text (a NUL at {text.index(chr(0))}).", remedy="Get the file again."
        )
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def numbers(path: Path, where: str, words: Sequence[str]) -> list[float]:
    """Words of a line as finite numbers of at most 1e9, plus or minus.

    Args:
        path: The file, for the error.
        where: The line, for the error: `line 3`.
        words: As they stand there.

    Raises:
        DataError: A word is no such number; with file and line.
    """
    found = _numbers(words)
    if found is not None:
        return found
    wrong = next(word for word in words if _numbers([word]) is None)
    raise DataError(
        path,
        f"{show(wrong)} is not a number of a sensible size.",
        record=where,
        remedy="Correct it or remove the line.",
    )


def whole(path: Path, where: str, what: str, value: float, *, least: int, most: int) -> int:
    """A whole number from `least` to `most`; `3.0` counts, as arrays are often saved so.

    Raises:
        DataError: It is another; with file and line.
    """
    if value != math.floor(value) or not least <= value <= most:
        raise DataError(
            path,
            f"{what} must be a whole number from {least} to {most}. Got {value:g} instead.",
            record=where,
            remedy="Correct it or remove the line.",
        )
    return int(value)


def _numbers(words: Sequence[str]) -> list[float] | None:
    text = " ".join(words)
    if "_" in text or not text.isascii():  # Python would take 1_000 and other scripts' digits
        return None
    try:
        values = list(map(float, words))
    except ValueError:
        return None
    for value in values:
        if not -_FARTHEST <= value <= _FARTHEST:  # true for NaN
            return None
    return values
