"""What the shapes of a model's outputs say: where the rows are, and what a row holds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

from labelnext.detectors.onnx_models.file import ModelFile
from labelnext.detectors.onnx_models.grid import Grid
from labelnext.detectors.onnx_models.options import Arguments
from labelnext.errors import ArgumentError, CheckpointError

Shape = tuple[int, ...]
_STRIDES = ((8, 16, 32), (8, 16, 32, 64), (4, 8, 16, 32), (16, 32))
_ANCHORS = (1, 3)
_COCO = 80


class Family(NamedTuple):
    """What is usual for a family of detectors."""

    objectness: bool
    anchors: int
    channels: str
    scale: float


FAMILIES = {
    "yolox": Family(True, 1, "bgr", 1.0),
    "yolov5": Family(True, 3, "rgb", 1 / 255),
    "yolov6": Family(True, 1, "rgb", 1 / 255),
    "yolov8": Family(False, 1, "rgb", 1 / 255),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a model's outputs.

    Attributes:
        form: `rows` [n, rows, numbers], `columns` [n, numbers, rows], `levels` (one output a level,
            [n, anchors·numbers, h, w] or [n, anchors, h, w, numbers]) or `end2end`.
        outputs: Which of the model's outputs, in the order of the levels.
        grid: The cells.
        classes: How many.
        objectness: Whether an objectness stands before the classes.
        family: Its name, as far as shapes tell.
    """

    form: str
    outputs: tuple[int, ...]
    grid: Grid
    classes: int
    objectness: bool
    family: str


def find(
    shapes: Sequence[Shape],
    size: tuple[int, int],
    names: Sequence[str] | None,
    model: ModelFile,
    arguments: Arguments,
) -> Layout:
    """The one layout that fits shapes, metadata and arguments.

    Args:
        shapes: Of the model's outputs for one image.
        size: (height, width) of the network's input.
        names: Class names, where any are known.
        model: For its metadata and path.
        arguments: What is set by hand.

    Raises:
        CheckpointError: Nothing fits, or several things do; shows the shapes, and says what to set.
        ArgumentError: The arguments contradict the family.
    """
    if model.task not in ("", "detect", "segment"):
        raise _error(model, shapes, size, f"its metadata say that its task is {model.task!r}")
    if arguments.layout == "end2end":
        return _suppressed(shapes, size, names, model)
    grids = _grids(size, model, arguments)
    found = [one for grid in grids for one in _joined(shapes, grid, names, arguments)]
    if not found:  # some exports put out each level beside all together
        levels = [one for grid in grids for one in _by_level(shapes, grid, names, arguments)]
        most = max((len(one.outputs) for one in levels), default=0)
        found = [one for one in levels if len(one.outputs) == most]
    if not found:
        if arguments.layout == "auto" and any(_is_suppressed(shape) for shape in shapes):
            return _suppressed(shapes, size, names, model)
        raise _error(model, shapes, size, _why(shapes, size, names, model, arguments))
    if len({(layout.form, layout.outputs, layout.grid) for layout in found}) > 1:
        raise _error(model, shapes, size, "several readings fit", "Set strides and anchors.")
    return replace(found[0], family=_family(found[0], model, shapes, size, arguments))


def _grids(size: tuple[int, int], model: ModelFile, arguments: Arguments) -> list[Grid]:
    usual = [s for s in _STRIDES if model.stride is None or s[-1] == model.stride] or _STRIDES
    strides = [tuple(arguments.strides)] if arguments.strides else usual
    anchors: Sequence[int] = _ANCHORS
    if arguments.anchors is not None:
        anchors = (arguments.anchors,)
    elif arguments.layout in FAMILIES:
        anchors = (FAMILIES[arguments.layout].anchors,)
    return [Grid(size, s, a) for s, a in product(strides, anchors)]


def _joined(
    shapes: Sequence[Shape], grid: Grid, names: Sequence[str] | None, arguments: Arguments
) -> list[Layout]:
    """Outputs that hold the rows of all levels."""
    extra = {shape[1] for shape in shapes if len(shape) == 4}  # masks' coefficients end a row
    out = []
    for i, shape in enumerate(shapes):
        if len(shape) != 3:
            continue
        for form, rows, numbers in (("rows", *shape[1:]), ("columns", *shape[:0:-1])):
            held = _holds(numbers, names, arguments, extra)
            if rows == grid.rows and held is not None:
                out.append(Layout(form, (i,), grid, *held, ""))
    return out


def _by_level(
    shapes: Sequence[Shape], grid: Grid, names: Sequence[str] | None, arguments: Arguments
) -> list[Layout]:
    """One output a level, in any order."""
    picked, numbers = [], set()
    for h, w in grid.shapes:
        fits = [
            (i, shape[4] if len(shape) == 5 else shape[1] // grid.anchors)
            for i, shape in enumerate(shapes)
            if (len(shape) == 4 and shape[2:] == (h, w) and shape[1] % grid.anchors == 0)
            or (len(shape) == 5 and shape[1:4] == (grid.anchors, h, w))
        ]
        fits = [fit for fit in fits if _holds(fit[1], names, arguments, set()) is not None]
        if len(fits) != 1:
            return []
        picked.append(fits[0][0])
        numbers.add(fits[0][1])
    if len(numbers) != 1:
        return []
    held = _holds(numbers.pop(), names, arguments, set())
    return [] if held is None else [Layout("levels", tuple(picked), grid, *held, "")]


def _holds(
    numbers: int, names: Sequence[str] | None, arguments: Arguments, extra: set[int]
) -> tuple[int, bool] | None:
    """How many classes a row of so many numbers has, and whether an objectness; None if neither.

    Without names only COCO's 80 classes are recognised, as any other number might be off by one.
    """
    objectness = arguments.objectness
    if objectness is None and arguments.layout in FAMILIES:
        objectness = FAMILIES[arguments.layout].objectness
    for has in (False, True) if objectness is None else (objectness,):
        classes = numbers - 4 - has
        wanted = _COCO if names is None else len(names)
        if classes == wanted or (names is not None and classes - wanted in extra):
            return wanted, has
    return None


def _family(
    layout: Layout,
    model: ModelFile,
    shapes: Sequence[Shape],
    size: tuple[int, int],
    arguments: Arguments,
) -> str:
    if arguments.layout != "auto":
        return arguments.layout
    for name, family in FAMILIES.items():
        if (family.objectness, family.anchors) == (layout.objectness, layout.grid.anchors):
            return name
    raise _error(
        model, shapes, size,
        f"no family has {layout.grid.anchors} boxes a cell "
        f"{'with' if layout.objectness else 'without'} objectness",
        "Set layout to the family whose input it takes, and anchors and objectness beside it.",
    )  # fmt: skip


def _is_suppressed(shape: Shape) -> bool:
    return len(shape) == 3 and shape[2] == 6


def _suppressed(
    shapes: Sequence[Shape], size: tuple[int, int], names: Sequence[str] | None, model: ModelFile
) -> Layout:
    fits = [i for i, shape in enumerate(shapes) if _is_suppressed(shape)]
    if len(fits) != 1:
        raise _error(model, shapes, size, "no one output has boxes as rows of 6 numbers")
    if names is None:
        raise ArgumentError(
            "onnx", "names", expected=f"the class names of {model.path}, which holds none",
            got="nothing",
        )  # fmt: skip
    return Layout("end2end", (fits[0],), Grid(size, (), 0), len(names), False, "end2end")


def _why(
    shapes: Sequence[Shape],
    size: tuple[int, int],
    names: Sequence[str] | None,
    model: ModelFile,
    arguments: Arguments,
) -> str:
    """Where rows fit a grid, it is their length that does not."""
    for grid in _grids(size, model, arguments):
        for shape in shapes:
            if len(shape) == 3 and grid.rows in shape[1:]:
                numbers = shape[1] + shape[2] - grid.rows
                known = "no class names" if names is None else f"{len(names)} class names"
                count = _COCO if names is None else len(names)
                return (
                    f"a row has {numbers} numbers, and with {known} it should have {count + 4}, or "
                    f"{count + 5} with objectness"
                )
    if any(shape[-1:] == (7,) for shape in shapes):
        return "rows of 7 numbers are boxes after suppression, in one of several orders"
    return "no number of rows is that of the cells at strides 8, 16, 32 or the like"


def _error(
    model: ModelFile, shapes: Sequence[Shape], size: tuple[int, int], why: str, remedy: str = ""
) -> CheckpointError:
    shown = ", ".join(str(list(shape)) for shape in shapes)
    remedy = remedy or (
        "Export the raw heads, without suppression, or set what it is: layout, names, strides, "
        "anchors, objectness, input_size (docs/detectors/onnx.md)."
    )
    return CheckpointError(
        f"{model.path}: not read as a detector: for an input of {size[0]}×{size[1]} its outputs "
        f"are {shown}; {why}. {remedy}"
    )
