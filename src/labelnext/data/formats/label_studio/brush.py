"""Label Studio's brush strokes: its own run-length code, of which only the extent is wanted."""

from collections.abc import Sequence

from labelnext.errors import LabelnextError


class BrushError(LabelnextError):
    """A brush stroke's code is damaged; the message is the reason."""


def brush_box(rle: Sequence[object], width: int, height: int) -> list[float] | None:
    """The box [x1, y1, x2, y2] around a brush stroke; None where nothing is painted.

    The code is a stream of bits: the count of values (32 bits; four channels a pixel, row by row),
    the bits of a value less one (5), four lengths of run lengths less one (4 each); then runs: one
    bit (1: one value repeated), which of the four lengths (2), the run less one, and the value or
    values. Painted is where the fourth channel is not 0. After `decode_rle` of
    label-studio-converter 0.0.59; nothing as large as the image is made.

    Raises:
        BrushError: The code is cut off, or not of an image of this size.
    """
    bits = _Bits(rle)
    total = bits.take(32)
    if total != 4 * width * height:
        raise BrushError(f"is of {total} values where {width} x {height} px need another count")
    word = bits.take(5) + 1
    sizes = [bits.take(4) + 1 for _ in range(4)]
    extent = _Extent(width)
    at = 0
    while at < total:
        same = bits.take(1)
        end = min(total, at + 1 + bits.take(sizes[bits.take(2)]))
        if same:
            if bits.take(word):
                extent.add(at, end)
            at = end
        while at < end:
            if bits.take(word):
                extent.add(at, at + 1)
            at += 1
    return extent.box()


class _Extent:
    """Grows by runs of values; every fourth is a pixel's."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._sides: tuple[int, int, int, int] | None = None

    def add(self, start: int, end: int) -> None:
        first, last = start // 4, (end - 4) // 4
        if last < first:
            return
        top, bottom = first // self._width, last // self._width
        left, right = first % self._width, last % self._width
        if top != bottom:
            left, right = 0, self._width - 1
        if self._sides is not None:
            x1, y1, x2, y2 = self._sides
            left, top, right, bottom = min(x1, left), min(y1, top), max(x2, right), max(y2, bottom)
        self._sides = (left, top, right, bottom)

    def box(self) -> list[float] | None:
        if self._sides is None:
            return None
        left, top, right, bottom = self._sides
        return [float(left), float(top), float(right + 1), float(bottom + 1)]


class _Bits:
    def __init__(self, values: Sequence[object]) -> None:
        if not all(type(value) is int and 0 <= value <= 255 for value in values):
            raise BrushError("holds values that are no bytes")
        self._data = bytes(values)  # type: ignore[arg-type]
        self._at = 0

    def take(self, count: int) -> int:
        end = self._at + count
        if end > 8 * len(self._data):
            raise BrushError("is cut off")
        part = int.from_bytes(self._data[self._at // 8 : (end + 7) // 8], "big")
        self._at = end
        return part >> (-end % 8) & ((1 << count) - 1)
