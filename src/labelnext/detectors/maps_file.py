"""Dense maps in a `.npz` file an image, so that any program's maps can be scored (PAPER §2).

Arrays: `level_0`, `level_1`, … `[classes, h, w]` of logits; `strides`, one whole number a level;
`image_size` [height, width]; and perhaps `activation`, "sigmoid" (the default) or "softmax".
"""

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from labelnext.errors import DataError
from labelnext.files import write_atomic
from labelnext.types import Activation, DenseMaps, MapLevel

_REMEDY = "Write it with detectors.maps_file.write, or as that module describes."


def write(path: Path, maps: DenseMaps, *, half: bool = False) -> None:
    """Write maps, whole or not at all.

    Args:
        path: Where, ending in `.npz`.
        maps: What.
        half: Store logits as float16: half the size, and a probability changes by 0.002 at most
            where it is neither near 0 nor near 1.
    """
    kind = np.float16 if half else np.float32
    arrays: dict[str, np.ndarray] = {
        f"level_{i}": level.logits.astype(kind) for i, level in enumerate(maps.levels)
    }
    arrays["strides"] = np.array([level.stride for level in maps.levels], np.int64)
    arrays["image_size"] = np.array(maps.image_size, np.int64)
    arrays["activation"] = np.array(maps.activation)

    def save(partial: Path) -> None:
        with partial.open("wb") as handle:
            np.savez(handle, **arrays)  # type: ignore[arg-type]

    write_atomic(path, save)


def read(path: Path) -> DenseMaps:
    """Read maps; no pickle is ever loaded.

    Raises:
        DataError: The file is absent or damaged, an array is missing or of the wrong shape, or a
            logit is not finite.
    """
    try:
        with np.load(path, allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
    except (OSError, ValueError, TypeError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise DataError(path, f"is not a readable .npz file: {error}.", remedy=_REMEDY) from None
    strides, size = _whole(path, arrays, "strides"), _whole(path, arrays, "image_size")
    activation = str(arrays.get("activation", "sigmoid"))
    if activation not in ("sigmoid", "softmax"):
        raise _error(path, "activation", "sigmoid or softmax", activation)
    if len(size) != 2 or len(strides) == 0:
        raise _error(path, "image_size", "[height, width], beside one stride a level", size)
    levels = tuple(
        MapLevel(_logits(path, arrays, f"level_{i}"), stride) for i, stride in enumerate(strides)
    )
    if len({level.logits.shape[0] for level in levels}) > 1:
        raise _error(path, "level_0", "of as many classes as the other levels", "another number")
    return DenseMaps(levels, (size[0], size[1]), cast(Activation, activation))


class MapsFolder:
    """Dense maps beside the boxes, read when asked for.

    Args:
        folder: Holds FILE_NAME.npz for every image.
        places: Place of each category among the kept classes, −1 where it is not kept.
    """

    def __init__(self, folder: Path, places: np.ndarray) -> None:
        self._folder = folder
        self._channels = [int(np.flatnonzero(places == p)[0]) for p in range(places.max() + 1)]
        self._categories = len(places)

    def read(self, name: str) -> DenseMaps:
        """The maps of an image, with the channels of the kept classes in the project's order."""
        path = self._folder / f"{name.replace(chr(92), '/')}.npz"
        maps = read(path)
        found, background = len(maps.levels[0].logits), maps.activation == "softmax"
        if found != self._categories + background:
            raise DataError(
                path,
                f"has {found} classes; the predictions have {self._categories} categories"
                f"{' and softmax needs the background, last' if background else ''}.",
                remedy="Write one map a category, in the order of 'categories'.",
            )
        if background:
            return maps  # a distribution can't be cut
        levels = (replace(level, logits=level.logits[self._channels]) for level in maps.levels)
        return replace(maps, levels=tuple(levels))

    def digest(self) -> str:
        """Names and checksums of all arrays, from the files' directories alone."""
        digest = hashlib.sha256()
        for path in sorted(self._folder.rglob("*.npz")):
            digest.update(str(path.relative_to(self._folder)).encode())
            try:
                with zipfile.ZipFile(path) as content:
                    digest.update(repr([(i.filename, i.CRC) for i in content.infolist()]).encode())
            except zipfile.BadZipFile:
                digest.update(b"damaged")  # `read` says so
        return digest.hexdigest()


def _whole(path: Path, arrays: Mapping[str, np.ndarray], name: str) -> list[int]:
    value = arrays.get(name)
    if value is None or value.ndim != 1 or value.dtype.kind not in "iu" or (value < 1).any():
        raise _error(path, name, "whole numbers above 0", value)
    return [int(number) for number in value]


def _logits(path: Path, arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    value = arrays.get(name)
    if value is None or value.ndim != 3 or value.dtype.kind != "f" or 0 in value.shape:
        got = None if value is None else f"{value.dtype} {value.shape}"
        raise _error(path, name, "floating-point logits [classes, h, w], one a stride", got)
    logits = value.astype(np.float32)
    if not np.isfinite(logits).all():
        raise _error(path, name, "finite", "NaN or infinity")
    return logits


def _error(path: Path, name: str, expected: str, got: object) -> DataError:
    return DataError(path, f"must be {expected}. Got {got} instead.", record=name, remedy=_REMEDY)
