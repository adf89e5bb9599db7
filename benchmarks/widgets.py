"""How fast do the widgets answer? From a control's event to the new picture, shipped generator.

    python benchmarks/widgets.py    # half a minute

It takes the median and the 90th percentile of 200 events each, and wants a quiet machine.
"""

import time

import numpy as np

import cgan_utils as cg
import common

EVENTS = 200


def answer_times(panel, description: str) -> np.ndarray:
    """Give the milliseconds (EVENTS,) from setting a slider until the picture is there."""
    (slider,) = (c for c in panel.controls if c.description == description)
    times = []
    for i in range(EVENTS + 1):  # the first one may change nothing
        value = slider.min + (slider.max - slider.min) * (i % 40) / 39
        start = time.perf_counter()
        slider.value = type(slider.value)(value)
        times.append(1000 * (time.perf_counter() - start))
    return np.array(times[1:])


def main() -> None:
    common.parser(__doc__).parse_args()
    generator, digits = cg.load_pretrained("mnist"), cg.load_images("mnist", "test")
    discriminator = cg.build_discriminator()
    panels = {
        "explore, ten digits": (cg.explore(generator), "Direction 1"),
        "explore_interpolation, eleven digits": (cg.explore_interpolation(generator), "Frame"),
        "explore_mixture, one digit and the judge": (cg.explore_mixture(generator), "3"),
        "explore_discriminator, ten scores": (
            cg.explore_discriminator(discriminator, digits.images[:40]),
            "Image",
        ),
        "explore_attributes, one face and the judge": (
            cg.explore_attributes(cg.load_pretrained("faces")),
            "gray",
        ),
    }

    def measure(widget: str) -> dict:
        times = answer_times(*panels[widget])
        numbers = {"median_ms": np.median(times), "ninety_ms": np.percentile(times, 90)}
        return {name: round(float(number), 1) for name, number in numbers.items()}

    log = common.Log("widgets", command="python benchmarks/widgets.py", events=EVENTS)
    for widget in panels:
        log.run("widgets", {"widget": widget}, measure)


if __name__ == "__main__":
    main()
