"""The format of a place whose reader was not named: from what is there, or an error that asks."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from labelnext import plugins
from labelnext.data.pool.folder import SUFFIXES, VIDEO_SUFFIXES
from labelnext.data.pool.listing import LISTS, listing, suffix
from labelnext.data.sniff import is_yolo_yaml, json_kind, xml_kind
from labelnext.errors import DataError

_YAML = (".yaml", ".yml")
_SET = re.compile(r"set\d\d", re.ASCII)
# Of how many entries of a folder, and of how many files in it, the contents are looked at.
_ENTRIES = 20_000
_LOOKS = 20


def guess(place: str) -> str:
    """Name of the reader for a file, a folder, a glob, a list of paths or a URL.

    Contents decide, not names alone, and only the beginnings of files are read. Where a folder may
    be two things, such as images and a COCO file beside them, that is an error.

    Raises:
        DataError: It may be none or several; the candidates are in the message.
    """
    path = Path(place)
    if os.path.isdir(place):  # noqa: PTH112
        return _of_folder(path)
    if suffix(place) == ".json":
        return _certain(place, json_kind(path))
    if suffix(place) == ".xml":
        return _certain(place, xml_kind(path))
    if suffix(place) in _YAML:
        return _certain(place, "yolo" if is_yolo_yaml(path) else None)
    if os.path.isfile(place) and suffix(place) not in LISTS | SUFFIXES | VIDEO_SUFFIXES:  # noqa: PTH113
        return _certain(place, None)
    return _certain(place, _pictures(place))


def _certain(place: str, reader: str | None) -> str:
    if reader is None:
        raise DataError(place, "is of no known format.", remedy=_say_which(place))
    return reader


def _of_folder(folder: Path) -> str:
    children = _children(folder)
    found = list(dict.fromkeys(_by_layout(folder, children)))
    whole = [reader for reader, place in found if place == folder]
    files = [(reader, place) for reader, place in found if place != folder]
    if len(whole) == 1:
        return whole[0]
    if not whole and not files:
        pictures = _pictures(str(folder))
        if pictures is None:
            remedy = _say_which(str(folder))
            raise DataError(folder, "holds nothing that looks like data.", remedy=remedy)
        return pictures
    candidates = [f"{reader}:{folder}" for reader in whole]
    candidates += [f"{reader}:{place}" for reader, place in files]
    if not whole:
        pictures = _pictures(str(folder))
        candidates += [f"{pictures}:{folder} (without the labels)"] if pictures else []
    raise DataError(
        folder,
        "may be several things, so its format cannot be guessed.",
        remedy=f"Give one of {', '.join(candidates[:_LOOKS])}.",
    )


def _children(folder: Path) -> dict[str, bool]:
    """Names in a folder, sorted, and whether each is a folder; hidden ones are passed over."""
    names: dict[str, bool] = {}
    try:
        with os.scandir(folder) as entries:
            for entry, _ in zip(entries, range(_ENTRIES), strict=False):
                if not entry.name.startswith("."):
                    names[entry.name] = entry.is_dir()
    except OSError as error:
        raise DataError(
            folder, f"cannot be listed: {error.strerror}.", remedy="Check its permissions."
        ) from None
    return dict(sorted(names.items()))


def _by_layout(folder: Path, children: dict[str, bool]) -> Iterator[tuple[str, Path]]:
    """Readers that know what lies here, each with the place to give to it."""
    folders = {name for name, is_folder in children.items() if is_folder}
    if "Annotation" in folders and folders & {"PNGImages", "images"}:
        yield "pennfudan", folder
    if "seqinfo.ini" in children or any(_sequences(folder, folders)):
        yield "mot", folder
    if any((folder / below).is_dir() for below in _KITTI):
        yield "kitti", folder
    if folders & {"leftImg8bit", "gtBboxCityPersons"}:
        yield "citypersons", folder
    if any(_SET.fullmatch(name) for name in _with_those_below(folder, folders)):
        yield "caltech", folder
    if _is_yolo(folder, children, folders):
        yield "yolo", folder
    yield from _by_xml(folder, children, folders)
    yield from _by_json(folder, children, folders)


_KITTI = ("label_2", "training/label_2", "label_02", "training/label_02")


def _sequences(folder: Path, folders: set[str]) -> Iterator[bool]:
    """Whether folders below, or below train/ and test/, are MOTChallenge sequences."""
    for name in sorted(folders)[:_LOOKS]:
        yield (folder / name / "seqinfo.ini").is_file()
        if name in ("train", "test"):
            below = sorted(_children(folder / name))[:_LOOKS]
            yield from ((folder / name / part / "seqinfo.ini").is_file() for part in below)


def _with_those_below(folder: Path, folders: set[str]) -> set[str]:
    below = [name for name in ("annotations", "videos", "images", "data") if name in folders]
    return folders.union(*(_children(folder / name) for name in below))


def _is_yolo(folder: Path, children: dict[str, bool], folders: set[str]) -> bool:
    yaml = [name for name in children if suffix(name) in _YAML][:_LOOKS]
    if any(is_yolo_yaml(folder / name) for name in yaml):
        return True
    pairs = [("labels", "images"), ("train/labels", "train/images")]
    for labels, images in pairs:
        if (folder / labels).is_dir() and (folder / images).is_dir():
            return any(suffix(key) == ".txt" for key in _some_below(folder / labels))
    names = [name for name in children if suffix(name) == ".names" or name == "classes.txt"]
    stems = {name[: -len(suffix(name))] for name in children if suffix(name) in SUFFIXES}
    return bool(names) and any(f"{stem}.txt" in children for stem in stems)


def _some_below(folder: Path) -> Iterator[str]:
    """Names of files in a folder and in those right below it."""
    for name, is_folder in _children(folder).items():
        yield from _children(folder / name) if is_folder else (name,)


def _by_xml(
    folder: Path, children: dict[str, bool], folders: set[str]
) -> Iterator[tuple[str, Path]]:
    places = [folder / name for name in children if suffix(name) == ".xml"][:_LOOKS]
    if "Annotations" in folders:
        below = _children(folder / "Annotations")
        places += [folder / "Annotations" / n for n in below if suffix(n) == ".xml"][:_LOOKS]
    for place in places:
        kind = xml_kind(place)
        if kind == "voc" or (kind == "cvat" and place == folder / "annotations.xml"):
            yield kind, folder
        elif kind:
            yield kind, place


def _by_json(
    folder: Path, children: dict[str, bool], folders: set[str]
) -> Iterator[tuple[str, Path]]:
    places = [folder / name for name in children if suffix(name) == ".json"][:_LOOKS]
    if "annotations" in folders:
        below = _children(folder / "annotations")
        places += [folder / "annotations" / n for n in below if suffix(n) == ".json"][:_LOOKS]
    for place in places:
        kind = json_kind(place)
        # These have a file an image, so the folder is the data set.
        if kind == "labelme" or (kind == "vott" and place.name.endswith("-asset.json")):
            yield kind, folder
        elif kind:
            yield kind, place


def _pictures(place: str) -> str | None:
    """`images`, `video`, or `media` for both; None where there is neither."""
    found = {suffix(key) for key in listing(place, SUFFIXES | VIDEO_SUFFIXES).keys}
    if not found:
        return None
    return "images" if found <= SUFFIXES else "video" if found <= VIDEO_SUFFIXES else "media"


def _say_which(place: str) -> str:
    names = ", ".join(f"{name}:{place}" for name in plugins.names("readers"))
    return f"Say which reader to use: {names}."
