"""Weights that torchvision downloads, at the user's wish."""

from torch import Tensor
from torchvision.models import WeightsEnum

from labelnext.errors import CheckpointError


def downloaded(chosen: WeightsEnum) -> dict[str, Tensor]:
    """The tensors of some weights of torchvision, from where it keeps them or from its site.

    Raises:
        CheckpointError: They cannot be had; says where they are.
    """
    try:
        return dict(chosen.get_state_dict(progress=False, check_hash=True))
    except (OSError, RuntimeError) as error:  # no network, a full disk, a wrong hash
        raise CheckpointError(
            f"{chosen}: torchvision could not download it ({error}). Fetch {chosen.url} elsewhere "
            "and give the file."
        ) from error
