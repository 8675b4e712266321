"""The model file: its graph, its input, and what its metadata say of classes and sizes."""

import ast
import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx

from labelnext.errors import ArgumentError, CheckpointError

_TYPES: dict[int, np.dtype[Any]] = {
    onnx.TensorProto.FLOAT: np.dtype(np.float32),
    onnx.TensorProto.FLOAT16: np.dtype(np.float16),
    onnx.TensorProto.DOUBLE: np.dtype(np.float64),
    onnx.TensorProto.UINT8: np.dtype(np.uint8),
}


class Input(NamedTuple):
    """The model's only input. `batch` and the sides are None where the model leaves them open."""

    name: str
    kind: np.dtype[Any]
    batch: int | None
    height: int | None
    width: int | None


class ModelFile(NamedTuple):
    """A model as it lies on disk.

    Attributes:
        path: Its file.
        proto: Its graph and weights.
        digest: SHA-256 of the file and of the files its weights lie in, in hexadecimal.
        input: What it is fed.
        names: Class names in its metadata, where there are any.
        size: (height, width) in its metadata.
        stride: The largest stride in its metadata.
        task: What its metadata say it does, such as `detect`; empty where they do not.
    """

    path: Path
    proto: onnx.ModelProto
    digest: str
    input: Input
    names: tuple[str, ...] | None
    size: tuple[int, int] | None
    stride: int | None
    task: str


def read(path: Path) -> ModelFile:
    """Read a model.

    Raises:
        CheckpointError: The file is missing, no whole ONNX model, or takes no single image as
            `[n, 3, height, width]`.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such file (seen from {Path.cwd()}).")
    try:
        proto = onnx.load(str(path))
    except Exception as error:  # the parser's errors have no common base
        raise CheckpointError(
            f"{path}: not a whole ONNX model ({_one_line(error)}). Export it again, or restore "
            "the file."
        ) from error
    if not proto.graph.node or not proto.graph.output:
        raise CheckpointError(f"{path}: not an ONNX model, or an empty one. Export it again.")
    said = {entry.key: entry.value for entry in proto.metadata_props}
    sides = _literal(said.get("imgsz"))
    stride = _literal(said.get("stride"))
    return ModelFile(
        path, proto, _digest(path), _input(path, proto), _names(said.get("names")),
        (int(sides[0]), int(sides[1])) if _is_pair(sides) else None,
        stride if isinstance(stride, int) and stride > 0 else None, said.get("task", ""),
    )  # fmt: skip


def read_names(given: list[str] | str) -> tuple[str, ...]:
    """Class names as they are, or from a text file with one a line.

    Raises:
        ArgumentError: There is no such file, it is no text, or there are no names.
    """
    names: list[str] = []
    if isinstance(given, str):
        try:
            lines = Path(given).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ArgumentError(
                "onnx", "names", expected="class names, or a text file with one a line",
                got=f"{given!r} ({_one_line(error)})",
            ) from error  # fmt: skip
        names = [line.strip() for line in lines if line.strip()]
    elif isinstance(given, list | tuple) and all(isinstance(name, str) for name in given):
        names = list(given)
    if not names:
        raise ArgumentError(
            "onnx", "names", expected="class names, or a text file with one a line", got=repr(given)
        )
    return tuple(names)


def _input(path: Path, proto: onnx.ModelProto) -> Input:
    weights = {tensor.name for tensor in proto.graph.initializer}  # old files list them as inputs
    found = [value for value in proto.graph.input if value.name not in weights]
    shapes = [_shape(value) for value in found]
    kind = _TYPES.get(found[0].type.tensor_type.elem_type) if len(found) == 1 else None
    if kind is None or len(shapes[0]) != 4 or shapes[0][1] not in (3, None):
        shown = ", ".join(
            f"{value.name} {list(shape)}" for value, shape in zip(found, shapes, strict=True)
        )
        raise CheckpointError(
            f"{path}: must take one image batch as numbers [n, 3, height, width]; it takes "
            f"{shown or 'nothing'}. Export it in that form (channels first)."
        )
    batch, _, height, width = shapes[0]
    return Input(found[0].name, kind, batch, height, width)


def _shape(value: onnx.ValueInfoProto) -> tuple[int | None, ...]:
    sides = value.type.tensor_type.shape.dim
    return tuple(side.dim_value if side.dim_value > 0 else None for side in sides)


def _digest(path: Path) -> str:
    """Weights may lie in files of their own, which the loader has checked to lie beside it."""
    bare = onnx.load(str(path), load_external_data=False)
    places = {
        entry.value
        for tensor in bare.graph.initializer
        for entry in tensor.external_data
        if entry.key == "location"
    }
    state = hashlib.sha256(path.read_bytes())
    for place in sorted(places):
        state.update((path.parent / place).read_bytes())
    return state.hexdigest()


def _names(text: str | None) -> tuple[str, ...] | None:
    """Ultralytics writes a dict {0: 'person', …} or a list, as Python prints it."""
    found = _literal(text)
    if isinstance(found, dict):
        if sorted(found, key=str) != sorted(range(len(found)), key=str):
            return None
        found = [found[i] for i in range(len(found))]
    if isinstance(found, list | tuple) and found and all(isinstance(n, str) for n in found):
        return tuple(found)
    return None


def _literal(text: str | None) -> Any:
    try:
        return ast.literal_eval(text) if text else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(isinstance(v, int) and v > 0 for v in value)
    )


def _one_line(error: BaseException) -> str:
    words = " ".join(str(error).split())
    return words[:160] + "…" if len(words) > 160 else words or type(error).__name__
