"""The notebooks have the shape that CONTRIBUTING.md describes; their exercises can be solved."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import cgan_utils
import repository

NOTEBOOKS = repository.ROOT / "notebooks"
PACKAGE = repository.ROOT / "cgan_utils"
BOOKS = sorted(NOTEBOOKS.glob("*.ipynb"))

# The modules that each notebook introduces, from the map of the series in the package's docstring
STORY = {
    name: modules.split(", ")
    for name, modules in re.findall(
        r"^\| (\d\d_\w+) \| [^|]+ \| ([^|]+) \|$", cgan_utils.__doc__, re.MULTILINE
    )
}
TAGS = {"exercise", "check", "solution", "slow", "nbval-check-output"}
LINK = re.compile(r"\]\(([\w./-]+\.ipynb)\)")


@pytest.fixture(params=BOOKS, ids=lambda path: path.stem)
def path(request) -> Path:
    return request.param


@pytest.fixture
def cells(path) -> list[nbformat.NotebookNode]:
    return nbformat.read(path, as_version=4).cells


def code_of(cells):
    return [cell for cell in cells if cell.cell_type == "code"]


def tags_of(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def bullets_after(heading: str, text: str) -> list[str]:
    """Give the bullets between the line that starts with the heading and the next that is none."""
    lines = iter(text.splitlines())
    assert any(line.startswith(heading) for line in lines), f"no {heading!r}"
    bullets = []
    for line in filter(str.strip, lines):
        if not line.startswith(("- ", "  ")):
            break
        if line.startswith("- "):
            bullets.append(line)
    return bullets


def printed_by(cell) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def exercises_in(cells):
    """Give the (exercise, check, solution) cells, in order."""
    tagged = [cell for cell in cells if {"exercise", "check", "solution"} & set(tags_of(cell))]
    kinds = [
        next(tag for tag in tags_of(cell) if tag in ("exercise", "check", "solution"))
        for cell in tagged
    ]
    assert kinds == ["exercise", "check", "solution"] * (len(kinds) // 3), kinds
    return list(zip(*[iter(tagged)] * 3, strict=True))


def solution_code(cell) -> str:
    blocks = re.findall(r"^```python\n(.*?)^```$", cell.source, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1, "a solution has one python block"
    return blocks[0].rstrip()


# The series


def test_the_table_names_every_notebook_in_order():
    assert list(STORY) == [path.stem for path in BOOKS]


def test_every_module_that_the_table_names_exists():
    named = {module for modules in STORY.values() for module in modules}
    assert named <= {path.stem for path in PACKAGE.glob("*.py")}


def test_the_docstring_names_every_module():
    modules = {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("_")}
    assert modules <= set(re.findall(r"\w+", cgan_utils.__doc__))


def test_links_lead_to_notebooks_and_on_to_the_next(path, cells):
    links = {
        link for cell in cells if cell.cell_type == "markdown" for link in LINK.findall(cell.source)
    }
    assert all((NOTEBOOKS / link).exists() for link in links), links
    following = BOOKS[BOOKS.index(path) + 1 :][:1]
    assert all(f"({book.name})" in cells[-1].source for book in following)


# The skeleton


def test_opening(path, cells):
    first = cells[0].source
    assert cells[0].cell_type == "markdown"
    assert re.match(rf"# {path.stem[:2]} · \S", first)
    assert repository.badge(path.stem, repository.read_address()) in first
    assert len(bullets_after("**You will**", first)) == 3
    assert re.search(r"^Time: about .*\d+ s", first, re.MULTILINE)


def test_setup_cell(cells):
    assert cells[1].cell_type == "code"
    assert cells[1].source == repository.setup_cell(repository.read_address())


def test_ending_mirrors_the_opening(cells):
    assert len(bullets_after("## You have", cells[-1].source)) == 3


def test_cells_are_short(cells):
    lines = [len(cell.source.splitlines()) for cell in code_of(cells)]
    assert len([n for n in lines if n > 15]) <= 3, f"lines a cell: {lines}"


def test_tags_are_known(cells):
    assert {tag for cell in cells for tag in tags_of(cell)} <= TAGS


# What is saved


def test_saved_as_executed_from_top_to_bottom(path, cells):
    assert path.stat().st_size < 1.5e6
    code = code_of(cells)
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))


def test_saved_outputs_are_clean(cells):
    for cell in code_of(cells):
        for output in cell.outputs:
            assert output.output_type != "error" and output.get("name") != "stderr", cell.source
            texts = [
                value for kind, value in output.get("data", {}).items() if kind.startswith("text/")
            ]
            for text in [output.get("text", ""), *texts]:
                assert not re.search(r"(/home|/root|/tmp|/Users|/content|C:\\)[/\\]", text), (
                    cell.source
                )


def test_metadata_is_the_least(path):
    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata.keys() <= {"kernelspec", "language_info", "accelerator", "colab"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert all(cell.metadata.keys() <= {"tags"} for cell in notebook.cells)


def test_some_outputs_are_compared_and_no_pictures(cells):
    marked = [cell for cell in code_of(cells) if "nbval-check-output" in tags_of(cell)]
    assert marked
    for cell in marked:
        assert cell.outputs and not any(
            "image/png" in output.get("data", {}) for output in cell.outputs
        )


# The exercises


def test_exercises_are_there_and_unsolved(cells):
    exercises = exercises_in(cells)
    assert exercises
    for exercise, check, solution in exercises:
        assert printed_by(check).splitlines()[-1].startswith("Not yet"), exercise.source
        assert solution.source.startswith("<details><summary>Solution</summary>\n\n")
        assert solution.source.rstrip().endswith("\n</details>")
        assert solution_code(solution) != exercise.source


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_solutions_pass_their_checks(path, tmp_path):
    """Run it with its solutions in place of the stubs, up to the last check, without slow cells."""
    notebook = nbformat.read(path, as_version=4)
    exercises = exercises_in(notebook.cells)
    for exercise, _, solution in exercises:
        exercise.source = solution_code(solution)
    last = notebook.cells.index(exercises[-1][1])
    notebook.cells = [cell for cell in notebook.cells[: last + 1] if "slow" not in tags_of(cell)]
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    for exercise, check, _ in exercises:
        assert printed_by(check).splitlines()[-1].startswith("Check passed"), exercise.source
