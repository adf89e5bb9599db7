"""The files around the package agree with each other, and the commands do what they say."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from nbconvert.exporters import ScriptExporter
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


def test_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"^## (\S+)", changelog, re.MULTILINE)[1]
    assert PROJECT["version"] == citation["version"] == newest


def test_citation_says_what_a_reader_needs():
    """The required fields of CITATION.cff 1.2.0, and the licence and address of pyproject.toml."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["cff-version"] == "1.2.0" and citation["message"] and citation["title"]
    assert all(author.keys() == {"name"} for author in citation["authors"])  # no invented people
    assert citation["license"] == PROJECT["license"]
    assert citation["repository-code"] == PROJECT["urls"]["Repository"]
    for paper in citation["references"]:
        assert {"type", "title", "authors", "year", "url"} <= paper.keys()


# The repository's address


PLACEHOLDER = "https://github.com/YOUR_NAME/conditional-gan-notebooks"
MINE = "https://github.com/me/my-fork.2"


@pytest.fixture
def copy(tmp_path) -> Path:
    """A repository with all that holds the address or writes it, and the placeholder for address.

    One notebook is enough.
    """
    root = tmp_path / "copy"
    (root / "notebooks").mkdir(parents=True)
    (root / "tools").mkdir()
    for name in ("pyproject.toml", "README.md", "CITATION.cff", "Makefile", "tools/repository.py"):
        shutil.copy(ROOT / name, root / name)
    cells = [
        nbformat.v4.new_markdown_cell("# 01 · Données\n" + repository.badge("01_data", MINE)),
        nbformat.v4.new_code_cell(repository.setup_cell(MINE)),
        nbformat.v4.new_code_cell("import sys"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), root / "notebooks/01_data.ipynb")
    repository.set_address(PLACEHOLDER, root)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", root], check=True)
    return root


def contents(root: Path) -> dict[Path, bytes]:
    """The bytes of all files but git's own."""
    files = [path for path in root.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in files if ".git" not in path.parts}


def run(root: Path, *command: str | Path, **environment: str) -> subprocess.CompletedProcess:
    """Run a command there, with a home of its own: no settings of the user's git."""
    environment = os.environ | {"HOME": str(root)} | environment
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)


def make_repository(root: Path, *arguments: str) -> subprocess.CompletedProcess:
    return run(
        root, "make", "--no-print-directory", f"PYTHON={sys.executable}", "repository", *arguments
    )


@pytest.mark.parametrize("path", repository.files(), ids=lambda path: path.name)
def test_address_is_the_same_everywhere(path):
    text = path.read_text("utf-8")
    assert repository.read_address().removeprefix(repository.GITHUB) in text
    assert repository.rewrite(text, repository.read_address()) == text


def setup_lines(address: str) -> str:
    """The lines of a set-up cell in a notebook's file."""
    lines = repository.setup_cell(address).splitlines(keepends=True)
    return ",\n".join(f"    {json.dumps(line)}" for line in lines)


def test_one_command_moves_the_address_and_nothing_else(copy):
    before = contents(copy)
    assert setup_lines(PLACEHOLDER) in before[copy / "notebooks/01_data.ipynb"].decode()
    changed = repository.set_address(f"{MINE}.git/", copy)
    assert sorted(changed) == sorted(repository.files(copy))
    assert repository.read_address(copy) == MINE
    notebook = nbformat.read(copy / "notebooks/01_data.ipynb", as_version=4)
    assert repository.badge("01_data", MINE) in notebook.cells[0].source
    assert notebook.cells[1].source == repository.setup_cell(MINE)
    for path, old in before.items():
        new = old.decode().replace("YOUR_NAME/conditional-gan-notebooks", "me/my-fork.2")
        new = new.replace(setup_lines(PLACEHOLDER), setup_lines(MINE))
        new = new.replace(repository.site(PLACEHOLDER), repository.site(MINE))
        assert path.read_bytes().decode() == new
    assert repository.set_address(MINE, copy) == []
    repository.set_address(PLACEHOLDER, copy)  # and back
    assert contents(copy) == before


def test_line_ends_stay_as_they_are(copy):
    for path in repository.files(copy):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert len(repository.set_address(MINE, copy)) == len(repository.files(copy))
    readme = (copy / "README.md").read_bytes()
    assert readme.count(b"\r\n") == readme.count(b"\n")


@pytest.mark.parametrize(
    "origin",
    [
        "git@github.com:me/my-fork.2",
        "git@github.com:me/my-fork.2.git",
        "ssh://git@github.com/me/my-fork.2.git",
        "https://github.com/me/my-fork.2",
        "https://github.com/me/my-fork.2.git",
        "https://me@github.com/me/my-fork.2.git",
        "https://me:secret_token@github.com/me/my-fork.2.git",
    ],
)
def test_the_address_comes_from_git(copy, origin):
    run(copy, "git", "remote", "add", "origin", origin)
    result = make_repository(copy)
    assert result.returncode == 0 and repository.read_address(copy) == MINE
    assert result.stdout.startswith(f"{MINE}: {len(repository.files(copy))} files changed.\n")
    said = result.stdout + result.stderr
    assert "secret" not in said and not any(b"secret" in text for text in contents(copy).values())


@pytest.mark.parametrize(
    "origin",
    ["", "/home/me/fork", "https://me:secret_token@gitlab.com/me/my-fork", "git@example.org:me/x"],
)
def test_without_an_address_on_github_make_says_what_to_type(copy, origin):
    if origin:
        run(copy, "git", "remote", "add", "origin", origin)
    before = contents(copy)
    result = make_repository(copy)
    assert result.returncode != 0 and contents(copy) == before
    sentence = result.stderr.splitlines()[0]
    assert sentence.endswith("type: make repository URL=https://github.com/me/my-fork")
    assert "secret" not in result.stdout + result.stderr


def test_an_unpacked_archive_does_not_take_the_address_of_what_is_around_it(copy):
    run(copy, "git", "remote", "add", "origin", MINE)
    (copy / "inside").mkdir()
    assert repository.read_origin(copy) == MINE
    assert repository.read_origin(copy / "inside") == ""


def test_without_git_there_is_no_origin(copy, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert repository.read_origin(copy) == ""


@pytest.mark.parametrize(
    "address", ["", "me/my-fork", "https://example.org/me/my-fork", "https://github.com/me"]
)
def test_bad_address_changes_nothing(copy, address):
    before = contents(copy)
    with pytest.raises(ValueError, match="type: make repository URL=https://github.com/me/my-fork"):
        repository.set_address(address, copy)
    assert contents(copy) == before


def test_a_named_address_goes_before_git_s(copy):
    run(copy, "git", "remote", "add", "origin", "https://github.com/some/body")
    assert make_repository(copy, f"URL={MINE}").returncode == 0
    assert repository.read_address(copy) == MINE


@pytest.mark.parametrize("call", ["write_bytes", "read_bytes"])
def test_what_fails_at_the_last_file_changes_none(copy, monkeypatch, call):
    before = contents(copy)
    original = getattr(Path, call)

    def fail_at_the_notebook(path, *arguments):
        if "01_data" in path.name:
            raise OSError("the disk is full")
        return original(path, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Path, call, fail_at_the_notebook)
        with pytest.raises(OSError, match="the disk is full"):
            repository.set_address(MINE, copy)
    assert contents(copy) == before


# The set-up cell


@pytest.mark.parametrize("address", [PLACEHOLDER, MINE])
def test_the_setup_cell_is_short(address):
    assert len(repository.setup_cell(address).splitlines()) == 5
    assert max(len(line) for line in repository.setup_cell(address).splitlines()) <= 100


@pytest.mark.parametrize("address", [PLACEHOLDER, MINE])
@pytest.mark.parametrize("colab", [True, False], ids=["colab", "elsewhere"])
def test_what_the_setup_cell_does(monkeypatch, address, colab):
    """In Colab it installs, or says that it has no address; everywhere it imports the package."""
    package, installed = object(), []
    monkeypatch.setitem(sys.modules, "cgan_utils", package)
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    if colab:
        monkeypatch.setitem(sys.modules, "google.colab", object())
    source = re.sub(r"(?m)^( +)%pip (.*)", r"\1pip('\2')", repository.setup_cell(address))
    names = {"pip": installed.append}
    if colab and address == PLACEHOLDER:
        with pytest.raises(ValueError, match=r"^No address yet: type %pip install git\+https://"):
            exec(source, names)
        return
    exec(source, names)
    assert names["cg"] is package
    assert installed == ([f"install -q --no-deps git+{MINE}"] if colab else [])


# The workflow that writes a fork's address


@pytest.fixture
def workflow() -> dict:
    """.github/workflows/address.yml."""
    return yaml.safe_load((ROOT / ".github/workflows/address.yml").read_text("utf-8"))


def test_the_workflow_may_write_and_starts_with_a_push_to_main(workflow):
    assert workflow[True] == {"push": {"branches": ["main"]}}  # YAML reads the word `on` as true
    assert workflow["permissions"] == {"contents": "write"}


def test_the_first_push_writes_the_address_and_the_next_one_nothing(copy, workflow):
    (script,) = [step["run"] for step in workflow["jobs"]["address"]["steps"] if "run" in step]
    github = copy.parent / "github.git"
    for command in [
        f"git init --quiet --bare --initial-branch=main {github}",
        f"git remote add origin {github}",
        "git add .",
        "git -c user.name=me -c user.email=me@example.org commit --quiet --message start",
        "git push --quiet --set-upstream origin main",
    ]:
        assert run(copy, *command.split()).returncode == 0
    folder = Path(sys.executable).parent  # its python3 is no older than the project's
    settings = {"GITHUB_REPOSITORY": "me/my-fork.2", "PATH": f"{folder}:{os.environ['PATH']}"}
    for _ in range(2):
        result = run(copy, "bash", "-e", "-c", script, **settings)
        assert result.returncode == 0, result.stderr
        pushed = run(copy, "git", "log", "--format=%an", "origin/main").stdout.split()
        assert pushed == ["github-actions[bot]", "me"]
        assert repository.read_address(copy) == MINE
        assert run(copy, "git", "status", "--porcelain").stdout == ""
    assert "written already" in result.stdout


# make tutorial, make notebooks


def write_notebook(path: Path, *sources: str) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_a_cell_that_only_exports_leaves_no_gap_in_the_count():
    cells = [nbformat.v4.new_code_cell(execution_count=count) for count in (1, 3)]
    result = nbformat.v4.new_output("execute_result", execution_count=3)
    cells[1].outputs = [result]
    run_tutorial.count_anew(nbformat.v4.new_notebook(cells=cells))
    assert [cells[0].execution_count, cells[1].execution_count] == [1, 2]
    assert result.execution_count == 2


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
    assert sorted(re.sub(r"\d+ s$", "N s", line) for line in lines) == [
        "[1/2] 01_a: 2 code cells, N s",
        "[2/2] 02_b: 2 code cells, N s",
    ]


def test_failing_notebook_stops_the_tutorial(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run_tutorial, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(run_tutorial, "OUTPUTS", tmp_path / "outputs")
    monkeypatch.setattr(sys, "argv", ["run_tutorial.py"])
    write_notebook(
        tmp_path / "01_a.ipynb", "print('fine')", "width = 0\n1 / width", "print('never')"
    )
    write_notebook(tmp_path / "02_b.ipynb", "import time\ntime.sleep(300)")
    write_notebook(tmp_path / "03_c.ipynb", "print('never')")
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
    assert notebook.metadata.language_info == run_tutorial.LANGUAGE  # and no version
    assert [path.name for path in tmp_path.iterdir()] == ["01_a.ipynb"]

    write_notebook(book, "print('half')", "raise ValueError('no')")
    saved = book.read_bytes()
    with pytest.raises(run_tutorial.Failure, match="ValueError: no"):
        run_tutorial.run_in_place([book])
    assert book.read_bytes() == saved


@pytest.mark.parametrize("book", run_tutorial.find_books(ROOT / "notebooks"), ids=lambda p: p.stem)
def test_notebooks_become_python_files(book):
    """With `jupyter nbconvert --to script`, which takes the ending from the notebook."""
    notebook = nbformat.read(book, 4)
    assert notebook.metadata.language_info == run_tutorial.LANGUAGE
    text, resources = ScriptExporter().from_notebook_node(notebook)
    assert resources["output_extension"] == ".py"
    ast.parse(text)


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


# The package


# From what everything stands on to the edge: a module imports from the lines above its own.
FLOORS = """
_quiet checks settings distribution
files metrics
conditions
datasets
data
generator
discriminator
patient
losses
fitting
toy sampler
training
wasserstein callbacks
recipes
conditioning
pretrained interpolation
attributes
judge
evaluation
memorization pupil morphology
pictures
figures
diagrams widgets
game attribute_widgets
""".strip().splitlines()
MODULES = sorted(path.stem for path in (ROOT / "cgan_utils").glob("*.py") if path.stem[:2] != "__")


def own_imports(node: ast.AST) -> list[str]:
    """The modules of the package that are imported anywhere below, but for their types alone."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return []
    if isinstance(node, ast.ImportFrom) and node.level:
        return [node.module] if node.module else [alias.name for alias in node.names]
    return [name for child in ast.iter_child_nodes(node) for name in own_imports(child)]


def test_every_module_has_its_floor():
    assert sorted(" ".join(FLOORS).split()) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_one_way_and_stand_at_the_top(module):
    """Training does not import its examiner, and the core does not import the edge."""
    floor = {name: i for i, names in enumerate(FLOORS) for name in names.split()}
    tree = ast.parse((ROOT / "cgan_utils" / f"{module}.py").read_text("utf-8"))
    assert all(floor[name] < floor[module] for name in own_imports(tree))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    hidden = [own_imports(node) for node in ast.walk(tree) if isinstance(node, functions)]
    assert not any(hidden)


def test_nobody_changes_a_registry_from_outside():
    """Recipes, games, data sets and judges are the package's own, or objects handed over."""
    change = re.compile(
        r"\b(RECIPES|WAYS|GAMES|DATASETS|JUDGES|MEASURES)\b(\[[^\]]*\] *=[^=]|\.up)"
    )
    patterns = ("notebooks/*.ipynb", "benchmarks/*.py", "tools/*.py")
    paths = [path for pattern in patterns for path in ROOT.glob(pattern)]
    assert [p.name for p in paths if change.search(p.read_text("utf-8"))] == []
