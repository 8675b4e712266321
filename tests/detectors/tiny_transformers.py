"""Configurations of the families small enough for tests: a tenth of a million weights each."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from labelnext.types import Example, GroundTruth

_RESNET: dict[str, Any] = {
    "embedding_size": 8, "hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1],
    "layer_type": "basic",
}  # fmt: skip
_RT_RESNET = {
    **_RESNET, "model_type": "rt_detr_resnet", "out_features": ["stage2", "stage3", "stage4"],
}  # fmt: skip
_HGNET = {
    "model_type": "hgnet_v2", "embedding_size": 8, "hidden_sizes": [16, 24, 32, 40],
    "depths": [1, 1, 1, 1], "stem_channels": [3, 8, 8], "stage_in_channels": [8, 16, 24, 32],
    "stage_mid_channels": [8, 8, 8, 8], "stage_out_channels": [16, 24, 32, 40],
    "stage_num_blocks": [1, 1, 1, 1], "stage_downsample": [False, True, True, True],
    "stage_light_block": [False, False, True, True], "stage_kernel_size": [3, 3, 3, 3],
    "stage_numb_of_layers": [1, 1, 1, 1], "out_features": ["stage2", "stage3", "stage4"],
}  # fmt: skip
_TRANSFORMER = {
    "d_model": 32, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "encoder_layers": 1, "decoder_layers": 2, "num_queries": 12,
}  # fmt: skip
_DENSE = {
    **_TRANSFORMER, "encoder_hidden_dim": 32, "num_denoising": 8, "hidden_expansion": 0.5,
    "decoder_in_channels": [32, 32, 32], "freeze_backbone_batch_norms": False,
    "initializer_range": 0.05,
}  # fmt: skip
_RT_DETR = {**_DENSE, "backbone_config": _RT_RESNET, "encoder_in_channels": [16, 24, 32]}
_DETR = {
    **_TRANSFORMER,
    "backbone_config": {**_RESNET, "model_type": "resnet", "out_features": ["stage4"]},
}
_LEVELS = {**_RESNET, "model_type": "resnet", "out_features": ["stage2", "stage3", "stage4"]}

CONFIGS: dict[str, dict[str, Any]] = {
    "rt_detr": _RT_DETR,
    "rt_detr_v2": _RT_DETR,
    "d_fine": {
        **_DENSE, "backbone_config": _HGNET, "encoder_in_channels": [24, 32, 40],
        "depth_mult": 0.34,
    },
    "detr": _DETR,
    "table-transformer": _DETR,
    "conditional_detr": _DETR,
    "dab-detr": {"hidden_size" if k == "d_model" else k: v for k, v in _DETR.items()},
    "deformable_detr": {**_TRANSFORMER, "backbone_config": _LEVELS},
}  # fmt: skip
DENSE = ("rt_detr", "rt_detr_v2", "d_fine")
SIZE = (64, 96)


def config_file(folder: Path, kind: str, **changes: Any) -> str:
    """The path of a config.json of that family, written to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}.json"
    path.write_text(json.dumps({"model_type": kind, **CONFIGS[kind], **changes}))
    return str(path)


def scene(seed: int, *, size: tuple[int, int] = SIZE, objects: int = 2) -> Example:
    """A grey image with dark upright rectangles."""
    rng = np.random.default_rng(seed)
    image = rng.integers(120, 180, (*size, 3)).astype(np.uint8)
    boxes = []
    for k in range(objects):
        x, y = 8 + 44 * k + int(rng.integers(0, 14)), int(rng.integers(4, 18))
        image[y : y + 40, x : x + 24] = rng.integers(0, 60, (40, 24, 3))
        boxes.append([x, y, x + 24, y + 40])
    return Example(f"scene-{seed}", lambda: image, GroundTruth.from_boxes(boxes))
