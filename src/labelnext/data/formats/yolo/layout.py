"""Where the images, labels and names of a YOLO data set are: by its YAML file, or as they lie."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from labelnext.data.formats.common.label_files import listed, names_in, read_lines, relative
from labelnext.data.formats.common.paths import find, inside
from labelnext.data.formats.yolo.data_yaml import SPLITS, Config
from labelnext.data.pool.folder import SUFFIXES
from labelnext.errors import DataError
from labelnext.json_fields import show

_YAML = (".yaml", ".yml")
_LONGEST_LIST = 1 << 28  # bytes


class Layout(NamedTuple):
    """A data set's parts.

    Attributes:
        root: The folder that keys are relative to.
        keys: Images, each once.
        names: Class names; None where nothing gives them.
        keypoints: Columns that keypoints take in label files; 0 where none are declared.
        twice: How many images are in more than one split.
        folders: Whether all images were found in folders, none in a list.
    """

    root: Path
    keys: tuple[str, ...]
    names: tuple[str, ...] | None
    keypoints: int
    twice: int
    folders: bool


def from_yaml(path: Path, config: Config, split: str, root: Path | None) -> Layout:
    """The parts that a YAML file names, all below its own folder or below `root`.

    `path` may be that folder or one below. A split that begins with `../`, as Roboflow writes it,
    is looked for without that, as Ultralytics does.

    Raises:
        DataError: A place is outside or absent, or the file does not have the split.
    """
    base = path.parent if root is None else root
    below = "" if root is not None else _below(path, config)
    chosen = [name for name in SPLITS if name in config.splits and split in ("all", name)]
    if not chosen:
        there = ", ".join(config.splits) or "none"
        raise DataError(
            path,
            f"has no {' or '.join(SPLITS) if split == 'all' else split}; it has {there}.",
            remedy="Add it to the file, or ask for a split that is there.",
        )
    places = [
        _place(path, base, below, name, text) for name in chosen for text in config.splits[name]
    ]
    return _layout(base, below, places, config.names, config.keypoints)


def plain(root: Path, split: str, config: Config | None = None) -> Layout:
    """The parts of a folder as they lie: `images/` and `labels/`, or labels beside images.

    A YAML file may give names without splits. Otherwise names come from `classes.txt` or `*.names`
    in the folder, in `labels/` or in `data/`. A split is `images/<split>/`, `<split>/images/`,
    `<split>/` or the list `<split>.txt`.

    Raises:
        DataError: There is no such split, or no image.
    """
    if split == "all":
        place = root / "images" if (root / "images").is_dir() else root
    else:
        inside(split, root, field="split")
        tried = [f"images/{split}", f"{split}/images", split, f"{split}.txt"]
        found = [root / name for name in tried if os.path.exists(root / name)]  # noqa: PTH110
        if not found:
            raise DataError(
                root,
                f"has no split {split!r}: none of {', '.join(tried)} is there.",
                remedy="Ask for another split, or for all.",
            )
        place = found[0]
    if config is not None and config.names is not None:
        return _layout(root, "", [place], config.names, config.keypoints)
    return _layout(root, "", [place], _names(root), 0)


def find_yaml(folder: Path) -> Path | None:
    """The YAML file of a folder: `data.yaml`, `dataset.yaml`, or the only one.

    Raises:
        DataError: There are several others, and which one is meant cannot be known.
    """
    files = sorted(folder / name for name in _names_in(folder) if Path(name).suffix in _YAML)
    named = [path for path in files if path.stem in ("data", "dataset")]
    if len(files) > 1 and not named:
        raise DataError(
            folder,
            f"holds several YAML files: {', '.join(path.name for path in files[:5])}.",
            remedy=f"Give the one that is meant: yolo:{files[0]}.",
        )
    return next(iter(named or files), None)


def label_of(root: Path, key: str) -> Path | None:
    """An image's label file: `labels` for the last `images` of its path, or beside it; or None."""
    stem = os.path.splitext(key)[0]  # noqa: PTH122
    names = [f"{stem}.txt"]
    if (other := in_labels(stem)) is not None:
        names.insert(0, f"{other}.txt")
    paths = [f"{root}/{name}" for name in names]
    return next((Path(path) for path in paths if os.path.lexists(path)), None)


def in_labels(name: str) -> str | None:
    """A path with `labels` for its last folder `images`; None where it has none."""
    parts = name.split("/")
    for i in range(len(parts) - 2, -1, -1):
        if parts[i] == "images":
            return "/".join([*parts[:i], "labels", *parts[i + 1 :]])
    return None


def without_image(layout: Layout) -> list[str]:
    """Label files in `labels/` that belong to no image."""
    known: dict[str, set[str]] = {}
    for key in layout.keys:
        label = in_labels(os.path.splitext(key)[0])  # noqa: PTH122
        if label is not None:
            folder, _, stem = label.rpartition("/")
            known.setdefault(folder, set()).add(f"{stem}.txt")
    found = []
    for folder, stems in known.items():
        if (layout.root / folder).is_dir():
            names = _names_in(layout.root / folder)
            extra = {name for name in names if name.endswith(".txt")} - stems - {"classes.txt"}
            found += [f"{folder}/{name}" for name in extra]
    return sorted(found)


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 (names, of which there may be many)
    except OSError as error:
        raise DataError(
            folder, f"cannot be listed: {error.strerror}.", remedy="Check its permissions."
        ) from None


def _layout(
    root: Path, below: str, places: list[Path], names: tuple[str, ...] | None, keypoints: int
) -> Layout:
    keys: dict[str, None] = {}
    count = 0
    for place in places:
        entries = _listed_in(root, below, place) if place.is_file() else listed(
            root, place, SUFFIXES
        )  # fmt: skip
        for key in entries:
            count += 1
            keys[key] = None
    if not keys:
        raise DataError(
            root,
            f"holds no image in {', '.join(relative(place, root) for place in places)}.",
            remedy="Give the data set's YAML file, or the folder that holds images/ and labels/.",
        )
    folders = not any(place.is_file() for place in places)
    return Layout(root, tuple(keys), names, keypoints, count - len(keys), folders)


def _listed_in(root: Path, below: str, path: Path) -> Iterator[str]:
    """Images of a list, one a line: relative to the data set's folder, or to the list's."""
    folders = [root / below, path.parent]
    for number, line in enumerate(read_lines(path, largest=_LONGEST_LIST), start=1):
        if line.strip():
            text = line.strip().removeprefix(f"{root}/")
            name = inside(text, path, field="image", record=f"line {number}")
            yield Path(find(name, folders)).relative_to(root).as_posix()


def _below(path: Path, config: Config) -> str:
    """Where below the file's folder `path:` points to; empty for the folder itself."""
    text = config.path.replace("\\", "/")
    inner = _inner(path.parent, "", text) if text else ""
    if inner is not None and os.path.isdir(path.parent / inner):  # noqa: PTH112 (any length)
        return inner
    if text.rstrip("/").rpartition("/")[2] == path.parent.name:
        return ""  # the folder under the name it has where its author keeps it
    raise DataError(
        path,
        f"must name this file's folder or one below it. Got {show(config.path)} instead.",
        record="path",
        remedy="Say where the images are: yolo[root=FOLDER]:" + path.name + ".",
    )


def _place(path: Path, base: Path, below: str, key: str, text: str) -> Path:
    """The folder or list that an entry of a split names."""
    name = text.replace("\\", "/")
    tried = [_inner(base, below, name)]
    if name.startswith("../"):
        tried.append(_inner(base, below, name[3:]))
    for inner in tried:
        if inner is not None and os.path.exists(base / inner):  # noqa: PTH110
            place = base / inner
            if place.is_dir() or (place.is_file() and place.suffix == ".txt"):
                return place
            raise DataError(
                path,
                f"must name a folder or a list (.txt). Got {show(text)} instead.",
                record=key,
                remedy="Mend it.",
            )
    outside = all(inner is None for inner in tried)
    problem = "lies outside the data set's folder" if outside else f"is not there, in {base}"
    raise DataError(
        path,
        f"{show(text)} {problem}.",
        record=key,
        remedy=f"Put it there, or say where the images are: yolo[root=FOLDER]:{path.name}.",
    )


def _inner(base: Path, below: str, text: str) -> str | None:
    """A place relative to `base`; None where it lies outside, whatever links there are."""
    whole = os.path.normpath(os.path.join(base, below, text))  # noqa: PTH118
    inner = os.path.relpath(whole, base).replace(os.sep, "/")
    if inner == ".":
        return ""
    return None if inner.split("/")[0] == ".." else inner


def _names(root: Path) -> tuple[str, ...] | None:
    for folder in (root, root / "labels", root / "data"):
        for path in (folder / "classes.txt", *sorted(folder.glob("*.names"))):
            if path.is_file():
                return names_in(path)
    return None
