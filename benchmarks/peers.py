"""Peers in PyTorch beside the package: what they draw, by both judges, and the time of a step.

    pip install torch==2.13.0                      # only for this; nothing else needs it
    python benchmarks/peers.py --seconds 60        # the embedded sample: draw, then judge
    python benchmarks/peers.py mnist.npz --peers cdcgan --epochs 20 --device cuda
    python benchmarks/peers.py --judge drawn       # judge what torch_gans.py drew elsewhere
    python benchmarks/peers.py --time              # steps, in turns with the package's

`torch_gans.py` says who the peers are. PyTorch runs in a process of its own, so that neither
framework takes threads from the other; their images come back in files, in outputs/peers/. Where
there is no PyTorch, --judge works all the same.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

import cgan_utils as cg
import common
import recipes

TORCH_GANS = Path(__file__).with_name("torch_gans.py")
DRAWN = Path(__file__).resolve().parents[1] / "outputs" / "peers"
PEERS = {"published": 20, "published_striped": 20, "quick": 16, "cdcgan": 20}  # own epochs
IN_TURNS = ("quick", "published")  # those that the package has as well
TURNS, STEPS = 5, 20


class Drawn(NamedTuple):
    """Images that have been drawn already, as a generator that a judge takes."""

    condition: cg.Classes
    images: np.ndarray

    def generate(self, asked, seed: int = 0) -> np.ndarray:
        return self.images


def read(path: Path) -> tuple[dict, np.ndarray, np.ndarray]:
    """Give the card, the images (N, 28, 28, 1) in [0, 1] and their labels (N,) of a drawn file."""
    with np.load(path) as file:
        card, pixels, labels = (file[name] for name in ("card", "images", "labels"))
    images = np.divide(pixels, 255, dtype=np.float32)[..., None]
    return json.loads(str(card)), images, labels.astype(np.int64)


def judge(folder: Path, log: common.Log) -> None:
    """Let both judges look at each file of the folder that is not in the log."""
    for path in sorted(folder.glob("*.npz")):
        card, images, labels = read(path)
        run = {key: x for key, x in card.items() if key != "losses"}
        run |= {"samples": len(labels)}
        if not log.holds("runs", run):
            drawn = Drawn(common.judge("mnist").condition, images)
            losses = dict(zip(("d_loss", "g_loss"), (card["losses"] or [[]])[-1], strict=False))
            log.append("runs", {**run, **losses, **common.score(drawn, 0, labels)})


def write_npz(data: cg.LabeledImages, path: Path) -> None:
    """Write the training images, with the labels that both judges want, in Keras's layout."""
    np.savez(
        path,
        x_train=np.round(255 * data.images[..., 0]).astype(np.uint8),
        y_train=data.labels,
        y_test=common.asked_labels(),
    )


def torch_gans(data: cg.LabeledImages, *options) -> str:
    """Run torch_gans.py on the data in a process of its own; give what it prints, and print it.

    Raises ValueError where PyTorch is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise ValueError(
            "PyTorch is not installed here: pip install torch==2.13.0, or judge what was drawn "
            "elsewhere with --judge FOLDER."
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npz"
        write_npz(data, path)
        command = [sys.executable, TORCH_GANS, path, DRAWN, *options]
        process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        lines = []
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
        if process.wait():
            raise subprocess.CalledProcessError(process.returncode, TORCH_GANS.name)
    return "".join(lines)


def draw(peer: str, data: cg.LabeledImages, log: common.Log, options: argparse.Namespace) -> None:
    """Let a peer train and draw with each seed that the log does not hold."""
    budget = {"seconds": options.seconds}
    if options.seconds is None:
        budget = {"epochs": options.epochs or PEERS[peer]}
    ((name, amount),) = budget.items()
    run = {"peer": peer, "training_images": len(data.labels), "samples": 10_000}
    run[f"of_{name}"] = amount
    if name == "epochs":
        run["epochs"] = amount  # none that was stopped before
    seeds = [s for s in range(options.seeds) if not log.holds("runs", {**run, "seed": s})]
    if seeds:
        device = "--device", options.device
        torch_gans(data, "--peers", peer, "--seeds", *seeds, f"--{name}", amount, *device)


def measure_speed(data: cg.LabeledImages) -> list[dict]:
    """Give milliseconds a step of package and peer in turns: median and least over the turns.

    The package's are those of a step in `fit`. Both draw as many fakes a step.
    """
    taken = {(name, maker): [] for name in IN_TURNS for maker in ("package", "PyTorch")}
    for _ in range(TURNS):
        for name in IN_TURNS:
            recipe, watch = cg.RECIPES[name], recipes.Stopwatch()
            gan, batches = recipe.build(data), recipe.batches(data).repeat()
            gan.fit(batches, steps_per_epoch=STEPS + 5, callbacks=[watch], verbose=0)
            taken[name, "package"].append(1e3 * float(np.median(np.diff(watch.ends[4:]))))
            options = "--peers", name, "--time", STEPS, "--one-draw"
            (line,) = torch_gans(data, *options).splitlines()
            timed = json.loads(line)
            taken[name, "PyTorch"].append(timed["median_ms"])
    return [
        {
            "recipe": name,
            "maker": maker,
            "batch_size": cg.RECIPES[name].batch_size,
            "median_ms": round(float(np.median(times)), 2),
            "least_ms": round(min(times), 2),
            **({key: timed[key] for key in ("device", "torch")} if maker == "PyTorch" else {}),
        }
        for (name, maker), times in taken.items()
    ]


def open_log() -> common.Log:
    floors = {str(samples): common.floors(samples) for samples in (10_000, 2_000)}
    return common.Log("peers", command="python benchmarks/peers.py", floors=floors)


def main() -> None:
    options = common.parser(__doc__)
    common.add_source(options, default="sample")
    options.add_argument("--peers", nargs="+", choices=PEERS, default=["cdcgan", "quick"])
    options.add_argument("--seeds", type=int, default=3)
    budget = options.add_mutually_exclusive_group()
    budget.add_argument("--seconds", type=float, help="for each run; or")
    budget.add_argument("--epochs", type=int, help="default: the peer's own number")
    options.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    options.add_argument("--judge", type=Path, metavar="FOLDER", help="only judge what lies there")
    options.add_argument("--time", action="store_true", help="only time steps")
    options = options.parse_args()
    log = open_log()
    if options.judge:
        judge(options.judge, log)
        return
    data = cg.load_images("mnist", "train", options.source)
    if options.time:
        for entry in measure_speed(data):
            log.append("speed", entry)
        return
    for peer in options.peers:
        draw(peer, data, log, options)
    judge(DRAWN, log)


if __name__ == "__main__":
    main()
