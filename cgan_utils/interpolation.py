"""Walking through labels and noise: paths of label rows and of latents for a generator to draw."""

import numpy as np

from .checks import check_whole
from .conditions import Condition
from .sampler import Sampler
from .training import ConditionalGAN


def label_path(condition: Condition, stops, steps: int) -> np.ndarray:
    """Give rows (steps, width) that walk in a straight line from stop to stop.

    stops: what can be asked of the condition, two or more of it; [6, 1] is the published walk. The
    first and the last row are the first and the last stop; rows between two classes mix them and
    sum to 1. Raises ValueError for too few stops, or fewer steps than stops.
    """
    if not isinstance(condition, Condition):
        raise ValueError(
            f"condition is {condition!r}; give a generator's own, such as gan.condition."
        )
    return _walk(condition.rows(stops), steps, _straight)


def latent_path(latents: np.ndarray, steps: int, spherical: bool = True) -> np.ndarray:
    """Give latents (steps, latent_dim) that walk through the given ones, (2 or more, latent_dim).

    Spherical steps turn from one latent to the next and keep the norm that a trained generator has
    seen; straight ones cut through the middle, where norms are about 0.7 times as long
    (White 2016, arXiv 1609.04468). Raises ValueError for other latents, or too few steps.
    """
    corners = np.asarray(latents, np.float32)
    if corners.ndim != 2 or not np.isfinite(corners).all():
        raise ValueError(
            f"latents must be finite and of shape (count, latent_dim), not {corners.shape}."
        )
    return _walk(corners, steps, _spherical if spherical else _straight)


def interpolate_labels(
    generator: Sampler | ConditionalGAN, start, end, steps: int = 50, seed: int = 0
) -> np.ndarray:
    """Draw images (steps, H, W, C) in [0, 1] from `start` to `end`, all from the same noise.

    start, end: classes, or attributes as dictionaries. Raises ValueError for what the generator
    cannot be asked, or fewer than 2 steps.
    """
    rows = np.concatenate([generator.condition.rows(stop) for stop in (start, end)])
    if len(rows) != 2:
        raise ValueError(
            f"start {start!r} and end {end!r} are {len(rows)} places; give one each, and walk "
            "through more with label_path."
        )
    rows = label_path(generator.condition, rows, steps)
    return generator.generate(rows, latents=generator.draw_latents(1, seed))


def latent_directions(
    generator: Sampler | ConditionalGAN, count: int = 3, samples: int = 500
) -> np.ndarray:
    """Find directions of noise, (count, latent_dim), along which images change most on average.

    They have length 1: the singular vectors of a linear fit of pixels to latents and rows. For
    normal latents its slopes estimate the mean Jacobian; the idea is that of GANSpace (Härkönen et
    al. 2020, arXiv 2004.02546).
    """
    rows = np.resize(generator.condition.examples(), (samples, generator.condition.width))
    latents = generator.draw_latents(samples)
    images = generator.generate(rows, latents=latents).reshape(samples, -1)
    inputs = np.concatenate([latents, rows], axis=1)
    slopes = np.linalg.lstsq(inputs, images, rcond=None)[0][: latents.shape[1]]
    directions = np.linalg.svd(slopes, full_matrices=False)[0].T[:count]
    largest = np.take_along_axis(directions, abs(directions).argmax(axis=1)[:, None], axis=1)
    return directions * np.sign(largest)  # otherwise the sign is up to the linear algebra library


def _walk(corners: np.ndarray, steps: int, between) -> np.ndarray:
    if len(corners) < 2:
        raise ValueError(f"a path needs at least 2 places to visit, not {len(corners)}.")
    steps = check_whole("steps", steps, least=len(corners))
    positions = np.linspace(0, len(corners) - 1, steps)
    legs = np.minimum(positions.astype(int), len(corners) - 2)
    points = [
        between(corners[i], corners[i + 1], t) for i, t in zip(legs, positions - legs, strict=True)
    ]
    return np.stack(points).astype(np.float32)


def _straight(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    return (1 - t) * a + t * b


def _spherical(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    cosine = np.dot(a, b) / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:  # same or opposite direction: no plane to turn in
        return _straight(a, b, t)
    return (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
