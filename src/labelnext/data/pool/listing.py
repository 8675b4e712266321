"""Where images and videos are: a folder, a glob, a list of paths in a text file, a URL."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from labelnext.data.pool import remote
from labelnext.errors import DataError
from labelnext.json_fields import show

LISTS = frozenset({".txt", ".lst"})
_ALL = ("**",)
_LARGEST_LIST = 1 << 28


@dataclass(frozen=True)
class Listing:
    """The files of a place as pairs of key and path, sorted by key; only their names are held.

    Attributes:
        root: The folder (or URL) that keys are relative to.
        keys: Unique, with forward slashes.
        elsewhere: Paths of those keys that do not lie below the root.
        notes: What was left out, one sentence each.
    """

    root: str
    keys: Sequence[str]
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def path(self, key: str) -> str:
        """Path or URL of a key."""
        return self.elsewhere.get(key) or remote.join(self.root, key)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((key, self.path(key)) for key in self.keys)

    def __len__(self) -> int:
        return len(self.keys)


def listing(
    location: Path | str, suffixes: Collection[str] | None = None, *, recursive: bool = True
) -> Listing:
    """List the files at a place.

    A folder gives everything below it, hidden files and folders passed over, links to folders not
    followed; the same holds for a glob, in which `**` stands for any folders, and a hidden name is
    matched by a part that begins with a dot. A text file (`.txt`, `.lst`) has a path or a URL a
    line, relative to the file; a line that begins with `#` is a comment. It is the user's own word,
    so it may name files anywhere: keys of those outside the file's folder are their whole paths.
    A URL names a file or a folder, or is a glob. Another file stands for itself.

    Args:
        location: The place; a glob or a URL as text.
        suffixes: Of the wanted files, in lower case with the dot; None for all.
        recursive: Whether to go into folders below the given one.

    Raises:
        DataError: The place is absent or cannot be listed.
    """
    text = str(location)
    if remote.is_url(text):
        found = _of_url(text, recursive)
    elif os.path.isdir(text):  # noqa: PTH112 (answers no to a name that is too long)
        found = _walk(text, _ALL if recursive else ("*",))
    elif os.path.isfile(text):  # noqa: PTH113
        name = Path(text).name
        is_list = Path(text).suffix.lower() in LISTS
        found = _of_list(Path(text)) if is_list else Listing(str(Path(text).parent), [name])
    elif remote.has_mark(text):
        found = _walk(*split_glob(text))
    else:
        problem = "is no folder and no file." if os.path.lexists(text) else "does not exist."
        raise DataError(text, problem, remedy="Give a folder, a glob, a list of paths or a URL.")
    return _sorted(found, suffixes)


def split_glob(pattern: str) -> tuple[str, tuple[str, ...]]:
    """The folder that all matches of a local glob lie in, resolved; and the parts to match below.

    A part with marks that is the name of a folder that is there counts as that folder.
    """
    parts = pattern.split("/")
    fixed = 0
    while fixed < len(parts) - 1:
        known = "/".join(parts[: fixed + 1]) or "/"
        if remote.has_mark(parts[fixed]) and not os.path.isdir(known):  # noqa: PTH112
            break
        fixed += 1
    folder = "/".join(parts[:fixed]) or ("/" if fixed else ".")
    return str(Path(folder).resolve()), tuple(part for part in parts[fixed:] if part)


def _walk(root: str, parts: tuple[str, ...]) -> Listing:
    """Files below a folder whose path matches; no folder is entered in which nothing can match."""
    if not os.path.isdir(root):  # noqa: PTH112
        raise DataError(root, "is no folder.", remedy="Check the path before the first * or ?.")
    keys: list[str] = []
    notes: list[str] = []
    waiting = [("", _reach(parts, {0}))]
    while waiting:
        base, states = waiting.pop()
        for name, is_folder in _entries(f"{root}/{base}"):
            after = _step(parts, states, name)
            key = base + name
            if is_folder and any(state < len(parts) for state in after):
                waiting.append((f"{key}/", after))
            elif not is_folder and _used_up(parts, states, after):
                if key == printable(key):
                    keys.append(key)
                else:
                    notes.append(f"{printable(key)}: its name is not valid Unicode; left out")
    return Listing(root, keys, notes=notes)


def _entries(folder: str) -> Iterator[tuple[str, bool]]:
    """Names in a folder, and whether each is a folder; links to folders are left out."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                is_folder = entry.is_dir()
                if not (is_folder and entry.is_symlink()):
                    yield entry.name, is_folder
    except OSError as error:
        raise DataError(
            folder, f"cannot be listed: {error.strerror}.", remedy="Check its permissions."
        ) from None


def _step(parts: tuple[str, ...], states: frozenset[int], name: str) -> frozenset[int]:
    """How much of a pattern may be used up after one more name on the path."""
    after = set()
    for state in states:
        if state == len(parts):
            continue
        part = parts[state]
        if name.startswith(".") and not part.startswith("."):
            continue
        if part == "**":
            after.add(state)
        elif fnmatchcase(name, part):
            after.add(state + 1)
    return _reach(parts, after)


def _used_up(parts: tuple[str, ...], before: frozenset[int], after: frozenset[int]) -> bool:
    """Whether a file's name completes a match; `**` at the end takes it, but no folder before."""
    return len(parts) in after and (parts[-1] != "**" or len(parts) - 1 in before)


def _reach(parts: tuple[str, ...], states: set[int]) -> frozenset[int]:
    """`**` may stand for no folder at all."""
    reached = set(states)
    for state in states:
        while state < len(parts) and parts[state] == "**":
            state += 1
            reached.add(state)
    return frozenset(reached)


def _of_list(path: Path) -> Listing:
    root = str(path.parent)
    keys: list[str] = []
    notes: list[str] = []
    elsewhere: dict[str, str] = {}
    for number, line in _lines(path):
        if remote.is_url(line):
            key, outside, full = line.partition("://")[2].strip("/"), line, line
        else:
            full = os.path.normpath(os.path.join(root, line))  # noqa: PTH118
            below = full.startswith(root.rstrip("/") + "/")
            key = full[len(root.rstrip("/")) + 1 :] if below else full.lstrip("/")
            outside = "" if below else full
        if not key or full == root:
            raise _bad_line(path, number, f"{show(line)} names no file.")
        if outside and elsewhere.setdefault(key, outside) != outside:
            raise _bad_line(path, number, f"{show(line)} has the key {show(key)} of another line.")
        keys.append(key)
    twice = len(keys) - len(set(keys))
    if twice:
        notes.append(f"{path.name}: names {twice} of its files more than once; each is taken once")
    if not keys:
        raise DataError(path, "names no file.", remedy="Write a path a line.")
    return Listing(root, list(set(keys)), elsewhere, notes)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = remote.read_bytes(str(path), _LARGEST_LIST).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            path, f"is not UTF-8 text (byte {error.start}).", remedy="Save it as UTF-8."
        ) from None
    except OSError as error:
        raise DataError(
            path, f"cannot be read: {error.strerror or error}.", remedy="Check the path."
        ) from None
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if "\0" in stripped:
            raise _bad_line(path, number, "holds a NUL byte.")
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def _bad_line(path: Path, number: int, problem: str) -> DataError:
    return DataError(path, problem, record=f"line {number}", remedy="Mend or remove that line.")


def _of_url(url: str, recursive: bool) -> Listing:
    root, names = remote.find(url)
    keys = []
    for name in names:
        folders = name.split("/")
        hidden = any(part.startswith(".") for part in folders)
        if not hidden and ".." not in folders and (recursive or len(folders) == 1):
            keys.append(name)
    return Listing(root, keys)


def _sorted(found: Listing, suffixes: Collection[str] | None) -> Listing:
    """Only files with the wanted suffixes, in the order of their keys."""
    keys = found.keys
    if suffixes is not None:
        keys = [key for key in keys if suffix(key) in suffixes]
    return Listing(found.root, sorted(keys), found.elsewhere, sorted(found.notes))


def suffix(name: str) -> str:
    """The end of a file's name from its last dot on, in lower case."""
    return os.path.splitext(name)[1].lower()  # noqa: PTH122


def printable(name: str) -> str:
    """A file's name as it can be printed."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
