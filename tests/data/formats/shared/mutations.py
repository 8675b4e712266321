"""Damaged and hostile contents of a file, by its kind: bytes, JSON, XML, YAML, text, binary."""

import json
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import numpy as np
import yaml

from tests.data.formats.shared import hostile, strange

Kind = Literal["json", "xml", "yaml", "text", "binary"]
FOLDER, LOOP, ABSENT = "a folder", "a link to itself", "no file"


class Mutation(NamedTuple):
    """One file made bad.

    Attributes:
        file: Which file of the data set, relative to it.
        what: How it was made.
        content: Its bytes, or one of FOLDER, LOOP and ABSENT.
    """

    file: str
    what: str
    content: bytes | str


def mutations(
    files: dict[str, tuple[Kind, bytes]], count: int, seed: int, canary: Path
) -> Iterator[Mutation]:
    """`count` mutations, every hostile content first, then random ones in turn over the files."""
    rng = np.random.default_rng(seed)
    made = 0
    names = strange.names(canary)
    for file, (kind, good) in files.items():
        yield from (Mutation(file, what, what) for what in (FOLDER, LOOP, ABSENT))
        contents = hostile.contents(kind, good, canary)
        contents |= _renamed(kind, good, names)
        yield from (Mutation(file, what, content) for what, content in contents.items())
        made += 3 + len(contents)
    while made < count:
        file = list(files)[made % len(files)]
        kind, good = files[file]
        aware = STRUCTURED[kind] if rng.random() < 0.6 else damaged
        yield Mutation(file, aware.__name__, aware(good, rng, names))
        made += 1


_IMAGE_NAME = re.compile(r"""[^\s"'<>=,;:{}\[\]|]+\.(?:png|jpe?g|avi|mp4|seq)""", re.IGNORECASE)


def _renamed(kind: Kind, good: bytes, names: list[str]) -> dict[str, bytes]:
    """Every image that the file names has a name that leads out of the data set, or nowhere."""
    if kind == "binary" or not _IMAGE_NAME.search(good.decode()):
        return {}
    quoted = {"json": lambda name: json.dumps(name)[1:-1], "xml": escape}.get(kind, str)
    pieces = _IMAGE_NAME.split(good.decode())
    return {
        f"images are called {name[:40]!a}": quoted(name).join(pieces).encode() for name in names
    }


def damaged(good: bytes, rng: np.random.Generator, _names: list[str]) -> bytes:
    """Cut off, bits flipped, a piece removed, a piece twice, or bytes put in."""
    data = bytearray(good)
    at, length = int(rng.integers(max(1, len(data)))), int(rng.integers(1, 40))
    match rng.integers(6) if data else 4:
        case 0:
            return bytes(data[:at])
        case 1:
            for place in rng.integers(0, len(data), rng.integers(1, 5)):
                data[place] ^= 1 << int(rng.integers(8))
            return bytes(data)
        case 2:
            return bytes(data[:at] + data[at + length :])
        case 3:
            return bytes(data[:at] + data[at : at + length] + data[at:])
        case 4:
            return bytes(data[:at] + rng.bytes(length) + data[at:])
        case _:
            return bytes(data[:at] + data[at : at + length] * 50 + data[at:])


def json_values(good: bytes, rng: np.random.Generator, names: list[str]) -> bytes:
    """A value, anywhere, replaced by a strange one, removed or doubled."""
    return json.dumps(_replaced(json.loads(good), rng, names)).encode()


def yaml_values(good: bytes, rng: np.random.Generator, names: list[str]) -> bytes:
    """The same for YAML."""
    content = _replaced(yaml.safe_load(good), rng, names)
    return yaml.safe_dump(content, allow_unicode=False).encode("utf-8", "surrogatepass")


def _replaced(content: Any, rng: np.random.Generator, names: list[str]) -> Any:
    place: Any = content
    while True:
        if not place:
            return _odd(rng, names)
        step: Any = (
            list(place)[int(rng.integers(len(place)))]
            if isinstance(place, dict)
            else int(rng.integers(len(place)))
        )
        if not isinstance(place[step], dict | list) or not place[step] or rng.random() < 0.15:
            break
        place = place[step]
    match rng.integers(6):
        case 0:
            del place[step]
        case 1 if isinstance(place, list):
            place.append(place[step])
        case 1:
            place[f"{step} "] = place.pop(step)
        case _:
            place[step] = _odd(rng, names)
    return content


def _odd(rng: np.random.Generator, names: list[str]) -> Any:
    choices = names if rng.random() < 0.3 else strange.VALUES
    return choices[int(rng.integers(len(choices)))]


def xml_values(good: bytes, rng: np.random.Generator, names: list[str]) -> bytes:
    """An attribute or a text replaced by a strange one; an element renamed, removed or doubled."""
    root = ElementTree.fromstring(good)
    parents = [element for element in root.iter() if len(element)]
    parent = parents[int(rng.integers(len(parents)))]
    element = parent[int(rng.integers(len(parent)))]
    texts = names if rng.random() < 0.3 else strange.TEXTS
    text = _xml_safe(texts[int(rng.integers(len(texts)))])
    attributes = list(element.attrib)
    match rng.integers(8):
        case 0:
            parent.remove(element)
        case 1:
            parent.append(element)
        case 2:
            element.tag = "other"
        case 3 if attributes:
            del element.attrib[attributes[int(rng.integers(len(attributes)))]]
        case 4 | 5 | 6 if attributes:
            element.set(attributes[int(rng.integers(len(attributes)))], text)
        case _:
            element.text = text
    return ElementTree.tostring(root)


def _xml_safe(text: str) -> str:
    return re.sub("[\x00-\x08\x0b-\x1f]", "", text)


def tokens(good: bytes, rng: np.random.Generator, names: list[str]) -> bytes:
    """A word or number replaced by a strange one; a line removed, doubled or joined."""
    lines = good.decode().splitlines()
    if not lines:
        return damaged(good, rng, names)
    at = int(rng.integers(len(lines)))
    parts = re.split(r"([\s,:=]+)", lines[at])
    match rng.integers(8):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[at])
        case 2:
            lines[at] += " " + lines[at - 1]
        case 3:
            lines[at] = lines[at].replace(" ", "\t", 1)
        case _:
            texts = names if rng.random() < 0.2 else strange.TEXTS
            parts[int(rng.integers(0, len(parts), 1)[0]) // 2 * 2] = texts[rng.integers(len(texts))]
            lines[at] = "".join(parts)
    end = ("\n", "\r\n", "\r")[int(rng.integers(3))]
    return (end.join(lines) + end).encode("utf-8", "surrogatepass")


_FIELDS: tuple[tuple[str, tuple[float, ...]], ...] = (
    ("<I", (0, 1, 2**31 - 1, 2**31, 2**32 - 1)),
    (">I", (0, 1, 2**31 - 1, 2**31, 2**32 - 1)),
    ("<H", (0, 2**15, 2**16 - 1)),
    ("<Q", (0, 2**40, 2**63 - 1, 2**64 - 1)),
    ("<d", (float("nan"), float("inf"), -1.0, 1e308, 0.0)),
)


def numbers(good: bytes, rng: np.random.Generator, _names: list[str]) -> bytes:
    """A number of 2 to 8 bytes, more often near the beginning, made huge, zero or NaN."""
    if len(good) < 8:
        return damaged(good, rng, _names)
    data = bytearray(good)
    form, values = _FIELDS[int(rng.integers(len(_FIELDS)))]
    end = min(len(data), 1200 if rng.random() < 0.7 else len(data)) - 8
    at = int(rng.integers(max(1, end)))
    at = at if rng.random() < 0.3 else at // 4 * 4
    struct.pack_into(form, data, at, values[int(rng.integers(len(values)))])
    return bytes(data)


STRUCTURED: dict[Kind, Callable[[bytes, np.random.Generator, list[str]], bytes]] = {
    "json": json_values, "yaml": yaml_values, "xml": xml_values, "text": tokens, "binary": numbers,
}  # fmt: skip
