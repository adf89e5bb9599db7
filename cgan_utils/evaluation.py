"""Does a generator obey its label, and are its images good and varied? Numbers instead of looks."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import keras
import numpy as np
import tensorflow as tf

from .attributes import AttributeScores, agreement
from .checks import check_images, check_seed, check_whole
from .conditions import Attributes, Classes
from .data import LabeledImages
from .fitting import check_group
from .judge import Judge, classes_of
from .metrics import density_coverage, kernel_distance, precision_recall, variety
from .sampler import Generator, generated_images

# What each class gets: functions of real (N, d) and fake (M, d) features, which give numbers by
# name. `evaluate` reports, prints and draws whatever stands here.
MEASURES: tuple[Callable[[np.ndarray, np.ndarray], dict[str, float]], ...] = (
    # Unbiased: with 1,000 images, the floor of a class's Fréchet distance would be up to nearly
    # half of what the package's generator gets.
    lambda real, fake: {"kernel_distance": kernel_distance(real, fake, len(real), 1).mean},
    lambda real, fake: {"variety": variety(real, fake)},
    lambda real, fake: precision_recall(real, fake)._asdict(),
    lambda real, fake: density_coverage(real, fake)._asdict(),
)


@dataclass(frozen=True, eq=False, repr=False)
class Scores:
    """What `evaluate` measured; printed, it is a table with what real images get beside it.

    judge, samples, seed: by whom, on how many generated images, of which seed.
    conditional_accuracy: share, in [0, 1], recognized as the class asked for; ceiling: share of the
    10,000 real test images recognized. table: (classes, classes) counts, a row for each class asked
    for, a column for each recognized. frechet_distance: from all real test images; floor: that of
    as many real training images, with labels as frequent. kernel_distance, kernel_spread: KID, and
    its standard deviation from subset to subset; kernel_floor: that of one half of the real test
    images from the other. per_class: what MEASURES give, by name, (classes,): images asked for as a
    class against as many real ones of it, at most half of its test images. real: the same of as
    many other test images against the same real ones. The last five are None for a judge that comes
    without the real images' features.
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
    kernel_floor: float | None = None
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
            rows.append(_row(name, self.kernel_distance, self.kernel_floor, ".4f"))
            for name, values in self.per_class.items():
                if name != "kernel_distance":  # it is above
                    named = name.replace("_", " ")
                    rows.append(_row(named, values.mean(), self.real[name].mean(), ".2f", values))
        lines = [
            f"{name:<30}{fake:>10}{real:>9}   {low}".rstrip() for name, fake, real, low in rows
        ]
        heading = f"{self.samples:,} generated images, seed {self.seed}, judge {self.judge!r}"
        return "\n".join([heading, *lines])


def _row(name: str, fake: float, real: float, form: str, by_class: np.ndarray | None = None):
    low = "" if by_class is None else f"{by_class.argmin()} ({by_class.min():{form}})"
    return name, f"{fake:{form}}", f"{real:{form}}", low


def evaluate(
    generator: Generator,
    samples: int | None = None,
    seed: int = 0,
    judge: str | Judge | None = None,
) -> Scores | AttributeScores:
    """Take all quick measures of a generator's images, against the real test images.

    There are 10,000 of digits and clothes, 2,000 of faces. Asks for the labels of all of them, or
    of `samples`, at least 1,000, drawn with `seed`, which also goes to the generator. Gives Scores
    for classes, AttributeScores for attributes. The Fréchet distance is from all test images, the
    kernel distance from those whose labels were asked for; class by class it is as many fakes as
    real images, at most half of a class's test images (see Scores). The floor of the Fréchet
    distance is interpolated, linearly in 1 / samples, between the sizes in `judge.reference`.
    Compare scores of one size. judge: a Judge, or its name; None is that of the generator's data
    set. Raises ValueError where the judge knows another number of classes, or none knows them, and
    for images of a wrong shape or range or with NaN.
    """
    judge = _judge(generator, judge)
    reference, classes = judge.reference, judge.condition.width
    everything = len(reference.labels)
    samples = check_whole("samples", everything if samples is None else samples, 1_000, everything)
    seed = check_seed(seed)
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(reference.labels), samples, replace=False))
    labels = reference.labels[chosen]
    score = judge.score(generator, labels, seed)
    sizes = sorted(reference.floors, reverse=True)  # their reciprocals ascend, as interp wants
    floor = np.interp(1 / samples, [1 / n for n in sizes], [reference.floors[n] for n in sizes])
    distances = {"frechet_distance": score.frechet_distance, "floor": float(floor)}
    run = {"judge": judge.name, "samples": samples, "seed": seed, **distances}
    if isinstance(judge.condition, Attributes):
        scores = AttributeScores(
            condition=judge.condition,
            asked=labels,
            seen=score.rows,
            agreement=agreement(judge.condition, labels, score.rows),
            ceiling=judge.test_agreement,
            **run,
        )
    else:
        table = np.zeros((classes, classes), int)
        np.add.at(table, (labels, score.recognized), 1)
        scores = Scores(
            conditional_accuracy=score.conditional_accuracy,
            ceiling=judge.test_accuracy,
            table=table,
            **run,
        )
    if reference.features is None:
        return scores
    real, subset = reference.features[chosen], min(1_000, samples // 2)
    distance = kernel_distance(real, score.features, subset, seed=seed)
    classes_or_all = reference.labels if isinstance(scores, Scores) else np.zeros(everything, int)
    by_group = _by_class(reference.features, classes_or_all, chosen, score.features, rng)
    if isinstance(scores, AttributeScores):
        measured, of_real = ({name: x[0] for name, x in side.items()} for side in by_group)
        measured["kernel_distance"] = distance.mean
        return replace(scores, measures=measured, real=of_real, kernel_spread=distance.spread)
    # Alternately, because the first 5,000 test images and the last come from different writers.
    halves = reference.features[::2], reference.features[1::2]
    return replace(
        scores,
        kernel_distance=distance.mean,
        kernel_spread=distance.spread,
        kernel_floor=kernel_distance(*halves, subset, seed=seed).mean,
        per_class=by_group[0],
        real=by_group[1],
    )


def _judge(generator: Generator, judge: str | Judge | None) -> Judge:
    """Give the judge that is meant, once it knows the generator's classes."""
    if judge is None:
        return Judge.of(generator)
    judge = judge if isinstance(judge, Judge) else Judge(judge)
    judge.check(generator)
    return judge


def _by_class(
    reference: np.ndarray,
    labels: np.ndarray,
    chosen: np.ndarray,
    fake: np.ndarray,
    rng: np.random.Generator,
) -> list[dict[str, np.ndarray]]:
    """Give what MEASURES give for each class, (classes,) by name, of fakes and of real images.

    reference (R, d) are features of real images of the classes `labels` (R,), chosen (N,) are the
    indices of those whose labels the fakes (N, d) were asked for. Both sides are held against the
    same real images, and as many: what the measures give depends on the number.
    """
    rows = [], []
    for label in np.unique(labels):
        all_of_it = np.flatnonzero(labels == label)
        asked = np.flatnonzero(labels[chosen] == label)
        count = min(len(asked), len(all_of_it) // 2)
        asked = rng.choice(asked, count, replace=False)
        others = rng.choice(np.setdiff1d(all_of_it, chosen[asked]), count, replace=False)
        for side, features in zip(rows, (fake[asked], reference[others]), strict=True):
            side.append(_measured(reference[chosen[asked]], features))
    return [{name: np.array([row[name] for row in side]) for name in side[0]} for side in rows]


def _measured(real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    return {name: x for measure in MEASURES for name, x in measure(real, fake).items()}


def conditional_accuracy(
    generator: Generator, per_class: int = 100, seed: int = 0, judge: str | Judge | None = None
) -> float:
    """Give the share, in [0, 1], of images that the judge recognizes as the class asked for.

    Asks the generator for `per_class` images of every class. judge: as in `evaluate`, which
    measures attributes. Raises ValueError for these.
    """
    classes_of(generator)
    judge = _judge(generator, judge)
    labels = np.repeat(np.arange(judge.condition.width), check_whole("per_class", per_class, 1))
    recognized = judge.recognize(generated_images(generator, labels, seed, len(labels)))
    return float((recognized == labels).mean())


class LabelUseProbe(keras.callbacks.Callback):
    """Measures, after each epoch, how much either network makes of the label.

    label_margin: mean of D(x, y) - D(x, wrong y), in logits, on held-out images with their own and
    with a wrong label; 0 from a discriminator that ignores the label. conditional_accuracy: the
    share of `samples` generated images, the classes in turn, that the judge recognizes as asked;
    or, where the held-out images have attributes, with every binary one as asked, theirs in turn.
    Both go into the logs, so into Keras's history, and into lists of the same names. It watches
    only: a run that is stopped or chosen by the judge can no longer be measured by it. judge: as in
    `evaluate`, by the condition of `held_out`. Raises ValueError if the held-out images do not fit
    the judge, or, as training begins, the model.
    """

    def __init__(
        self,
        held_out: LabeledImages,
        samples: int = 500,
        judge: str | Judge | None = None,
        seed: int = 0,
    ):
        super().__init__()
        self.held_out, self.seed = held_out, check_seed(seed)
        self.samples = check_whole("samples", samples, 1)
        self.judge = _judge(held_out, judge)
        check_images(held_out.images, "held-out images", shape=self.judge.image_shape)
        labels, condition = held_out.labels, held_out.condition
        if isinstance(condition, Classes):
            shift = np.random.default_rng(seed).integers(1, condition.width, len(labels))
            self.wrong_labels = (labels + shift) % condition.width
            self.wanted = np.arange(self.samples) % condition.width
        else:
            self.wrong_labels = condition.mismatched(
                tf.constant(condition.rows(labels)), tf.constant([seed, 0], tf.int64)
            )
            self.wanted = labels[np.arange(self.samples) % len(labels)]
        self.label_margin: list[float] = []
        self.conditional_accuracy: list[float] = []

    def on_train_begin(self, logs=None):
        check_condition("the model", self.model, self.held_out)
        check_images(self.held_out.images, "held-out images", shape=self.model.image_shape)
        check_group(self.model.discriminator, len(self.held_out.images))

    def on_epoch_end(self, epoch, logs):
        images, labels = self.held_out.images, self.held_out.labels
        margin = self.model.score(images, labels) - self.model.score(images, self.wrong_labels)
        recognized = self.judge.recognize(self.model.generate(self.wanted, self.seed))
        obeyed = self.held_out.condition.obeyed(self.wanted, recognized)
        self.label_margin.append(float(margin.mean()))
        self.conditional_accuracy.append(float(obeyed.mean()))
        logs.update(
            label_margin=self.label_margin[-1], conditional_accuracy=self.conditional_accuracy[-1]
        )


def images_like(
    data: LabeledImages, generator: Generator, labels: np.ndarray, seed: int
) -> np.ndarray:
    """Give generated images of the labels, once they are of the condition and size of the data."""
    check_condition("the generator", generator, data)
    images = generated_images(generator, labels, seed, len(labels))
    return check_images(images, "the generator's images", shape=data.image_shape)


def check_condition(owner: str, thing, data: LabeledImages) -> None:
    """Raise ValueError unless `thing`, called `owner` in the sentence, has the data's condition."""
    condition = getattr(thing, "condition", None)
    if condition != data.condition:
        raise ValueError(
            f"the condition of {owner} is {condition}, but that of the images it is held against "
            f"is {data.condition}; give both the same, such as digits.condition."
        )
