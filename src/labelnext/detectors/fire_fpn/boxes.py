"""The five default boxes and the level each belongs to (PAPER §5)."""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float64

from labelnext.errors import ArgumentError

BoxSet = Literal["paper", "authors-code"]
LevelOrder = Literal["corrected", "reversed"]

# Width and height in pixels of the network's input, largest first.
_BOX_SETS = {
    "paper": ((160, 270), (130, 225), (80, 145), (50, 80), (31, 55)),
    "authors-code": ((159, 271), (127, 223), (79, 143), (47, 79), (31, 55)),
}
STRIDES = (8, 8, 8, 8, 4)  # of dec1 … dec5


def default_boxes(
    box_set: str = "paper", *, level_order: str = "corrected", box_scale: float = 1.0
) -> Float64[np.ndarray, "5 2"]:
    """(width, height) of the box each prediction level stands for, Θ1 first.

    Args:
        box_set: `paper` has the sizes of the text (270×160 … 55×31, height×width), `authors-code`
            those of the program, which equal the receptive fields of f42, f41, f32, ds3 and f22.
        level_order: `corrected` puts the largest box on Θ1, whose receptive field is the largest;
            `reversed` puts it on Θ5, as the authors' program does by default.
        box_scale: Multiplies all sides; at least 0.05.

    Returns:
        Sides in pixels of the network's input.

    Raises:
        ArgumentError: An unknown name, or a scale that is not a finite number of at least 0.05.
    """
    if box_set not in get_args(BoxSet):
        _refuse("box_set", get_args(BoxSet), box_set)
    if level_order not in get_args(LevelOrder):
        _refuse("level_order", get_args(LevelOrder), level_order)
    if not (np.isfinite(box_scale) and box_scale >= 0.05):
        raise ArgumentError(
            "fire-fpn", "box_scale", expected="a finite number ≥ 0.05", got=box_scale
        )
    sides = np.array(_BOX_SETS[box_set], np.float64) * box_scale
    return sides if level_order == "corrected" else sides[::-1].copy()


def _refuse(argument: str, known: tuple[str, ...], got: object) -> None:
    raise ArgumentError("fire-fpn", argument, expected=f"one of {', '.join(known)}", got=got)
