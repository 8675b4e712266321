"""Instance statistics against running averages at test, on weights that `detector_ceiling` left.

    python experiments/detector_norm.py runs/ceiling/paper-3-4-3-0/final.safetensors

At batch size 1 both train alike, so the averages are collected afterwards, over the pool.
"""

import argparse
from pathlib import Path

import torch
from detector_ceiling import SHAPE, load, show, split, test_on

from labelnext.detectors.fire_fpn import FireFPN
from labelnext.detectors.fire_fpn.pixels import rescale, to_input


def main() -> None:
    """Print the figures of each weights file under both normalisations."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", nargs="+", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--every", type=int, default=3)
    parser.add_argument("--test-every", type=int, default=4)
    given = parser.parse_args()
    torch.set_num_threads(1)
    pool, test = split(given.data, given.every, given.test_every)
    for path in given.weights:
        instance = FireFPN.load(path, threshold=0.01)
        show(f"{path.parent.name} instance", test_on(instance, test))
        offsets = instance.arguments.box_offsets
        running = FireFPN.create(
            ["person"], seed=0, norm="running", box_offsets=offsets, threshold=0.01, **SHAPE
        )
        network = running._network
        network.load_state_dict(instance._network.state_dict(), strict=False)
        network.train()
        with torch.no_grad():
            for sample in pool:
                network.features(to_input([rescale(load(sample), 0.5)], torch.device("cpu")))
        network.eval()
        show(f"{path.parent.name} running", test_on(running, test))


if __name__ == "__main__":
    main()
