"""The files around the package agree with each other, and the commands do what they say."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import repository
import run_tutorial

ROOT = repository.ROOT
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PYTHONS = [c.rpartition(" :: ")[2] for c in PROJECT["classifiers"]]  # "3.11", "3.12", ...


def locked_versions(python: str) -> dict[str, str]:
    """The versions that constraints.txt holds for a Python, by name."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [Requirement(line) for line in lines if not line.lstrip().startswith("#")]
    here = default_environment() | {"python_version": python, "python_full_version": f"{python}.9"}
    return {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for pin in pins
        if pin.marker is None or pin.marker.evaluate(here)
    }


def all_dependencies() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    texts = PROJECT["dependencies"] + [text for extra in extras for text in extra]
    return [r for r in map(Requirement, texts) if r.name != PROJECT["name"]]


# One dependency, three files


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("dependency", all_dependencies(), ids=lambda d: d.name)
def test_lock_holds_each_dependency_in_its_range(dependency, python):
    version = locked_versions(python)[canonicalize_name(dependency.name)]
    assert re.fullmatch(r"[\d.]+(post\d+)?", version)
    assert dependency.specifier.contains(version)


def test_ranges_leave_colab_room():
    """Colab keeps its own versions: these at the time of writing, and newer ones later."""
    colab = {"tensorflow": "2.20.0", "keras": "3.13.2", "numpy": "2.1.3", "matplotlib": "3.10.0"}
    colab |= {"imageio": "2.37.4", "ipywidgets": "7.7.1", "ipython": "7.34.0"}
    for dependency in map(Requirement, PROJECT["dependencies"]):
        assert {s.operator for s in dependency.specifier} == {">="}
        if dependency.name in colab:
            assert dependency.specifier.contains(colab[dependency.name]), dependency


def test_package_imports_only_what_it_declares():
    declared = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]}
    for path in (ROOT / "cgan_utils").rglob("*.py"):
        tree = ast.walk(ast.parse(path.read_text("utf-8")))
        names = {
            name.partition(".")[0]
            for node in tree
            if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and not node.level)
            for name in (
                [node.module]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
            )
        }
        foreign = names - set(sys.stdlib_module_names)
        assert {
            canonicalize_name({"PIL": "pillow"}.get(name, name)) for name in foreign
        } <= declared, path


def test_conda_environment_takes_the_rest_from_pyproject():
    text = (ROOT / "environment.yml").read_text("utf-8")
    past = int(PYTHONS[-1].removeprefix("3.")) + 1
    assert text.partition("dependencies:\n")[2].splitlines() == [
        f"  - python {PROJECT['requires-python']},<3.{past}",
        "  - pip",
        "  - pip:",
        "      - --constraint constraints.txt",
        "      - --editable .[notebooks]",
    ]
    assert f"name: {PROJECT['name']}\n" in text


def test_python_versions_agree():
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"
    makefile = (ROOT / "Makefile").read_text("utf-8")
    bounds = re.search(r"\(([\d, ]+)\) <= sys.version_info\[:2\] <= \(([\d, ]+)\)", makefile)
    assert [bound.replace(", ", ".") for bound in bounds.groups()] == [PYTHONS[0], PYTHONS[-1]]
    workflow = (ROOT / ".github/workflows/test.yml").read_text("utf-8")
    assert f'python: ["{PYTHONS[0]}", "{PYTHONS[-1]}"]' in workflow


# The repository's address


@pytest.fixture
def copy(tmp_path) -> Path:
    """A folder with a pyproject.toml, a README and one notebook, all at the project's own address."""
    address = repository.read_address()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    (tmp_path / "README.md").write_text(
        f"{repository.badge('01_data', address)}\n\n    git clone {address}\n"
    )
    cells = [
        nbformat.v4.new_markdown_cell(f"# 01 · Données\n{repository.badge('01_data', address)}"),
        nbformat.v4.new_code_cell(repository.setup_cell(address)),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "notebooks/01_data.ipynb")
    return tmp_path


@pytest.mark.parametrize("path", repository.files(), ids=lambda path: path.name)
def test_address_is_the_same_everywhere(path):
    text = path.read_text("utf-8")
    assert repository.rewrite(text, repository.read_address()) == text


def test_one_command_moves_the_address_and_nothing_else(copy):
    before = {path: path.read_text("utf-8") for path in copy.rglob("*.*")}
    old, new = repository.read_address(copy), "https://github.com/me/my-fork.2"
    changed = repository.set_address(new + ".git/", copy)
    assert sorted(changed) == sorted(before)
    assert repository.read_address(copy) == new
    slugs = [url.removeprefix("https://github.com/") for url in (old, new)]
    for path, text in before.items():
        assert path.read_text("utf-8") == text.replace(*slugs)
    notebook = nbformat.read(copy / "notebooks/01_data.ipynb", as_version=4)
    assert repository.badge("01_data", new) in notebook.cells[0].source
    assert notebook.cells[1].source == repository.setup_cell(new)
    assert repository.set_address(new, copy) == []


@pytest.mark.parametrize(
    "address", ["", "me/my-fork", "https://example.org/me/my-fork", "https://github.com/me"]
)
def test_bad_address_changes_nothing(copy, address):
    before = {path: path.read_bytes() for path in copy.rglob("*.*")}
    with pytest.raises(ValueError, match="looks like https://github.com/me/my-fork"):
        repository.set_address(address, copy)
    assert {path: path.read_bytes() for path in copy.rglob("*.*")} == before


# make tutorial, make notebooks


def write_notebook(path: Path, *sources: str) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_tutorial_leaves_notebooks_and_gif(tmp_path, capsys):
    books = [
        write_notebook(tmp_path / "01_a.ipynb", "x = 1", "print(x + 1)"),
        write_notebook(
            tmp_path / "02_b.ipynb",
            "assert 'x' not in globals()",
            "open('interpolation.gif', 'w').close()",
        ),
    ]
    saved = books[0].read_bytes()
    outputs = tmp_path / "outputs"
    run_tutorial.run_tutorial(books, outputs)
    assert sorted(path.name for path in outputs.iterdir()) == [
        "01_a.ipynb",
        "02_b.ipynb",
        "interpolation.gif",
    ]
    assert nbformat.read(outputs / "01_a.ipynb", 4).cells[1].outputs[0].text == "2\n"
    assert books[0].read_bytes() == saved
    lines = capsys.readouterr().out.splitlines()
    assert [re.sub(r"\d+ s$", "N s", line) for line in lines] == [
        "[1/2] 01_a: 2 code cells ... N s",
        "[2/2] 02_b: 2 code cells ... N s",
    ]


def test_failing_notebook_stops_the_tutorial(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run_tutorial, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(run_tutorial, "OUTPUTS", tmp_path / "outputs")
    monkeypatch.setattr(sys, "argv", ["run_tutorial.py"])
    write_notebook(
        tmp_path / "01_a.ipynb", "print('fine')", "width = 0\n1 / width", "print('never')"
    )
    write_notebook(tmp_path / "02_b.ipynb", "print('never')")
    assert run_tutorial.main() == 1
    error = capsys.readouterr().err
    assert "01_a failed in its code cell 2:\n\n    width = 0\n    1 / width\n" in error
    assert error.rstrip().endswith("ZeroDivisionError: division by zero") and "\x1b" not in error
    assert [path.name for path in (tmp_path / "outputs").iterdir()] == ["01_a.ipynb"]


def test_notebooks_are_renewed_in_place(tmp_path):
    book = write_notebook(tmp_path / "01_a.ipynb", "open('made.txt', 'w').close()\nprint('new')")
    notebook = nbformat.read(book, 4)
    notebook.cells[0].metadata = {"tags": ["slow"], "collapsed": True}
    notebook.metadata = {
        "widgets": {},
        "accelerator": "GPU",
        "language_info": {"name": "python", "version": "3"},
    }
    nbformat.write(notebook, book)
    run_tutorial.run_in_place([book])
    notebook = nbformat.read(book, 4)
    assert notebook.cells[0].outputs[0].text == "new\n" and notebook.cells[0].metadata == {
        "tags": ["slow"]
    }
    assert notebook.metadata.keys() == {"accelerator", "kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    assert [path.name for path in tmp_path.iterdir()] == ["01_a.ipynb"]

    write_notebook(book, "print('half')", "raise ValueError('no')")
    saved = book.read_bytes()
    with pytest.raises(run_tutorial.Failure, match="ValueError: no"):
        run_tutorial.run_in_place([book])
    assert book.read_bytes() == saved


def test_unknown_notebook_gets_a_sentence(tmp_path):
    write_notebook(tmp_path / "01_a.ipynb")
    with pytest.raises(run_tutorial.Failure, match="no notebook '02_b'; there are 01_a"):
        run_tutorial.find_books(tmp_path, ["02_b"])


def test_too_old_a_python_gets_a_sentence(tmp_path):
    """And leaves no .venv behind."""
    old = tmp_path / "python2"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    result = subprocess.run(
        ["make", f"PYTHON={old}", "tutorial"], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.returncode != 0 and not (tmp_path / ".venv").exists()
    assert f"This needs Python 3.11, 3.12 or 3.13, and {old} is not one" in result.stdout
