"""Is a Wasserstein GAN better, more stable, faster? WGAN-GP and lazy R1 against the quick recipe.

    python benchmarks/wasserstein.py    # 33 runs, a minute each

Same networks, same data (the embedded sample), same time: on one core, where "time" is the CPU time
of this process, so that it hardly depends on what else the machine does. It is measured first, for
a step of each way in turns, and then converted into steps, so that the runs are deterministic.
"""

import time
from dataclasses import asdict, replace

import cgan_utils as cg  # first: it imports TensorFlow without its log

# isort: split
import keras
import numpy as np
import tensorflow as tf

import common
from cgan_utils.files import SHIPPED

QUICK = cg.RECIPES["quick"]
BUDGET = 800  # steps of the quick recipe; the others get as many as take the same time
POINTS = 10  # scores on the way
SAMPLES = 2_000
SEEDS = (0, 1, 2)
RATES = (1.0, 0.25, 4.0)  # times the recipe's learning rate; the others for three ways alone
WGAN_GP = replace(QUICK, game="wasserstein", penalty=cg.Penalty("gradient", 10.0), critic_steps=5)
WAYS = {
    "quick recipe": QUICK,
    "WGAN-GP": WGAN_GP,
    "WGAN-GP, 1 critic step": replace(WGAN_GP, critic_steps=1),
    "WGAN-GP, no mismatched pairs": replace(WGAN_GP, mismatched_weight=0.0),
    "lazy R1": replace(QUICK, penalty=cg.Penalty("r1", 0.1, every=16)),
}
TIMED_ONLY = {"R1 at every step": replace(QUICK, penalty=cg.Penalty("r1", 0.1))}


def measure_times(data: cg.LabeledImages, rounds=3, steps=80) -> dict[str, float]:
    """Give the seconds a step: medians over rounds in turns, each of whole cycles of penalties."""
    recipes = WAYS | TIMED_ONLY
    models = {way: recipe.build(data, steps=1_000) for way, recipe in recipes.items()}
    batches = {way: recipe.batches(data).repeat() for way, recipe in recipes.items()}
    for way, gan in models.items():
        gan.fit(batches[way], steps_per_epoch=steps // 5, verbose=0)  # builds the graph
    taken = {way: [] for way in models}
    for _ in range(rounds):
        for way, gan in models.items():
            start = time.process_time()
            gan.fit(batches[way], steps_per_epoch=steps // gan.critic_steps, verbose=0)
            taken[way].append((time.process_time() - start) / steps)
    return {way: round(float(np.median(seconds)), 5) for way, seconds in taken.items()}


class Scores(keras.callbacks.Callback):
    """After each part of a run: its mean losses, and what the judge says of the average of G."""

    def __init__(self, seed: int):
        super().__init__()
        self.seed, self.judge = seed, cg.Judge("mnist")
        self.labels = common.asked_labels(SAMPLES)
        self.points = {"steps": [], "accuracy": [], "frechet": []}

    def on_epoch_end(self, epoch, logs=None):
        score = self.judge.score(self.model, self.labels, self.seed)
        self.points["steps"].append(int(self.model.d_optimizer.iterations))
        new = {"accuracy": score.conditional_accuracy, "frechet": score.frechet_distance, **logs}
        for name, number in new.items():
            self.points.setdefault(name, []).append(round(float(number), 4))


def train_and_score(data: cg.LabeledImages, times: dict, way: str, rate: float, seed: int) -> dict:
    recipe = replace(WAYS[way], learning_rate=rate * QUICK.learning_rate)
    part = BUDGET * times["quick recipe"] / times[way] / POINTS  # steps of D between two scores
    part = round(part / recipe.critic_steps)  # steps of G
    gan = recipe.build(data, seed, steps=POINTS * part * recipe.critic_steps)
    batches, scores = recipe.batches(data, seed).repeat(), Scores(seed)
    gan.fit(batches, epochs=POINTS, steps_per_epoch=part, callbacks=[scores], verbose=0)
    keras.backend.clear_session()
    return scores.points


def settings_of(recipe: cg.Recipe) -> dict:
    """Give what of a recipe is not as in the quick one."""
    quick = asdict(QUICK)
    return {name: value for name, value in asdict(recipe).items() if value != quick[name]}


def open_log() -> common.Log:
    return common.Log(
        "wasserstein",
        SHIPPED,
        command="python benchmarks/wasserstein.py",
        machine=common.machine(cores=1),
        data="the 4,000 training digits of the embedded sample",
        seeds=SEEDS,
        samples=SAMPLES,
        floor=round(common.floors(SAMPLES)["mnist"], 4),
        learning_rate=QUICK.learning_rate,
        mismatched_weight=QUICK.mismatched_weight,
        settings={way: settings_of(recipe) for way, recipe in WAYS.items()},
    )


def main() -> None:
    common.parser(__doc__).parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    data, log = cg.load_images("mnist", "train"), open_log()
    if "seconds_a_step" not in log.card:
        log.card["seconds_a_step"] = measure_times(data)
    times = log.card["seconds_a_step"]

    def measure(**run) -> dict:
        return train_and_score(data, times, **run)

    for rate in RATES:  # the most important first
        for seed in SEEDS:
            for way in WAYS if rate == 1 else ("quick recipe", "WGAN-GP", "lazy R1"):
                log.run("runs", {"way": way, "rate": rate, "seed": seed}, measure)


if __name__ == "__main__":
    main()
