"""What 08 says is what its cells printed, or what the stored runs say; its checks find mistakes."""

import contextlib
import io
import re
from pathlib import Path

import keras
import nbformat
import numpy as np
import pytest
import tensorflow as tf

import cgan_utils as cg
from cgan_utils import toy

PATH = Path(__file__).parent.parent / "notebooks/08_wasserstein.ipynb"
CELLS = nbformat.read(PATH, as_version=4).cells
PROSE = " ".join(" ".join(cell.source for cell in CELLS if cell.cell_type == "markdown").split())
PRINTED = "".join(
    output.text
    for cell in CELLS
    for output in cell.get("outputs", [])
    if output.output_type == "stream"
).splitlines()
JUDGES = ("mnist_second", "mnist")
QUICK, NO_PAIRS, GP, ONE, GP_PAIRS, R1 = WAYS = (
    "quick recipe",
    "quick recipe, no pairs",
    "WGAN-GP",
    "WGAN-GP, 1 critic step",
    "WGAN-GP with pairs",
    "lazy R1",
)


DATA = np.stack([abs(toy.CENTERS), toy.SPREADS], axis=1)[..., None]  # (class, 2, 1)


def printed(pattern, lines=1):
    """The numbers that the groups of this pattern find in the lines that it fits, (lines, N)."""
    found = [match.groups() for match in map(re.compile(pattern).match, PRINTED) if match]
    assert len(found) == lines, f"{len(found)} lines fit {pattern!r}"
    return np.array([[float(number) for number in " ".join(groups).split()] for groups in found])


def stored(way, key, judge=None, rate=None, budget=1):
    """One row a seed, a column for each point in time; at the way's own rate if none is given."""
    results = cg.load_results("wasserstein")
    wanted = way, results["tuned"][way] if rate is None else rate, budget
    runs = [run for run in results["runs"] if (run["way"], run["rate"], run["budget"]) == wanted]
    runs = sorted(runs, key=lambda run: run["seed"])
    return np.array([(run[judge] if judge else run)[key] for run in runs], float)


def times_real(way, judge, **which):
    floor = cg.load_results("wasserstein")["floors"][judge]["frechet_distance"]
    return stored(way, "frechet_distance", judge, **which) / floor


def ends(way, judge, **which):
    """The distance at the end, one a seed."""
    return times_real(way, judge, **which)[:, -1]


def correlation(a, b):
    """Spearman's, along the last axis."""
    a, b = (np.argsort(np.argsort(x)) - (x.shape[-1] - 1) / 2 for x in (a, b))
    return np.sum(a * b, axis=-1) / np.sum(a * a, axis=-1)


def earned(way, **which):
    return -stored(way, "d_loss_real", **which) - stored(way, "d_loss_fake", **which)


def gradients(game):
    """Of both classes after the two head starts, (2, 2)."""
    return printed(rf"{game} +after .* steps: first gradient by the centers (.*)", 2)


def eight_games(weight):
    """How many begin the wrong way, and how many end near the data."""
    return printed(rf"λ = {weight}: in (\d) of 8 games .* at first, in (\d) both")[0]


def stays(game):
    """Distances of the centers from 0 and spreads, four games each: (class, 2, 4)."""
    found = printed(rf"{game} +y = \d: \|center\| \[(.*)\], spread \[(.*)\]", 2)
    return found.reshape(2, 2, 4)


CLAIMS = {
    "From nothing to nothing": lambda: printed(r"D\*\(\d\|0\) = (.*)", 2) < 1e-9,
    "It earns just what the sand's way is": lambda: [
        np.ptp(row) < 0.002
        for row in printed(r"class \d: it earns (\S+); W is (\S+), and .* are (\S+) apart", 2)
    ],
    "With $W = 8$ and $\\lambda = 0.1$ that is 41": lambda: [
        1 + 8 / 0.2 == 41,
        abs(abs(printed(r"class \d: mean slope (\S+) between", 2)) - 41) < 4,
    ],
    "Ten times the head start leaves a fiftieth of its gradient": lambda: [
        35 < first / last < 70 for first, last in gradients("saturating").T
    ],
    "the gradient is about 20 both times": lambda: abs(gradients("Wasserstein") - 20) < 2,
    "a class goes the wrong way from the first turn in half of the games": lambda: (
        eight_games(10)[0] == 4,
        eight_games(0.1)[0] == 0,
    ),
    "one game of eight ends near the data": lambda: (
        eight_games(10)[1] == 1,
        eight_games(0.1)[1] == 8,
    ),
    "With pairs $G$ leaves in every game: its centers go outward, and its spread falls": lambda: (
        stays("critic, with pairs")[:, 0] > abs(toy.CENTERS[:, None]) + 0.2,
        stays("critic, with pairs")[:, 1] < 0.7 * toy.SPREADS[:, None],
        abs(stays("critic, no pairs") - DATA) < 0.1,
    ),
    "stays within a tenth of the right centers, only a little too narrow": lambda: (
        abs(stays("old game, with pairs")[:, 0] - 2) < 0.1,
        stays("old game, with pairs")[:, 1] > 0.6 * toy.SPREADS[:, None],
    ),
    "A generator that draws half of what it should is *better*, for this critic": lambda: [
        half[0] < whole[0] and half[1] > whole[1]
        for pair in [printed(rf"class {y}, q = .*:  W (\S+) +JS (\S+)", 2) for y in range(2)]
        for whole, half in [pair]
    ],
}


@pytest.mark.parametrize(
    ("sentence", "holds"),
    CLAIMS.items(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_sentence_is_there_and_holds(sentence, holds):
    assert sentence in PROSE
    assert all(np.all(part) for part in holds())


def test_every_way_is_stored_with_eight_seeds_at_every_rate():
    results = cg.load_results("wasserstein")
    assert list(results["settings"]) == list(WAYS)
    for way in WAYS:
        for rate in results["rates"]:
            assert len(ends(way, "mnist", rate=rate)) == 8
    for way in (QUICK, GP, R1):
        for budget in (2, 4, 8, 16):
            assert len(ends(way, "mnist", budget=budget)) == 8


# The checks


def say(name, answer):
    """What the check says to this answer for a function of this name."""
    stubs = [i for i, cell in enumerate(CELLS) if "exercise" in cell.metadata.get("tags", [])]
    (start,) = [i for i in stubs if f"def {name}" in CELLS[i].source]
    end = next(i for i in range(start, len(CELLS)) if "check" in CELLS[i].metadata.get("tags", []))
    space = {"np": np, "tf": tf, "cg": cg, "keras": keras, name: answer}
    space["digits"] = cg.load_images("mnist", "train")
    with contextlib.redirect_stdout(io.StringIO()) as out:
        for cell in CELLS[start + 1 : end + 1]:
            if cell.cell_type == "code":
                exec(cell.source, space)
    return out.getvalue().splitlines()[-1]


def penalty(between, length):
    def answer(critic, real, fake, labels, epsilon):
        x = between(real, fake, epsilon)
        with tf.GradientTape() as tape:
            tape.watch(x)
            scores = critic([x, labels])
        return tf.reduce_mean((length(tape.gradient(scores, x)) - 1) ** 2)

    return answer


def mixed(real, fake, epsilon):
    return epsilon * real + (1 - epsilon) * fake


def norm(gradients):
    return tf.sqrt(tf.reduce_sum(gradients**2, axis=[1, 2, 3]))


@pytest.mark.parametrize(
    ("name", "answer", "says"),
    [
        ("my_wasserstein", lambda x: 0.5 * (x[2] - x[0]), "Check passed"),
        ("my_wasserstein", lambda x: x[2] - x[0], "sand has no sign"),
        ("my_critic_loss", lambda r, f: tf.reduce_mean(f) - tf.reduce_mean(r), "Check passed"),
        ("my_critic_loss", lambda r, f: tf.reduce_mean(r) - tf.reduce_mean(f), "come out negative"),
        ("my_critic_loss", lambda r, f: tf.reduce_sum(f) - tf.reduce_sum(r), "Two means"),
        ("my_penalty", penalty(mixed, norm), "Check passed"),
        ("my_penalty", penalty(lambda r, f, e: e * f + (1 - e) * r, norm), "at the mixture"),
        ("my_penalty", penalty(lambda r, f, e: r, norm), "at the mixture"),
        ("my_penalty", penalty(mixed, lambda g: norm(g) ** 2), "A length"),
        ("my_penalty", penalty(mixed, lambda g: tf.norm(g)), "A length"),
    ],
)
def test_the_check_finds_what_is_wrong(name, answer, says):
    assert says in say(name, answer)
