"""Play with attributes: a switch or a slider for each, and what is seen beside what was asked."""

from collections.abc import Callable
from functools import partial

import ipywidgets as widgets
import numpy as np

from .conditions import Attributes
from .judge import Judge
from .pictures import beside, level_chart
from .widgets import Panel, check_generator, noise


def draw_attributes(generator, measure, *values) -> tuple[np.ndarray, str]:
    """Draw an image of the attributes asked for, large, beside each of them as asked and as seen.

    values: one for each attribute, then the seed of the noise.
    """
    *values, seed = values
    condition = generator.condition
    asked = condition.rows(np.float32(values))
    image = generator.generate(asked, latents=generator.draw_latents(1, seed))
    seen = np.asarray(measure(image), np.float32)
    low, high = condition.limits
    levels = [np.clip((rows[0] - low) / (high - low), 0, 1) for rows in (asked, seen)]
    sentence = (
        f"Noise {seed}. Asked for (upper bars): {condition.describe(asked[0])}. "
        f"Seen (lower bars): {condition.describe(seen[0].round(2))}"
    )
    return beside(image[0], level_chart(condition.names, *levels)), sentence


def explore_attributes(
    generator, measure: Callable[[np.ndarray], np.ndarray] | None = None, seed: int = 0
) -> Panel:
    """Ask for attributes, a switch for each binary one and a slider for each continuous one.

    generator: what load_pretrained or train gives, or a Sampler, whose condition is Attributes.
    measure: who sees, a function from images (N, H, W, C) to rows (N, width), which may leave the
    ranges; None is the judge of the data set. seed: of the first noise, 0 to 999. Raises ValueError
    for a generator of classes, and where no judge knows the attributes and nothing measures them.
    """
    check_generator(generator, Attributes)
    measure = measure or Judge.of(generator).probabilities
    condition = generator.condition
    switches = [
        widgets.Checkbox(False, description=name, indent=False, layout={"width": "auto"})
        for name in condition.binary
    ]
    sliders = [
        widgets.FloatSlider(
            (low + high) / 2, min=low, max=high, step=(high - low) / 20, description=name
        )
        for name, (low, high) in condition.continuous
    ]
    return Panel(partial(draw_attributes, generator, measure), [*switches, *sliders, *noise(seed)])
