"""What the benchmarks share: their logs, and the tables that are made from them."""

import hashlib
import json

import numpy as np
import pytest

import attributes
import common
import conditioning
import labs
import recipes
import tables
from cgan_utils.files import SHIPPED

LOGS = sorted([*common.RESULTS.glob("*.jsonl"), *SHIPPED.glob("*.jsonl")])


@pytest.fixture
def log(tmp_path):
    return common.Log("tries", tmp_path, samples=100)


def lines_of(log):
    return [json.loads(line) for line in log.path.read_text("utf-8").splitlines()]


# Logs


def test_a_run_that_is_in_the_log_is_not_repeated(log, tmp_path):
    measured = []

    def measure(way, seed):
        measured.append((way, seed))
        return {"accuracy": 0.5 + seed / 10}

    runs = [{"way": "planes", "seed": seed} for seed in (0, 1)]
    log.run("runs", runs[0], measure)
    log.run("runs", runs[0], measure)
    again = common.Log("tries", tmp_path, samples=100)
    for run in runs:
        again.run("runs", run, measure)
    assert measured == [("planes", 0), ("planes", 1)]
    assert again.table("runs") == [{**run, "accuracy": 0.5 + run["seed"] / 10} for run in runs]


def test_a_run_in_another_table_is_another_run(log):
    log.append("speed", {"way": "planes"})
    assert log.holds("speed", {"way": "planes"}) and not log.holds("runs", {"way": "planes"})
    assert log.table("runs") == []


def test_entries_are_whole_lines_beside_a_card_with_their_hash(log):
    for seed in (0, 1):
        log.append("runs", {"seed": seed})
        content = log.path.read_bytes()
        assert content.endswith(b"}\n")
        card = json.loads(log.path.with_suffix(".json").read_text("utf-8"))
        assert card["sha256"] == hashlib.sha256(content).hexdigest()
    assert lines_of(log) == [{"table": "runs", "seed": 0}, {"table": "runs", "seed": 1}]
    assert {"machine", "versions", "samples"} <= card.keys()


def test_an_entry_that_cannot_be_written_leaves_the_log_as_it_was(log):
    log.append("runs", {"seed": 0})
    before = log.path.read_bytes()
    with pytest.raises(TypeError):
        log.append("runs", {"seed": 1, "accuracy": object()})
    assert log.path.read_bytes() == before and log.table("runs") == [{"seed": 0}]


def test_two_processes_lose_no_entry(log, tmp_path):
    beside = common.Log("tries", tmp_path)
    log.append("runs", {"seed": 0})
    beside.append("runs", {"seed": 1})
    assert [entry["seed"] for entry in lines_of(log)] == [0, 1]


def test_an_entry_says_itself_what_is_not_as_its_card_has_it(log, tmp_path):
    log.append("runs", {"seed": 0})
    other = common.Log("tries", tmp_path, samples=200, machine="a pocket calculator")
    other.append("runs", {"seed": 1})
    assert other.table("runs") == [
        {"seed": 0},
        {"samples": 200, "machine": "a pocket calculator", "seed": 1},
    ]
    card = json.loads(log.path.with_suffix(".json").read_text("utf-8"))
    assert card["samples"] == 100 and card["machine"] == common.machine()


@pytest.mark.parametrize("line", ["{", "[1]", '{"seed": 0}', "7", ""])
def test_a_damaged_line_gets_a_sentence(log, tmp_path, line):
    log.append("runs", {"seed": 0})
    with log.path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(
        ValueError, match=r"line 2 of tries.jsonl is no entry with a table .*; mend"
    ):
        common.Log("tries", tmp_path)


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_stored_results_match_their_card_and_say_what_they_depend_on(path):
    log = common.Log(path.stem, path.parent)
    assert log.entries
    assert log.card["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert log.card["command"].startswith("python benchmarks/")
    assert {"machine", "versions"} <= log.card.keys()


@pytest.mark.parametrize("benchmark", [conditioning, attributes], ids=lambda x: x.__name__)
def test_what_the_notebooks_draw_was_measured_with_the_present_settings(benchmark):
    log = benchmark.open_log()
    for key in log.here.keys() - {"machine", "versions"}:
        assert log.card[key] == log.here[key], key


# Runs


@pytest.mark.parametrize(("limit", "last"), [(10, []), (30, [30]), (450, [400])])
def test_the_published_recipe_passes_all_its_seconds_in_one_run(limit, last):
    assert [run[-1] for run in recipes.planned("published", limit)] == last
    quick = [run for run in recipes.planned("quick", limit)]
    assert quick == [(seconds,) for seconds in recipes.BUDGETS["quick"] if seconds <= limit]


def test_a_wasserstein_way_says_how_it_differs_from_the_quick_recipe():
    assert labs.settings_of(labs.GAMES["quick recipe"]) == {}
    assert labs.settings_of(labs.GAMES["lazy R1"]) == {
        "penalty": {"kind": "r1", "weight": 0.1, "every": 16}
    }


# What faces are trained on


def test_the_faces_of_a_benchmark_are_those_that_its_name_says():
    glasses, beard, gray = attributes.GLASSES, attributes.BEARD, attributes.GRAY
    gap = attributes.choose_data("no glasses with beards", 0).labels
    assert not (gap[:, glasses] * gap[:, beard]).any() and 5_800 < len(gap) < 6_200

    tied = attributes.choose_data("glasses tied to gray", 0).labels
    agrees = (tied[:, glasses] > 0.5) == (tied[:, gray] > 0.5)
    assert agrees.mean() == pytest.approx(attributes.TIE, abs=0.01)
    even = attributes.choose_data("glasses tied to gray, drawn evenly", 0).labels
    kinds = np.bincount(2 * (even[:, glasses] > 0.5) + (even[:, gray] > 0.5))
    assert kinds.tolist() == [len(tied) // 4] * 4
    assert {tuple(row) for row in even} <= {tuple(row) for row in tied}


def test_bins_tell_where_a_number_lies():
    rows = np.float32([[0, 1, 0, 1, 0, 0, 0.19], [1, 0, 0, 0, 0, 0.2, 1]])
    bins = attributes.in_bins(rows)
    assert bins.shape == (2, 10) and bins.sum() == 4
    assert bins.argmax(axis=1).tolist() == [0, 1] and bins[:, 5:].argmax(axis=1).tolist() == [0, 4]
    faces = attributes.choose_data("in bins", 0)
    assert faces.condition.width == 15 and faces.condition.names[5:7] == ("skin 0", "skin 1")


def test_combinations_are_counted_in_closed_form():
    asked = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [1, 1]])
    seen = np.array([[0.1, 0.4], [0.2, 0.3], [0.9, 0.1], [0.8, 0.9], [0.4, 1.0]])
    found = attributes.combinations(asked, seen, 0, 1)
    assert {key: x["both"] for key, x in found.items()} == {"00": 1, "01": 0, "10": 1, "11": 0.5}
    assert [x["count"] for x in found.values()] == [1, 1, 1, 2]
    assert found["11"]["seen"] == pytest.approx([0.6, 0.95])


# Tables


def test_the_tables_of_benchmarks_are_those_of_the_stored_results():
    text = tables.BENCHMARKS.read_text("utf-8")
    assert tables.rewrite(text) == text, "make tables"


@pytest.mark.parametrize(
    "change", [("<!-- table: quick -->", ""), ("<!-- table: quick -->", "<!-- table: quack -->")]
)
def test_each_table_has_one_place(change):
    text = tables.BENCHMARKS.read_text("utf-8").replace(*change)
    with pytest.raises(ValueError, match="and there are the tables .*quick.*; give each of them"):
        tables.rewrite(text)


def test_a_table_is_markdown():
    assert tables.markdown(["", "a"], ["b", 1]) == "|  | a |\n| --- | --- |\n| b | 1 |\n"


@pytest.mark.parametrize(
    ("values", "cell"),
    [
        ([], ""),
        ([0.5], "50.0 %"),
        ([0.5, 0.25], "50.0 %, 25.0 %"),
        ([0.5, 0.25, 0.3], "30.0 % (25.0 to 50.0)"),
    ],
)
def test_a_cell_gives_the_seeds_or_their_median_and_range(values, cell):
    assert tables.spread(values, tables.percent) == cell
