"""What a model's outputs on a test image say: are boxes decoded, are scores probabilities?"""

from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64

from labelnext.detectors.onnx_models.grid import Grid
from labelnext.detectors.onnx_models.options import Arguments
from labelnext.errors import ArgumentError, CheckpointError
from labelnext.types import Image

_FOLLOWS, _SLOPE, _STILL = 0.8, (0.5, 1.5), 0.05
_SLACK = 1e-3  # what half precision leaves beyond 1

Rows = Float32[np.ndarray, "rows numbers"]


def image(size: tuple[int, int]) -> Image:
    """A test image: noise, so that no two cells see the same."""
    drawn: Image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    return drawn


def require_finite(rows: Rows, path: Path) -> None:
    """Refuse a model that gives NaN or infinity.

    Raises:
        CheckpointError: It does.
    """
    if not np.isfinite(rows).all():
        raise CheckpointError(
            f"{path}: gives NaN or infinity on a test image. Set layout, channels, scale, mean and "
            "std to what it was trained with; or export it in single precision."
        )


def activated(scores: Float32[np.ndarray, "rows numbers"], asked: bool | None, path: Path) -> bool:
    """Whether scores are probabilities: none lies outside 0 to 1.

    Raises:
        CheckpointError: They are said to be, and are not.
    """
    inside = bool(scores.min() >= -_SLACK and scores.max() <= 1 + _SLACK)
    if asked and not inside:
        raise CheckpointError(
            f"{path}: activated is set, but its scores reach from {scores.min():g} to "
            f"{scores.max():g}. Set activated to false, or check layout and objectness."
        )
    return inside if asked is None else asked


def boxes(rows: Rows, grid: Grid, family: str, arguments: Arguments, path: Path) -> str:
    """What the first four numbers of a row are; see `options.Arguments.boxes`.

    Decoded boxes lie around their cells: their centres grow with the cells' at a slope of 1.
    Offsets from a cell or anchor do not depend on where the cell is.

    Raises:
        CheckpointError: It cannot be told, or is not what was set.
        ArgumentError: Anchors are needed and not given.
    """
    cells = grid.cells()
    centres = (cells[:, :2] + 0.5) * cells[:, 2:]
    exact = rows[:, :4].astype(np.float64)
    readings = {"cxcywh": exact[:, :2], "xyxy": (exact[:, :2] + exact[:, 2:]) / 2}
    fits = {kind: _fit(centres, found) for kind, found in readings.items()}
    decoded = [k for k, (follows, slope) in fits.items()
               if follows >= _FOLLOWS and _SLOPE[0] <= slope <= _SLOPE[1]]  # fmt: skip
    follows, slope = fits["cxcywh"]
    still = abs(slope) < _STILL and follows < _FOLLOWS
    kind = arguments.boxes
    if kind is None:
        if decoded:
            kind = min(decoded, key=lambda k: float(np.median(abs(readings[k] - centres))))
        elif still:
            kind = "yolox" if grid.anchors == 1 and family != "yolov5" else "yolov5"
    wrong = kind in ("cxcywh", "xyxy") and still
    if kind is None or wrong or (kind in ("yolox", "yolov5") and decoded):
        raise CheckpointError(
            f"{path}: {'boxes cannot be told' if kind is None else f'boxes are not {kind}'}: on a "
            f"test image of {grid.size[0]}×{grid.size[1]} their first two numbers grow by "
            f"{slope:.3g} a pixel along the cells at strides {list(grid.strides)} (decoded boxes "
            "by 1, offsets by 0). Set boxes, strides and anchors to what they are."
        )
    if kind == "yolov5":
        _require_sizes(grid, arguments)
    return kind


def _fit(
    cells: Float64[np.ndarray, "rows 2"], found: Float64[np.ndarray, "rows 2"]
) -> tuple[float, float]:
    """The lower correlation and the slope that goes with it, of x and of y."""
    out = []
    for axis in (0, 1):
        a, b = cells[:, axis] - cells[:, axis].mean(), found[:, axis] - found[:, axis].mean()
        shared = float(a @ b)
        spread = float(np.sqrt((a @ a) * (b @ b)))
        out.append((shared / spread if spread else 0.0, shared / float(a @ a or 1)))
    return min(out)


def _require_sizes(grid: Grid, arguments: Arguments) -> None:
    sizes = arguments.anchor_sizes
    good = sizes is not None and len(sizes) == len(grid.strides) and len(sizes[0]) == grid.anchors
    if not good:
        raise ArgumentError(
            "onnx", "anchor_sizes",
            expected=f"the anchors [width, height] in pixels, {grid.anchors} for each of the "
            f"strides {list(grid.strides)}, as the model's boxes are relative to them",
            got=repr(sizes),
            remedy="They are in the model's training configuration. Or export decoded boxes.",
        )  # fmt: skip


def filled_in(rows: Rows) -> bool:
    """Whether the objectness is 1 throughout, as YOLOv6 fills it in."""
    return bool((rows[:, 4] == 1).all())
