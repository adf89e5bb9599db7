"""The published recipe against the quick one: obedience and quality for every second of training.

    python benchmarks/recipes.py                              # the embedded sample: half an hour
    python benchmarks/recipes.py full --seconds 400           # all of MNIST: two hours
    python benchmarks/recipes.py mnist.npz --seconds 400      # the same from a file
    python benchmarks/recipes.py full --clock                 # by the clock: 20 minutes
    python benchmarks/recipes.py sample --clock               # and 3 for the embedded sample

First it times steps of all recipes in turns, which wants a quiet machine. Then it trains each in a
process of its own, with each seed, for as many steps as fit into so many seconds: so the results
do not depend on what else the machine does. Last it draws results/recipes_IMAGES.png.

By the clock, `train` gets seconds instead, and a run has as many steps as the machine takes
meanwhile; so nothing else should be running.
"""

import json
import resource
import subprocess
import sys
import time

import cgan_utils as cg  # first: it imports TensorFlow without its log

# isort: split
import keras
import matplotlib.pyplot as plt
import numpy as np

import common
from cgan_utils.figures import BLUE, GREEN, ORANGE, PINK

RECIPES = {
    "published": common.PUBLISHED,
    "published, striped planes": common.STRIPED,
    "quick": cg.RECIPES["quick"],
    "patient": cg.RECIPES["patient"],
}
# The published recipe has a constant learning rate: one run passes all of these seconds. The quick
# one fits its schedule to its budget, as the patient one does: each of these is a run of its own.
CHECKPOINTS = (30, 60, 120, 180, 240, 300, 400, 500, 600, 900, 1200)
BUDGETS = {"quick": (8, 14, 60), "patient": (120,)}
# By the number of training images
CLOCKED = {
    60_000: {"sprint": (8, 14, 60), "quick": (8, 14, 60), "patient": (120,)},
    4_000: {"sprint": (30,), "quick": (30,)},
}
CLOCKED_SEEDS = (10, 11, 12)  # none of which took part in a choice


class Stopwatch(keras.callbacks.Callback):
    """Seconds to the end of each step, the first of which builds the graph."""

    def on_train_begin(self, logs=None):
        self.start, self.ends = time.perf_counter(), []

    def on_train_batch_end(self, batch, logs=None):
        self.ends.append(time.perf_counter() - self.start)


def measure_speed(data: cg.LabeledImages, rounds: int = 5, steps: int = 40) -> list[dict]:
    """Give the seconds of the first step, and of each further one: medians over rounds in turns."""
    taken = {name: [] for name in RECIPES}
    for _ in range(rounds):
        for name, recipe in RECIPES.items():
            watch = Stopwatch()
            batches = data.batches(recipe.batch_size).repeat()
            gan = recipe.build(data)
            gan.fit(batches, steps_per_epoch=steps, callbacks=[watch], verbose=0)
            taken[name].append((watch.ends[0], np.mean(np.diff(watch.ends))))
    medians = {name: np.median(pairs, axis=0).tolist() for name, pairs in taken.items()}
    return [
        {"recipe": name, "seconds_of_first_step": first, "seconds_a_step": further}
        for name, (first, further) in medians.items()
    ]


class Scores(keras.callbacks.Callback):
    """Scores the averaged generator after so many steps; the last of them ends the run."""

    def __init__(self, steps_of: dict[float, int], seed: int):
        super().__init__()
        self.seconds_at = {steps: seconds for seconds, steps in steps_of.items()}
        self.seed, self.points = seed, []

    def on_train_batch_end(self, batch, logs=None):
        seconds = self.seconds_at.get(batch + 1)
        if seconds:
            scores = common.score(self.model, self.seed)
            self.points.append({"seconds": seconds, "steps": batch + 1, **scores})


def planned(recipe: str, limit: float) -> list[tuple[int, ...]]:
    """Give the seconds at which each run of a recipe is scored, up to a limit."""
    if recipe in BUDGETS:
        return [(seconds,) for seconds in BUDGETS[recipe] if seconds <= limit]
    points = tuple(seconds for seconds in CHECKPOINTS if seconds <= limit)
    return [points] if points else []


def train_and_score(
    data: cg.LabeledImages, speed: dict, recipe: str, seed: int, seconds: float
) -> dict:
    """Do one run, and measure what it costs in memory: this process does nothing else."""
    (checkpoints,) = (points for points in planned(recipe, seconds) if points[-1] == seconds)
    first, further = speed["seconds_of_first_step"], speed["seconds_a_step"]
    steps_of = {s: max(1, round((s - first) / further)) for s in checkpoints}
    steps = max(steps_of.values())
    gan = RECIPES[recipe].build(data, seed, steps)
    scores = Scores(steps_of, seed)
    batches = data.batches(RECIPES[recipe].batch_size, seed).repeat()
    gan.fit(batches, steps_per_epoch=steps, callbacks=[scores], verbose=0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    gan.generate(range(10))
    row = []
    for number in range(50):
        start = time.perf_counter()
        gan.generate(range(10), seed=number)
        row.append(1e3 * (time.perf_counter() - start))
    return {
        "points": scores.points,
        "peak_memory_mib": round(peak / (2**20 if sys.platform == "darwin" else 2**10)),
        "ten_digits_ms": float(np.median(row)),
    }


def train_by_the_clock(data: cg.LabeledImages, recipe: str, seed: int, within: int) -> dict:
    """Call `train` in this fresh process, so that it returns within so many seconds."""
    start = time.perf_counter()
    # Its own clock starts when the networks are there, and ends it after the step that passes it.
    gan = cg.train(recipe, data, seed, seconds=within - 1)
    wall = time.perf_counter() - start
    if wall > within:
        raise RuntimeError(
            f"train returned after {wall:.1f} s in place of {within} s: something else kept the "
            "machine busy; run this again when it is quiet."
        )
    steps = int(gan.d_optimizer.iterations.numpy())
    return {"wall_seconds": round(wall, 2), "steps": steps, **common.score(gan, seed)}


def plot(log: common.Log) -> plt.Figure:
    """Draw quality against seconds of training, logarithmic; the bands are ranges over seeds."""
    cg.use_style()
    judge = common.JUDGES[0]
    figure, axes = plt.subplots(1, 2, figsize=(11, 4))
    for axis, key in zip(axes, ("conditional_accuracy", "frechet_distance"), strict=True):
        for name, color, marker in zip(RECIPES, (GREEN, ORANGE, BLUE, PINK), "sdo^", strict=True):
            points = {}
            for run in log.table("runs"):
                for point in run["points"] if run["recipe"] == name else ():
                    points.setdefault(point["seconds"], []).append(point[judge][key])
            x = sorted(points)
            low, middle, high = (
                [function(points[s]) for s in x] for function in (min, np.median, max)
            )
            axis.plot(x, middle, color=color, marker=marker, label=name)
            axis.fill_between(x, low, high, color=color, alpha=0.25)
        axis.set(xscale="log", xlabel="seconds of training on two CPU cores")
    axes[0].set(ylabel="share recognized as asked", title="Conditional accuracy: higher is better")
    floor = log.card["floors"][judge]
    axes[1].axhline(floor, color="gray", linestyle=":", label="real against real")
    axes[1].set(yscale="log", ylabel="Fréchet distance", title="Fréchet distance: lower is better")
    axes[1].legend()
    return figure


def open_log(data: cg.LabeledImages) -> common.Log:
    return common.Log(
        f"recipes_{len(data.labels)}",
        command="python benchmarks/recipes.py",
        data=f"{len(data.labels):,} training images of MNIST",
        samples=10_000,
        floors=common.floors(),
    )


def apart(source: str, log: common.Log, table: str, run: dict) -> None:
    """Do a run that the table does not hold, in a process of its own."""
    if not log.holds(table, run):
        command = [sys.executable, __file__, source, "--run", json.dumps(run)]
        subprocess.run(command, check=True)


def main() -> None:
    options = common.parser(__doc__)
    common.add_source(options, default="sample")
    options.add_argument("--seconds", type=float, default=120, help="time limit of a run")
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--clock", action="store_true", help="by the clock, and nothing else")
    options.add_argument("--run", type=json.loads, help="only this one, in this process, as JSON")
    options = options.parse_args()
    data = cg.load_images("mnist", "train", options.source)
    log = open_log(data)
    if options.run and "within" in options.run:
        log.run("clock", options.run, lambda **run: train_by_the_clock(data, **run))
        return
    if options.run:
        (speed,) = (s for s in log.table("speed") if s["recipe"] == options.run["recipe"])
        log.run("runs", options.run, lambda **run: train_and_score(data, speed, **run))
        return
    if options.clock:
        for seed in CLOCKED_SEEDS:
            for name, budgets in CLOCKED.get(len(data.labels), {}).items():
                for seconds in budgets:
                    run = {"recipe": name, "seed": seed, "within": seconds}
                    apart(options.source, log, "clock", run)
        return
    if not log.table("speed"):
        for entry in measure_speed(data):
            log.append("speed", entry)
    for seed in range(options.seeds):
        for name in RECIPES:
            for points in planned(name, options.seconds):
                run = {"recipe": name, "seed": seed, "seconds": points[-1]}
                apart(options.source, log, "runs", run)
    log = open_log(data)  # with what the processes have added
    plot(log).savefig(log.path.with_suffix(".png"), dpi=100)


if __name__ == "__main__":
    main()
