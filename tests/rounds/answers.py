"""People who answer: labels.json for a round from the truth of the drawn pool."""

import json
from pathlib import Path


def answer(folder: Path, data: Path, number: int = 1, *, only: int | None = None) -> dict[str, str]:
    """Write a round's labels, of the first `only` images alone; returns file names by key."""
    root = folder / "rounds" / f"{number:04d}"
    request = json.loads((root / "prelabels.json").read_text())
    truth = json.loads((data / "pool" / "instances.json").read_text())
    number_of = {image["file_name"]: image["id"] for image in truth["images"]}
    images = [{**image, "labelled": True} for image in request["images"][:only]]
    annotations = []
    for image in images:
        known = number_of[image["key"].split("/")[-1]]
        annotations += [
            {"id": len(annotations) + i, "image_id": image["id"], "bbox": box["bbox"],
             "category_id": request["categories"][0]["id"]}
            for i, box in enumerate(b for b in truth["annotations"] if b["image_id"] == known)
        ]  # fmt: skip
    document = {**request, "images": images, "annotations": annotations}
    (root / "labels.json").write_text(json.dumps(document))
    return {image["key"]: image["file_name"] for image in images}
