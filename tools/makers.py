"""What the makers of shipped files share: which file to make, and from which data."""

import argparse
from collections.abc import Iterable

import cgan_utils as cg


def ask(description: str, names: Iterable[str]) -> tuple[str, str]:
    """Read from the command line one of the names, and the source that `load_images` takes."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=names)
    parser.add_argument("source", nargs="?", default="full", help='"full" (default) or an npz file')
    options = parser.parse_args()
    return options.name, options.source


def command(tool: str, name: str, data: str) -> str:
    """Give the command that makes a file, for its card: what cannot be downloaded needs a file."""
    file = "" if cg.DATASETS[data].downloads else f" outputs/{data}.npz"
    return f"python tools/{tool}.py {name}{file}"
