"""Is a Wasserstein GAN better, more stable, faster? The quick recipe, WGAN-GP and lazy R1: same nets, same time.

    python benchmarks/wasserstein.py

A run that is already in benchmarks/results/wasserstein.jsonl is not repeated; delete that file to start
anew. Whatever is there goes into cgan_utils/results/wasserstein.json, which notebook 08 reads.

Everything runs on one core, and "time" is the CPU time of this process, so that it hardly depends on
what else the machine does. It is measured first, for a step of each way in turns, and then converted
into steps, so that the runs are deterministic. Settings come from the quick recipe, data from the
embedded sample.
"""

import json
import platform
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import cgan_utils as cg
from cgan_utils.metrics import frechet_distance, moments
from cgan_utils.recipes import untrained
from cgan_utils.results import RESULTS

LOG = Path(__file__).parent / "results" / "wasserstein.jsonl"
QUICK = cg.RECIPES["quick"]
BUDGET = 800  # steps of the quick recipe; the others get as many as take the same time
POINTS = 10  # scores on the way
SAMPLES = 2_000
SEEDS = (0, 1, 2)
RATES = (1.0, 0.25, 4.0)  # times the recipe's learning rate; the others for three ways alone
LAZY_R1 = {"loss": "non-saturating", "penalty": "r1", "penalty_weight": 0.1, "critic_steps": 1}
# What PenalizedGAN.compile gets, on top of the recipe; None: the recipe as it is.
WAYS = {
    "quick recipe": None,
    "WGAN-GP": {"penalty_weight": 10.0, "critic_steps": 5},
    "WGAN-GP, 1 critic step": {"penalty_weight": 10.0, "critic_steps": 1},
    "WGAN-GP, no mismatched pairs": {
        "penalty_weight": 10.0,
        "critic_steps": 5,
        "mismatched_weight": 0.0,
    },
    "lazy R1": {**LAZY_R1, "penalty_every": 16},
}
TIMED_ONLY = {"R1 at every step": {**LAZY_R1, "penalty_every": 1}}


def build(settings: dict | None, rate: float, seed: int, steps: int) -> cg.ConditionalGAN:
    """Networks, optimizers and schedule of the quick recipe, and the loss that is compared."""
    recipe = replace(QUICK, learning_rate=rate * QUICK.learning_rate)
    plain = untrained(recipe, seed, steps)
    if settings is None:
        return plain
    gan = cg.PenalizedGAN(plain.generator, plain.discriminator, QUICK.ema_decay, seed)
    optimizers = [
        keras.optimizers.Adam(
            keras.optimizers.schedules.PolynomialDecay(recipe.learning_rate, count, 0.0),
            QUICK.beta_1,
            QUICK.beta_2,
        )
        for count in (steps, steps // settings["critic_steps"])
    ]
    gan.compile(*optimizers, **{"mismatched_weight": QUICK.mismatched_weight, **settings})
    return gan


def measure_times(data: cg.LabeledImages, rounds=3, steps=80) -> dict[str, float]:
    """Seconds a step: medians over rounds in turns, each of whole cycles of critic steps and lazy penalties."""
    batches = data.batches(QUICK.batch_size).repeat()
    models = {way: build(settings, 1, 0, 1_000) for way, settings in (WAYS | TIMED_ONLY).items()}
    for gan in models.values():
        gan.fit(batches, steps_per_epoch=steps // 5, verbose=0)  # builds the graph
    taken = {way: [] for way in models}
    for _ in range(rounds):
        for way, gan in models.items():
            start = time.process_time()
            gan.fit(batches, steps_per_epoch=steps, verbose=0)
            taken[way].append((time.process_time() - start) / steps)
    return {way: round(float(np.median(seconds)), 5) for way, seconds in taken.items()}


class Scores(keras.callbacks.Callback):
    """After each part of a run: the part's mean losses, and what the judge says of the averaged generator."""

    def __init__(self, seed: int):
        super().__init__()
        self.seed, self.judge = seed, cg.Judge("mnist")
        labels = self.judge.reference.labels.astype(int)
        self.labels = np.random.default_rng(0).choice(labels, SAMPLES, replace=False)
        self.points = {"steps": [], "accuracy": [], "frechet": []}

    def on_epoch_end(self, epoch, logs=None):
        images = np.nan_to_num(self.model.generate(self.labels, self.seed))  # of a run that broke
        features, logits = self.judge.look(images)
        self.points["steps"].append(int(self.model.d_optimizer.iterations))
        new = {
            "accuracy": (logits.argmax(axis=1) == self.labels).mean(),
            "frechet": frechet_distance(self.judge.reference, moments(features)),
            **logs,
        }
        for name, number in new.items():
            self.points.setdefault(name, []).append(round(float(number), 4))


def train_and_score(data: cg.LabeledImages, times: dict, way: str, rate: float, seed: int) -> dict:
    part = round(BUDGET * times["quick recipe"] / times[way] / POINTS)
    gan = build(WAYS[way], rate, seed, POINTS * part)
    batches = data.batches(QUICK.batch_size, seed).repeat()
    scores = Scores(seed)
    gan.fit(batches, epochs=POINTS, steps_per_epoch=part, callbacks=[scores], verbose=0)
    return scores.points


def summarize(times: dict, runs: list[dict]) -> dict:
    """What notebook 08 reads: the runs, and all they depend on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    cpus = [line.split(": ")[1] for line in lines if line.startswith("model name")]
    return {
        "command": "python benchmarks/wasserstein.py",
        "machine": f"one core of {cpus[0] if cpus else platform.processor()}, no GPU",
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
        },
        "data": "the 4,000 training digits of the embedded sample",
        "seeds": SEEDS,
        "samples": SAMPLES,
        "floor": round(cg.Judge("mnist").reference.floors[SAMPLES], 4),
        "learning_rate": QUICK.learning_rate,
        "mismatched_weight": QUICK.mismatched_weight,
        "settings": WAYS,
        "seconds_a_step": times,
        "runs": runs,
    }


def append(entry: dict) -> None:
    with LOG.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def main() -> None:
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    data = cg.load_images("mnist", "train")
    LOG.parent.mkdir(exist_ok=True)
    lines = LOG.read_text("utf-8").splitlines() if LOG.exists() else []
    if not lines:
        append({"seconds_a_step": measure_times(data)})
        lines = LOG.read_text("utf-8").splitlines()
    times, *runs = map(json.loads, lines)
    times = times["seconds_a_step"]
    for rate in RATES:  # the most important first
        for seed in SEEDS:
            for way in WAYS if rate == 1 else ("quick recipe", "WGAN-GP", "lazy R1"):
                run = {"way": way, "rate": rate, "seed": seed}
                if any(run.items() <= done.items() for done in runs):
                    continue
                runs.append({**run, **train_and_score(data, times, **run)})
                append(runs[-1])
                last = {name: runs[-1][name][-1] for name in ("steps", "accuracy", "frechet")}
                print(run, last, flush=True)
                tf.keras.backend.clear_session()
                result = json.dumps(summarize(times, runs))
                (RESULTS / "wasserstein.json").write_text(result + "\n", "utf-8")


if __name__ == "__main__":
    main()
