"""How does a run read? D's losses on what it trains on and on unseen digits; runs that go wrong.

    python benchmarks/reading.py    # 21 runs of the quick recipe, about ten minutes

Same networks, same data (the embedded sample), three seeds; 05_training draws it. The healthy run
is the recipe as it is; the others change one thing and stop after two epochs.
"""

from dataclasses import replace

import cgan_utils as cg  # first: it imports TensorFlow without its log

# isort: split
import keras
import numpy as np

import common
from cgan_utils.files import SHIPPED

QUICK = cg.RECIPES["quick"]
SEEDS = (0, 1, 2)
SHORT = 2  # epochs of all but the healthy run, at a rate that does not fall
SAMPLES = 2_000
WAYS = {
    "healthy": QUICK,
    "as it should be": QUICK,
    "no mismatched pairs": replace(QUICK, mismatched_weight=0.0),
    "shuffled labels": QUICK,
    "no labels": replace(QUICK, mismatched_weight=0.0),
    "slow G": replace(QUICK, g_learning_rate=3e-5),
    "slow D": replace(QUICK, learning_rate=1e-4, g_learning_rate=3e-3),
}


def labeled(way: str, digits: cg.LabeledImages) -> cg.LabeledImages:
    """Give the digits with the labels that this way trains on."""
    labels = digits.labels
    if way == "shuffled labels":
        labels = np.random.default_rng(0).permutation(labels)
    if way == "no labels":  # all the same, so that they say nothing
        labels = np.zeros_like(labels)
    return replace(digits, labels=labels)


def train_and_score(train: cg.LabeledImages, test: cg.LabeledImages, way: str, seed: int) -> dict:
    recipe, data, unseen = WAYS[way], labeled(way, train), labeled(way, test).batches(100)
    if way == "healthy":
        epochs = recipe.epochs
        gan = recipe.build(data, seed, steps=epochs * len(recipe.batches(data)))
    else:
        epochs, gan = SHORT, recipe.build(data, seed)
    history = gan.fit(
        recipe.batches(data, seed), epochs=epochs, validation_data=unseen, verbose=0
    ).history
    scores = cg.evaluate(gan, SAMPLES, seed)
    accuracies = {
        name: round(cg.conditional_accuracy(gan, SAMPLES // 10, seed, name), 4)
        for name in common.JUDGES
    }
    keras.backend.clear_session()
    return {
        "accuracy": accuracies,
        "frechet": round(scores.frechet_distance, 4),
        "variety": round(float(scores.per_class["variety"].mean()), 4),
        **{name: np.round(losses, 4).tolist() for name, losses in history.items()},
    }


def open_log() -> common.Log:
    return common.Log(
        "reading",
        SHIPPED,
        command="python benchmarks/reading.py",
        data="the 4,000 training digits of the embedded sample; unseen: its 1,000 test digits",
        seeds=SEEDS,
        samples=SAMPLES,
        settings={
            "healthy": {"epochs": QUICK.epochs},
            "the others": {"epochs": SHORT, "decay": False},
            "slow G": {"g_learning_rate": 3e-5},
            "slow D": {"learning_rate": 1e-4, "g_learning_rate": 3e-3},
        },
    )


def main() -> None:
    common.parser(__doc__).parse_args()
    train, test = (cg.load_images("mnist", split) for split in ("train", "test"))
    log = open_log()

    def measure(**run) -> dict:
        return train_and_score(train, test, **run)

    for seed in SEEDS:
        for way in WAYS:
            log.run("runs", {"way": way, "seed": seed}, measure)


if __name__ == "__main__":
    main()
