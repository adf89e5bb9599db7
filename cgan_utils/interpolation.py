"""Walking through labels and noise: paths of label rows and of latents for a generator to draw."""

import numpy as np

from .data import one_hot


def label_path(classes_to_visit, steps: int, classes: int = 10) -> np.ndarray:
    """Label rows (steps, classes) that walk in a straight line from class to class.

    classes_to_visit: two or more class indices; [6, 1] is the published walk. The first and last
    rows are pure; rows between mix two classes and sum to 1.
    """
    corners = one_hot(classes_to_visit, classes)
    return _walk(corners, steps, _straight)


def latent_path(latents: np.ndarray, steps: int, spherical: bool = True) -> np.ndarray:
    """Latents (steps, latent_dim) that walk through the given ones, (2 or more, latent_dim).

    Spherical steps turn from one latent to the next and keep the norm that a trained generator has
    seen; straight ones cut through the middle, where norms are about 0.7 times as long
    (White 2016, arXiv 1609.04468).
    """
    corners = np.asarray(latents, np.float32)
    if corners.ndim != 2 or not np.isfinite(corners).all():
        raise ValueError(
            f"latents must be finite and of shape (count, latent_dim), not {corners.shape}."
        )
    return _walk(corners, steps, _spherical if spherical else _straight)


def interpolate_labels(
    generator, start: int, end: int, steps: int = 50, seed: int = 0
) -> np.ndarray:
    """Images (steps, 28, 28, 1) in [0, 1] from class `start` to `end`, all from the same noise."""
    rows = label_path([start, end], steps, generator.classes)
    return generator.generate(rows, latents=generator.draw_latents(1, seed))


def latent_directions(generator, count: int = 3, samples: int = 500) -> np.ndarray:
    """Directions of noise, (count, latent_dim) and of length 1, along which images change most on average.

    The singular vectors of a linear fit of pixels to latents and labels. For normal latents its slopes estimate the
    mean Jacobian; the idea is that of GANSpace (Härkönen et al. 2020, arXiv 2004.02546).
    """
    labels = np.arange(samples) % generator.classes
    latents = generator.draw_latents(samples)
    images = generator.generate(labels, latents=latents).reshape(samples, -1)
    inputs = np.concatenate([latents, one_hot(labels, generator.classes)], axis=1)
    slopes = np.linalg.lstsq(inputs, images, rcond=None)[0][: latents.shape[1]]
    directions = np.linalg.svd(slopes, full_matrices=False)[0].T[:count]
    largest = np.take_along_axis(directions, abs(directions).argmax(axis=1)[:, None], axis=1)
    return directions * np.sign(largest)  # otherwise the sign is up to the linear algebra library


def _walk(corners: np.ndarray, steps: int, between) -> np.ndarray:
    if len(corners) < 2:
        raise ValueError(f"a path needs at least 2 places to visit, not {len(corners)}.")
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < len(corners):
        raise ValueError(
            f"steps is {steps!r}; a path through {len(corners)} places takes {len(corners)} or more, a whole number."
        )
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
