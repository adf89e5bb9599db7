"""What 05 and 06 say in numbers is what their cells printed and what the stored results say."""

import re

import books
import numpy as np
import pytest

import cgan_utils as cg
import common
import one_screen


def printed(name, *words):
    """The numbers in the first printed line of the notebook that has all these words."""
    line = next(line for line in books.printed_by(name) if all(word in line for word in words))
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
    "as clear as any, and *more alike*": lambda: (
        [
            printed("06_interpolation", "middle, straight")[i]
            >= printed("06_interpolation", "where roads start")[i]
            for i in (1, 2)
        ]
        + [
            printed("06_interpolation", "middle, straight")[3]
            < 0.9 * printed("06_interpolation", "middle of the arc")[3]
        ]
    ),
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


def healthy(key):
    """A loss of the healthy runs, epoch by epoch: the mean of the seeds."""
    return run_of("healthy", key).mean(axis=0)


def recognized(way):
    """The share that the first judge recognizes as asked for, one a seed."""
    return np.array([accuracy["mnist"] for accuracy in run_of(way, "accuracy")])


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
    "near their gray lines about epoch 6: 0.43 and 0.97": lambda: [
        abs(healthy("d_loss_real")[5] - 0.43) < 0.01,
        abs(healthy("d_loss_fake")[5] - 0.97) < 0.01,
    ],
    "on those it pays nearly twice as much in the end, no less than": lambda: [
        1.7 < healthy("val_d_loss_real")[-1] / healthy("d_loss_real")[-1] < 2,
        healthy("val_d_loss_real")[-1] > healthy("val_d_loss_real")[0] - 0.05,
    ],
    "*mismatched* falls towards zero, on unseen digits as well": lambda: [
        healthy("d_loss_mismatched")[-1] < 0.05,
        healthy("val_d_loss_mismatched")[-1] < 0.05,
    ],
    "*G* goes sideways": lambda: abs(healthy("g_loss") - 0.87) < 0.15,
    "The fake part is nearly zero and G's loss far above all others": lambda: [
        *(run_of("slow G", "d_loss_fake")[:, -1] < 0.02),
        *(run_of("slow G", "g_loss")[:, -1] > 5),
    ],
    "(*mismatched* looks healthy: those images are real.)": lambda: (
        abs(
            run_of("slow G", "d_loss_mismatched")[:, -1]
            - run_of("as it should be", "d_loss_mismatched")[:, -1]
        )
        < 0.1
    ),
    "Nearly all recognized, and look at the two noises: the same picture": lambda: [
        *(recognized("slow D") > 0.97),
        *(run_of("slow D", "variety") < 0.5),
    ],
    "D's parts lie about log 2": lambda: [
        abs(run_of("slow D", part)[:, -1] - np.log(2)) < 0.15
        for part in ("d_loss_real", "d_loss_fake", "d_loss_mismatched")
    ],
    "*mismatched* never falls below log 2": lambda: (
        run_of("shuffled labels", "d_loss_mismatched") > np.log(2)
    ),
    "one in ten is right by chance": lambda: abs(recognized("shuffled labels") - 0.1) < 0.03,
    "fewer recognized after two epochs. But its digits are more varied": lambda: [
        recognized("no mismatched pairs").max() < recognized("as it should be").min(),
        run_of("no mismatched pairs", "variety").min() > run_of("as it should be", "variety").max(),
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
    assert sentence in books.prose_of(name)
    assert np.all(holds())


def test_the_readers_program_has_at_most_60_lines_and_draws_what_is_asked_for():
    lines = [line for source in one_screen.program() for line in source.splitlines()]
    assert len([line for line in lines if line.strip()]) <= 60
    assert of_the_readers_program("mnist")[0] >= 95
