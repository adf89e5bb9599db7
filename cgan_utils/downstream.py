"""Do generated images teach a classifier what real ones do? Slow measures: they train one."""

from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from .data import LabeledImages
from .evaluation import generated_images


class ClassificationAccuracy(NamedTuple):
    """Accuracy, in [0, 1], on real test images: of a classifier trained on fakes, and of one on real ones."""

    fake: float
    real: float


def classification_accuracy_score(
    generator, train: LabeledImages, test: LabeledImages, steps: int = 600, seed: int = 0
) -> ClassificationAccuracy:
    """Do the fakes teach what real images teach? Two classifiers say, one trained on each.

    One image is generated for each label of `train`, which the generator was trained on; `test`
    are real images that neither it nor a classifier ever saw. Same small network, same first
    weights, `steps` batches of 64 each (Ravuri and Vinyals 2019, arXiv 1905.10887).
    """
    images = generated_images(generator, train.labels, seed)
    fakes = LabeledImages(images, train.labels, train.class_names, "generated")
    accuracies = [
        (_learn(data, steps, seed, test.images) == test.labels).mean() for data in (fakes, train)
    ]
    return ClassificationAccuracy(*map(float, accuracies))


class Recognized(NamedTuple):
    """Shares, in [0, 1], of test images that a classifier recognizes: of the rare class, and of all."""

    rare: float
    all: float


class RareClassGain(NamedTuple):
    """What three classifiers recognize after training on data in which a class is rare.

    poor: on the data as they are. repeated: its images of the rare class repeated until they are as
    many as of the other classes (their median). generated: filled up with generated ones instead.
    """

    poor: Recognized
    repeated: Recognized
    generated: Recognized


def rare_class_gain(
    generator, poor: LabeledImages, test: LabeledImages, label: int, steps: int = 600, seed: int = 0
) -> RareClassGain:
    """Do generated images help a classifier where the class `label` is rare?

    The generator must have been trained on `poor` alone: one that has seen more images of the class
    smuggles them in, and its gain is no gain. Only what beats the repeated images comes from the
    generator; the rest comes from balance. Networks and steps as in
    `classification_accuracy_score`.
    """
    counts = np.bincount(poor.labels[poor.labels != label], minlength=len(poor.class_names))
    count = int((poor.labels == label).sum())
    missing = int(np.median(counts[counts > 0])) - count
    if count == 0 or missing <= 0:
        raise ValueError(
            f"class {label} has {count} of {len(poor.labels):,} images; "
            "a rare class has at least one, and fewer than the other classes."
        )
    real = poor.images[poor.labels == label]
    more = np.full(missing, label)
    extras = np.resize(real, (missing, 28, 28, 1)), generated_images(generator, more, seed)
    filled = [
        LabeledImages(
            np.concatenate([poor.images, extra]),
            np.concatenate([poor.labels, more]),
            poor.class_names,
            f"{poor.source}, filled up",
        )
        for extra in extras
    ]
    rare, results = test.labels == label, []
    for data in (poor, *filled):
        right = _learn(data, steps, seed, test.images) == test.labels
        results.append(Recognized(float(right[rare].mean()), float(right.mean())))
    return RareClassGain(*results)


def make_rare(data: LabeledImages, label: int, count: int, seed: int = 0) -> LabeledImages:
    """The same data with only `count` images, drawn with `seed`, of one class."""
    mine = np.flatnonzero(data.labels == label)
    if not 0 < count <= len(mine):
        raise ValueError(
            f"count is {count}; it must be from 1 to {len(mine):,}, which class {label} has."
        )
    kept = np.random.default_rng(seed).choice(mine, count, replace=False)
    chosen = np.sort(np.concatenate([np.flatnonzero(data.labels != label), kept]))
    source = f"{data.source}, {count} of class {label}"
    return LabeledImages(data.images[chosen], data.labels[chosen], data.class_names, source)


def _learn(data: LabeledImages, steps: int, seed: int, images: np.ndarray) -> np.ndarray:
    """What a small classifier, trained on the data from first weights of this seed, sees in images."""
    if len(np.unique(data.labels)) < 2:
        raise ValueError(
            f"all training images are of class {data.labels[0]}; a classifier needs two or more classes."
        )
    keras.utils.set_random_seed(seed)
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 5, strides=2, padding="same", activation="relu"),
            layers.Conv2D(32, 5, strides=2, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(len(data.class_names)),
        ]
    )
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(rate), loss, jit_compile=False)
    batches = data.batches(64, seed).repeat()
    network.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)
    # Not `predict`: TensorFlow warns of a trace for each new network.
    return np.argmax(network(images, training=False), axis=1)
