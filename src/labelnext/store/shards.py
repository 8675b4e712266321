"""Scores of one round as immutable Parquet parts: one row an image, its detections beside it.

Part i holds images i·ROWS … (i+1)·ROWS − 1 of the sorted list that was to be scored, so a run that
was stopped does only the parts that it lacks. A second list begins with a part of its own.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from jaxtyping import Float32

from labelnext.errors import ProjectError
from labelnext.files import write_atomic
from labelnext.types import Detections

ROWS = 256

_BOX = pa.struct(
    [
        ("xyxy", pa.list_(pa.float32(), 4)),
        ("score", pa.float32()),
        ("class", pa.int32()),
        ("probabilities", pa.list_(pa.float32())),
        ("kept", pa.list_(pa.float32())),
    ]
)
_VECTOR = "vector."
_FINGERPRINT, _IMAGES = "labelnext.fingerprint", "labelnext.images"
_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("score", pa.float64()),
        ("problem", pa.string()),
        ("detections", pa.list_(_BOX)),
    ]
)


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """The outcome for one image.

    Attributes:
        key: The image.
        score: Acquisition score; None where the strategy defines none (no detections, unreadable).
        detections: What the same forward pass detected: the pre-labels. None if it never ran.
        problem: Why the image could not be scored; None when all went well.
        vectors: What the strategy keeps of the image until selection, by name.
        boxes: The same of each detection.
    """

    key: str
    score: float | None
    detections: Detections | None
    problem: str | None = None
    vectors: Mapping[str, Float32[np.ndarray, "_d"]] = field(default_factory=dict)
    boxes: Float32[np.ndarray, "n _m"] | None = None


class ScoreShards:
    """The parts in one folder. `fingerprint` says what they were made from; others are refused."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.folder, self.fingerprint = folder, fingerprint

    def missing(self, keys: Sequence[str], first: int = 0) -> list[int]:
        """Parts of a list of images that are not there whole, made from the same and of them alone.

        Args:
            keys: Of the images, in the list's order.
            first: The part that the list begins with.

        Returns:
            Their numbers, the first part of the list being 0.
        """
        parts = (keys[start : start + ROWS] for start in range(0, len(keys), ROWS))
        wanted = [(self.fingerprint, _digest(own)) for own in parts]
        return [i for i, facts in enumerate(wanted) if self._facts(first + i) != facts]

    def cut(self, parts: int) -> None:
        """Remove whatever follows the first `parts` parts: it was of a longer list."""
        for part in self._parts():
            if part.name >= _name(parts):
                part.unlink()

    def write(self, number: int, rows: Sequence[ScoreRow]) -> None:
        """Write part `number`, whole or not at all."""
        table = pa.Table.from_pylist([_encode(row) for row in rows], schema=_SCHEMA)
        for name in sorted({name for row in rows for name in row.vectors}):
            column = [row.vectors.get(name) for row in rows]
            table = table.append_column(_VECTOR + name, pa.array(column, pa.list_(pa.float32())))
        table = table.replace_schema_metadata(
            {_FINGERPRINT: self.fingerprint, _IMAGES: _digest([row.key for row in rows])}
        )
        write_atomic(self.folder / _name(number), lambda path: pq.write_table(table, path))

    def keys(self) -> list[str]:
        """The images of every part, in order.

        Raises:
            ProjectError: A part is damaged.
        """
        return [key for table in self._tables(["key"]) for key in table["key"].to_pylist()]

    def scores(self, first: int, stop: int) -> Iterator[tuple[str, float | None]]:
        """Key and score of every row of parts `first` to `stop` − 1, in order.

        Raises:
            ProjectError: A part is damaged.
        """
        for table in self._tables(["key", "score"], slice(first, stop)):
            yield from zip(table["key"].to_pylist(), table["score"].to_pylist(), strict=True)

    def rows(self, keys: Collection[str] | None = None) -> Iterable[ScoreRow]:
        """Every row of every part, in order, without its vectors; with `keys`, of those alone.

        Raises:
            ProjectError: A part is damaged; the message names it.
        """
        wanted = None if keys is None else pa.array(list(keys), pa.string())
        for table in self._tables(_SCHEMA.names):
            kept = table if wanted is None else table.filter(pc.is_in(table["key"], wanted))
            for row in kept.to_pylist():
                yield _decode(row)

    def vectors(self) -> dict[str, Float32[np.ndarray, "_n _d"]]:
        """Every vector of every part by name, in the order of `rows`; NaN where a row has none.

        Raises:
            ProjectError: A part is damaged.
        """
        parts = [_vectors(part) for part in self._parts()]
        widths = {name: found.shape[1] for _, part in parts for name, found in part.items()}
        return {
            name: np.concatenate(
                [
                    part[name] if name in part else np.full((n, width), np.nan, np.float32)
                    for n, part in parts
                ]
            )
            for name, width in widths.items()
        }

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob("part-*.parquet"))

    def _tables(self, columns: list[str], parts: slice = slice(None)) -> Iterator[pa.Table]:
        for part in self._parts()[parts]:
            yield _read(part, lambda part: pq.read_table(part, columns=columns))

    def _facts(self, number: int) -> tuple[str, str] | None:
        """What a part was made from, and the digest of its images; None where it is not whole."""
        try:
            metadata = pq.read_schema(self.folder / _name(number)).metadata or {}
        except (pa.ArrowInvalid, OSError):
            return None
        found = (metadata.get(name.encode(), b"").decode() for name in (_FINGERPRINT, _IMAGES))
        return next(found), next(found)


def _digest(keys: Sequence[str]) -> str:
    return hashlib.blake2b("\n".join(keys).encode(), digest_size=16).hexdigest()


def _name(number: int) -> str:
    return f"part-{number:06d}.parquet"


def _read(part: Path, how: Callable[[Path], Any]) -> Any:
    try:
        return how(part)
    except (pa.ArrowInvalid, OSError) as error:
        raise ProjectError(
            f"The score shard {part} is damaged ({error}). Delete it and give `labelnext score` "
            "again: only that part is scored anew."
        ) from error


def _encode(row: ScoreRow) -> dict[str, object]:
    return {
        "key": row.key,
        "score": row.score,
        "problem": row.problem,
        "detections": None
        if row.detections is None
        else _encode_detections(row.detections, row.boxes),
    }


def _encode_detections(
    found: Detections, kept: Float32[np.ndarray, "n _m"] | None
) -> list[dict[str, object]]:
    vectors = found.probabilities
    return [
        {
            "xyxy": found.xyxy[i].tolist(),
            "score": float(found.scores[i]),
            "class": int(found.classes[i]),
            "probabilities": None if vectors is None else vectors[i].tolist(),
            "kept": None if kept is None else kept[i].tolist(),
        }
        for i in range(len(found))
    ]


def _decode(row: dict[str, Any]) -> ScoreRow:
    boxes = row["detections"]
    return ScoreRow(
        row["key"],
        row["score"],
        None if boxes is None else _decode_detections(boxes),
        row["problem"],
        {},
        _rows_of([box.get("kept") for box in boxes or ()]),
    )


def _decode_detections(boxes: list[dict[str, Any]]) -> Detections:
    return Detections(
        np.array([box["xyxy"] for box in boxes], np.float32).reshape(-1, 4),
        np.array([box["score"] for box in boxes], np.float32),
        np.array([box["class"] for box in boxes], np.int64),
        _rows_of([box["probabilities"] for box in boxes]),
    )


def _rows_of(rows: list[list[float] | None]) -> Float32[np.ndarray, "_n _m"] | None:
    return np.array(rows, np.float32) if rows and rows[0] is not None else None


def _vectors(part: Path) -> tuple[int, dict[str, Float32[np.ndarray, "_n _d"]]]:
    """The rows of a part, and its columns of equally long lists as matrices, NaN where absent."""
    names = [name for name in _read(part, pq.read_schema).names if name.startswith(_VECTOR)]
    table = _read(part, lambda part: pq.read_table(part, columns=["key", *names]))
    found = {}
    for name in names:
        column = table[name].combine_chunks()
        there = np.asarray(column.is_valid())
        if there.any():
            flat = column.drop_null().flatten().to_numpy().reshape(int(there.sum()), -1)
            out = np.full((len(there), flat.shape[1]), np.nan, np.float32)
            out[there] = flat
            found[name.removeprefix(_VECTOR)] = out
    return table.num_rows, found
