"""Seconds that a person takes to label images (STRATEGIES §11)."""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float64

from labelnext.cost.checks import Numbers, check_amounts, check_number
from labelnext.errors import ArgumentError


@dataclass(frozen=True, slots=True)
class LabellingCost:
    """t = per_image·images + per_new_box·new + per_kept_box·kept + per_deleted_box·deleted.

    The defaults are this project's own; `sources.DEFAULTS` says why, `learned.learn` replaces them.

    Attributes:
        per_image: Seconds to open an image, look it over and close it, whatever is in it.
        per_new_box: Seconds to draw a box and give it its class.
        per_kept_box: Seconds to check a proposed box that stays, and to mend it where needed.
        per_deleted_box: Seconds to find and remove a proposed box that is wrong.

    Raises:
        ArgumentError: Seconds that are negative or not finite.
    """

    per_image: float = 5.0
    per_new_box: float = 10.0
    per_kept_box: float = 4.0
    per_deleted_box: float = 2.0

    def __post_init__(self) -> None:
        for part in fields(self):
            check_number(getattr(self, part.name), "LabellingCost", part.name)

    def seconds(
        self, images: Numbers, new: Numbers, kept: Numbers = 0, deleted: Numbers = 0
    ) -> Float64[np.ndarray, "..."]:
        """Seconds for so many images and boxes.

        Args:
            images: How many; 1 where the others give the boxes of one image each.
            new: Boxes drawn by hand. Expected numbers need not be whole.
            kept: Proposed boxes that stay.
            deleted: Proposed boxes that go.

        Returns:
            Of the shape that the arguments have together (numpy's rules); numbers give one number.

        Raises:
            ArgumentError: A count that is negative or not finite, or shapes that do not fit.
        """
        function = "LabellingCost.seconds"
        given = {"images": images, "new": new, "kept": kept, "deleted": deleted}
        counts = [check_amounts(count, function, name) for name, count in given.items()]
        try:
            one, two, three, four = np.broadcast_arrays(*counts)
        except ValueError as error:
            raise ArgumentError(
                function,
                "new",
                expected="of a shape that fits the other counts",
                got=", ".join(str(count.shape) for count in counts),
            ) from error
        return np.asarray(
            self.per_image * one
            + self.per_new_box * two
            + self.per_kept_box * three
            + self.per_deleted_box * four
        )
