"""What 08 says is what its cells printed, or what the stored runs say; its checks find mistakes."""

import contextlib
import io
import re

import books
import keras
import numpy as np
import pytest
import tensorflow as tf

import cgan_utils as cg
from cgan_utils import toy

NAME = "08_wasserstein"
CELLS, PROSE = books.cells_of(NAME), books.prose_of(NAME)
PRINTED = books.printed_by(NAME)
RESULTS, JUDGES = cg.load_results("wasserstein"), ("mnist_second", "mnist")
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
    wanted = way, RESULTS["tuned"][way] if rate is None else rate, budget
    runs = [run for run in RESULTS["runs"] if (run["way"], run["rate"], run["budget"]) == wanted]
    runs = sorted(runs, key=lambda run: run["seed"])
    return np.array([(run[judge] if judge else run)[key] for run in runs], float)


def times_real(way, judge, **which):
    floor = RESULTS["floors"][judge]["frechet_distance"]
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


def live(judge):
    """Percent as asked, and the distance, of the run in the page."""
    name = {"mnist_second": "second", "mnist": "first"}[judge]
    return printed(rf"{name} judge: (\S+)% as asked; (\S+) times the distance")[0]


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


def at_rates(way, judge):
    """The distances at the end, (rates, seeds)."""
    return np.array([ends(way, judge, rate=rate) for rate in rates()])


def rates():
    return sorted({run["rate"] for run in RESULTS["runs"] if run["budget"] == 1})


def at_best(way, judge):
    """The median at the end, at the rate whose median is least."""
    return np.median(at_rates(way, judge), axis=1).min()


def accuracy(way, judge):
    return np.median(stored(way, "conditional_accuracy", judge)[:, -1])


def steps_of_g(way):
    settings = RESULTS["settings"][way]
    return stored(way, "steps")[0, -1] // settings.get("critic_steps", 1)


def seconds_until_nine_of_ten(way, judge):
    """The median over the seeds."""
    time = stored(way, "steps")[0] * RESULTS["seconds_a_step"][way]
    reached = stored(way, "conditional_accuracy", judge) >= 0.9
    return np.median(np.where(reached.any(axis=1), time[reached.argmax(axis=1)], np.inf))


def in_time(way, curve, judge):
    """The median over the seeds of the correlation of ten points with their distances."""
    return np.median(correlation(curve, times_real(way, judge)))


def g_loss(way, **which):
    return stored(way, "g_loss", **which)


def of_rates(way, curve, judge):
    """The correlations between runs with different rates, one a seed."""
    losses = np.array([curve(way, rate=rate)[:, -1] for rate in rates()])
    return correlation(losses.T, at_rates(way, judge).T)


def outside_of_chance():
    """How many correlations between seeds, at the same time, lie outside of 95 % of chance."""
    count = 0
    for way in WAYS:
        for curve in (earned(way), g_loss(way)):
            for judge in JUDGES:
                rng, distance = np.random.default_rng(0), times_real(way, judge)
                shuffled = (distance[rng.permutation(8)] for _ in range(500))
                chance = [correlation(curve.T, other.T).mean() for other in shuffled]
                low, high = np.percentile(chance, [2.5, 97.5])
                count += not low <= correlation(curve.T, distance.T).mean() <= high
    return count


def flat(way, judge):
    """How many rates have a median within twice the way's best."""
    middle = np.median(at_rates(way, judge), axis=1)
    return np.sum(middle <= 2 * middle.min())


def worst_over_best(way, judge):
    """Of the seeds, at each rate."""
    return at_rates(way, judge).max(axis=1) / at_rates(way, judge).min(axis=1)


def longer(budget, judge):
    """The median distance of WGAN-GP with so many times the budget."""
    return np.median(ends(GP, judge, budget=budget))


USUAL, CRITICS = (QUICK, NO_PAIRS, R1), (GP, ONE, GP_PAIRS)
COST, TUNED = RESULTS["seconds_a_step"], RESULTS["tuned"]
CLAIMS_STORED = {
    "At every step, R1 costs four tenths of a step more. Lazy, it costs less than a tenth": (
        lambda _: [
            abs(COST["R1 at every step"] / COST[QUICK] - 1.4) < 0.03,
            COST[R1] / COST[QUICK] < 1.1,
        ]
    ),
    "it took half of the recipe's rate, where both others would have taken more": lambda judge: [
        TUNED[QUICK] == 0.5,
        rates()[np.median(at_rates(QUICK, judge), axis=1).argmin()] > 0.5,
    ],
    "for the critic with one step the largest of all, at the edge": lambda _: (
        TUNED[ONE] == max(rates())
    ),
    "draws three of four digits as asked": lambda judge: abs(accuracy(GP, judge) - 0.75) < 0.03,
    "none of its seeds comes near any seed of the usual game": lambda judge: [
        ends(GP, judge).min() > 2 * ends(way, judge).max() for way in USUAL
    ],
    "its distance is eight times the quick recipe's, by either judge": lambda judge: (
        7.5 < at_best(GP, judge) / at_best(QUICK, judge) < 9
    ),
    "which gets 149 where the quick recipe's gets 800": lambda _: [
        steps_of_g(GP) == 149,
        steps_of_g(QUICK) == 800,
        steps_of_g(ONE) == 558,
    ],
    "less than half of WGAN-GP's, but still more than three times the quick recipe's": (
        lambda judge: [
            at_best(ONE, judge) < at_best(GP, judge) / 2,
            at_best(ONE, judge) > 3 * at_best(QUICK, judge),
        ]
    ),
    "99 of 100 digits come out as asked, and the distance is about half": lambda judge: [
        abs(accuracy(GP_PAIRS, judge) - 0.99) < 0.005,
        0.35 < np.median(ends(GP_PAIRS, judge)) / np.median(ends(GP, judge)) < 0.6,
    ],
    "lazy R1 is level with the quick recipe, or a little ahead": lambda judge: (
        0.8 < at_best(R1, judge) / at_best(QUICK, judge) < 1
    ),
    "within 3 s for the one judge and 8 s for the other, lazy R1 about as soon": lambda judge: [
        round(seconds_until_nine_of_ten(QUICK, judge)) == {"mnist_second": 3, "mnist": 8}[judge],
        seconds_until_nine_of_ten(R1, judge) <= seconds_until_nine_of_ten(QUICK, judge) + 0.5,
        np.isinf(seconds_until_nine_of_ten(GP, judge)),
        2
        < seconds_until_nine_of_ten(GP_PAIRS, judge) - seconds_until_nine_of_ten(QUICK, judge)
        < 9,
    ],
    "Twice the time has brought the distance down to about half": lambda judge: [
        live(judge)[0] > 80,
        0.35 < live(judge)[1] / np.median(ends(GP, judge)) < 0.65,
    ],
    "With twice the time, each comes to about half of its distance": lambda judge: (
        0.35 < np.median(ends(QUICK, judge, budget=2)) / np.median(ends(QUICK, judge)) < 0.65
    ),
    "the second judge sees a gain of about a fifth, the first next to none": lambda judge: (
        abs(longer(8, judge) / longer(4, judge) - {"mnist_second": 0.8, "mnist": 0.96}[judge])
        < 0.06
    ),
    "still farther from real digits than the quick recipe is after a single budget": (
        lambda judge: longer(8, judge) > np.median(ends(QUICK, judge))
    ),
    "the less it earns, the better the pictures, nearly in the same order": lambda judge: [
        in_time(way, earned(way), judge) > 0.9 for way in (GP, GP_PAIRS)
    ],
    "$G$'s loss says little there, or the opposite": lambda judge: [
        abs(in_time(GP, g_loss(GP), judge)) < 0.5,
        in_time(GP_PAIRS, g_loss(GP_PAIRS), judge) < -0.5,
    ],
    "A critic with one step lags behind $G$, and earns *more* as": lambda judge: (
        in_time(ONE, earned(ONE), judge) < -0.5
    ),
    "In the usual game with pairs it is $G$'s loss that falls along": lambda judge: [
        in_time(way, g_loss(way), judge) > 0.8 for way in (QUICK, R1)
    ],
    "But the clock beats them all, for every way": lambda judge: [
        in_time(way, -stored(way, "steps"), judge) >= in_time(way, curve(way), judge)
        for way in WAYS
        for curve in (earned, g_loss)
    ],
    "of 24 numbers two lie outside of what chance gives nineteen times in twenty": lambda judge: (
        judge != JUDGES[0] or outside_of_chance() == 2
    ),
    "you have nearly their order by distance, for each seed and by either judge": lambda judge: (
        of_rates(GP, earned, judge) > 0.8
    ),
    "$G$'s loss does not know it, and neither does $D$'s in the usual game": lambda judge: [
        np.median(of_rates(GP, g_loss, judge)) < 0.2,
        *(np.median(of_rates(way, earned, judge)) < 0.4 for way in USUAL),
    ],
    "four of six rates are within twice its best, where the quick recipe has two or three": (
        lambda judge: [
            len(rates()) == 6,
            flat(GP_PAIRS, judge) == 4,
            flat(QUICK, judge) in (2, 3),
            flat(GP, judge) <= flat(QUICK, judge) + 1,
        ]
    ),
    "the quick recipe's distance is smaller than that of either critic with five steps": (
        lambda judge: [
            np.median(at_rates(QUICK, judge), axis=1) < np.median(at_rates(way, judge), axis=1)
            for way in (GP, GP_PAIRS)
        ]
    ),
    "no rate of a critic comes within twice the best of all": lambda judge: [
        at_best(way, judge) > 2 * min(at_best(each, judge) for each in WAYS) for way in CRITICS
    ],
    "without pairs loses a seed altogether, and lazy R1, level or ahead everywhere else, has one": (
        lambda judge: [
            worst_over_best(NO_PAIRS, judge)[-1] > 50,
            worst_over_best(R1, judge)[-1] > 10,
            np.median(at_rates(R1, judge), axis=1)[:-1]
            < 1.05 * np.median(at_rates(QUICK, judge), axis=1)[:-1],
        ]
    ),
    "no worst seed is four times as far as the best, at any rate": lambda judge: [
        worst_over_best(way, judge) < 4 for way in (QUICK, *CRITICS)
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


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize(
    ("sentence", "holds"),
    CLAIMS_STORED.items(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_sentence_holds_of_the_stored_runs(sentence, holds, judge):
    assert sentence in PROSE
    found = holds(judge)
    assert all(np.all(part) for part in (found if isinstance(found, list) else [found]))


def test_every_way_is_stored_with_eight_seeds_at_every_rate():
    assert set(RESULTS["settings"]) == set(WAYS)
    for way in WAYS:
        assert at_rates(way, "mnist").shape == (len(rates()), 8)


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


def test_sprint_is_ahead_of_quick_after_two_epochs():
    assert "`sprint`, in both, by both judges, though this is one run of each" in PROSE
    (cell,) = [cell for cell in CELLS if "after two epochs" in cell.source]
    shown = "".join(cell.outputs[0].data["text/markdown"])
    numbers = {
        name: np.array(re.findall(r"([\d.]+)% as asked, (\d+) × real", line), float)
        for name in ("quick", "sprint")
        for line in shown.splitlines()
        if line.startswith(f"| {name} ")
    }
    asked, times = (numbers["sprint"] - numbers["quick"]).T
    assert (asked > 0).all() and (times < 0).all()


def test_sprint_differs_from_the_quick_recipe_as_the_page_says():
    quick, sprint = cg.RECIPES["quick"], cg.RECIPES["sprint"]
    weight = RESULTS["settings"][R1]["penalty"]["weight"]
    assert "ten times the weight, at every eighth step, twice the learning rate" in PROSE
    assert sprint.penalty.weight == pytest.approx(10 * weight) and sprint.penalty.every == 8
    assert sprint.learning_rate == 2 * quick.learning_rate
    assert sprint.mismatched_weight > quick.mismatched_weight
