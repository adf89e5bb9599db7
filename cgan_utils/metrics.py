"""Measures of generated images: plain NumPy on features (N, d) or images, one formula each.

All raise ValueError for anything but rows of finite numbers, as many a row for real ones and fakes.
"""

from typing import NamedTuple

import numpy as np

from .checks import check_seed, check_whole


class Moments(NamedTuple):
    """Mean (d,) and covariance (d, d) of features."""

    mean: np.ndarray
    covariance: np.ndarray


class KernelDistance(NamedTuple):
    """Mean and standard deviation of the kernel distances of several random subsets."""

    mean: float
    spread: float


class KernelTest(NamedTuple):
    """The kernel distance of two samples, and how often chance alone gives as large a one.

    p: a share, in (0, 1]; small where the two samples come from different distributions.
    """

    distance: float
    p: float


class PrecisionRecall(NamedTuple):
    """Shares, in [0, 1], of fakes among the real images and of real images among the fakes."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """How thick fakes stand around real images, and which share of these has one.

    A density of 1 is as thick as real images stand around each other.
    """

    density: float
    coverage: float


def moments(features: np.ndarray) -> Moments:
    """Give the moments of features (N, d).

    Raises ValueError if N is below d + 1: too few for a covariance.
    """
    features = _features("features", features)
    count, size = features.shape
    if count <= size:
        raise ValueError(
            f"{count:,} samples are too few for the covariance of {size:,} features; "
            f"give at least {size + 1:,}, better ten times as many."
        )
    return Moments(features.mean(axis=0), np.cov(features, rowvar=False).reshape(size, size))


def frechet_distance(real: Moments, fake: Moments) -> float:
    """Give the squared distance between two Gaussians, in mean and covariance; 0 if they are equal.

    |m₁ - m₂|² + tr(S₁ + S₂ - 2 (S₁ S₂)^½) (Heusel et al. 2017, arXiv 1706.08500, in other
    features). The trace of the root is the sum of the roots of the eigenvalues of S₁^½ S₂ S₁^½, a
    symmetric matrix. Estimated from N samples it comes out too large, the more so the smaller N:
    compare distances of the same N only.
    """
    _check_widths(len(real.mean), len(fake.mean))
    values, vectors = np.linalg.eigh(real.covariance)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    eigenvalues = np.linalg.eigvalsh(root @ fake.covariance @ root)
    spread = np.trace(real.covariance) + np.trace(fake.covariance)
    overlap = np.sqrt(eigenvalues.clip(min=0)).sum()
    return float(((real.mean - fake.mean) ** 2).sum() + spread - 2 * overlap)


def frechet_within_classes(
    real: np.ndarray, real_labels: np.ndarray, fake: np.ndarray, fake_labels: np.ndarray
) -> np.ndarray:
    """Give the Fréchet distance of each class, real (N, d) against fake (M, d), as (classes,).

    real_labels (N,) are the classes of the real images, fake_labels (M,) those asked for; the order
    is that of `np.unique`. Their mean is known as the intra-class FID (Miyato and Koyama 2018,
    arXiv 1802.05637). Unlike the distance of all images it notices swapped labels; but each class
    has few images, so it is far too large: hold it against real images of the same number. Raises
    ValueError unless either side has a label an image, and the same classes, each with d + 1 or
    more images.
    """
    real, fake = _both(real, fake, least=2)
    sides = []
    for name, features, labels in (("real", real, real_labels), ("fake", fake, fake_labels)):
        labels = np.asarray(labels)
        if labels.shape != (len(features),):
            raise ValueError(
                f"{name} labels have shape {labels.shape}; give ({len(features)},), a class for "
                "each image."
            )
        sides.append({label: features[labels == label] for label in np.unique(labels)})
    if sides[0].keys() != sides[1].keys():
        raise ValueError(
            f"the real images are of the classes {list(map(int, sides[0]))}, the fakes of "
            f"{list(map(int, sides[1]))}; give both the same."
        )
    return np.array(
        [frechet_distance(moments(sides[0][k]), moments(sides[1][k])) for k in sides[0]]
    )


def kernel_distance(
    real: np.ndarray, fake: np.ndarray, subset_size: int = 1_000, subsets: int = 20, seed: int = 0
) -> KernelDistance:
    """Give the KID, the unbiased squared maximum mean discrepancy of features (N, d) and (M, d).

    mean k(x, x') + mean k(y, y') - 2 mean k(x, y) over pairs of different images, with the kernel
    k(x, y) = (x·y / d + 1)³ (Bińkowski et al. 2018, arXiv 1801.01401), of random subsets, at most
    `subset_size` of each side. The mean over the subsets is 0 on average for two samples of one
    distribution, whatever their size, so it may be a little below 0. The spread is the standard
    deviation from subset to subset; the subsets share images, so it is no error of the mean and
    decides nothing: `kernel_test` does. Raises ValueError for fewer than two images on either side.
    """
    real, fake = _both(real, fake, least=2)
    subset_size = check_whole("subset_size", subset_size, 2)
    subsets = check_whole("subsets", subsets, 1)
    rng = np.random.default_rng(check_seed(seed))
    size = min(subset_size, len(real), len(fake))
    estimates = []
    for _ in range(subsets):
        x, y = (rng.choice(side, size, replace=False) for side in (real, fake))
        sums = sum(_kernel_sum(side, side) - _kernel_trace(side) for side in (x, y))
        estimates.append(sums / (size * (size - 1)) - 2 * _kernel_sum(x, y) / size**2)
    return KernelDistance(float(np.mean(estimates)), float(np.std(estimates)))


def kernel_test(
    real: np.ndarray, fake: np.ndarray, permutations: int = 200, seed: int = 0
) -> KernelTest:
    """Test whether features (N, d) and (N, d) may come from one distribution, by permutation.

    The distance is that of `kernel_distance`, of all images once. If real and fake were of one
    distribution, their names would mean nothing: so the names are dealt out anew, `permutations`
    times, and p is the share of deals, the true one included, with a distance as large as the true
    one or larger (Gretton et al. 2012, arXiv 0805.2368). The more images, the smaller the
    differences that it finds. Raises ValueError unless both sides have as many images, two or more.
    """
    real, fake = _both(real, fake, least=2)
    permutations = check_whole("permutations", permutations, 1)
    rng, size = np.random.default_rng(check_seed(seed)), len(real)
    if len(fake) != size:
        raise ValueError(
            f"there are {size:,} real and {len(fake):,} fake samples; give as many of both."
        )
    both = np.concatenate([real, fake])
    kernel = _kernel(both, both)
    np.fill_diagonal(kernel, 0)
    names = np.repeat([1.0, -1.0], size)  # real, fake
    deals = np.stack([names, *(rng.permutation(names) for _ in range(permutations))], axis=1)
    # Pairs of one name minus pairs of two names; with the sum of all pairs, each of the two.
    differences, total = (deals * (kernel @ deals)).sum(axis=0), kernel.sum()
    within, across = (total + differences) / 2, (total - differences) / 2
    distances = within / (size * (size - 1)) - across / size**2
    return KernelTest(float(distances[0]), float((distances >= distances[0] - 1e-12).mean()))


def variety(real: np.ndarray, fake: np.ndarray) -> float:
    """Give the mean distance between two fakes over that between two real images.

    real (N, d) and fake (M, d) are features. 1: as different from each other as real ones; 0: all
    the same. It says nothing about likeness to real images, noise is varied too. The idea, one
    number a class, is that of Odena et al. 2017 (arXiv 1610.09585), who compared images by MS-SSIM.
    Raises ValueError for fewer than two images on either side, and for real ones that are all the
    same.
    """
    real, fake = _both(real, fake, least=2)
    means = [_distances(x, x).sum() / (len(x) * (len(x) - 1)) for x in (fake, real)]
    if means[1] == 0:
        raise ValueError("the real images are all the same; variety needs different ones.")
    return float(means[0] / means[1])


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int = 3) -> PrecisionRecall:
    """Give the share of fakes among the real images, and of real images among the fakes.

    real (N, d) and fake (M, d) are features. "Among": within the distance of one of them to its own
    k-th nearest neighbor on its side (Kynkäänniemi et al. 2019, arXiv 1904.06991). Both grow
    with k.
    The more images, the smaller the neighborhoods, so the finer the differences that they show: of
    two samples of one distribution they hardly change with the number of images, of images that
    differ they may rise or fall. Compare those of as many images only. Raises ValueError for k or
    fewer images on either side.
    """
    k = check_whole("k", k, 1)
    real, fake = _both(real, fake, least=k + 1)
    between = _distances(real, fake)  # (N, M)
    precision = (between <= _radii(real, k)[:, None]).any(axis=0).mean()
    recall = (between <= _radii(fake, k)).any(axis=1).mean()
    return PrecisionRecall(float(precision), float(recall))


def density_coverage(real: np.ndarray, fake: np.ndarray, k: int = 5) -> DensityCoverage:
    """Give how many real neighborhoods a fake lies in, over k, and the share of them with a fake.

    real (N, d) and fake (M, d) are features. A real image's neighborhood reaches to its k-th
    nearest real neighbor (Naeem et al. 2020, arXiv 2002.09797). Unlike precision and recall, a
    single outlier with a huge neighborhood decides little. Samples of one distribution have density
    1 on average, and it may exceed 1; their coverage is about 1 - 2^-k if there are as many fakes
    as real images, whatever the number. Of other fakes, coverage falls as both grow in number.
    Raises ValueError for k or fewer images on either side.
    """
    k = check_whole("k", k, 1)
    real, fake = _both(real, fake, least=k + 1)
    inside = _distances(real, fake) <= _radii(real, k)[:, None]
    return DensityCoverage(float(inside.sum(axis=0).mean() / k), float(inside.any(axis=1).mean()))


def nearest(queries: np.ndarray, pool: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the Euclidean distance (N,) of each image to the nearest of a pool, and its index (N,).

    queries (N, ...) and pool (M, ...) are images, or any rows of numbers, of one shape. Raises
    ValueError if shapes differ, if either is empty, and for NaN or infinity.
    """
    queries, pool = (np.asarray(images, np.float32) for images in (queries, pool))
    shapes = queries.shape, pool.shape
    if queries.ndim < 2 or shapes[0][1:] != shapes[1][1:] or 0 in shapes[0] + shapes[1]:
        raise ValueError(
            f"queries have shape {shapes[0]}, the pool has {shapes[1]}; give images of one shape, "
            "one or more in both."
        )
    for name, images in (("queries", queries), ("images of the pool", pool)):
        _check_finite(name, images)
    queries, pool = (images.reshape(len(images), -1) for images in (queries, pool))
    squares = (pool**2).sum(axis=1)
    indices = [
        np.argmin(squares - 2 * queries[i : i + 500] @ pool.T, axis=1)  # bounds the memory
        for i in range(0, len(queries), 500)
    ]
    indices = np.concatenate(indices)
    return np.linalg.norm(queries - pool[indices], axis=1), indices


def _features(name: str, features: np.ndarray) -> np.ndarray:
    """Give features as an array (N, d), once they are known to be finite."""
    features = np.asarray(features, np.float64)
    if features.ndim != 2 or features.shape[1] == 0:
        raise ValueError(
            f"{name} have shape {features.shape}; give (N, d), a row of d numbers an image."
        )
    _check_finite(name, features)
    return features


def _both(real: np.ndarray, fake: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Give both as arrays (N, d) and (M, d), once they are known to be finite and enough."""
    real, fake = _features("real features", real), _features("fake features", fake)
    _check_widths(real.shape[1], fake.shape[1])
    for name, side in (("real", real), ("fake", fake)):
        if len(side) < least:
            raise ValueError(
                f"there are {len(side)} {name} samples; this measure needs at least {least}."
            )
    return real, fake


def _check_widths(real: int, fake: int) -> None:
    if real != fake:
        raise ValueError(
            f"real images have {real} features, fakes {fake}; give features of the same judge."
        )


def _check_finite(name: str, array: np.ndarray) -> None:
    if not np.isfinite(array).all():
        raise ValueError(
            f"{name} contain NaN or infinity; the network that drew the images, or that looked at "
            "them, has blown up: train it anew."
        )


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Give the kernel (x·y / d + 1)³ of rows (N, d) and (M, d), as (N, M)."""
    kernel = x @ y.T
    kernel /= x.shape[1]
    kernel += 1
    kernel **= 3
    return kernel


def _kernel_sum(x: np.ndarray, y: np.ndarray) -> float:
    """Give the sum of the kernel over all pairs of rows, some rows at a time: less memory."""
    return sum(_kernel(x[i : i + 500], y).sum() for i in range(0, len(x), 500))


def _kernel_trace(x: np.ndarray) -> float:
    """Give the sum of the kernel of each row with itself."""
    return (((x**2).sum(axis=1) / x.shape[1] + 1) ** 3).sum()


def _distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Give the Euclidean distances (N, M) between rows (N, d) and (M, d)."""
    squares = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1)
    squared = squares - 2 * x @ y.T
    # Equal rows: exactly 0 apart, which rounding would make anything up to about 1e-7.
    return np.sqrt(np.where(squared > 1e-12 * squares, squared, 0))


def _radii(features: np.ndarray, k: int) -> np.ndarray:
    """Give the distance (N,) of each row to its k-th nearest; the nearest is itself, at 0."""
    parts = (features[i : i + 500] for i in range(0, len(features), 500))  # bounds the memory
    return np.concatenate([np.partition(_distances(x, features), k, axis=1)[:, k] for x in parts])
