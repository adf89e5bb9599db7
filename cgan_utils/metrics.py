"""Measures of generated images, on the features of a judge: plain NumPy, one formula each."""

from typing import NamedTuple

import numpy as np


class Moments(NamedTuple):
    """Mean (d,) and covariance (d, d) of features."""

    mean: np.ndarray
    covariance: np.ndarray


def moments(features: np.ndarray) -> Moments:
    """Moments of features (N, d), N of at least 2."""
    features = np.asarray(features, np.float64)
    return Moments(features.mean(axis=0), np.cov(features, rowvar=False))


def frechet_distance(real: Moments, fake: Moments) -> float:
    """Squared distance between two Gaussians, of the means and of the covariances; 0 if they are equal.

    |m₁ - m₂|² + tr(S₁ + S₂ - 2 (S₁ S₂)^½) (Heusel et al. 2017, arXiv 1706.08500, in other features).
    The trace of the root is the sum of the roots of the eigenvalues of S₁^½ S₂ S₁^½, a symmetric
    matrix.
    """
    values, vectors = np.linalg.eigh(real.covariance)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    eigenvalues = np.linalg.eigvalsh(root @ fake.covariance @ root)
    spread = np.trace(real.covariance) + np.trace(fake.covariance)
    overlap = np.sqrt(eigenvalues.clip(min=0)).sum()
    return float(((real.mean - fake.mean) ** 2).sum() + spread - 2 * overlap)
