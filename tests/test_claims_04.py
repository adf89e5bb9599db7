"""What 04 says about its games is what its cells printed."""

import re

import books
import keras
import numpy as np
import pytest

from cgan_utils import toy

NAME = "04_minimax_loss"
PROSE, PRINTED = books.prose_of(NAME), books.printed_by(NAME)


def printed(pattern, lines=1):
    """The numbers that the groups of this pattern find in the lines that it fits, (lines, N)."""
    found = [match.groups() for match in map(re.compile(pattern).match, PRINTED) if match]
    assert len(found) == lines, f"{len(found)} lines fit {pattern!r}"
    return np.array([[float(number) for number in " ".join(groups).split()] for groups in found])


def game_at(turn):
    """c_0, s_0, c_1, s_1 and V at the best D in the first game."""
    return printed(rf" +{turn}( .*)")[0]


def alone():
    """c_0, s_0, c_1, s_1 after 0, 20 and 100 steps of G alone."""
    return printed(r"\d+ more steps of G: class 0 at (.*) ± (.*), class 1 at (.*) ± (.*)", 3)


def blind_ends():
    return printed(r"seed \d: class 0 at ( *\S+), class 1 at ( *\S+)$", 8)


def right(ends):
    return np.sum(abs(ends - toy.CENTERS).max(axis=1) < 0.5)


def shares():
    """Of class 1 near 0 and near 5, in eight games."""
    return printed(r"seed \d: (\S+) near 0, (\S+) near 5", 8)


def answers_at(*places):
    """Of D, in those of these games whose G never draws near 5."""
    answers = printed(r"seed \d: .* near 5; D at 0, 1, 5 is \[(.*)\]", 8)
    return answers[shares()[:, 1] < 0.01][:, places]


def arrived(start):
    """In how many of eight games, without mismatched pairs and with them."""
    return printed(rf"start \({start}\), weight .*: (\d) of 8 games near the data", 2).ravel()


def best_normal(weight):
    return printed(rf"weight {weight}: the best normal .* center (\S+), spread (\S+)")[0]


def normals_of_g():
    return printed(r"seed \d: center (\S+), spread (\S+)", 4)


CLAIMS = {
    "at distance 8 the slope is about a thousandth of that at 2": lambda: [
        0.0005 < printed("distance 8: .* slope (.*)") / printed("distance 2: .* slope (.*)") < 0.002
    ],
    "G runs past the data, to where D believes most, and crowds there": lambda: [
        abs(alone()[-1, [0, 2]]) > abs(toy.CENTERS),
        alone()[-1, [1, 3]] < alone()[0, [1, 3]] / 2,
    ],
    "In this run class 1 walks over and settles": lambda: [
        abs(game_at(turn)[2] - 2) < 0.2 for turn in (80, 120, 200, 600)
    ],
    "at turn 120 nearly all its noise ends at one number": lambda: [game_at(120)[1] < 0.1],
    "D's answers around it differ little": lambda: [
        np.ptp(printed(r"turn 120, D at .* with label 0: \[(.*)\]")) < 0.05
    ],
    "At turn 600 V at the best D is −1.384, all but −log 4": lambda: [
        game_at(600)[-1] == -1.384,
        -1.384 + np.log(4) < 0.01,
    ],
    "A tenth of the rate goes the same way, slowly": lambda: [
        -1.9 < printed("rate 0.03: c_0 = (.*), ") < -1
    ],
    "then past its goal to −9, and stands still": lambda: [
        printed("rate 1.5: c_0 = (.*), ").round() == -9
    ],
    "and the gradient next to nothing": lambda: [abs(printed("rate 1.5: .* gradient (.*)")) < 1e-4],
    "the saturating one fades to less than a hundredth of it": lambda: [
        printed("gradient by .*, saturating (.*)")
        < printed("gradient by .* non-sat[a-z]* (.*),") / 100
    ],
    "In four of eight games the labels come out swapped": lambda: [
        right(blind_ends()[:, ::-1]) == 4,
        right(blind_ends()) > 0,
    ],
    "there D is all but flat, near 1/3": lambda: [
        np.ptp(answers_at(0, 1), axis=1) < 0.1,
        abs(answers_at(0) - 1 / 3) < 0.05,
    ],
    "That D takes everything near 5 for real, no fake finds out": lambda: [answers_at(2) > 0.95],
    "They buy speed, where G has not far to go; from far away they cost it": lambda: [
        arrived("0, 0")[1] >= arrived("0, 0")[0] + 5,
        arrived("6, -6")[0] >= arrived("6, -6")[1] + 5,
    ],
    "Away from the other class, and narrower": lambda: [
        best_normal(0.5) < best_normal(0.0),
        abs(normals_of_g() - best_normal(0.5)) < 0.1,
    ],
    "0.405 and 1.099, not log 2": lambda: [
        printed(r"weight 0.5: D\* = .*, real (.*), fake (.*)")[0] == [0.405, 1.099],
        abs(printed("one run: real (.*), fake (.*), mism[a-z]* (.*)")[0] - [0.405, 1.099, 0])
        < 0.05,
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


def test_the_first_game_is_still_the_one_that_was_saved():
    game = toy.LineGame(keras.optimizers.SGD(0.3), keras.optimizers.SGD(0.3))
    game.play(600)
    np.testing.assert_allclose(game.table.ravel(), game_at(600)[:4], atol=0.1)
