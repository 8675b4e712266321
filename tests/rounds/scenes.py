"""Small real projects for the tests: drawn images, a narrow fire-fpn, the simulated oracle."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

from labelnext.rounds import setup

TINY = {
    "detector": {"name": "fire-fpn", "width": 0.1, "box_scale": 0.3, "image_scale": 1.0},
    "train": {"epochs": 2},
    "batch_size": 4,
}


def draw(folder: Path, count: int, *, seed: int, video: str | None = None) -> Path:
    """Write `count` images of 64×64 with one or two bright upright bars, and their COCO labels."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    images, annotations = [], []
    for i in range(count):
        pixels = rng.integers(0, 90, (64, 64, 3), np.uint8)
        for _ in range(rng.integers(0, 3)):
            height = int(rng.integers(16, 44))
            width = int(height * 0.45)
            x, y = int(rng.integers(0, 64 - width)), int(rng.integers(0, 64 - height))
            pixels[y : y + height, x : x + width] = rng.integers(150, 255, 3)
            annotations.append(
                {"id": len(annotations) + 1, "image_id": i + 1, "category_id": 1,
                 "bbox": [x, y, width, height], "area": width * height, "iscrowd": 0}
            )  # fmt: skip
        name = f"{i:04d}.png"
        Image.fromarray(pixels).save(folder / name)
        place = {} if video is None else {"video": video, "frame": i}
        images.append({"id": i + 1, "file_name": name, "width": 64, "height": 64, **place})
    document = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person"}],
    }
    path = folder / "instances.json"
    path.write_text(json.dumps(document))
    return path


def project(folder: Path, data: Path, **changes: object) -> Path:
    """A project on drawn images: 6 initial, 24 in the pool (one video), 6 to test on."""
    sources = {}
    for role, count, seed, video in (("initial", 6, 1, None), ("pool", 24, 2, "drive"),
                                     ("test", 6, 3, None)):  # fmt: skip
        target = data / role
        path = target / "instances.json"
        sources[role] = [
            f"coco:{path if path.exists() else draw(target, count, seed=seed, video=video)}"
        ]
    values = {"budget": 3, "oracle": "simulated", "seed": 5, **TINY, **changes}
    values.setdefault("strategy", {"name": "divergence", "within_cycle": 2, "across_cycles": 1})
    setup.set_up(folder, setup.configure(values), sources)
    return folder


def weights(folder: Path) -> dict[str, str]:
    """SHA-256 of every weights file of a project."""
    files = sorted((folder / ".labelnext" / "weights").glob("*.safetensors"))
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in files}
