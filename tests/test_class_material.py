"""The glossary, the plans for a class and the README say of the notebooks what is so."""

import re

import books
import keras
import pytest
import tensorflow as tf

import cgan_utils as cg
import repository
from cgan_utils import metrics, toy

ROOT = repository.ROOT
BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SPACE = {"cg": cg, "keras": keras, "tf": tf, "layers": keras.layers}
SPACE |= {"metrics": metrics, "toy": toy}


def prose_of(stem: str) -> str:
    return re.sub(r"[*_]", "", books.prose_of(stem)).lower()


def time_of(stem: str) -> list[str]:
    """The learner's minutes, if they are said, and the machine's seconds."""
    opening = books.cells_of(stem)[0].source
    (line,) = re.findall(r"^Time: .*", opening, re.MULTILINE)
    return [" ".join(part) for part in re.findall(r"(\d+) (minutes|s)\b", line)]


def rows_of(name: str) -> list[list[str]]:
    """The rows of the first table, cell by cell, without its head."""
    table = re.search(r"(^\|.*\n)+", (ROOT / name).read_text("utf-8"), re.MULTILINE)[0]
    rows = [re.split(r"(?<!\\)\|", line.strip("|\n")) for line in table.splitlines()[2:]]
    return [[cell.strip() for cell in row] for row in rows]


GLOSSARY = rows_of("GLOSSARY.md")


@pytest.mark.parametrize("row", GLOSSARY, ids=lambda row: row[0])
def test_a_term_stands_in_the_notebook_that_the_glossary_names(row):
    term, _, _, _, where = row
    assert term.lower() in prose_of(where)


@pytest.mark.parametrize("row", [row for row in GLOSSARY if row[3]], ids=lambda row: row[0])
def test_code_in_the_glossary_exists(row):
    for name in re.findall(r"`([^`]+)`", row[3]):
        first, *rest = name.split(".")
        thing = SPACE[first]
        for part in rest:
            fields = getattr(thing, "__dataclass_fields__", {})
            assert hasattr(thing, part) or part in fields, name
            thing = getattr(thing, part, None)


def test_the_glossary_goes_through_the_series_in_order():
    where = [row[-1] for row in GLOSSARY]
    assert where == sorted(where) and set(where) == {book.stem for book in BOOKS}
    assert len({row[0] for row in GLOSSARY}) == len(GLOSSARY)


def test_the_plans_for_a_class_go_through_every_notebook():
    text = (ROOT / "INSTRUCTORS.md").read_text("utf-8")
    assert re.findall(r"^### (\d\d_\w+)", text, re.MULTILINE) == [book.stem for book in BOOKS]


@pytest.mark.parametrize("book", BOOKS, ids=lambda path: path.stem)
def test_the_times_in_readme_and_plans_are_those_of_the_notebook(book):
    readme = (ROOT / "README.md").read_text("utf-8")
    (row,) = re.findall(rf"^\| \[{book.stem}\].*", readme, re.MULTILINE)
    times = [cell.strip() for cell in row.split("|")[3:5]]
    assert [time for time in times if time] == time_of(book.stem)
    plan = (ROOT / "INSTRUCTORS.md").read_text("utf-8").partition(f"### {book.stem}")[2]
    assert plan.splitlines()[0].strip(" ,·") == (time_of(book.stem)[0] if times[0] else "")
