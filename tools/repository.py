"""The repository's address: pyproject.toml holds it, and badges, set-up cells and others repeat it.

`make repository` writes the address of git's `origin` into all of them; URL=... names another one.
It needs nothing but the standard library, so that a fork's workflow can run it as it is.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GITHUB = "https://github.com/"
COLAB = "https://colab.research.google.com/github/"
PLACEHOLDER = "YOUR_NAME"  # no user's name: GitHub allows no underscore in one

# Everything in front of an OWNER/NAME of ours, in Markdown, notebooks, pyproject.toml, CITATION.cff
_PLACES = re.compile(
    rf"({re.escape(COLAB)}|(?:git\+|git clone |Repository = \"|repository-code: )"
    rf"{re.escape(GITHUB)})[\w.-]+/[\w.-]+"
)
# The site's address in a link; GitHub Pages makes it of the repository's
_SITE = re.compile(r"(\[the site\]\()https://[\w-]+\.github\.io/[\w.-]+/")
# The lines of a set-up cell, as a notebook's JSON holds them, whatever it does in Colab
_SETUP = re.compile(
    r'"import sys\\n",\s+"\\n",\s+"if \\"google\.colab\\".+?"import cgan_utils as cg"', re.DOTALL
)
_ADDRESS = re.compile(  # as people write it and as git does; a name or a token may precede the @
    r"(?:https://(?:[^/@]*@)?github\.com/|ssh://git@github\.com/|git@github\.com:)"
    r"([\w-]+/[\w.-]+?)(?:\.git)?/?"
)


def read_address(root: Path = ROOT) -> str:
    """Give the address in pyproject.toml, such as https://github.com/me/my-fork."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return project["urls"]["Repository"]


def read_origin(root: Path = ROOT) -> str:
    """Give the address that git calls `origin`, as it stands, or "" if there is none."""
    if not (root / ".git").exists():  # git would look in the folders above, which are not ours
        return ""
    command = ["git", "-C", str(root), "remote", "get-url", "origin"]
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        return ""


def site(address: str) -> str:
    """Give the address of the site, such as https://me.github.io/my-fork/."""
    owner, name = _slug(address).split("/")
    return f"https://{owner}.github.io/{name}/"


def badge(notebook: str, address: str) -> str:
    """Give the Markdown of the badge that opens a notebook, such as 05_training, in Colab."""
    link = f"{COLAB}{_slug(address)}/blob/main/notebooks/{notebook}.ipynb"
    return f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({link})"


def setup_cell(address: str) -> str:
    """Give the source of a notebook's first code cell, which installs this package in Colab.

    Colab has all the rest. While the address is still the placeholder, the cell says there what
    to type, in place of pip's error. An error and not a message: "Run all" stops at it.
    """
    if PLACEHOLDER in address:
        return f"""\
import sys

if "google.colab" in sys.modules:  # Colab installs from GitHub, where this copy has no address yet
    raise ValueError("No address yet: type %pip install git+{GITHUB}ME/MY-FORK here.")
import cgan_utils as cg"""
    return f"""\
import sys

if "google.colab" in sys.modules:
    %pip install -q --no-deps git+{GITHUB}{_slug(address)}
import cgan_utils as cg"""


def rewrite(text: str, address: str) -> str:
    """Give a file's text with this address in its badges, set-up cell and other places."""
    lines = setup_cell(address).splitlines(keepends=True)
    cell = ",\n    ".join(json.dumps(line) for line in lines)
    text = _PLACES.sub(rf"\g<1>{_slug(address)}", text)
    text = _SITE.sub(rf"\g<1>{site(address)}", text)
    return _SETUP.sub(lambda _: cell, text)


def files(root: Path = ROOT) -> list[Path]:
    """Give the files that hold the address."""
    names = ["pyproject.toml", "README.md", "CITATION.cff"]
    return [*(root / name for name in names), *sorted((root / "notebooks").glob("*.ipynb"))]


def set_address(address: str, root: Path = ROOT) -> list[Path]:
    """Write the address everywhere, and give the files that changed.

    No file changes before all of them lie ready, each beside the one it replaces. Raises ValueError
    if this is no address of a repository on GitHub.
    """
    clean = GITHUB + _slug(address)
    # Bytes, so that a file keeps its line ends
    old = {path: path.read_bytes() for path in files(root)}
    new = {path: rewrite(text.decode("utf-8"), clean).encode("utf-8") for path, text in old.items()}
    changed = [path for path in old if new[path] != old[path]]
    written = {path: path.with_name(f"{path.name}.new") for path in changed}
    try:
        for path, temporary in written.items():
            temporary.write_bytes(new[path])
        for path, temporary in written.items():
            os.replace(temporary, path)
    finally:
        for temporary in written.values():
            temporary.unlink(missing_ok=True)
    return changed


def _slug(address: str) -> str:
    match = _ADDRESS.fullmatch(address)
    if not match:
        shown = address.rpartition("@")[2]  # what precedes an @ may be a token
        raise ValueError(
            (f"{shown!r} is no repository on GitHub" if shown else "git knows no origin")
            + f"; to name yours, type: make repository URL={GITHUB}me/my-fork"
        )
    return match[1]


def main() -> None:
    try:
        changed = set_address(sys.argv[1] if len(sys.argv) > 1 else read_origin())
    except (ValueError, OSError) as error:
        sys.exit(str(error))
    print(f"{read_address()}: {len(changed)} files changed.")
    for path in changed:
        print(f"  {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
