"""Failures on demand: how does each read, seed by seed? And how far apart are good trainings?

    python benchmarks/failures.py    # 15 short runs and five longer ones, about six minutes

Same networks, same data (the embedded sample); 07_evaluation draws it. A failure differs from
"healthy" in one thing; three seeds. "trainings" are of the quick recipe with half of its epochs, as
07 trains its generator, five seeds; three draws of each show how far draws are apart.
"""

from dataclasses import replace

import cgan_utils as cg  # first: it imports TensorFlow without its log

# isort: split
import keras
import numpy as np
import tensorflow as tf

import common
from cgan_utils.files import SHIPPED

SHORT = replace(cg.RECIPES["quick"], decay=False, g_learning_rate=3e-3)
SEEDS, TRAININGS, DRAWS = (0, 1, 2), (0, 1, 2, 3, 4), (0, 1, 2)
STEPS, EPOCHS = 62, 6  # half a pass over 4,000 digits, for more points of a curve
GOOD_EPOCHS = 8
SAMPLES = 2_000
WAYS = {
    "healthy": SHORT,
    "label ignored": SHORT,
    "mode collapse": replace(SHORT, learning_rate=1e-4),
    "D wins": replace(SHORT, g_learning_rate=3e-5),
    "label leakage": SHORT,
}


class LeakyGAN(cg.ConditionalGAN):
    """Shows D mixtures of all labels beside fakes, and plain labels beside real images."""

    def pairs(self, images, rows, fakes, testing=False):
        mixtures = tf.random.stateless_uniform(tf.shape(rows), self.step_seed("fake"))
        mixtures /= tf.reduce_sum(mixtures, axis=1, keepdims=True)
        fakes = self.generator([self.draw_training_latents(rows), mixtures], training=True)
        wrong = self.condition.mismatched(rows, self.step_seed("mismatched"))
        return [(images, rows), (fakes, mixtures), (images, wrong)]


def build(way: str, data: cg.LabeledImages, seed: int) -> cg.ConditionalGAN:
    gan = WAYS[way].build(data, seed)
    if way != "label leakage":
        return gan
    leaky = LeakyGAN(gan.generator, gan.discriminator, data.condition, SHORT.ema_decay, seed)
    leaky.compile(gan.d_optimizer, gan.g_optimizer, mismatched_weight=SHORT.mismatched_weight)
    return leaky


def scores(generator, seed: int) -> dict:
    """Give what both judges say of digits with the labels of the test digits, or so many of them.

    distance: the Fréchet distance over that of as many real training digits.
    """
    found, result = {}, {}
    for name in common.JUDGES:
        found[name] = cg.evaluate(generator, SAMPLES, seed, common.judge(name))
        result[name] = {
            "accuracy": round(found[name].conditional_accuracy, 4),
            "distance": round(found[name].frechet_distance / found[name].floor, 3),
        }
    by_class = found["mnist"].per_class
    means = {name: round(float(by_class[name].mean()), 4) for name in ("variety", "coverage")}
    return {**result, **means}


def failure(train: cg.LabeledImages, test: cg.LabeledImages, way: str, seed: int) -> dict:
    data = train
    if way == "label ignored":
        data = replace(train, labels=np.random.default_rng(seed).permutation(train.labels))
    gan = build(way, data, seed)
    history = gan.fit(
        data.batches(SHORT.batch_size, seed).repeat(),
        steps_per_epoch=STEPS,
        epochs=EPOCHS,
        callbacks=[cg.LabelUseProbe(test)],
        verbose=0,
    ).history
    result = {**scores(gan, seed), **{k: np.round(v, 4).tolist() for k, v in history.items()}}
    keras.backend.clear_session()
    return result


def training(train: cg.LabeledImages, seed: int) -> dict:
    gan = cg.train("quick", train, seed, epochs=GOOD_EPOCHS)
    result = {"draws": [scores(gan, draw) for draw in DRAWS]}
    keras.backend.clear_session()
    return result


def open_log() -> common.Log:
    return common.Log(
        "failures",
        SHIPPED,
        command="python benchmarks/failures.py",
        data="the 4,000 training digits of the embedded sample; the probe: its 1,000 test digits",
        seeds=SEEDS,
        samples=SAMPLES,
        settings={
            "all": {"epochs": EPOCHS, "steps_per_epoch": STEPS, "decay": False},
            "mode collapse": {"learning_rate": 1e-4, "g_learning_rate": 3e-3},
            "D wins": {"g_learning_rate": 3e-5},
            "trainings": {"recipe": "quick", "epochs": GOOD_EPOCHS, "seeds": TRAININGS},
        },
    )


def main() -> None:
    common.parser(__doc__).parse_args()
    train, test = (cg.load_images("mnist", split) for split in ("train", "test"))
    log = open_log()
    for seed in SEEDS:
        for way in WAYS:
            log.run("runs", {"way": way, "seed": seed}, lambda **run: failure(train, test, **run))
    for seed in TRAININGS:
        log.run("trainings", {"seed": seed}, lambda **run: training(train, **run))


if __name__ == "__main__":
    main()
