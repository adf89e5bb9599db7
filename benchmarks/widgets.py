"""How fast do the widgets answer? From a control's event to the new image's bytes, with the shipped generator.

    python benchmarks/widgets.py

Prints the median and the 90th percentile of 200 events each; BENCHMARKS.md holds the last run.
"""

import os
import time

import numpy as np

import cgan_utils as cg

EVENTS = 200


def answer_times(panel, description: str) -> np.ndarray:
    """Milliseconds (EVENTS,) from setting the slider of this description until the picture is there."""
    (slider,) = (c for c in panel.controls if c.description == description)
    times = []
    for i in range(EVENTS + 1):  # the first one may change nothing
        value = slider.min + (slider.max - slider.min) * (i % 40) / 39
        start = time.perf_counter()
        slider.value = type(slider.value)(value)
        times.append(1000 * (time.perf_counter() - start))
    return np.array(times[1:])


generator, digits = cg.load_pretrained("mnist"), cg.load_images("mnist", "test")
discriminator = cg.build_discriminator()
rows = {
    "explore: ten digits": (cg.explore(generator), "Direction 1"),
    "explore_interpolation: eleven digits": (cg.explore_interpolation(generator), "Frame"),
    "explore_mixture: one digit, and the judge": (cg.explore_mixture(generator), "3"),
    "explore_discriminator: ten scores": (
        cg.explore_discriminator(discriminator, digits.images[:40]),
        "Image",
    ),
}
print(f"{os.cpu_count()} CPU cores, {EVENTS} events each; milliseconds")
print("| widget, and what an event computes | median | 90 % within |")
print("|---|---|---|")
for name, (panel, description) in rows.items():
    times = answer_times(panel, description)
    print(f"| {name} | {np.median(times):.1f} | {np.percentile(times, 90):.1f} |")

start = time.perf_counter()
cg.explore(generator)
print(f"explore opens in {1000 * (time.perf_counter() - start):.0f} ms")
