"""What 09 says is what its stored runs say; its checks find what is wrong, and hide the answer."""

import re

import books
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import cgan_utils as cg
import common
from cgan_utils.discriminator import strided_convolutions

NAME = "09_conditioning"
CELLS, PROSE = books.cells_of(NAME), books.prose_of(NAME)


def check_of(name):
    """The source of the check that follows the exercise which defines this function."""
    defines = [f"def {name}(" in cell.source and cell.cell_type == "code" for cell in CELLS]
    return CELLS[defines.index(True) + 1].source


def verdict(name, attempt, capsys):
    """The last line that the check prints of this attempt."""
    train, test = (cg.load_images("mnist", split) for split in ("train", "test"))
    given = {"cg": cg, "keras": keras, "layers": layers, "np": np, "tf": tf}
    given |= {"train": train, "test": test, "strided_convolutions": strided_convolutions}
    capsys.readouterr()
    exec(check_of(name), given | {name: attempt})
    return capsys.readouterr().out.splitlines()[-1]


def anew(rows, seed):
    labels = tf.random.stateless_uniform(tf.shape(rows)[:1], seed, maxval=10, dtype=tf.int32)
    return tf.one_hot(labels, 10)


@pytest.mark.parametrize(
    ("name", "attempt", "says"),
    [
        ("my_head", lambda h, y: layers.Dense(1)(h), "ten numbers"),
        ("my_head", lambda h, y: layers.Dense(1)(layers.Concatenate()([h, y])), "w (2048, 1)"),
        (
            "my_head",
            lambda h, y: layers.Dense(1)(h) + layers.Dot(1)([layers.Dense(10)(h), y]),
            "no b of its own",
        ),
        (
            "my_head",
            lambda h, y: (
                layers.Dense(1)(h) + layers.Dot(1)([layers.Dense(2048, use_bias=False)(y), h])
            ),
            "Check passed",
        ),
        ("rows_for_fakes", lambda rows, seed: rows, "shuffled rows keep"),
        ("rows_for_fakes", lambda rows, seed: tf.random.shuffle(rows), "shuffled rows keep"),
        ("rows_for_fakes", lambda rows, seed: np.roll(rows, 1, axis=1), "shuffled rows keep"),
        ("rows_for_fakes", lambda rows, seed: np.eye(10)[[7] * 32], "equally often"),
        ("rows_for_fakes", lambda rows, seed: rows[:5], "32 one-hot rows"),
        ("rows_for_fakes", lambda rows, seed: rows * 0 + 0.1, "32 one-hot rows"),
        ("rows_for_fakes", anew, "Check passed"),
        ("share_right_by_accident", lambda share_wrong=0.2: 0.1, "Not yet"),
        ("share_right_by_accident", lambda share_wrong=0.2: share_wrong / 9, "Check passed"),
    ],
)
def test_the_check_tells_what_is_wrong(name, attempt, says, capsys):
    assert says in verdict(name, attempt, capsys)


def test_no_check_prints_the_answer_to_a_stub():
    """2.2 % of the mismatched pairs, that is."""
    (printed,) = [
        "".join(output.text for output in cell.outputs)
        for cell in CELLS
        if cell.source == check_of("share_right_by_accident")
    ]
    assert "2.2" not in printed and "0.02" not in printed


# What the stored runs say

RESULTS = cg.load_results("conditioning")
JUDGES = ("mnist_second", "mnist")
ROWS = [(way, pairs) for way in cg.WAYS for pairs in (False, True) if way != "none" or not pairs]
ROWS.remove(("auxiliary", True))
PAIRED = [way for way, pairs in ROWS if pairs]
BESIDE = ["planes", "striped", "embedding"]
ALONE, PROJECTION, RARE = ("projection", False), ("projection", True), RESULTS["rare_class"]


def seeds(row, judge, measure, data="sample", budget="steps", label=None):
    """Percent not as asked, or the ratio to real digits, one a seed; label: of this class alone."""
    wanted = {"way": row[0], "pairs": row[1], "data": data, "budget": budget}
    runs = [run for run in RESULTS["runs"] if wanted.items() <= run.items()]
    assert sorted(run["seed"] for run in runs) == list(range(8)), wanted
    found = [run[judge] for run in runs] + [RESULTS["floors"][judge]]
    if measure == "missed":
        names = {None: "conditional_accuracy"}.get(label, "accuracy_by_class")
    else:
        names = measure if label is None else f"{measure}_by_class"
    *found, real = np.array([x[names] if label is None else x[names][label] for x in found])
    return 100 * (1 - np.array(found)) if measure == "missed" else np.array(found) / real


def mean(*of, **which):
    return seeds(*of, **which).mean()


def first(judge, measure, budget, sign=1):
    """The row with the least mean, and how often it is the least in draws of the seeds."""
    table = sign * np.array([seeds(row, judge, measure, budget=budget) for row in ROWS])
    drawn = np.random.default_rng(0).integers(0, 8, (2_000, *table.shape))
    means = np.take_along_axis(table[None], drawn, axis=2).mean(axis=2)
    best = table.mean(axis=1).argmin()
    return ROWS[best], (means.argmin(axis=1) == best).mean()


def both(holds):
    return [holds(judge) for judge in JUDGES]


def interval(numbers):
    drawn = np.random.default_rng(0).choice(numbers, (2_000, len(numbers))).mean(axis=1)
    return np.percentile(drawn, [2.5, 97.5])


def apart(low, high):
    """Whether the interval of the first numbers lies below that of the second."""
    return interval(low)[1] < interval(high)[0]


def tops(planes, trunk="published", shift=0):
    wanted = {"planes": planes, "trunk": trunk, "shift": shift}
    return np.array([m["top"] for m in RESULTS["matchers"] if wanted.items() <= m.items()])


def gain(label):
    """Of the published band over the exchanged one, in points, one a seed."""
    told = [
        [m["auc"][label] for m in RESULTS["matchers"] if wanted.items() <= m.items()]
        for shift in (0, 5)
        for wanted in [{"trunk": "published", "planes": "striped", "shift": shift}]
    ]
    return 100 * np.subtract(*told)


def twenty_epochs(peer):
    runs = common.Log("peers").table("runs")
    of_peer = [run for run in runs if (run["peer"], run["epochs"]) == (peer, 20)]
    return np.median([run["mnist_second"]["conditional_accuracy"] for run in of_peer])


SPREAD = ("frechet_distance", "class_distance")
CLAIMS = {
    "is first in obedience and within classes, and by Fréchet distance, by both judges": lambda: [
        first(judge, measure, budget)[0] == PROJECTION
        for judge in JUDGES
        for measure in ("missed", *SPREAD)
        for budget in ("steps", "seconds")
    ],
    "80 % is no victory": lambda: (
        first("mnist_second", "frechet_distance", "steps")[1] == pytest.approx(0.8, abs=0.02)
    ),
    "At equal time the lead grows": lambda: [
        first(judge, measure, "seconds")[1] > 0.99
        for judge in JUDGES
        for measure in ("missed", *SPREAD)
    ],
    "comes nearer to real digits than planes of either kind, with pairs and without": lambda: [
        mean(("embedding", pairs), judge, measure) < mean((planes, pairs), judge, measure)
        for planes in ("planes", "striped")
        for pairs in (True, False)
        for judge in JUDGES
        for measure in SPREAD
    ],
    "Mismatched pairs make every way that takes them more obedient": lambda: [
        apart(seeds((way, True), judge, "missed"), seeds((way, False), judge, "missed"))
        for way in PAIRED
        for judge in JUDGES
    ],
    "0.88 to 0.95 of their variety; without them it is 0.94 to 1.02": lambda: [
        np.round([f(found) for f in (np.min, np.max)], 2).tolist() == ends
        for pairs, ends in ((True, [0.88, 0.95]), (False, [0.94, 1.02]))
        for found in [[mean((way, pairs), judge, "variety") for way in PAIRED for judge in JUDGES]]
    ],
    "obeys better than the ways beside the image do without them": lambda: [
        mean(("auxiliary", False), judge, "missed") < mean((way, False), judge, "missed")
        for way in BESIDE
        for judge in JUDGES
    ],
    "to the second, `planes` with pairs is better, to the first it is worse": lambda: [
        apart(*(seeds(row, judge, "class_distance") for row in rows))
        for judge, rows in (
            ("mnist_second", [("planes", True), ("auxiliary", False)]),
            ("mnist", [("auxiliary", False), ("planes", True)]),
        )
    ],
    "is last of those that hear a label": lambda: [
        mean(("conditional norm", pairs), judge, "missed")
        > max(mean((way, pairs), judge, "missed") for way in PAIRED[:-1])
        for pairs in (True, False)
        for judge in JUDGES
    ],
    "In obedience `projection` with pairs stays first": lambda: both(
        lambda judge: first(judge, "missed", "long")[0] == PROJECTION
    ),
    "are now nearer to real digits *without* them, in all and within classes, by both judges": (
        lambda: [
            mean((way, False), judge, measure, budget="long")
            < mean((way, True), judge, measure, budget="long")
            for way in ("projection", "embedding")
            for judge in JUDGES
            for measure in SPREAD
        ]
    ),
    "and more varied. By Fréchet": lambda: [
        mean((way, False), judge, "variety", budget="long")
        > mean((way, True), judge, "variety", budget="long")
        for way in ("projection", "embedding")
        for judge in JUDGES
    ],
    "the second judge even has `embedding` without pairs first": lambda: (
        first("mnist_second", "frechet_distance", "long")[0] == ("embedding", False)
    ),
    "has caught up in obedience, if not in distance": lambda: [
        mean(("conditional norm", True), judge, "missed", budget="long") < 1.5
        and mean(("conditional norm", True), judge, "frechet_distance", budget="long")
        > 1.5 * mean(PROJECTION, judge, "frechet_distance", budget="long")
        for judge in JUDGES
    ],
    "misses 73 %, where luck would miss 90": lambda: both(
        lambda judge: (
            mean(("none", False), judge, "missed", budget="long") == pytest.approx(73.5, abs=0.5)
        )
    ),
    "With labels drawn anew nothing of it is left: 9 %": lambda: both(
        lambda judge: (
            mean(("none, labels drawn anew", False), judge, "missed") == pytest.approx(91, abs=0.5)
        )
    ),
    "the leak had brought `none` to 27 %": lambda: both(
        lambda judge: (
            mean(("none", False), judge, "missed", budget="long") == pytest.approx(73, abs=0.6)
        )
    ),
    "outvoted by about 2.4 to one": lambda: (
        cg.RECIPES["quick"].mismatched_weight * (1 - 0.2 / 9) / 9 / (0.2 / 9)
        == pytest.approx(2.4, abs=0.05)
    ),
    "only `auxiliary` loses two points": lambda: [
        (mean(row, judge, "missed", "1,000 images") - mean(row, judge, "missed") > 1)
        == (row == ("auxiliary", False))
        for row in ROWS
        for judge in JUDGES
    ],
    "from 7.5 to 8.8 times the real one by the second judge, from 13.8 to 19.1 by the first": (
        lambda: [
            round(mean(PROJECTION, judge, "frechet_distance", data), 1) == stated
            for judge, data, stated in (
                ("mnist_second", "sample", 7.5),
                ("mnist_second", "1,000 images", 8.8),
                ("mnist", "sample", 13.8),
                ("mnist", "1,000 images", 19.1),
            )
        ]
    ),
    "is now level with `projection` without pairs": lambda: both(
        lambda judge: (
            not any(
                apart(*(seeds(row, judge, "frechet_distance", "1,000 images") for row in rows))
                for rows in ([ALONE, PROJECTION], [PROJECTION, ALONE])
            )
        )
    ),
    "Within classes it is still ahead": lambda: both(
        lambda judge: (
            mean(PROJECTION, judge, "class_distance", "1,000 images")
            < mean(ALONE, judge, "class_distance", "1,000 images")
        )
    ),
    "has been seen 24 times by then": lambda: 750 * cg.RECIPES["quick"].batch_size / 1_000 == 24,
    "a fifth of the labels are wrong, and so are a fifth of its digits": lambda: both(
        lambda judge: mean(ALONE, judge, "missed", "20 % wrong labels") == pytest.approx(20, abs=2)
    ),
    "The ways beside the image miss more than that": lambda: [
        mean((way, False), judge, "missed", "20 % wrong labels")
        > mean(ALONE, judge, "missed", "20 % wrong labels")
        for way in BESIDE
        for judge in JUDGES
    ],
    "they miss 2 to 4 %, and the distance within classes grows little or not at all": lambda: [
        1.5 < mean((way, True), judge, "missed", "20 % wrong labels") < 4.05
        and mean((way, True), judge, "class_distance", "20 % wrong labels")
        < 1.25 * mean((way, True), judge, "class_distance")
        for way in ("projection", "embedding")
        for judge in JUDGES
    ],
    "half as far again from real digits by Fréchet distance": lambda: [
        1.4
        < mean(("auxiliary", False), judge, "frechet_distance", "20 % wrong labels")
        / mean(("auxiliary", False), judge, "frechet_distance")
        < 1.7
        for judge in JUDGES
    ],
    "and obeys as before": lambda: both(
        lambda judge: (
            mean(("auxiliary", False), judge, "missed", "20 % wrong labels")
            < mean(("auxiliary", False), judge, "missed") + 1
        )
    ),
    "`conditional norm` falls furthest": lambda: [
        mean(("conditional norm", pairs), judge, "missed", "20 % wrong labels")
        - mean(("conditional norm", pairs), judge, "missed")
        > max(
            mean((way, pairs), judge, "missed", "20 % wrong labels")
            - mean((way, pairs), judge, "missed")
            for way in PAIRED[:-1]
        )
        for pairs in (True, False)
        for judge in JUDGES
    ],
    "it misses 0.6 % of them to the second judge, 4.4 % to the first": lambda: [
        round(mean(PROJECTION, judge, "missed", "rare class", label=RARE), 1) == stated
        for judge, stated in zip(JUDGES, (0.6, 4.4), strict=True)
    ],
    "coverage is half that of real ones, and variety is 0.8": lambda: both(
        lambda judge: (
            0.4 < mean(PROJECTION, judge, "coverage", "rare class", label=RARE) < 0.6
            and 0.78 < mean(PROJECTION, judge, "variety", "rare class", label=RARE) < 0.85
        )
    ),
    "draw something else half of the time and more, and so does `auxiliary`": lambda: [
        mean((way, False), judge, "missed", "rare class", label=RARE) > 50
        for way in ("striped", "embedding", "auxiliary")
        for judge in JUDGES
    ],
    "where it hangs on the seed": lambda: both(
        lambda judge: (
            np.ptp(seeds(("auxiliary", False), judge, "missed", "rare class", label=RARE)) > 40
        )
    ),
    "37 % and 68 % for `planes`": lambda: [
        round(mean(("planes", False), judge, "missed", "rare class", label=RARE)) == stated
        for judge, stated in zip(JUDGES, (37, 68), strict=True)
    ],
    "first in obedience at every budget, by both judges": lambda: [
        first(judge, "missed", budget)[0] == PROJECTION
        for judge in JUDGES
        for budget in ("steps", "seconds", "long")
    ],
    "shown as a 5 in 2.2 % of cases": lambda: round(20 / 9, 1) == 2.2,
    "reads a label better from a band than from right planes": lambda: (
        tops("striped").min() > tops("planes").max()
    ),
    "the same layers read it far better from right planes": lambda: (
        tops("planes", "published, flattened").min()
        > tops("striped", "published, flattened").max() + 0.1
    ),
    "The quick network prefers right planes too, by little": lambda: (
        tops("planes", "quick").min() > tops("striped", "quick").max()
    ),
    "80.0 % in the middle, between 75.8 % and 81.2 %": lambda: (
        np.round([100 * np.median(tops(p)) for p in ("planes and rows", "planes", "striped")], 1)
        == [80.0, 75.8, 81.2]
    ),
    "0, 9 and 5 do clearly worse with an outermost band than with their other one": lambda: [
        gain(0).max() < -3,
        gain(9).max() < -1,
        gain(5).min() > 4,
    ],
    "4 by one point": lambda: interval(gain(4))[0] > 0 and round(gain(4).mean()) == 1,
    "3 and 7 also have a better and a worse band": lambda: [
        gain(3).min() > 1,
        gain(7).max() < -1,
    ],
    "With pairs there is little between them, and the judges differ": lambda: [
        apart(
            seeds(("planes", True), "mnist_second", "missed"),
            seeds(("striped", True), "mnist_second", "missed"),
        ),
        apart(
            seeds(("striped", True), "mnist", "class_distance"),
            seeds(("planes", True), "mnist", "class_distance"),
        ),
    ],
    "by both judges, and no interval reaches into the other's": lambda: [
        apart(seeds(("striped", False), judge, measure), seeds(("planes", False), judge, measure))
        for judge in JUDGES
        for measure in ("missed", "class_distance")
    ],
    "`striped` misses 69 % of the sixes and right planes 37 %": lambda: [
        round(mean((way, False), "mnist_second", "missed", "rare class", label=RARE)) == stated
        for way, stated in (("striped", 69), ("planes", 37))
    ],
    "draws what is asked more often with the stripe than without": lambda: (
        twenty_epochs("published_striped") > twenty_epochs("published")
    ),
}


@pytest.mark.parametrize("sentence", CLAIMS)
def test_the_sentence_is_there_and_holds(sentence):
    assert sentence in PROSE
    assert np.all(CLAIMS[sentence]())


def test_every_way_had_the_same_number_of_trials_with_seeds_that_do_not_report():
    tried = {}
    for trial in RESULTS["trials"]:
        tried.setdefault((trial["way"], trial["mismatched_weight"]), []).append(trial)
    assert len(tried) == len(ROWS)
    for trials in tried.values():
        assert {t["rate"] for t in trials} == {0.25, 0.5, 1.0, 2.0, 4.0}
        assert len(trials) == 15 and not {t["seed"] for t in trials} & set(range(8))


def printed(start):
    """Give what follows in the one saved line that begins like this."""
    outputs = [output for cell in CELLS for output in cell.get("outputs", [])]
    lines = "".join(output.get("text", "") for output in outputs).splitlines()
    (found,) = [line for line in lines if line.startswith(start)]
    return np.array(re.findall(r"-?\d+\.?\d*", found.removeprefix(start)), float)


def test_the_rows_that_matter_are_as_the_page_says():
    """With right planes nearly always the same ones, with stripes further down with the label."""
    low, of, *_ = printed("right    in rows 20 to 26: ")
    assert "it is nearly always the same part of the image, rows 20 to 26" in PROSE
    assert low > 0.8 * of and "a correlation there is one within a few rows" in PROSE
    low, of, *together = printed("striped  in rows 20 to 26: ")
    assert "With stripes the row goes down with the band, in all three networks" in PROSE
    assert low < 0.5 * of and min(together) > 0.7


def test_the_live_run_lands_among_the_stored_ones_or_close_by():
    lines = [
        line
        for cell in CELLS
        for out in cell.get("outputs", [])
        for line in out.get("text", "").splitlines()
        if "eight stored runs:" in line
    ]
    assert len(lines) == 4 and "among them, or close by" in PROSE
    for line in lines:
        live, low, high = map(float, re.findall(r"\d+\.\d+", line))
        assert low - (high - low) <= live <= high + (high - low), line
