"""The published recipe against the quick one: obedience and quality for every second of training.

    python benchmarks/recipes.py                              # on the embedded sample
    python benchmarks/recipes.py --source full                # all of MNIST
    python benchmarks/recipes.py --source mnist.npz --seconds 600 --seeds 3

First it times steps of all recipes in turns, which wants a quiet machine. Then it trains each in a
process of its own, with each seed, for as many steps as fit into so many seconds: so the results
do not depend on what else the machine does. A run that is already in the .jsonl file under
results/ is not repeated. Last it writes the same as .json, a table as .md and a plot as .png.
BENCHMARKS.md says how to read them.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

import cgan_utils as cg  # before TensorFlow: it keeps the log quiet
from cgan_utils.figures import BLUE, GREEN, ORANGE, PINK
from cgan_utils.metrics import frechet_distance, moments
from cgan_utils.recipes import untrained
from patient import PATIENT

RESULTS = Path(__file__).parent / "results"
PUBLISHED = cg.RECIPES["published"]
STRIPED = replace(
    PUBLISHED, build_discriminator=partial(cg.build_published_discriminator, striped=True)
)
RECIPES = {
    "published": PUBLISHED,
    "published, striped planes": STRIPED,
    "quick": cg.RECIPES["quick"],
    "patient": PATIENT,
}
# The published recipe has a constant learning rate: one run passes all of these seconds. The quick
# one fits its schedule to its budget, as the patient one does: each of these is a run of its own.
CHECKPOINTS = (30, 60, 120, 180, 240, 300, 400, 500, 600, 900, 1200)
BUDGETS = {"quick": (4, 6, 8, 12, 20, 30, 60, 120), "patient": (120,)}
JUDGES = ("mnist_second", "mnist")
GOALS = (0.90, 0.95, 0.98, 0.99)


class Stopwatch(keras.callbacks.Callback):
    """Seconds to the end of each step, the first of which builds the graph."""

    def on_train_begin(self, logs=None):
        self.start, self.ends = time.perf_counter(), []

    def on_train_batch_end(self, batch, logs=None):
        self.ends.append(time.perf_counter() - self.start)


def measure_speed(data, rounds=5, steps=40) -> dict:
    """Seconds of the first step, and of each further one, of every recipe: medians over rounds."""
    taken = {name: [] for name in RECIPES}
    for number in range(rounds):
        for name, settings in RECIPES.items():
            watch = Stopwatch()
            gan = untrained(settings, seed=0)
            batches = data.batches(settings.batch_size).repeat()
            gan.fit(batches, steps_per_epoch=steps, callbacks=[watch], verbose=0)
            taken[name].append((watch.ends[0], np.mean(np.diff(watch.ends))))
            print(
                f"round {number + 1}: {name}: {1e3 * taken[name][-1][1]:.1f} ms a step", flush=True
            )
    return {name: np.median(pairs, axis=0).tolist() for name, pairs in taken.items()}


def score(generator, seed) -> dict:
    """Obedience and Fréchet distance by each judge, of 10,000 images with the test digits' labels."""
    scores = {}
    for name in JUDGES:
        judge = cg.Judge(name)
        real = judge.reference
        labels = real.labels.astype(int)
        images = generator.generate(labels, seed)
        features, logits = judge.look(images)
        distance = frechet_distance(real, moments(features))
        scores[name] = {
            "conditional_accuracy": float((logits.argmax(axis=1) == labels).mean()),
            "frechet_distance": distance,
        }
    return scores


class Scores(keras.callbacks.Callback):
    """Scores the averaged generator after so many steps; the last of them ends the run."""

    def __init__(self, steps_of: dict[float, int], seed: int):
        super().__init__()
        self.seconds_at = {steps: seconds for seconds, steps in steps_of.items()}
        self.seed, self.points = seed, []

    def on_train_batch_end(self, batch, logs=None):
        seconds = self.seconds_at.get(batch + 1)
        if seconds:
            self.points.append(
                {"seconds": seconds, "steps": batch + 1, **score(self.model, self.seed)}
            )
            accuracy = self.points[-1][JUDGES[0]]["conditional_accuracy"]
            print(f"  {seconds:g} s, step {batch + 1:,}: {accuracy:.2%} as asked", flush=True)


def train_and_score(name, seed, steps_of: dict[float, int], data) -> dict:
    """One run, and what it cost in memory: this process does nothing else."""
    settings, steps = RECIPES[name], max(steps_of.values())
    gan = untrained(settings, seed, steps)
    scores = Scores(steps_of, seed)
    batches = data.batches(settings.batch_size, seed).repeat()
    gan.fit(batches, steps_per_epoch=steps, callbacks=[scores], verbose=0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1 if sys.platform == "darwin" else 1024
    )
    gan.generate(range(10))
    row = []
    for number in range(50):
        start = time.perf_counter()
        gan.generate(range(10), seed=number)
        row.append(1e3 * (time.perf_counter() - start))
    return {
        "recipe": name,
        "seed": seed,
        "points": scores.points,
        "peak_memory_mib": round(peak),
        "ten_digits_ms": float(np.median(row)),
    }


def machine() -> dict:
    """What the figures depend on, besides the code."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(": ")[1] for line in lines if line.startswith("model name")]
    return {
        "cpu": f"{os.cpu_count()} cores, {names[0] if names else platform.processor()}",
        "gpus": len(tf.config.list_physical_devices("GPU")),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
    }


def runs_of(name, speed, limit) -> list[dict[float, int]]:
    """Per run, the steps that fit into each number of seconds, the graph's building included."""
    first, further = speed[name]

    def steps_within(seconds):
        return max(1, round((seconds - first) / further))

    if name in BUDGETS:
        return [{s: steps_within(s)} for s in BUDGETS[name] if s <= limit]
    return [{s: steps_within(s) for s in CHECKPOINTS if s <= limit}]


def summarize(outcome: dict) -> str:
    """The tables of BENCHMARKS.md: medians and ranges over the seeds."""
    first_judge = JUDGES[0]

    def spread(values, form):
        if any(value is None for value in values):
            reached = sum(value is not None for value in values)
            return f"{reached} of {len(values)} seeds" if reached else "not reached"
        low, middle, high = (form.format(f(values)) for f in (min, np.median, max))
        return f"{middle} ({low} to {high})"

    names = list(outcome["speed"])
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]

    def row(title, cells):
        lines.append(f"| {title} | " + " | ".join(cells) + " |")

    by_recipe = {name: {} for name in names}  # seed -> points in order of seconds
    for run in outcome["runs"]:
        by_recipe[run["recipe"]].setdefault(run["seed"], []).extend(run["points"])
    for seeds in by_recipe.values():
        for points in seeds.values():
            points.sort(key=lambda point: point["seconds"])
    row(
        "training images per second",
        [f"{RECIPES[name].batch_size / outcome['speed'][name][1]:,.0f}" for name in names],
    )
    row("milliseconds a step", [f"{1e3 * outcome['speed'][name][1]:.0f}" for name in names])
    for goal in GOALS:
        cells = []
        for name in names:
            firsts = [
                next(
                    (
                        p["seconds"]
                        for p in points
                        if p[first_judge]["conditional_accuracy"] >= goal
                    ),
                    None,
                )
                for points in by_recipe[name].values()
            ]
            cells.append(spread(firsts, "{:g}"))
        row(f"seconds to {goal:.0%} conditional accuracy", cells)
    for title, key, form in (
        ("conditional accuracy", "conditional_accuracy", "{:.2%}"),
        ("Fréchet distance", "frechet_distance", "{:.2f}"),
    ):
        for seconds in (12, 20, 60, 120, 300, 600, 900):
            cells = []
            for name in names:
                values = [
                    p[first_judge][key]
                    for points in by_recipe[name].values()
                    for p in points
                    if p["seconds"] == seconds
                ]
                cells.append(spread(values, form) if values else "")
            if any(cells):
                row(f"{title} after {seconds} s", cells)
    for title, key, form in (
        ("peak memory of training, MiB", "peak_memory_mib", "{:,.0f}"),
        ("milliseconds for a row of ten digits", "ten_digits_ms", "{:.1f}"),
    ):
        row(
            title,
            [
                spread([run[key] for run in outcome["runs"] if run["recipe"] == name], form)
                for name in names
            ],
        )
    floor = outcome["floor"][first_judge]
    lines.append("")
    lines.append(
        f"Fréchet distance of 10,000 real training images: {floor:.2f}. Judge: {first_judge}."
    )
    return "\n".join(lines) + "\n"


def plot(outcome: dict):
    """Quality against seconds of training, on a logarithmic axis; the band is the range over seeds."""
    cg.use_style()
    judge = JUDGES[0]
    colors = dict(zip(RECIPES, (GREEN, ORANGE, BLUE, PINK), strict=True))
    markers = dict(zip(RECIPES, "sdo^", strict=True))
    figure, axes = plt.subplots(1, 2, figsize=(11, 4))
    for axis, key in zip(axes, ("conditional_accuracy", "frechet_distance"), strict=True):
        for name in RECIPES:
            points = {}
            for run in outcome["runs"]:
                for point in run["points"] if run["recipe"] == name else ():
                    points.setdefault(point["seconds"], []).append(point[judge][key])
            x = sorted(points)
            axis.plot(
                x,
                [np.median(points[s]) for s in x],
                color=colors[name],
                marker=markers[name],
                label=name,
            )
            axis.fill_between(
                x,
                [min(points[s]) for s in x],
                [max(points[s]) for s in x],
                color=colors[name],
                alpha=0.25,
            )
        axis.set(xscale="log", xlabel="seconds of training on two CPU cores")
    axes[0].set(ylabel="share recognized as asked", title="Conditional accuracy: higher is better")
    axes[1].axhline(outcome["floor"][judge], color="gray", linestyle=":", label="real against real")
    axes[1].set(yscale="log", ylabel="Fréchet distance", title="Fréchet distance: lower is better")
    axes[1].legend()
    figure.tight_layout()
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", default="sample", help='"sample", "full" or an npz file')
    parser.add_argument("--seconds", type=float, default=120, help="time limit of a run")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--run", type=json.loads, help=argparse.SUPPRESS)  # name, seed, steps
    options = parser.parse_args()
    data = cg.load_images("mnist", "train", options.source)
    size = f"{len(data.labels):,} training images"
    log = RESULTS / f"recipes_{len(data.labels)}.jsonl"
    if options.run:
        name, seed, points = options.run
        result = train_and_score(name, seed, dict(points), data)
        with log.open("a") as file:
            file.write(json.dumps(result) + "\n")
        return
    RESULTS.mkdir(exist_ok=True)
    speed = measure_speed(data)
    done = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    finished = {(run["recipe"], run["seed"], run["points"][-1]["seconds"]) for run in done}
    for seed in range(options.seeds):
        for name in RECIPES:
            for steps_of in runs_of(name, speed, options.seconds):
                if (name, seed, max(steps_of)) in finished:
                    continue
                print(f"{name}, seed {seed}, {max(steps_of):g} s", flush=True)
                run = json.dumps([name, seed, list(steps_of.items())])
                command = [sys.executable, __file__, "--source", options.source, "--run", run]
                subprocess.run(command, check=True)
    outcome = {
        "data": size,
        "machine": machine(),
        "judges": JUDGES,
        "samples": 10_000,
        "floor": {name: cg.Judge(name).reference.floors[10_000] for name in JUDGES},
        "speed": speed,
        "runs": [json.loads(line) for line in log.read_text().splitlines()],
    }
    stem = RESULTS / f"recipes_{len(data.labels)}"
    stem.with_suffix(".json").write_text(json.dumps(outcome, indent=1) + "\n")
    stem.with_suffix(".md").write_text(summarize(outcome))
    plot(outcome).savefig(stem.with_suffix(".png"), dpi=100)
    print(summarize(outcome))


if __name__ == "__main__":
    main()
