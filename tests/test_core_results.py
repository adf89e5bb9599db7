"""What 05 and 06 say in numbers is what their cells printed and what the stored results say."""

import re

import nbformat
import numpy as np
import pytest

import cgan_utils as cg
import common
import one_screen
from test_results import ROOT, text_of


def printed(name, *words):
    """The numbers in the first printed line of the notebook that has all these words."""
    cells = nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4).cells
    text = "\n".join(o.get("text", "") for cell in cells for o in cell.get("outputs", []))
    line = next(line for line in text.splitlines() if all(word in line for word in words))
    for word in words:
        line = line.replace(word, "")
    return [float(number) for number in re.findall(r"-?\d+\.?\d*", line)]


def middles(road):
    """Percent of third digits midway between two labels: by the first judge and the second."""
    return [
        round(printed("06_interpolation", road, f"{judge} judge", "sure")[-1])
        for judge in ("first", "second")
    ]


def walks(kind):
    """By the first judge and the second: pixels, verdict, frame, from, to, and third digits."""
    return np.array(
        [
            printed("06_interpolation", kind, f"by the {judge} judge")
            for judge in ("first", "second")
        ]
    )


CLAIMS_06 = {
    "half of it in full white": lambda: (
        45 < printed("06_interpolation", "half, half", "bright")[0] < 60
    ),
    "Frame 10 is asked to be a fifth of a 1, and both judges still read a 6": lambda: [
        abs(cg.label_path(cg.Classes.numbered(10), [6, 1], 50)[10, 1] - 0.2) < 0.01,
        *(printed("06_interpolation", "frame 10,", judge)[0] == 6 for judge in ("first", "second")),
    ],
    "as clear as any, and *more alike*": lambda: [
        printed("06_interpolation", "middle, straight")[i]
        >= printed("06_interpolation", "where roads start")[i]
        for i in (1, 2)
    ]
    + [
        printed("06_interpolation", "middle, straight")[3]
        < 0.9 * printed("06_interpolation", "middle of the arc")[3]
    ],
    "14% instead of 18% by the first and in 13% instead of 17% by the second": lambda: (
        middles("arc") + middles("straight") == [14, 13, 18, 17]
    ),
    "The walks' pixels come near that; the verdict turns mostly within five": lambda: [
        (walks("label walks")[:, 0] < 20).all(),
        (walks("label walks")[:, 1] > 50).all(),
    ],
    "both judges are abrupt about plain fades, too": lambda: walks("fades")[:, 1] > 40,
    "frame 23 in the median for the first judge, 26 for the second": lambda: (
        walks("label walks")[:, 2] == [23, 26]
    ),
    "One sees a third digit in 48% of the walks, the other in 34%, and both see more": lambda: [
        (walks("label walks")[:, 5] == [48, 34]).all(),
        (walks("fades")[:, 5] > walks("label walks")[:, 5]).all(),
    ],
    "The first judge takes the noisy ones for eights, and is sure of it": lambda: (
        printed("06_interpolation", "noisy", "first judge")[1] > 95
    ),
    "it reads 42% as an 8, the second 10%": lambda: [
        printed("06_interpolation", "two digits", "first judge")[1] == 42,
        printed("06_interpolation", "two digits", "second judge")[1] == 10,
    ],
}
