"""Does an image have the attributes it was asked for? Numbers for each of them, and all at once."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .conditions import Attributes


class Agreement(NamedTuple):
    """How the attributes seen in images agree with those asked for.

    all_binary: share of images, in [0, 1], with every binary attribute right at once. accuracy: for
    each binary attribute, by name, the share with this one right. correlation and mean_error: for
    each continuous attribute, by name, Pearson's correlation of asked and seen, NaN where either is
    the same in all images, and the mean of |asked - seen|, in the attribute's own units.
    """

    all_binary: float
    accuracy: dict[str, float]
    correlation: dict[str, float]
    mean_error: dict[str, float]


def agreement(condition: Attributes, asked: np.ndarray, seen: np.ndarray) -> Agreement:
    """Compare the rows asked for with the rows seen, both (N, width), N at least 2.

    Who sees may be a judge (`Judge.probabilities`) or any measurement. A binary attribute counts as
    seen from a probability of one half on. Raises ValueError for anything but attributes, rows of
    other shapes, and numbers that are not finite.
    """
    if not isinstance(condition, Attributes):
        raise ValueError(f"the condition is {condition!r}; give Attributes.")
    asked, seen = (np.asarray(rows, np.float64) for rows in (asked, seen))
    for name, rows in (("asked for", asked), ("seen", seen)):
        if rows.shape != (len(asked), condition.width) or len(asked) < 2:
            raise ValueError(
                f"the rows {name} have shape {rows.shape}; give (N, {condition.width}), as many of "
                "both and at least 2."
            )
        if not np.isfinite(rows).all():
            raise ValueError(f"the rows {name} contain NaN or infinity; give finite numbers.")
    binary, continuous = np.split(np.arange(condition.width), [len(condition.binary)])
    right = (asked[:, binary] >= 0.5) == (seen[:, binary] >= 0.5)
    errors = abs(asked - seen)[:, continuous].mean(axis=0)
    correlations = [_correlation(asked[:, column], seen[:, column]) for column in continuous]
    names = condition.names[len(binary) :]
    return Agreement(
        float(right.all(axis=1).mean()),
        dict(zip(condition.binary, right.mean(axis=0).tolist(), strict=True)),
        dict(zip(names, correlations, strict=True)),
        dict(zip(names, errors.tolist(), strict=True)),
    )


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


@dataclass(frozen=True, eq=False, repr=False)
class AttributeScores:
    """What `evaluate` measured of a generator of attributes; printed, it is a table.

    judge, samples, seed: by whom, on how many generated images, of which seed. condition: the
    attributes. asked: (samples, width) rows asked for; seen: (samples, width) what the judge saw in
    the images: probabilities of binary attributes, values of continuous ones. agreement: of the
    two. ceiling: the same of the judge and the real test images, whose attributes are known.
    frechet_distance: from all real test images; floor: that of as many real training images.
    measures: what MEASURES give of all images at once, by name, against as many real images whose
    attributes were asked for, at most half of the test images; real: the same of as many other test
    images against the same real ones. kernel_spread: the standard deviation of the kernel distance
    from subset to subset. The last three are None for a judge that comes without the real images'
    features.
    """

    judge: str
    samples: int
    seed: int
    condition: Attributes
    asked: np.ndarray
    seen: np.ndarray
    agreement: Agreement
    ceiling: Agreement
    frechet_distance: float
    floor: float
    measures: dict[str, float] | None = None
    real: dict[str, float] | None = None
    kernel_spread: float | None = None

    @property
    def conditional_accuracy(self) -> float:
        """The share of images, in [0, 1], with every binary attribute as asked for."""
        return self.agreement.all_binary

    def __repr__(self) -> str:
        found, best = self.agreement, self.ceiling
        rows = [("", "generated", "real")]
        if found.accuracy:
            rows.append(
                ("all binary ones right", f"{found.all_binary:.2%}", f"{best.all_binary:.2%}")
            )
        rows += [
            (name, f"{x:.2%}", f"{best.accuracy[name]:.2%}") for name, x in found.accuracy.items()
        ]
        for name, x in found.correlation.items():
            rows.append((f"{name}, correlation", f"{x:.3f}", f"{best.correlation[name]:.3f}"))
            errors = found.mean_error[name], best.mean_error[name]
            rows.append((f"{name}, mean error", *(f"{error:.3f}" for error in errors)))
        rows.append(("Fréchet distance", f"{self.frechet_distance:.3f}", f"{self.floor:.3f}"))
        for name, x in (self.measures or {}).items():
            kernel = name == "kernel_distance"
            words = f"kernel distance (± {self.kernel_spread:.4f})" if kernel else name
            digits = 4 if kernel else 2
            rows.append(
                (words.replace("_", " "), f"{x:.{digits}f}", f"{self.real[name]:.{digits}f}")
            )
        heading = f"{self.samples:,} generated images, seed {self.seed}, judge {self.judge!r}"
        return "\n".join(
            [heading, *(f"{name:<30}{fake:>10}{real:>9}" for name, fake, real in rows)]
        )
