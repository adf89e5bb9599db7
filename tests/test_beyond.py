"""What 11 says is what its cells printed, what was stored, or what follows."""

import json
import re
from statistics import NormalDist

import books
import numpy as np
import pytest

import cgan_utils as cg
import common
import energy
from cgan_utils import toy

NAME = "11_beyond"
CELLS, PROSE, LINES = books.cells_of(NAME), books.prose_of(NAME), books.printed_by(NAME)


def numbers(start):
    """The numbers in the one printed line that begins like this."""
    (line,) = [line for line in LINES if line.strip().startswith(start)]
    found = re.findall(r"-?\d[\d,]*\.?\d*", line.strip().removeprefix(start))
    return [float(number.replace(",", "")) for number in found]


def run(*parts, **space):
    """Run the cells that hold these parts, in this order, and give what they have defined."""
    space = {"cg": cg, "np": np, "toy": toy, "GRID": toy.GRID, "STEP": toy.STEP, **space}
    for part in parts:
        (source,) = [c.source for c in CELLS if c.cell_type == "code" and part in c.source]
        exec(source, space)
    return space


@pytest.fixture(scope="module")
def line():
    """What the page defines for its two classes on a line."""
    return run("def scores", "def guided", "def with_pairs", NormalDist=NormalDist)


# Guidance and mismatched pairs


def test_scores_are_the_slopes_of_log_densities(line):
    x, width, small = np.linspace(-3, 3, 13), np.sqrt(1 + 0.7**2), 1e-5

    def log_densities(x):
        own, other = toy.density(x, -1, width), toy.density(x, 1, width)
        return np.log(own), np.log((own + other) / 2)

    after, before = log_densities(x + small), log_densities(x - small)
    slopes = [(a - b) / (2 * small) for a, b in zip(after, before, strict=True)]
    assert np.allclose(line["scores"](x, 0.7), slopes, atol=1e-6)


def test_without_guidance_the_walk_draws_the_class_and_with_minus_one_all_classes(line):
    own, everything = line["guided"](0), line["guided"](-1)
    assert np.allclose([own.mean(), own.std()], [-1, 1], atol=0.03)
    assert np.allclose([everything.mean(), everything.std()], [0, np.sqrt(2)], atol=0.04)


def test_mismatched_pairs_end_where_the_mixture_is_nearest(line):
    """No other density of the same area makes V at the best D smaller."""
    p, m, target = line["p"], line["m"], line["with_pairs"](0.5)
    assert target.sum() * toy.STEP == pytest.approx(1)
    least = toy.value_at_best(p, 0.5 * target + 0.5 * m + 1e-300)
    for center in (-1.6, -1.4, -1.2):
        other = toy.density(toy.GRID, center, 0.8)
        assert toy.value_at_best(p, 0.5 * other + 0.5 * m) > least


def table():
    """Center, spread, percent taken for a 0 and percent far out, as printed, by row."""
    rows = "class 0, real", "mismatched pairs, 1/2", "guidance, w = 1", "guidance, w = 3"
    return np.array([numbers(row) for row in rows])


def solution():
    (found,) = re.findall(r"^strength = ([\d.]+)$", "\n".join(c.source for c in CELLS), re.M)[1:]
    return float(found)


def spreads_at_equal_centers():
    space = run("def scores", "def guided", "def with_pairs", NormalDist=NormalDist)
    guided, pairs = space["guided"](solution()), space["with_pairs"](0.5)
    center = (pairs @ toy.GRID) * toy.STEP
    assert guided.mean() == pytest.approx(center, abs=0.02)
    return np.sqrt(pairs @ (toy.GRID - center) ** 2 * toy.STEP), guided.std()


# Energy


def test_the_stored_table_adds_up_the_logs_and_times_of_today():
    """If this fails: make tables, then make notebooks ONLY=11_beyond."""
    lines = (energy.SHIPPED / "energy.jsonl").read_text("utf-8").splitlines()
    *stored, notebooks = map(json.loads, lines)
    *wanted, notebooks_today = energy.collect()
    assert stored == wanted
    assert notebooks["seconds"] == pytest.approx(notebooks_today["seconds"], rel=0.1)


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        ({"cpu_seconds": 3.0}, ("CPU core", 3.0)),
        ({"cpu_ms_a_step": 40, "steps": 500}, ("CPU core", 20.0)),
        ({"seconds": 30}, ("CPU core", 60)),
        ({"seconds": 80.0, "runs_at_once": 8, "device": "NVIDIA H200"}, ("NVIDIA H200", 10.0)),
        ({"seconds": 5.0, "runs_at_once": 1, "device": "2 threads of x86"}, ("CPU core", 10.0)),
        ({"accuracy": 0.99}, None),
    ],
)
def test_seconds_of_an_entry(entry, wanted):
    assert energy.work(entry) == wanted


def test_a_run_that_was_looked_at_on_its_way_counts_once(tmp_path):
    log = common.Log("tries", tmp_path)
    for seed in (0, 1):
        for steps, seconds in ((100, 4.0), (200, 8.0)):
            run = {"peer": "quick", "seed": seed, "steps": steps, "seconds": seconds}
            log.append("runs", {**run, "d_loss": seconds / 3, "device": "GPU", "runs_at_once": 2})
    (entry,) = energy.of_log(log.path)
    assert (entry["processor"], entry["seconds"], entry["runs"]) == ("GPU", 8, 2)


def test_a_lab_s_run_on_a_gpu_is_estimated_from_the_time_of_a_step_on_one_core(tmp_path):
    ways = common.Log("ways", tmp_path)
    ways.append("speed", {"way": "none", "mismatched_weight": 0.0, "seconds_a_step": 0.04})
    for way in ("none", "none, labels drawn anew"):
        ways.append("runs", {"way": way, "mismatched_weight": 0.0, "steps": 500})
    games = common.Log("games", tmp_path, budget_steps=800, seconds_a_step={"quick recipe": 0.05})
    games.append("trials", {"way": "WGAN-GP", "steps": 700})
    games.append("runs", {"way": "WGAN-GP", "steps": [700, 1400], "budget": 2})
    for log, seconds in ((ways, 40), (games, 120)):
        (entry,) = energy.of_log(log.path)
        assert entry["estimated"] and entry["processor"] == "CPU core"
        assert (entry["seconds"], entry["runs"]) == (seconds, 2)


def test_a_log_of_runs_without_seconds_says_so(tmp_path):
    log = common.Log("tries", tmp_path)
    log.append("runs", {"accuracy": 0.9})
    assert energy.of_log(log.path) == [{"table": "silent", "log": "tries", "runs": 1}]


def watt_hours(seconds, watts):
    return seconds * watts * 1.67 / 3600


def of_stored_runs():
    watts = {"CPU core": 12}
    work = cg.load_results("energy")["work"]
    return sum(watt_hours(w["seconds"], watts.get(w["processor"], 700)) for w in work)


def of_a_step(recipe):
    """Seconds, on two cores."""
    stored = cg.load_results("energy")["speed"]
    return {speed["recipe"]: speed["seconds_a_step"] for speed in stored}[recipe]


def test_what_the_page_prints_is_what_the_stored_seconds_give():
    stored = cg.load_results("energy")
    quick = (
        cg.RECIPES["quick"].epochs * (4_000 // cg.RECIPES["quick"].batch_size) * of_a_step("quick")
    )
    (once,) = stored["notebooks"]
    runs = sum(work["runs"] for work in stored["work"])
    wanted = {
        "one GAN of 05": watt_hours(quick, 24),
        "all notebooks, once": watt_hours(once["seconds"], 24),
        f"{runs:,} stored runs": of_stored_runs(),
    }
    for name, energy_of_it in wanted.items():
        assert numbers(name)[0] == pytest.approx(energy_of_it, abs=0.006)
    assert numbers("a cup of tea:") == [pytest.approx(83_800 / 3600, abs=0.06)]


def pupil(teacher):
    """Percent that a pupil knows of real digits, the mean of the stored seeds."""
    rows = common.Log("evaluation").table("pupil")
    return round(100 * np.mean([row[teacher] for row in rows]), 1)


def outside(model, judge="mnist_second"):
    """Percent recognized, and the Fréchet distance over that of real images: medians of seeds."""
    log = common.Log("outside")
    runs = [run[judge] for run in log.table("runs") if run["model"] == model]
    assert len(runs) == 8
    names = "conditional_accuracy", "frechet_distance"
    recognized, distance = (np.median([run[name] for run in runs]) for name in names)
    return round(100 * recognized, 1), distance / log.card["floors"][judge]["frechet_distance"]


CLAIMS = {
    "Eight, and another artist with the same order": lambda: (
        "alike, what is there or not: True" in LINES
    ),
    "Among a thousand, nearly sure; among a million, eight hits in a hundred are right": lambda: [
        numbers("1,000 faces:")[1] >= 98,
        numbers("1,000,000 faces:")[1] == 8,
    ],
    "away from class 1, narrower, and more surely recognized": lambda: [
        *(table()[1:, 0] < table()[0, 0]),
        *(table()[1:, 1] < table()[0, 1]),
        *(table()[1:, 2] > table()[0, 2]),
    ],
    "nothing is drawn more than 1.4 times as often as it occurs": lambda: (
        numbers("mismatched pairs: at most")[0] <= 1.4
    ),
    "six numbers in a hundred lie where one real one in a hundred does": lambda: [
        round(table()[3, 3]) == 6,
        round(table()[0, 3]) == 1,
    ],
    "It is something else": lambda: abs(numbers("p(x|0)^2 / p(x)")[0] - table()[2, 0]) > 0.2,
    "At the same center, mismatched pairs leave the narrower class": lambda: (
        spreads_at_equal_centers()[0] < spreads_at_equal_centers()[1] - 0.03
    ),
    "recognizes 93.4% of its digits and 99.6% of the GAN's": lambda: [
        outside("VAE")[0] == 93.4,
        outside("quick")[0] == 99.6,
    ],
    "36.5 and 4.9 times that of real digits (medians; the first judge agrees)": lambda: [
        round(outside("VAE")[1], 1) == 36.5,
        round(outside("quick")[1], 1) == 4.9,
        outside("VAE", "mnist")[1] > 5 * outside("quick", "mnist")[1],
        outside("VAE", "mnist")[0] < outside("quick", "mnist")[0],
    ],
    "at the best of four learning rates": lambda: (
        len({r["rate"] for r in common.Log("outside").table("trials") if r["model"] == "VAE"}) == 4
    ),
    "A small diffusion model had time for 423 steps": lambda: [
        run["steps"] == 423
        for run in common.Log("outside").table("trials")
        if run["model"] == "diffusion"
    ],
    "fakes taught a small classifier 97.7% where real digits taught it 98.9%": lambda: [
        pupil("fake") == 97.7,
        pupil("real") == 98.9,
    ],
    "one pass: a slider's digit takes a few milliseconds here": lambda: [
        entry["median_ms"] < 10 for entry in common.Log("widgets").table("widgets")
    ],
    "What this series stored is a few pots of tea, four cups each": lambda: (
        2 <= of_stored_runs() / 23.3 / 4 <= 10
    ),
    "About eleven minutes of two cores": lambda: (
        round(10 * 60_000 / 64 * of_a_step("patient") / 60) == 11
    ),
    "the project took 194 times its last run": lambda: (
        numbers("StyleGAN2's project over its last run:") == [194]
    ),
}


@pytest.mark.parametrize("sentence", CLAIMS)
def test_the_sentence_is_there_and_holds(sentence):
    assert sentence in PROSE
    assert np.all(CLAIMS[sentence]())


def test_the_reading_list_has_title_year_and_an_address_that_says_its_number():
    text = "\n".join(cell.source for cell in CELLS if cell.cell_type == "markdown")
    items = text.partition("## To read")[2].partition("\n## ")[0].strip().splitlines()
    assert len(items) >= 10
    for item in items:
        match = re.match(r"- .+ 20[12]\d, \*.+\*, \[arXiv (\d{4}\.\d{4,5})\]\((.+?)\): .+", item)
        assert match and match[2] == f"https://arxiv.org/abs/{match[1]}", item
