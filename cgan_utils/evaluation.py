"""Does a generator obey its label, and are its images good, varied and new? Numbers instead of looks.

A generator is anything with `classes` and `generate(labels, seed)` -> images (N, 28, 28, 1) in [0, 1].
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from .data import LabeledImages
from .judge import Judge
from .metrics import (
    density_coverage,
    frechet_distance,
    kernel_distance,
    moments,
    nearest,
    precision_recall,
    variety,
)


@dataclass(frozen=True, eq=False, repr=False)
class Scores:
    """What `evaluate` measured; printed, it is a table with what real images get beside it.

    judge, samples, seed: by whom, on how many generated images, of which seed.
    conditional_accuracy: share, in [0, 1], recognized as the class asked for; ceiling: share of the
    10,000 real test images recognized.
    table: (classes, classes) counts, a row for each class asked for, a column for each recognized.
    frechet_distance: from all real test images; floor: that of as many real training images.
    kernel_distance, kernel_spread: KID, 0 on average for real images, and its standard deviation
    from subset to subset.
    per_class: "kernel_distance", "variety", "precision", "recall", "density" and "coverage", each
    (classes,): the images asked for as a class against as many real ones of it.
    real: the same of one half of the real test images against the other.
    The last four are None for the judge "mnist_second", which comes without the real images' features.
    """

    judge: str
    samples: int
    seed: int
    conditional_accuracy: float
    ceiling: float
    table: np.ndarray
    frechet_distance: float
    floor: float
    kernel_distance: float | None = None
    kernel_spread: float | None = None
    per_class: dict[str, np.ndarray] | None = None
    real: dict[str, np.ndarray] | None = None

    def __repr__(self) -> str:
        obedience = self.table.diagonal() / self.table.sum(axis=1)
        rows = [
            ("", "generated", "real", "lowest class"),
            _row("recognized as asked", self.conditional_accuracy, self.ceiling, ".2%", obedience),
            _row("Fréchet distance", self.frechet_distance, self.floor, ".3f"),
        ]
        if self.per_class:
            name = f"kernel distance (± {self.kernel_spread:.4f})"
            rows.append(_row(name, self.kernel_distance, 0, ".4f"))
            for name, values in list(self.per_class.items())[1:]:  # the kernel distance is above
                rows.append(_row(name, values.mean(), self.real[name].mean(), ".2f", values))
        lines = [
            f"{name:<30}{fake:>10}{real:>9}   {low}".rstrip() for name, fake, real, low in rows
        ]
        heading = f"{self.samples:,} generated images, seed {self.seed}, judge {self.judge!r}"
        return "\n".join([heading, *lines])

    def plot(self):
        """A figure: the table of classes asked for and recognized, and bars of each measure by class."""
        import matplotlib.pyplot as plt  # here, because nothing else needs pictures

        from .figures import BLUE, ORANGE

        figure = plt.figure(figsize=(11 if self.per_class else 5, 5), layout="constrained")
        left, *right = figure.subfigures(1, 2 if self.per_class else 1, squeeze=False)[0]
        classes = range(len(self.table))
        ax = left.subplots()
        shares = self.table / self.table.sum(axis=1, keepdims=True)
        ax.imshow(shares, vmin=0, vmax=1, cmap="Blues")
        for (row, column), count in np.ndenumerate(self.table):
            if count:
                color = "white" if shares[row, column] > 0.5 else "black"
                ax.text(column, row, count, ha="center", va="center", color=color, fontsize=8)
        ax.grid(False)
        ax.set(xlabel="recognized", ylabel="asked for", xticks=classes, yticks=classes)
        left.suptitle(
            f"{self.conditional_accuracy:.2%} of {self.samples:,} recognized as asked; "
            f"of real images {self.ceiling:.2%}",
            fontsize="medium",
        )
        for part in right:
            part.suptitle("Each class against real images of it", fontsize="medium")
            axes = part.subplots(3, 2, sharex=True)
            for ax, (name, values) in zip(axes.flat, self.per_class.items(), strict=True):
                bars = ax.bar(classes, values, color=BLUE)
                (dashes,) = ax.plot(self.real[name], "_", color=ORANGE, markersize=9, mew=2)
                ax.set(title=name.replace("_", " "), xticks=classes)
                if ax in axes[-1]:
                    ax.set_xlabel("class asked for")
            names = ["generated", "one half of the real images against the other"]
            part.legend([bars, dashes], names, loc="outside lower center", ncols=2, frameon=False)
        return figure


def _row(name: str, fake: float, real: float, form: str, by_class: np.ndarray | None = None):
    low = "" if by_class is None else f"{by_class.argmin()} ({by_class.min():{form}})"
    return name, f"{fake:{form}}", f"{real:{form}}", low


def evaluate(
    generator, samples: int = 10_000, seed: int = 0, judge: str | Judge = "mnist"
) -> Scores:
    """All quick measures of a generator's images, against the 10,000 real test images.

    Asks for the labels of the test images, or of `samples` of them, at least 1,000, drawn with
    `seed`, which also goes to the generator. The Fréchet distance is from all test images, the
    other measures are against the very images whose labels were asked for. Each class gets a
    kernel distance, which is unbiased: with 1,000 images, the floor of its Fréchet distance would
    be up to nearly half of what the package's generator gets. The floor for all classes is
    interpolated, linearly in 1 / samples, between the sizes in `judge.reference`. Compare scores of
    one size. judge: a Judge, or its name. Raises ValueError on another number of classes than the
    judge's, and on images of a wrong shape or range or with NaN.
    """
    judge = Judge(judge) if isinstance(judge, str) else judge
    reference = judge.reference
    classes = int(reference.labels.max()) + 1
    if generator.classes != classes:
        raise ValueError(
            f"the generator's number of classes is {generator.classes}, but the judge {judge.name!r} "
            f"knows {classes}; evaluate a generator of these {classes}."
        )
    if not 1_000 <= samples <= len(reference.labels):
        raise ValueError(
            f"samples is {samples}; it must be from 1,000 to {len(reference.labels):,}, "
            "the number of real test images."
        )
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(reference.labels), samples, replace=False))
    labels = reference.labels[chosen].astype(np.int64)
    features, logits = judge.look(generated_images(generator, labels, seed))
    recognized = logits.argmax(axis=1)
    table = np.zeros((classes, classes), int)
    np.add.at(table, (labels, recognized), 1)
    sizes = sorted(reference.floors, reverse=True)  # their reciprocals ascend, as interp wants
    floor = np.interp(1 / samples, [1 / n for n in sizes], [reference.floors[n] for n in sizes])
    scores = Scores(
        judge=judge.name,
        samples=samples,
        seed=seed,
        conditional_accuracy=float((recognized == labels).mean()),
        ceiling=judge.test_accuracy,
        table=table,
        frechet_distance=frechet_distance(reference, moments(features)),
        floor=float(floor),
    )
    if reference.features is None:
        return scores
    real = reference.features[chosen]
    distance = kernel_distance(real, features, min(1_000, samples // 2), seed=seed)
    # Alternately, because the first 5,000 test images and the last come from different writers.
    first, second = ((reference.features[i::2], reference.labels[i::2]) for i in (0, 1))
    return replace(
        scores,
        kernel_distance=distance.mean,
        kernel_spread=distance.spread,
        per_class=_by_class(real, labels, features, labels),
        real=_by_class(*first, *second),
    )


def _by_class(real, real_labels, fake, fake_labels) -> dict[str, np.ndarray]:
    """The measures of each class, (classes,) arrays by name."""
    rows = []
    for label in np.unique(real_labels):
        pair = real[real_labels == label], fake[fake_labels == label]
        row = {
            "kernel_distance": kernel_distance(*pair, subset_size=len(real), subsets=1).mean,
            "variety": variety(*pair),
            **precision_recall(*pair)._asdict(),
            **density_coverage(*pair)._asdict(),
        }
        rows.append(row)
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def generated_images(generator, labels: np.ndarray, seed: int) -> np.ndarray:
    """The generator's images (N, 28, 28, 1) float32, once they are known to be images in [0, 1]."""
    images = np.asarray(generator.generate(labels, seed), np.float32)
    wanted = (len(labels), 28, 28, 1)
    if images.shape != wanted:
        raise ValueError(
            f"the generator gave shape {images.shape} for {len(labels):,} labels; it must give {wanted}."
        )
    if not np.isfinite(images).all():
        raise ValueError(
            "the generator's images contain NaN or infinity; its weights have blown up: train it anew."
        )
    if images.min() < 0 or images.max() > 1:
        raise ValueError(
            f"the generator's images range from {images.min():g} to {images.max():g}; "
            "they must lie in [0, 1]: rescale them."
        )
    return images


class Memorization(NamedTuple):
    """Distances, in pixels, to the nearest training image, and the generated images closest to one.

    fakes, held_out: (N,) for the generated and for the held-out images. share: of all pairs of the
    two, those in which the fake is nearer; 0.5 if they are alike, 1 if training images are copied.
    pairs: (K, 2, 28, 28, 1), generated images beside their neighbors, the closest first.
    """

    fakes: np.ndarray
    held_out: np.ndarray
    share: float
    pairs: np.ndarray


def memorization(
    generator, train: LabeledImages, held_out: LabeledImages, seed: int = 0, pairs: int = 10
) -> Memorization:
    """Are generated images nearer to the training images than real ones that training never saw?

    train: the images that the generator was trained on. held_out: real images that it was not (the
    embedded sample's test split is none for the shipped generator, which has seen all of MNIST's
    training split); one image is generated for each of their labels. The share is the Mann-Whitney statistic
    that Meehan et al. 2020 test for data-copying (arXiv 2004.05675), on Euclidean distances of
    pixels. Plain images are nearer to all others, so look at the pairs before you call a share of
    0.6 copying. Raises ValueError if most of `held_out` is in `train`.
    """
    images = generated_images(generator, held_out.labels, seed)
    fakes, neighbors = nearest(images, train.images)
    real, _ = nearest(held_out.images, train.images)
    if np.median(real) == 0:
        raise ValueError(
            "most held-out images are training images themselves; give ones that training never saw."
        )
    # How many of the real ones are nearer than each fake; equal ones count half.
    sides = [np.searchsorted(np.sort(real), fakes, side) for side in ("left", "right")]
    share = 1 - np.mean(sides) / len(real)
    closest = np.argsort(fakes)[:pairs]
    beside = np.stack([images[closest], train.images[neighbors[closest]]], axis=1)
    return Memorization(fakes, real, float(share), beside)
