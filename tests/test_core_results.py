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


def run_of(way, key):
    """One row a seed of the stored runs that 05 reads."""
    runs = [run for run in cg.load_results("reading")["runs"] if run["way"] == way]
    return np.array([run[key] for run in sorted(runs, key=lambda run: run["seed"])])


def of_the_readers_program(judge):
    """Percent recognized as asked for, the least and the most of five seeds."""
    shares = [run[judge]["conditional_accuracy"] for run in common.Log("one_screen").table("runs")]
    assert len(shares) == 5
    return [round(100 * f(shares), 1) for f in (min, max)]


CLAIMS_05 = {
    "98.9% to 99.6% by the first judge and 99.4% to 99.8% by the second": lambda: [
        of_the_readers_program("mnist") == [98.9, 99.6],
        of_the_readers_program("mnist_second") == [99.4, 99.8],
    ],
}


@pytest.mark.parametrize(
    ("name", "sentence", "holds"),
    [
        (name, sentence, holds)
        for name, claims in (("05_training", CLAIMS_05), ("06_interpolation", CLAIMS_06))
        for sentence, holds in claims.items()
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_sentence_is_there_and_holds(name, sentence, holds):
    assert sentence in text_of(name)
    assert np.all(holds())


def test_the_readers_program_has_at_most_60_lines_and_draws_what_is_asked_for():
    lines = [line for source in one_screen.program() for line in source.splitlines()]
    assert len([line for line in lines if line.strip()]) <= 60
    assert of_the_readers_program("mnist")[0] >= 95
