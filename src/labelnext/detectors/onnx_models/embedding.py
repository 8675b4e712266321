"""Which tensor inside a model describes the image."""

from collections.abc import Mapping

import onnx

from labelnext.errors import ArgumentError

_ENLARGES = ("Resize", "Upsample", "ConvTranspose")
_DEEP = 8  # least stride: an image that a model enlarges for itself says nothing


def candidates(proto: onnx.ModelProto, asked: str) -> list[str]:
    """Names of tensors that may be the embedding's.

    In a feature pyramid the deepest map of the encoder is what is enlarged first, so the maps that
    are enlarged are looked at. By name any tensor of the graph may be asked for.

    Raises:
        ArgumentError: A tensor is asked for that is not there.
    """
    if asked == "none":
        return []
    made = {name for node in proto.graph.node for name in node.output if name}
    if asked != "auto":
        if asked not in made:
            raise ArgumentError(
                "onnx", "embedding", expected="auto, none or the name of a tensor of the model",
                got=repr(asked), remedy="A viewer such as Netron shows the names.",
            )  # fmt: skip
        return [asked]
    found = [node.input[0] for node in proto.graph.node if node.op_type in _ENLARGES and node.input]
    return [name for name in dict.fromkeys(found) if name in made]


def choose(
    shapes: Mapping[str, tuple[int, ...]], size: tuple[int, int], asked: str
) -> tuple[str, int] | None:
    """The tensor and its stride: of `auto`'s candidates the last of those with the largest stride.

    Args:
        shapes: Of the candidates, in the order of the graph.
        size: (height, width) of the network's input.
        asked: As in `candidates`.

    Raises:
        ArgumentError: The tensor asked for is no map over the input's cells.
    """
    strides = {name: _stride(shape, size) for name, shape in shapes.items()}
    if asked not in ("auto", "none") and strides[asked] is None:
        raise ArgumentError(
            "onnx", "embedding", expected="a tensor [n, features, h, w] over the whole input",
            got=f"{asked!r} of shape {list(shapes[asked])}",
        )  # fmt: skip
    best: tuple[str, int] | None = None
    for name, stride in strides.items():
        if stride is None or (asked == "auto" and stride < _DEEP):
            continue
        if best is None or stride >= best[1]:
            best = (name, stride)
    return best


def _stride(shape: tuple[int, ...], size: tuple[int, int]) -> int | None:
    if len(shape) != 4 or min(shape) < 1:
        return None
    stride = round(size[0] / shape[2])
    fits = stride and all(-(-side // stride) == n for side, n in zip(size, shape[2:], strict=True))
    return stride if fits else None
