"""MATLAB files of level 5, byte by byte; and `.vbb` files, by scipy or by the same bytes."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import savemat

HEAD = b"MATLAB 5.0 MAT-file, made by a test".ljust(124) + struct.pack("<H2s", 0x0100, b"IM")
DOUBLE, CHAR, CELL, STRUCT, UINT16 = 6, 4, 1, 2, 11


def element(kind: int, data: bytes) -> bytes:
    """An element with its tag, short where it fits, padded to 8 bytes."""
    if 0 < len(data) <= 4:
        return struct.pack("<I", len(data) << 16 | kind) + data.ljust(4, b"\0")
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def array(form: int, sides: Sequence[int], content: bytes, name: str = "") -> bytes:
    """An array with its header."""
    head = element(6, struct.pack("<II", form, 0))
    head += element(5, struct.pack(f"<{len(sides)}i", *sides)) + element(1, name.encode())
    return struct.pack("<II", 14, len(head) + len(content)) + head + content


def doubles(rows: Sequence[Sequence[float]]) -> bytes:
    values = np.array(rows, "<f8").reshape(len(rows), -1)
    return array(DOUBLE, values.shape, element(9, values.T.tobytes()))


def uint16s(rows: Sequence[Sequence[int]]) -> bytes:
    values = np.array(rows, "<u2").reshape(len(rows), -1)
    return array(UINT16, values.shape, element(4, values.T.tobytes()))


def chars(text: str) -> bytes:
    return array(CHAR, (1, len(text)), element(4, text.encode("utf-16-le")))


def cells(parts: Sequence[bytes], name: str = "") -> bytes:
    return array(CELL, (1, len(parts)), b"".join(parts), name)


def structs(entries: Sequence[Mapping[str, bytes]], fields: Sequence[str], name: str = "") -> bytes:
    content = element(5, struct.pack("<i", 32))
    content += element(1, b"".join(field.encode().ljust(32, b"\0") for field in fields))
    content += b"".join(entry[field] for entry in entries for field in fields)
    return array(STRUCT, (1, len(entries)), content, name)


def packed(variable: bytes) -> bytes:
    """A variable as a compressed element, which is not padded."""
    data = zlib.compress(variable)
    return struct.pack("<II", 15, len(data)) + data


Object = Mapping[str, Any]
"""id, pos, and perhaps occl and posv."""

OBJECT_FIELDS = ("id", "pos", "occl", "lock", "posv")
TOP_FIELDS = (
    "nFrame", "objLists", "maxObj", "objInit", "objLbl", "objStr", "objEnd", "objHide", "altered",
    "log", "logLen",
)  # fmt: skip


def vbb_bytes(frames: Sequence[Sequence[Object]], labels: Sequence[str], **changes: bytes) -> bytes:
    """A `.vbb` as MATLAB's -v6 writes it; `changes` replaces fields of `A`."""
    lists = [
        structs(
            [
                {
                    "id": doubles([[one["id"]]]), "pos": doubles([one["pos"]]),
                    "occl": doubles([[one.get("occl", 0)]]), "lock": doubles([[0]]),
                    "posv": doubles([one.get("posv", [0, 0, 0, 0])]),
                }
                for one in objects
            ],
            OBJECT_FIELDS,
        )
        if objects else array(DOUBLE, (0, 0), element(9, b""))
        for objects in frames
    ]  # fmt: skip
    number = len(labels)
    top = {field: doubles([[0]]) for field in TOP_FIELDS}
    top |= {"nFrame": doubles([[len(frames)]]), "objLists": cells(lists)}
    top |= {"maxObj": doubles([[number]]), "objInit": doubles([[1] * max(number, 1)])}
    top |= {"objLbl": cells([chars(label) for label in labels])}
    return HEAD + structs([{**top, **changes}], TOP_FIELDS, "A")


def write_vbb(path: Path, frames: Sequence[Sequence[Object]], labels: Sequence[str]) -> Path:
    """A `.vbb` byte by byte."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(vbb_bytes(frames, labels))
    return path


def save_vbb(
    path: Path, frames: Sequence[Sequence[Object]], labels: Sequence[str], *, compress: bool
) -> Path:
    """A `.vbb` by scipy."""
    lists = np.empty((1, len(frames)), object)
    for f, objects in enumerate(frames):
        lists[0, f] = np.zeros((0, 0))
        if objects:
            lists[0, f] = np.empty((1, len(objects)), [(name, object) for name in OBJECT_FIELDS])
            for i, one in enumerate(objects):
                lists[0, f][0, i] = (
                    float(one["id"]), np.array([one["pos"]], float), float(one.get("occl", 0)),
                    0.0, np.array([one.get("posv", [0, 0, 0, 0])], float),
                )  # fmt: skip
    names = np.empty((1, len(labels)), object)
    names[0, :] = list(labels)
    top: dict[str, Any] = dict.fromkeys(TOP_FIELDS, 0.0)
    top |= {"nFrame": float(len(frames)), "objLists": lists, "objLbl": names}
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"A": top}, format="5", do_compression=compress, appendmat=False)
    return path
