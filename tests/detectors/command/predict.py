"""A training command for tests: "learns" the boxes of the labelled images, and predicts.

Usage: predict.py --data COCO --out FILE [--images COCO] [--init FILE] [--workdir FOLDER]
[--seed N] [--epochs N] [--mode MODE] [--said WORDS]. Every call adds a line to WORKDIR/calls. The
predictions are the labels of the data with a score that the seed decides, on all of --images.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

read = argparse.ArgumentParser()
for name in ("data", "out", "images", "init", "workdir", "seed", "epochs", "said"):
    read.add_argument(f"--{name}")
read.add_argument("--mode", default="well")
given = read.parse_args()
out = Path(given.out)
state = Path(given.workdir or ".") / "calls"
if given.workdir:
    with state.open("a") as handle:
        print(json.dumps(vars(given)), file=handle)
calls = len(state.read_text().splitlines()) if state.exists() else 1

print("labelnext-progress 1/4 loss=0.5")
if given.mode == "fail" or (given.mode == "fail-once" and calls == 1):
    print("Traceback (most recent call last):", file=sys.stderr)
    print("ValueError: the \x1b[31mlearning rate is too high", file=sys.stderr)
    sys.exit(3)
if given.mode == "hang" or (given.mode == "hang-once" and calls == 1):
    signal.signal(signal.SIGTERM, signal.SIG_IGN if given.said == "deaf" else signal.SIG_DFL)
    helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
    out.write_text("half")
    partial = Path(given.workdir) / "pids.partial"
    partial.write_text(f"{os.getpid()} {helper.pid}")
    partial.rename(Path(given.workdir) / "pids")
    time.sleep(120)
if given.mode == "suicide":
    os.kill(os.getpid(), signal.SIGKILL)
if given.mode == "nothing":
    (out.parent / "best.json").write_text("{}")
    sys.exit(0)
if given.mode == "garbage":
    out.write_text('{"images": [')
    sys.exit(0)

data = json.loads(Path(given.data).read_text())
for image in data["images"]:
    assert (Path(given.data).parent / image["file_name"]).stat().st_size
score = (int(given.seed or 0) % 1000 + 1) / 1002
listed = json.loads(Path(given.images).read_text())["images"] if given.images else data["images"]
keys = {image.get("key", image["file_name"]): image["id"] for image in listed}
places = {image["id"]: keys.get(image["key"]) for image in data["images"]}
boxes = [
    {"image_id": places[a["image_id"]], "category_id": a["category_id"], "bbox": a["bbox"],
     "score": score}
    for a in data["annotations"] if places[a["image_id"]] is not None
]  # fmt: skip
document = {
    "images": [{"id": number, "file_name": key} for key, number in keys.items()],
    "categories": data["categories"],
    "annotations": boxes,
}
if given.mode == "other-classes":
    document["categories"][0]["name"] = "unicorn"
if given.mode == "folder":
    out.mkdir()
    (out / "predictions.json").write_text(json.dumps(document))
else:
    out.write_text("" if given.mode == "empty" else json.dumps(document))
if given.mode == "old":
    os.utime(out, (1e9, 1e9))
if given.mode == "two-files":
    out.with_name(out.name + ".data").write_text("weights")
print("labelnext-progress 4/4 loss=0.25")
