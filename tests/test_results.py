"""What notebooks 08 and 09 say about stored results is what the stored results say."""

from pathlib import Path

import nbformat
import numpy as np
import pytest

import cgan_utils as cg

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def stored(results, key, **wanted):
    """One row a seed, in order of the seeds."""
    runs = [run for run in results["runs"] if wanted.items() <= run.items()]
    return np.array([run[key] for run in sorted(runs, key=lambda run: run["seed"])], float)


def matched(results, planes, trunk="published", shift=0, key="top"):
    wanted = {"planes": planes, "trunk": trunk, "shift": shift}
    return np.array([run[key] for run in results["matchers"] if wanted.items() <= run.items()])


def wasserstein(key, way, rate=1.0):
    return stored(cg.load_results("wasserstein"), key, way=way, rate=rate)


def conditioning(key, way, weight, data="sample"):
    wanted = {"way": way, "mismatched_weight": weight, "data": data, "steps": 750}
    return stored(cg.load_results("conditioning"), key, **wanted)


def rank_correlations(way):
    """Of what D earns on real and fake pairs, with the Fréchet distance: one a seed."""
    earned = -wasserstein("d_loss_real", way) - wasserstein("d_loss_fake", way)
    pairs = zip(earned, wasserstein("frechet", way), strict=True)
    ranks = [[np.argsort(np.argsort(values)) for values in pair] for pair in pairs]
    return np.array([np.corrcoef(pair)[0, 1] for pair in ranks])


def text_of(name):
    cells = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return " ".join(prose.split())


QUICK, GP, ONE, NO_PAIRS, R1 = (
    "quick recipe",
    "WGAN-GP",
    "WGAN-GP, 1 critic step",
    "WGAN-GP, no mismatched pairs",
    "lazy R1",
)
CLAIMS_08 = {
    "every seed of the WGAN-GP has a larger Fréchet distance than every seed of the quick recipe": lambda: (
        wasserstein("frechet", GP).min(0) > wasserstein("frechet", QUICK).max(0)
    ),
    "at the end it is about three to four times as large": lambda: (
        2.5
        < np.median(wasserstein("frechet", GP)[:, -1])
        / np.median(wasserstein("frechet", QUICK)[:, -1])
        < 4.5
    ),
    "But it ends no better for it": lambda: (
        np.median(wasserstein("frechet", ONE)[:, -1])
        >= np.median(wasserstein("frechet", GP)[:, -1])
    ),
    "three of four digits come out as asked": lambda: (
        abs(wasserstein("accuracy", NO_PAIRS)[:, -1] - 0.75) < 0.03
    ),
    "its best and worst seed have a smaller Fréchet distance": lambda: [
        f(wasserstein("frechet", R1)[:, -1]) < f(wasserstein("frechet", QUICK)[:, -1])
        for f in (np.min, np.max)
    ],
    "the less it earns, the better the pictures, nearly in the same order": lambda: [
        *(rank_correlations(GP) > 0.85),
        *(rank_correlations(NO_PAIRS) > 0.85),
    ],
    "With one step it lags behind": lambda: rank_correlations(ONE).min() < 0.5,
}
CLAIMS_09 = {
    "reads a label better from a band than from right planes": lambda: (
        matched(cg.load_results("conditioning"), "striped").min()
        > matched(cg.load_results("conditioning"), "planes").max()
    ),
}


@pytest.mark.parametrize(
    ("name", "sentence", "holds"),
    [
        (name, sentence, holds)
        for name, claims in (("08_wasserstein", CLAIMS_08), ("09_conditioning", CLAIMS_09))
        for sentence, holds in claims.items()
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_sentence_is_there_and_holds(name, sentence, holds):
    assert sentence in text_of(name)
    assert np.all(holds())


@pytest.mark.parametrize("name", ["wasserstein", "conditioning"])
def test_stored_results_say_what_they_depend_on(name):
    results = cg.load_results(name)
    assert results["command"] == f"python benchmarks/{name}.py"
    assert {"machine", "versions", "samples", "settings"} <= results.keys()
    assert results["runs"]
