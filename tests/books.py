"""What a notebook says and what its cells have printed, for tests that compare them."""

import nbformat

import repository

NOTEBOOKS = repository.ROOT / "notebooks"


def cells_of(name: str) -> list[nbformat.NotebookNode]:
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells


def prose_of(name: str) -> str:
    """Give the text of all Markdown cells, with one space between words."""
    cells = [cell.source for cell in cells_of(name) if cell.cell_type == "markdown"]
    return " ".join(" ".join(cells).split())


def printed_by(name: str) -> list[str]:
    """Give the lines that the code cells have printed."""
    outputs = [output for cell in cells_of(name) for output in cell.get("outputs", [])]
    return "".join(output.get("text", "") for output in outputs).splitlines()
