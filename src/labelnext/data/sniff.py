"""What a file is, from its first 256 kB: which tool's JSON, XML or YAML, and how sure that is."""

import re
from io import BytesIO
from pathlib import Path
from xml.parsers import expat

import ijson

_HEAD = 1 << 18
_DEEPEST = 4
_YAML_KEY = re.compile(r"^(names|nc|train|val|test)[ \t]*:", re.MULTILINE)

# Keys that only files of one kind have together; `[]` is an entry of a list.
_JSON: tuple[tuple[str, tuple[frozenset[str], ...]], ...] = tuple(
    (reader, tuple(frozenset(mark.split()) for mark in marks))
    for reader, marks in (
        ("coco", ("images annotations", "images categories", "annotations categories",
                  "images images[].file_name", "annotations[].image_id annotations[].bbox")),
        ("bdd100k", ("[].name [].labels", "[].name [].attributes", "[].name [].videoName",
                     "frames frames[].name", "name frames frames[].objects")),
        ("labelstudio", ("[].data [].annotations", "[].data [].completions",
                         "[].annotation_id [].lead_time", "[].id [].annotator")),
        ("labelme", ("shapes imagePath", "shapes imageData", "shapes version flags")),
        ("vott", ("assets tags", "assets visitedAssets", "asset regions")),
        ("citypersons", ("imgHeight imgWidth objects",)),
    )
)  # fmt: skip


def json_kind(path: Path) -> str | None:
    """The reader of a JSON file; None where it is of no known kind, or of several."""
    keys = _json_keys(_head(path))
    found = {reader for reader, marks in _JSON if any(mark <= keys for mark in marks)}
    return found.pop() if len(found) == 1 else None


def xml_kind(path: Path) -> str | None:
    """The reader of an XML file; None where it is of no known kind."""
    names = _xml_names(_head(path))
    if names[:1] == ["annotation"]:
        return "voc" if {"filename", "size", "object", "folder"} & set(names) else None
    if names[:1] == ["annotations"]:
        return "cvat" if {"meta", "image", "track", "version"} & set(names) else None
    return None


def is_yolo_yaml(path: Path) -> bool:
    """Whether a YAML file has the keys of a YOLO data set."""
    found = set(_YAML_KEY.findall(_head(path).decode("utf-8", "replace")))
    return len(found) >= 2


def _head(path: Path) -> bytes:
    """The beginning of a regular file; nothing of any other, or where it cannot be read."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as handle:
            return handle.read(_HEAD)
    except OSError:
        return b""


def _json_keys(head: bytes) -> set[str]:
    """Names of fields near the top; a file that is cut off gives those before the cut."""
    keys: set[str] = set()
    inside: list[str] = []  # what each open list or object is called
    key = ""
    source = BytesIO(head.removeprefix(b"\xef\xbb\xbf"))
    try:
        # use_float: without it, ijson 3.6 ends the process on an integer of over 4,300 digits.
        for event, value in ijson.basic_parse(source, use_float=True):
            if event == "map_key":
                parent = inside[-1] if len(inside) <= _DEEPEST else ""
                key = f"{parent}.{value}" if parent else str(value)
                if len(inside) <= _DEEPEST:
                    keys.add(key)
            elif event == "start_map":
                inside.append(inside[-1] if inside and inside[-1].endswith("[]") else key)
            elif event == "start_array":
                inside.append(f"{key}[]")
            elif event in ("end_map", "end_array"):
                key = inside.pop()
    except Exception:  # parsers raise anything on what is no JSON; it is only a guess
        return keys
    return keys


def _xml_names(head: bytes) -> list[str]:
    """Names of the root and of the elements right below it, in order."""
    names: list[str] = []
    depth = 0

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth <= 2:
            names.append(name)

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        raise ValueError("a document type")  # no label format has one

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(head, False)
    except (expat.ExpatError, ValueError, LookupError):
        return names
    return names
