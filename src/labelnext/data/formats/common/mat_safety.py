"""MATLAB files of labels, read by scipy only after every size in them was held against the file.

scipy trusts what a file says of itself: a dimension of two thousand million is allocated, a small
compressed part may unfold to gigabytes. So the elements of a level 5 file (versions 5 to 7) are
walked first, and what passed is given to `scipy.io.loadmat` as an uncompressed file in memory.

Source: MathWorks, MAT-File Format, Level 5. Refused beyond what is damaged: big-endian files,
version 7.3 (HDF5), sparse arrays, objects, functions; they hold no labels of the known data sets.
"""

import io
import struct
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from labelnext.data.formats.common import label_files
from labelnext.errors import DataError

LARGEST = 1 << 26  # bytes of a file, packed and unpacked
_MOST_MATRICES = 500_000  # each costs some 200 bytes in memory, whatever it holds
_MOST_VARIABLES = 1000
_DEEPEST = 8
_MOST_FIELDS = 100
_HEAD = 128
_INT8, _INT32, _UINT32, _MATRIX, _COMPRESSED = 1, 5, 6, 14, 15
_BYTES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8}  # of numbers, by type
_TEXT = {1: 1, 2: 1, 3: 2, 4: 2, 16: 1, 17: 2, 18: 4}
_CELL, _STRUCT, _CHAR = 1, 2, 4
_NUMBERS = range(6, 16)
_COMPLEX = 0x0800
_TAG = struct.Struct("<II")
_REMEDY = "It may be cut off or damaged: get the file again."


def load(path: Path, names: Collection[str]) -> dict[str, Any]:
    """Variables of a MATLAB file as `scipy.io.loadmat` gives them; absent ones are left out.

    At most 64 MiB are read, and as much unpacked; at most 500,000 arrays within arrays.

    Raises:
        DataError: The file cannot be read, is of another kind, or its sizes do not fit together.
    """
    from scipy.io import loadmat

    data = label_files.read_bytes(path, largest=LARGEST)
    clean = io.BytesIO(_checked(path, data, names))
    try:
        found = loadmat(clean, variable_names=list(names), verify_compressed_data_integrity=False)
    except Exception as error:  # scipy raises anything on what only it can see
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise DataError(path, f"is not a usable MATLAB file: {reason}.", remedy=_REMEDY) from None
    return {name: found[name] for name in names if name in found}


def is_struct(value: object, *fields: str) -> bool:
    """Whether a value is a struct array (of any size) with these fields."""
    return isinstance(value, np.ndarray) and set(fields) <= set(value.dtype.names or ())


def _checked(path: Path, data: bytes, names: Collection[str]) -> bytes:
    """The wanted variables of a file, walked through, as an uncompressed file."""
    version, endian = (
        struct.unpack_from("<H2s", data, _HEAD - 4) if len(data) >= _HEAD else (0, b"")
    )
    if version != 0x0100 or endian != b"IM":
        raise DataError(
            path,
            "is no MATLAB file of version 5 to 7 (little-endian).",
            remedy="Save it with MATLAB's -v6 or -v7, or get the file again.",
        )
    parts = [data[: _HEAD - 12].ljust(_HEAD - 4, b"\0") + data[_HEAD - 4 : _HEAD]]
    at, room, variables = _HEAD, LARGEST, 0
    while at < len(data):
        variables += 1
        if variables > _MOST_VARIABLES:
            raise _wrong(path, at, f"is the {variables:,}th at the top: no labels are kept so")
        kind, begin, length = _tag(path, data, at, len(data))
        if kind == _COMPRESSED:
            element = _unpacked(path, data[begin : begin + length], at, room)
            room -= len(element)
            at = begin + length  # not padded
        else:
            element = data[at : begin + length]
            at = begin + length + -length % 8
        walk = _Walk(path, element)
        if walk.name() in names:
            walk.element()
            parts.append(element)
    return b"".join(parts)


def _unpacked(path: Path, packed: bytes, at: int, room: int) -> bytes:
    unpack = zlib.decompressobj()
    try:
        data = unpack.decompress(packed, room + 1)
    except zlib.error as error:
        raise _wrong(path, at, f"cannot be unpacked ({error})") from None
    if len(data) > room:
        raise _wrong(path, at, f"unpacks to more than {LARGEST:,} bytes")
    return data


def _tag(path: Path, data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Type, first byte and length of the element at a place; a short one is within its tag."""
    if at + 8 > end:
        raise _wrong(path, at, "is cut off")
    kind, length = _TAG.unpack_from(data, at)
    begin = at + 8
    if kind >> 16:
        kind, length, begin = kind & 0xFFFF, kind >> 16, at + 4
        if length > 4:
            raise _wrong(path, at, f"claims {length} of 4 bytes")
    if begin + length > end:
        raise _wrong(path, at, f"claims {length:,} of {end - begin:,} bytes")
    return kind, begin, length


def _wrong(path: Path, at: int, problem: str) -> DataError:
    return DataError(path, f"an element {problem}.", record=f"byte {at}", remedy=_REMEDY)


class _Walk:
    """One variable, from its first byte to its last; every claim must fit the bytes there are."""

    def __init__(self, path: Path, data: bytes) -> None:
        self._path, self._data = path, data
        self._at = 0
        self._matrices = 0

    def name(self) -> str:
        """Name of the variable; empty for what is no array."""
        kind, begin, length = _tag(self._path, self._data, 0, len(self._data))
        if kind != _MATRIX or not length:
            return ""
        self._at = begin
        self._part(begin + length, _UINT32)
        self._part(begin + length, _INT32)
        name = self._part(begin + length, _INT8)
        self._at = 0
        return name.decode("latin-1")

    def element(self, depth: int = 0) -> None:
        """Walk the array at the current place.

        Raises:
            DataError: With the byte of the element at fault.
        """
        at = self._at
        kind, begin, length = _tag(self._path, self._data, at, len(self._data))
        if kind != _MATRIX or begin != at + 8:
            raise self._wrong(at, f"of type {kind} where an array should be")
        self._matrices += 1
        if self._matrices > _MOST_MATRICES or depth > _DEEPEST:
            raise self._wrong(at, "too many: arrays within arrays without end")
        self._at = begin
        if length:  # without content: an empty array
            self._array(begin + length, depth)
        if self._at != begin + length:
            raise self._wrong(at, f"of {length:,} bytes has content of {self._at - begin:,}")

    def _array(self, end: int, depth: int) -> None:
        at = self._at
        flags = self._part(end, _UINT32)
        dimensions = self._part(end, _INT32)
        if len(flags) != 8 or len(dimensions) % 4 or not 8 <= len(dimensions) <= 16:
            raise self._wrong(at, "without flags or with other than two to four dimensions")
        sides = struct.unpack(f"<{len(dimensions) // 4}i", dimensions)
        if not all(0 <= side <= LARGEST for side in sides):
            raise self._wrong(at, f"of the dimensions {sides}")
        self._part(end, _INT8)
        count = int(np.prod(sides, dtype=object))
        flag = int.from_bytes(flags[:4], "little")
        form = flag & 0xFF
        if form in (_CELL, _STRUCT):
            self._nested(end, count * (self._fields(end) if form == _STRUCT else 1), depth)
        elif form == _CHAR or form in _NUMBERS:
            for _ in range(2 if flag & _COMPLEX else 1):
                self._values(end, count, _TEXT if form == _CHAR else _BYTES)
        else:
            raise self._wrong(at, f"of a kind ({form}) that no labels are made of")

    def _fields(self, end: int) -> int:
        at = self._at
        size = int.from_bytes(self._part(end, _INT32), "little")
        names = self._part(end, _INT8)
        if not 0 < size <= 64 or len(names) % size or not 0 < len(names) // size <= _MOST_FIELDS:
            raise self._wrong(at, f"with {len(names):,} bytes of names of {size:,} each")
        return len(names) // size

    def _nested(self, end: int, count: int, depth: int) -> None:
        if count * 8 > end - self._at:  # the least that an array takes
            raise self._wrong(self._at, f"of {count:,} arrays in {end - self._at:,} bytes")
        for _ in range(count):
            self.element(depth + 1)

    def _values(self, end: int, count: int, types: dict[int, int]) -> None:
        at = self._at
        kind, _, length = _tag(self._path, self._data, at, end)
        if kind not in types:
            raise self._wrong(at, f"of type {kind} where {count:,} values should be")
        self._part(end, kind)
        exact = kind != 16  # UTF-8 takes up to four bytes a letter
        if count * types[kind] > length or (exact and count * types[kind] != length):
            raise self._wrong(at, f"of {length:,} bytes for {count:,} values")

    def _part(self, end: int, kind: int) -> bytes:
        """The bytes of the next element, which must be of a type; then on to the one after it."""
        at = self._at
        found, begin, length = _tag(self._path, self._data, at, end)
        if found != kind:
            raise self._wrong(at, f"of type {found} where one of type {kind} should be")
        self._at = at + 8 if begin == at + 4 else begin + length + -length % 8
        if self._at > end:
            raise self._wrong(at, "is not padded to 8 bytes")
        return self._data[begin : begin + length]

    def _wrong(self, at: int, problem: str) -> DataError:
        return _wrong(self._path, at, problem)
