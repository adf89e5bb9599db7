"""What BENCHMARKS.md says about stored results is what the stored results say."""

from pathlib import Path

import numpy as np
import pytest

import cgan_utils as cg
import common
from cgan_utils.files import load_card

ROOT = Path(__file__).parent.parent


def text_of_benchmarks():
    return " ".join((ROOT / "BENCHMARKS.md").read_text("utf-8").split())


def points_after(name, seconds, judge="mnist_second"):
    """What a judge said of each seed of a recipe after so many seconds on all of MNIST."""
    return [
        point[judge]
        for run in common.Log("recipes_60000").table("runs")
        for point in run["points"]
        if (run["recipe"], point["seconds"]) == (name, seconds)
    ]


def obedience(name, seconds, judge="mnist_second"):
    """Percent recognized as asked, one a seed."""
    points = points_after(name, seconds, judge)
    return np.array([100 * point["conditional_accuracy"] for point in points])


def times_real(name, seconds, judge):
    """Fréchet distance after so many seconds over that of real images: median, least and most."""
    distances = [point["frechet_distance"] for point in points_after(name, seconds, judge)]
    ratios = np.array(distances) / common.Log("recipes_60000").card["floors"][judge]
    return [round(float(f(ratios)), 1) for f in (np.median, np.min, np.max)]


def twenty_epochs(peer, judge="mnist_second", key="conditional_accuracy"):
    """What a judge said after 20 epochs, one a seed."""
    return [
        run[judge][key]
        for run in common.Log("peers").table("runs")
        if (run["peer"], run["epochs"]) == (peer, 20)
    ]


def published_after_400_seconds(name):
    """Percent recognized as asked, by the second judge: the least and the most of all seeds."""
    shares = obedience(name, 400)
    return round(shares.min()), round(shares.max())


def shipped_times_real(judge):
    """Fréchet distance of the shipped digits over that of real ones: least and most of seeds."""
    scores = [
        score["frechet_distance"] / score["floor"]
        for score in common.Log("evaluation").table("scores")
        if (score["judge"], score["samples"]) == (judge, 10_000)
    ]
    return round(min(scores), 1), round(max(scores), 1)


def of_fashion():
    found = load_card("generator_fashion_mnist")["judges"]["fashion_mnist"]
    return found["frechet_distance"] / found["frechet_distance_of_real_training_images"]


def ablation(recipe, key="frechet_distance", judge="mnist_second"):
    runs = [run for run in common.Log("ablations").table("runs") if run["recipe"] == recipe]
    return np.array([run[judge][key] for run in runs])


def worse(recipe, judge):
    """How often, of all pairs of seeds, the ablation is farther from real digits than quick."""
    pairs = ablation(recipe, judge=judge)[:, None] > ablation("quick", judge=judge)
    return pairs.mean()


CLAIMS = {
    "rates do not fall, every seed is farther from real digits than every seed": lambda: [
        worse("rates do not fall", judge) == 1 for judge in common.JUDGES
    ],
    "its two networks, the learning rate, and that Adam has no momentum": lambda: [
        np.median(ablation(recipe, judge=judge)) > 4 * np.median(ablation("quick", judge=judge))
        for judge in common.JUDGES
        for recipe in (
            "published generator",
            "published discriminator",
            "learning rate 3e-4",
            "beta 1 of 0.9",
        )
    ],
    "(99.8 % recognized, 99.0 % without them, by the second judge)": lambda: [
        round(100 * np.median(ablation(recipe, "conditional_accuracy")), 1) == share
        for recipe, share in (("quick", 99.8), ("no mismatched pairs", 99.0))
    ],
    "cost variety and, at this length, distance": lambda: [
        np.median(ablation("no mismatched pairs", "variety", judge))
        > np.median(ablation("quick", "variety", judge)) + 0.04
        and worse("no mismatched pairs", judge) < 0.2
        for judge in common.JUDGES
    ],
    "player make no difference that eight seeds show": lambda: [
        0.4 < worse(recipe, judge) < 0.6
        for judge in common.JUDGES
        for recipe in ("beta 2 of 0.999", "fakes of its own for each")
    ],
    "where rates have fallen to zero": lambda: [
        worse("no average", judge) < 0.5 for judge in common.JUDGES
    ],
    "are a little ahead by the second judge and a little behind by the first": lambda: [
        worse("batches of 64", "mnist_second") < 0.2,
        worse("batches of 64", "mnist") > 0.8,
    ],
    "none of its twelve trials was recognized beyond chance": lambda: [
        run["conditional_accuracy"] < 0.12
        for run in common.Log("outside").table("trials")
        if run["model"] == "diffusion"
    ],
    "The judges recognize 99.35 % and 99.54 % of MNIST's real test digits": lambda: (
        [cg.Judge(name).test_accuracy for name in ("mnist", "mnist_second")] == [0.9935, 0.9954]
    ),
    "at 96.6 and 98.6 % by the second judge, 95.0 and 97.6 % by the first": lambda: [
        [round(np.median(obedience("quick", seconds, judge)), 1) for seconds in (8, 14)] == shares
        for judge, shares in (("mnist_second", [96.6, 98.6]), ("mnist", [95.0, 97.6]))
    ],
    "draws what is asked for nine times in ten with right label planes, and more often": lambda: [
        abs(np.median(twenty_epochs("published")) - 0.9) < 0.02,
        np.median(twenty_epochs("published_striped")) > np.median(twenty_epochs("published")),
    ],
    "After 14 s `quick` is recognized more often than either, and after 60 s": lambda: [
        np.median(obedience("quick", 14, judge)) > 100 * np.median(twenty_epochs(peer, judge))
        and times_real("quick", 60, judge)[0]
        < np.median(twenty_epochs(peer, judge, "frechet_distance"))
        / common.Log("recipes_60000").card["floors"][judge]
        for judge in common.JUDGES
        for peer in ("published", "published_striped")
    ],
    "after 400 s no seed of one kind reaches into the range of the other": lambda: (
        obedience("published, striped planes", 400).min() > obedience("published", 400).max()
    ),
    "4.5 times (3.7 to 4.6) by the second judge and 5.6 times (5.1 to 6.8) by the first": lambda: [
        times_real("quick", 60, "mnist_second") == [4.5, 3.7, 4.6],
        times_real("quick", 60, "mnist") == [5.6, 5.1, 6.8],
    ],
    "2.2 times (2.2 to 2.3) by the second judge after 120 s, and 3.6 times (3.4 to 4.1)": lambda: [
        times_real("patient", 120, "mnist_second") == [2.2, 2.2, 2.3],
        times_real("patient", 120, "mnist") == [3.6, 3.4, 4.1],
    ],
    "It is 1.9 to 2.2 times by the first judge and 1.5 to 1.6 times by the second": lambda: [
        shipped_times_real("mnist") == (1.9, 2.2),
        shipped_times_real("mnist_second") == (1.5, 1.6),
    ],
    "a fake is farther from its nearest of 60,000 training images than a test digit is": lambda: [
        found["share"] < 0.5 and found["generated"]["median"] > found["held_out"]["median"]
        for found in common.Log("evaluation").table("memorization")
    ],
    "Do fakes help a rare class?** Not here": lambda: [
        np.mean([run["generated"]["rare"] - run["repeated"]["rare"] for run in runs]) < 0.02
        for runs in [common.Log("evaluation").table("rare")]
    ],
    "On Fashion-MNIST the distance is 18 times the real one": lambda: 17.5 < of_fashion() < 18.5,
}


@pytest.mark.parametrize("sentence", CLAIMS)
def test_the_sentence_is_there_and_holds(sentence):
    assert sentence in text_of_benchmarks()
    assert np.all(CLAIMS[sentence]())


@pytest.mark.parametrize("name", ["wasserstein", "conditioning", "attributes"])
def test_stored_results_say_what_they_depend_on(name):
    results = cg.load_results(name)
    script = "attributes" if name == "attributes" else "torch_labs"
    assert results["command"] == f"python benchmarks/{script}.py"
    assert {"machine", "versions", "samples", "floors"} <= results.keys()
    assert results["runs"]
