"""The repository's address: pyproject.toml holds it; badges, set-up cells and the README repeat it.

`make repository` writes the address of pyproject.toml into all of them; URL=... puts a new one there first.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GITHUB = "https://github.com/"
COLAB = "https://colab.research.google.com/github/"

# Everything in front of an OWNER/NAME of ours, in Markdown and in notebooks
_PLACES = re.compile(
    rf"({re.escape(COLAB)}|git\+{re.escape(GITHUB)}|git clone {re.escape(GITHUB)})[\w.-]+/[\w.-]+"
)


def read_address(root: Path = ROOT) -> str:
    """The address in pyproject.toml, such as https://github.com/me/my-fork."""
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["urls"][
        "Repository"
    ]


def badge(notebook: str, address: str) -> str:
    """The Markdown of the badge that opens a notebook, such as 05_training, in Colab."""
    link = f"{COLAB}{_slug(address)}/blob/main/notebooks/{notebook}.ipynb"
    return f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({link})"


def setup_cell(address: str) -> str:
    """The source of a notebook's first code cell. Colab has all the rest: there it installs this alone."""
    return f"""\
import sys

if "google.colab" in sys.modules:
    %pip install -q --no-deps git+{GITHUB}{_slug(address)}
import cgan_utils as cg"""


def rewrite(text: str, address: str) -> str:
    """The text of the README or a notebook with this address in its badges, set-up cell, clone command."""
    return _PLACES.sub(rf"\g<1>{_slug(address)}", text)


def files(root: Path = ROOT) -> list[Path]:
    """The files that repeat the address."""
    return [root / "README.md", *sorted((root / "notebooks").glob("*.ipynb"))]


def set_address(address: str, root: Path = ROOT) -> list[Path]:
    """Writes the address everywhere; returns the files that changed."""
    clean = GITHUB + _slug(address)
    project = root / "pyproject.toml"
    text = project.read_text("utf-8")
    texts = {project: re.sub(r'(?m)^Repository = ".*"$', f'Repository = "{clean}"', text)}
    texts |= {path: rewrite(path.read_text("utf-8"), clean) for path in files(root)}
    changed = [path for path, new in texts.items() if new != path.read_text("utf-8")]
    for path in changed:
        path.write_text(texts[path], "utf-8", newline="\n")
    return changed


def _slug(address: str) -> str:
    match = re.fullmatch(re.escape(GITHUB) + r"([\w-]+/[\w.-]+?)(\.git)?/?", address)
    if not match:
        raise ValueError(
            f"{address!r} is no repository's address; one looks like {GITHUB}me/my-fork."
        )
    return match[1]


def main() -> None:
    address = sys.argv[1] if len(sys.argv) > 1 else read_address()
    try:
        changed = set_address(address)
    except ValueError as error:
        sys.exit(str(error))
    print(f"{read_address()}: {len(changed)} files changed.")
    for path in changed:
        print(f"  {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
