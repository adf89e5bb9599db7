"""What 10 says about faces and strokes is what the stored results and its cells say."""

import re

import books
import numpy as np
import pytest

import cgan_utils as cg

NAME = "10_attributes"
PROSE, PRINTED = books.prose_of(NAME), "\n".join(books.printed_by(NAME))
TIED = "glasses tied to gray"
JUDGES = ("faces_second", "faces")


def printed(start):
    """The numbers after these words, in the first printed line that begins with them."""
    line = re.search(rf"^{start}(.*)$", PRINTED, re.MULTILINE)[1]
    return [float(number) for number in re.findall(r"[-+]?\d+\.?\d*", line)]


def runs(data):
    return [run for run in cg.load_results("attributes")["runs"] if run["data"] == data]


def moved(first, second, data, judge="faces_second"):
    """How far the second reading moves as the first attribute does, one a seed."""
    names = cg.load_results("attributes")["names"]
    i, j = names.index(first), names.index(second)
    return np.array([run[judge]["moves"][i][j] for run in runs(data)])


def pull(data):
    """Of glasses on gray: the median of the seeds."""
    return np.median(moved("glasses", "gray", data))


def of_agreement(key, name, data):
    return np.array([run["faces_second"]["agreement"][key][name] for run in runs(data)])


def both(data):
    """The share of glasses and beards that come together, for each seed and judge."""
    key = "glasses and beard"
    return np.array([[r[j]["combinations"][key]["11"]["both"] for j in JUDGES] for r in runs(data)])


def error(data):
    return np.median([of_agreement("mean_error", name, data) for name in ("skin", "gray")])


def gray_seen(data):
    return np.mean([run["faces_second"]["curves"]["gray"] for run in runs(data)], axis=0)


def ink(key, name):
    return np.array([run[key][name] for run in cg.load_results("strokes")["runs"]])


def strokes_seen(asked, seen):
    """The mean measure at each of eleven levels asked for."""
    results = cg.load_results("strokes")
    curves = [run["curves"][asked]["seen"] for run in results["runs"]]
    return np.mean(curves, axis=0)[:, results["names"].index(seen)]


def direction(number):
    """Degrees, width and stroke."""
    return printed(f"direction {number}:")


CLAIMS = {
    "in every seed, and by either judge, more than eight times in ten": lambda: [
        both("no glasses with beards").min() > 0.8,
        both("no glasses with beards").mean() < both("all").mean(),
    ],
    "*Skin* and *gray* move by about three quarters where 1 was asked for": lambda: [
        abs(moved(name, name, "all").mean() - 0.75) < 0.05 for name in ("skin", "gray")
    ],
    "Beside it there is next to nothing": lambda: (
        np.abs(np.mean([r["faces_second"]["moves"] for r in runs("all")], axis=0))[
            ~np.eye(7, dtype=bool)
        ]
        < 0.05
    ),
    "glasses turn the hair two fifths of the way to gray": lambda: (
        abs(pull(f"{TIED}, gray not named") - 0.4) < 0.03
    ),
    "takes away about half of that": lambda: (
        abs(pull(f"{TIED}, gray not named, drawn evenly") / pull(f"{TIED}, gray not named") - 0.5)
        < 0.12
    ),
    "To name it takes away about four fifths": lambda: (
        abs(pull(TIED) / pull(f"{TIED}, gray not named") - 0.2) < 0.05
    ),
    "both together hardly do better than the name alone": lambda: (
        0.02 < pull(f"{TIED}, drawn evenly") < pull(TIED) + 0.01
    ),
    "Only the first row, other data, has no pull at all": lambda: abs(pull("all")) < 0.02,
    "Five bins are about as near as a number": lambda: (
        abs(error("in bins") - error("all")) < 0.012 and error("in bins") > 0.05
    ),
    "between 0.4 and 0.6 the slider does nothing": lambda: (
        np.ptp(gray_seen("in bins")[8:12]) < 0.01
    ),
    "the error is even the smallest of the three": lambda: [
        error("in 129 bins") < error(data) for data in ("in bins", "all")
    ],
    "the ends of the range are reached better": lambda: [
        gray_seen("in 129 bins")[0] < gray_seen("all")[0],
        gray_seen("in 129 bins")[-1] > gray_seen("all")[-1],
    ],
    "nearly always the five binary attributes read as before": lambda: (
        np.array([run["faces_second"]["kept"][6] for run in runs("all")]) > 0.93
    ),
    "far more often than by chance the gray face is nearest to its own younger one": lambda: [
        *(run["aged"]["found"] > 0.5 for run in runs("all")),
        printed("the nearest of 25 is the same person:")[0] > 50,
    ],
    "Each of the three is obeyed, with a correlation above 0.9, and the digit is read": lambda: [
        *(ink("correlation", name) > 0.9 for name in ("slant", "width", "stroke")),
        *(ink("recognized", judge) > 0.98 for judge in ("mnist", "mnist_second")),
    ],
    "who asks for more slant gets a little less width": lambda: (
        np.diff(strokes_seen("slant", "width")[[0, -1]]) < -0.05
    ),
    "the narrow end of *width* is not reached": lambda: strokes_seen("width", "width")[0] > 0.3,
    "the first turns digits to the left by some 40 degrees": lambda: (
        -45 < direction(1)[0] < -35,
        direction(2)[2] < -1,
        direction(3)[1] < -3,
    ),
    "But the second leans left as well, and the third writes bolder": lambda: [
        direction(2)[0] < -10,
        direction(3)[2] > 0.5,
    ],
    "at least 95 % of each attribute as asked, in all three seeds": lambda: [
        min(run["faces_second"]["agreement"]["accuracy"].values()) >= 0.95 for run in runs("all")
    ],
    "This generator does better than 99 %": lambda: [
        printed(f"{name} +as asked:")[0] > 99
        for name in ("long hair", "glasses", "beard", "hat", "smile")
    ],
}


@pytest.mark.parametrize(("sentence", "holds"), CLAIMS.items(), ids=list(CLAIMS))
def test_the_sentence_is_there_and_holds(sentence, holds):
    assert sentence in PROSE
    assert np.all(holds())


def test_all_results_are_of_three_seeds():
    for name in ("attributes", "strokes"):
        found = cg.load_results(name)["runs"]
        for data in {run.get("data") for run in found}:
            seeds = [run["seed"] for run in found if run.get("data") == data]
            assert sorted(seeds) == [0, 1, 2], data


@pytest.mark.parametrize("name", ["attributes", "strokes"])
def test_stored_results_say_what_they_depend_on(name):
    results = cg.load_results(name)
    assert results["command"] == f"python benchmarks/{name}.py"
    assert {"machine", "versions", "samples", "settings"} <= results.keys()
