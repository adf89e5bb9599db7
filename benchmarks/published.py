"""The published recipe to its own 20 epochs, on all of MNIST, label planes right and as printed.

    python benchmarks/published.py              # about two hours a run on two cores
    python benchmarks/published.py mnist.npz --seeds 1

Both judges score it after each epoch. The GAN is then saved under outputs/, so that a run that was
stopped goes on where it was.
"""

import time
from pathlib import Path

import cgan_utils as cg
import common

OUTPUTS = Path(__file__).resolve().parents[1] / "outputs"
PLANES = {"right": common.PUBLISHED, "striped": common.STRIPED}


def train_epoch(gan: cg.ConditionalGAN, batches, seed: int) -> dict:
    """Train one epoch on the batches; give its times, losses and scores."""
    start, cpu = time.perf_counter(), time.process_time()
    losses = gan.fit(batches, verbose=0).history
    return {
        "steps": int(gan.g_optimizer.iterations),
        "seconds": round(time.perf_counter() - start, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        **common.score(gan, seed),
        **{name: round(values[-1], 4) for name, values in losses.items()},
    }


def train(planes: str, seed: int, data: cg.LabeledImages, log: common.Log, folder: Path) -> None:
    """Train a run to its end. An epoch is logged before it is saved, so none is missing."""
    recipe, path = PLANES[planes], folder / f"published_{planes}_{seed}.keras"
    runs = [{"planes": planes, "seed": seed, "epoch": n + 1} for n in range(recipe.epochs)]
    if all(log.holds("epochs", run) for run in runs):
        return
    gan = cg.ConditionalGAN.load(path) if path.exists() else recipe.build(data, seed)
    first = int(gan.g_optimizer.iterations) // (len(data.labels) // recipe.batch_size)
    if not all(log.holds("epochs", run) for run in runs[:first]):
        raise ValueError(
            f"{path.name} has been trained for {first} epochs, but not all of them are in "
            f"{log.path.name}; remove {path} to train it anew."
        )
    for run in runs[first:]:
        batches = data.batches(recipe.batch_size, seed, first_epoch=run["epoch"] - 1)
        point = train_epoch(gan, batches, seed)
        if not log.holds("epochs", run):
            log.append("epochs", {**run, **point})
        gan.save(path)


def open_log() -> common.Log:
    return common.Log(
        "published",
        command="python benchmarks/published.py",
        data="60,000 training images of MNIST",
        samples=10_000,
        floors=common.floors(),
    )


def main() -> None:
    options = common.parser(__doc__)
    common.add_source(options)
    options.add_argument("--seeds", type=int, default=2)
    options = options.parse_args()
    data = cg.load_images("mnist", "train", options.source)
    log = open_log()
    OUTPUTS.mkdir(exist_ok=True)
    for seed in range(options.seeds):
        for planes in PLANES:
            train(planes, seed, data, log, OUTPUTS)


if __name__ == "__main__":
    main()
