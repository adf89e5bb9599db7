"""Do generated images teach a classifier what real ones do? Slow measures: they train one."""

from dataclasses import replace
from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from .checks import check_images, check_seed, check_whole
from .data import LabeledImages
from .evaluation import check_condition, images_like
from .judge import classes_of
from .sampler import Generator
from .settings import plain_keras, seeded

BATCH_SIZE = 64


class ClassificationAccuracy(NamedTuple):
    """Shares, in [0, 1], of real test images recognized after learning from fakes, or real ones."""

    fake: float
    real: float


def classification_accuracy_score(
    generator: Generator,
    train: LabeledImages,
    test: LabeledImages,
    steps: int = 600,
    seed: int = 0,
) -> ClassificationAccuracy:
    """Train a classifier on fakes and one on real images: do the fakes teach what these teach?

    One image is generated for each label of `train`, which the generator was trained on; `test`
    are real images that neither it nor a classifier ever saw. Same small network, same first
    weights, `steps` batches of 64 each (Ravuri and Vinyals 2019, arXiv 1905.10887). Raises
    ValueError for attributes, for fewer than 64 training images or two classes, and if the three
    differ in their classes or in the size of an image.
    """
    steps = _check_lessons(train, test, steps)
    images = images_like(train, generator, train.labels, seed)
    fakes = replace(train, images=images, source="generated")
    accuracies = [
        (_learn(data, steps, seed, test.images) == test.labels).mean() for data in (fakes, train)
    ]
    return ClassificationAccuracy(*map(float, accuracies))


class Recognized(NamedTuple):
    """Shares, in [0, 1], of test images that a classifier recognizes: of the rare class, of all."""

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
    generator: Generator,
    poor: LabeledImages,
    test: LabeledImages,
    label: int,
    steps: int = 600,
    seed: int = 0,
) -> RareClassGain:
    """Measure whether generated images help a classifier where the class `label` is rare.

    The generator must have been trained on `poor` alone: one that has seen more images of the class
    smuggles them in, and its gain is no gain. Only what beats the repeated images comes from the
    generator; the rest comes from balance. Networks, steps and errors as in
    `classification_accuracy_score`; ValueError also for a class that is not rare or that has no
    test images.
    """
    steps = _check_lessons(poor, test, steps)
    label = check_whole("label", label, 0, poor.condition.width - 1)
    counts = np.bincount(poor.labels.astype(int), minlength=poor.condition.width)
    count, others = int(counts[label]), np.delete(counts, label)
    missing = int(np.median(others[others > 0])) - count
    if count == 0 or missing <= 0:
        raise ValueError(
            f"class {label} has {count} of {len(poor.labels):,} images; "
            "a rare class has at least one, and fewer than the other classes."
        )
    rare = test.labels == label
    if not rare.any():
        raise ValueError(f"there are no test images of class {label}; give test images with some.")
    real = poor.images[poor.labels == label]
    more = np.full(missing, label)
    repeated = np.resize(real, (missing, *poor.image_shape))
    filled = [
        replace(
            poor,
            images=np.concatenate([poor.images, extra]),
            labels=np.concatenate([poor.labels, more]),
            source=f"{poor.source}, filled up",
        )
        for extra in (repeated, images_like(poor, generator, more, seed))
    ]
    results = []
    for data in (poor, *filled):
        right = _learn(data, steps, seed, test.images) == test.labels
        results.append(Recognized(float(right[rare].mean()), float(right.mean())))
    return RareClassGain(*results)


def make_rare(data: LabeledImages, label: int, count: int, seed: int = 0) -> LabeledImages:
    """Give the same data with only `count` images, drawn with `seed`, of one class.

    Raises ValueError for attributes, and unless the class has as many images.
    """
    label = check_whole("label", label, 0, classes_of(data).width - 1)
    mine = np.flatnonzero(data.labels == label)
    if len(mine) == 0:
        raise ValueError(f"there are no images of class {label}; give the index of another one.")
    count, seed = check_whole("count", count, 1, len(mine)), check_seed(seed)
    kept = np.random.default_rng(seed).choice(mine, count, replace=False)
    chosen = np.sort(np.concatenate([np.flatnonzero(data.labels != label), kept]))
    return data.subset(chosen, f"{data.source}, {count} of class {label}")


def _check_lessons(train: LabeledImages, test: LabeledImages, steps: int) -> int:
    """Give the steps, once a classifier can learn from these images and be tested on those."""
    classes_of(train)
    check_condition("the test images", test, train)
    check_images(test.images, "test images", shape=train.image_shape)
    if len(train.labels) < BATCH_SIZE:
        raise ValueError(
            f"there are {len(train.labels)} training images; give {BATCH_SIZE} or more, a batch of "
            "the classifier."
        )
    if len(np.unique(train.labels)) < 2:
        raise ValueError(
            f"all training images are of class {train.labels[0]}; a classifier needs two or more "
            "classes."
        )
    return check_whole("steps", steps, 1)


@plain_keras()
def _learn(data: LabeledImages, steps: int, seed: int, images: np.ndarray) -> np.ndarray:
    """Give what a small classifier, trained on the data from first weights of this seed, sees."""
    with seeded(check_seed(seed)):
        network = keras.Sequential(
            [
                keras.Input(data.image_shape),
                layers.Conv2D(16, 5, strides=2, padding="same", activation="relu"),
                layers.Conv2D(32, 5, strides=2, padding="same", activation="relu"),
                layers.Flatten(),
                layers.Dense(data.condition.width),
            ]
        )
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(rate), loss, jit_compile=False)
    batches = data.batches(BATCH_SIZE, seed).repeat()
    network.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)
    # Not `predict`: TensorFlow warns of a trace for each new network.
    return np.argmax(network(images, training=False), axis=1)
