"""Dense maps in a file an image, so that any program's maps can be scored (PAPER §2).

The file is `.npz` or `.safetensors`, with the same arrays: `level_0`, `level_1`, … `[classes, h,
w]` of logits; `strides`, one whole number a level; `image_size` [height, width]. `activation`,
"sigmoid" (the default) or "softmax", is an array in a `.npz`, and metadata in a `.safetensors`.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_safetensors

from labelnext.errors import DataError
from labelnext.files import write_atomic, write_bytes
from labelnext.types import Activation, DenseMaps, MapLevel

SUFFIXES = (".npz", ".safetensors")
_REMEDY = "Write it with detectors.maps_file.write, or as that module describes."
_TYPES = (
    "F16", "F32", "F64", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64", "BOOL",
)  # fmt: skip
_CHUNK = 1 << 22  # bytes


def write(path: Path, maps: DenseMaps, *, half: bool = False) -> None:
    """Write maps, whole or not at all.

    Args:
        path: Where, ending in `.npz` or `.safetensors`.
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
    if path.suffix == ".safetensors":
        plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        write_bytes(path, to_safetensors(plain, metadata={"activation": maps.activation}))
        return
    arrays["activation"] = np.array(maps.activation)

    def save(partial: Path) -> None:
        with partial.open("wb") as handle:
            np.savez(handle, **arrays)  # type: ignore[arg-type]

    write_atomic(path, save)


def read(path: Path) -> DenseMaps:
    """Read maps of a `.npz`, or of a `.safetensors` file; no pickle is ever loaded.

    Raises:
        DataError: The file is absent or damaged, an array is missing or of the wrong shape, or a
            logit is not finite.
    """
    arrays = _tensors(path) if path.suffix == ".safetensors" else _arrays(path)
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


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as content:
            return {name: content[name] for name in content.files}
    except (OSError, ValueError, TypeError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise DataError(path, f"is not a readable .npz file: {error}.", remedy=_REMEDY) from None


def _tensors(path: Path) -> dict[str, np.ndarray]:
    """The tensors, and the activation from the metadata, as a `.npz` would have them."""
    found: dict[str, np.ndarray] = {}
    try:
        with safe_open(path, framework="numpy") as content:
            for name in content.keys():  # noqa: SIM118
                found[name] = _tensor(path, content, name)
            found["activation"] = np.array((content.metadata() or {}).get("activation", "sigmoid"))
    except (OSError, SafetensorError) as error:
        raise DataError(
            path, f"is not a readable .safetensors file: {error}.", remedy=_REMEDY
        ) from None
    return found


def _tensor(path: Path, content: Any, name: str) -> np.ndarray:
    kind = content.get_slice(name).get_dtype()
    if kind not in _TYPES:  # whatever other packages may have taught numpy by now
        raise _error(path, name, "of float16, float32 or float64", kind)
    array: np.ndarray = content.get_tensor(name)
    return array


class MapsFolder:
    """Dense maps beside the boxes, read when asked for.

    Args:
        folder: Holds FILE_NAME.npz or FILE_NAME.safetensors for every image.
        places: Place of each category among the kept classes, −1 where it is not kept.
    """

    def __init__(self, folder: Path, places: np.ndarray) -> None:
        self._folder = folder
        self._channels = [int(np.flatnonzero(places == p)[0]) for p in range(places.max() + 1)]
        self._categories = len(places)

    def read(self, name: str) -> DenseMaps:
        """The maps of an image, with the channels of the kept classes in the project's order."""
        path = self._file(name)
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
        """Names and checksums: of a `.npz` from its directory, of a `.safetensors` of all of it."""
        digest = hashlib.sha256()
        for path in sorted(p for p in self._folder.rglob("*") if p.suffix in SUFFIXES):
            digest.update(str(path.relative_to(self._folder)).encode())
            if path.suffix == ".safetensors":
                stat = path.stat()
                digest.update(str(_checksum(path, stat.st_size, stat.st_mtime_ns)).encode())
                continue
            try:
                with zipfile.ZipFile(path) as content:
                    digest.update(repr([(i.filename, i.CRC) for i in content.infolist()]).encode())
            except zipfile.BadZipFile:
                digest.update(b"damaged")  # `read` says so
        return digest.hexdigest()

    def _file(self, name: str) -> Path:
        """The one file of an image.

        Raises:
            DataError: There are two.
        """
        plain = name.replace("\\", "/")
        first, *others = [self._folder / f"{plain}{suffix}" for suffix in SUFFIXES]
        there = [path for path in (first, *others) if path.exists()]
        if len(there) > 1:
            raise DataError(
                there[0],
                f"and {there[1].name} both hold maps of the image.",
                remedy="Remove one of them.",
            )
        return there[0] if there else first


@lru_cache(maxsize=1 << 16)
def _checksum(path: Path, size: int, changed: int) -> int:
    """CRC-32 of a file's bytes, computed again only when its size or time has changed."""
    found = 0
    with path.open("rb") as handle:
        while part := handle.read(_CHUNK):
            found = zlib.crc32(part, found)
    return found


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
