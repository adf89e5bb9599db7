"""Sources for Sphinx from what the repository holds: the notebooks and the Markdown documents.

Nothing is executed: a page shows the outputs that its notebook is saved with. Where a notebook
shows an explorer, the page has an element around the saved picture; `live/` brings it to life.
"""

import base64
import html
import json
import re
import tomllib
from pathlib import Path

import nbformat
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

import explorers

ROOT = Path(__file__).resolve().parent.parent
# The documents that become pages, if they are there, and under which name
DOCUMENTS = {
    "INSTRUCTORS.md": "guides/instructors.md",
    "GLOSSARY.md": "guides/glossary.md",
    "BENCHMARKS.md": "guides/benchmarks.md",
}
# What a page has beside its notebook: at the end of the section of the first cell with this code
TRAIN = """\
### Or train one here

This is the same recipe, on the same 4,000 digits, in your browser: there is no kernel, and nothing
leaves your machine. Watch the digits, take single steps of $D$ and of $G$, hear the judge. What you
have trained goes into explorers below it, and into a file.
"""
ADDED = {"05_training": ("cg.conditional_accuracy(", TRAIN, "cgan-train")}
# Networks that a notebook has trained, exported when it was executed for saving
NETWORKS = ROOT / "site" / "networks"
GIF = "R0lGOD"  # how one begins in base 64, whatever it is announced as
_COLAB_IMAGE = "https://colab.research.google.com/assets/colab-badge.svg"
_LINK = re.compile(r"(\]\()(?!https?:|#|mailto:)([^)\s]+)(?=[)\s])")


def repository() -> str:
    """Give the repository's address, which pyproject.toml holds."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return project["urls"]["Repository"]


def notebooks() -> list[Path]:
    """Give the series' notebooks, in order."""
    return sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def documents() -> dict[str, str]:
    """Give the documents that are there, and the page of each."""
    return {name: page for name, page in DOCUMENTS.items() if (ROOT / name).exists()}


def write_sources(folder: Path) -> None:
    """Write everything that Sphinx reads into a folder."""
    for path in notebooks():
        nbformat.write(
            notebook_page(nbformat.read(path, as_version=4), path.stem), folder / path.name
        )
    (folder / "guides").mkdir()
    for name, page in documents().items():
        text = (ROOT / name).read_text("utf-8")
        (folder / page).write_text(relinked(text, Path(name), Path(page)), "utf-8")
    (folder / "index.md").write_text(start_page(), "utf-8")


def start_page() -> str:
    """Give the start page, which opens on the first explorer of the first notebook."""
    first = notebook_page(nbformat.read(notebooks()[0], as_version=4), notebooks()[0].stem)
    pictures = [
        o.data["text/html"] for c in first.cells for o in c.get("outputs", []) if is_live(o)
    ]
    text = (ROOT / "site" / "index.md").read_text("utf-8")
    return text.replace("EXPLORER", pictures[0]).replace("REPOSITORY", repository())


def is_live(output: nbformat.NotebookNode) -> bool:
    """Tell whether an output is an explorer's element."""
    return output.get("data", {}).get("text/html", "").startswith("<cgan-")


def notebook_page(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """Give a notebook as the page shows it: own badge, theme's colors, explorers, descriptions."""
    for number, explorer in enumerate(explorers.find(notebook), 1):
        make_live(notebook.cells[explorer.cell], explorer, own_network(name, number))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = relinked(cell.source, Path("notebooks", name), Path(name))
            cell.source = with_badges(cell.source, name)
            continue
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            uncolor(output)
        title = re.findall(r'title=f?"([^"{]+)', cell.source)
        image = {"alt": title[-1] if title else "The figure that the code above draws"}
        if any(o.get("data", {}).get("image/png", "").startswith(GIF) for o in cell.outputs):
            image["classes"] = "animated"
        cell.metadata["mystnb"] = {"image": image}
    if name in ADDED:
        add(notebook, *ADDED[name])
    return notebook


def add(notebook: nbformat.NotebookNode, code: str, text: str, element: str) -> None:
    """Add an element, with text above it, before the next section after a cell with this code."""
    cells = notebook.cells
    first = next((i for i, c in enumerate(cells) if c.cell_type == "code" and code in c.source), 0)
    sections = [i for i in range(first, len(cells)) if cells[i].source.startswith("## ")]
    place = sections[0] if first and sections else len(cells) - 1
    page = f"{text}\n<{element}><p>This needs JavaScript.</p></{element}>"
    cells.insert(place, nbformat.v4.new_markdown_cell(page))


def own_network(notebook: str, number: int) -> Path:
    """Give the file of what a notebook's explorer of this number shows, if the notebook made it."""
    return NETWORKS / f"{notebook}_{number}.safetensors"


def make_live(cell: nbformat.NotebookNode, explorer: explorers.Explorer, own: Path) -> None:
    """Put the explorer's element around the picture that the notebook saved for it.

    The picture stays as it is where what it shows has not been exported.
    """
    saved = [output.data for output in cell.outputs if "image/png" in output.get("data", {})]
    if not saved or (explorer.of_notebook and not own.exists()):
        return
    data = {name: json.dumps(value) for name, value in explorer.settings.items()}
    if explorer.shipped:
        data["source"] = explorer.shipped
    elif explorer.of_notebook:
        data["file"] = own.name
    attributes = "".join(f' data-{name}="{html.escape(value)}"' for name, value in data.items())
    alt = html.escape(saved[0]["text/plain"])
    picture = f'<img alt="{alt}" src="data:image/png;base64,{saved[0]["image/png"].strip()}">'
    element = explorers.ELEMENTS[explorer.function]
    page = f"<{element}{attributes}>{picture}</{element}>"
    cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": page})]


def uncolor(output: nbformat.NotebookNode) -> None:
    """Leave the colors of shown source to the theme, which has some for light and for dark."""
    data = output.get("data", {})
    if data.get("text/html", "").startswith('<div class="highlight">'):
        data["text/html"] = highlight(data["text/plain"], PythonLexer(), HtmlFormatter())


def with_badges(source: str, name: str) -> str:
    """Give Markdown whose Colab badge is a picture of the site, with the notebook's file beside.

    The rest of its line leads to the site, where the reader is.
    """
    badge = re.compile(rf"\[!\[Open in Colab\]\({re.escape(_COLAB_IMAGE)}\)\]\(([^)]+)\).*")
    file = f'<a href="notebooks/{name}.ipynb" download>This notebook as a file</a>'
    return badge.sub(
        rf'<p class="badges"><a href="\1"><img src="_static/colab.svg" alt="Open in Colab" '
        rf'width="117" height="20"></a> {file}</p>',
        source,
    )


def relinked(text: str, source: Path, page: Path) -> str:
    """Give Markdown whose links lead to pages of the site, or else to the repository.

    source: where the text stands in the repository; page: where in the site.
    """
    up = "../" * (len(page.parts) - 1)

    def lead(match: re.Match) -> str:
        place, _, anchor = match[2].partition("#")
        path = (ROOT / source.parent / place).resolve()
        if not path.is_relative_to(ROOT) or not path.exists():
            return match[0]
        name, anchor = path.relative_to(ROOT).as_posix(), f"#{anchor}" if anchor else ""
        if name in documents():
            return match[1] + up + DOCUMENTS[name] + anchor
        if path in notebooks():
            return match[1] + up + path.name + anchor
        if path.suffix in {".png", ".gif"}:
            return match[1] + embedded(path)
        kind = "tree" if path.is_dir() else "blob"
        return f"{match[1]}{repository()}/{kind}/main/{name}{anchor}"

    return _LINK.sub(lead, text)


def embedded(path: Path) -> str:
    """Give the address of a picture that holds the picture itself."""
    return f"data:image/{path.suffix[1:]};base64,{base64.b64encode(path.read_bytes()).decode()}"
