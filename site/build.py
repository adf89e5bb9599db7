"""Build the site into outputs/site: `make site`. Nothing is executed, nothing is downloaded."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sphinx.cmd.build import build_main

import pages
import weights

SITE, OUTPUT = pages.ROOT / "site", pages.ROOT / "outputs" / "site"
NODE_MODULES = SITE / "node_modules"


def build(output: Path = OUTPUT) -> None:
    """Build all pages into a folder, which is replaced only when they are whole.

    Raises RuntimeError if Sphinx finds anything to warn of.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=output.parent) as scratch:
        sources, static, extra, built = (
            Path(scratch, name) for name in ("sources", "static", "extra", "site")
        )
        for folder in (sources, static, extra / "notebooks"):
            folder.mkdir(parents=True)
        pages.write_sources(sources)
        write_static(static)
        for notebook in pages.notebooks():
            shutil.copy(notebook, extra / "notebooks")
        settings = {"html_static_path": static, "html_extra_path": extra}
        options = [word for pair in settings.items() for word in ("-D", "{}={}".format(*pair))]
        options += ["--conf-dir", str(SITE), "--doctree-dir", str(Path(scratch, "doctrees"))]
        with own_node():
            failed = build_main(
                ["--quiet", "--fail-on-warning", *options, str(sources), str(built)]
            )
        if failed:
            raise RuntimeError("the site was not built, for the reasons above.")
        shutil.rmtree(output, ignore_errors=True)
        built.replace(output)


@contextmanager
def own_node() -> Iterator[None]:
    """Let `node`, which draws the formulas, be the one beside this Python, if there is one."""
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


def write_static(folder: Path) -> None:
    """Write what pages load beside their text: looks, scripts, networks, formulas' fonts."""
    for name in ("look.css", "page.js", "colab.svg"):
        shutil.copy(SITE / name, folder)
    shutil.copytree(SITE / "live", folder / "live", ignore=shutil.ignore_patterns("*.ts"))
    shutil.copy(NODE_MODULES / "gifenc" / "dist" / "gifenc.esm.js", folder / "live")
    weights.write_files(folder / "live")
    if pages.NETWORKS.exists():
        shutil.copytree(pages.NETWORKS, folder / "live" / "networks")
    katex = NODE_MODULES / "katex" / "dist"
    (folder / "katex" / "fonts").mkdir(parents=True)
    shutil.copy(katex / "katex.min.css", folder / "katex")
    for font in katex.glob("fonts/*.woff2"):  # which every browser of today reads
        shutil.copy(font, folder / "katex" / "fonts")


def main() -> None:
    started = time.monotonic()
    try:
        build()
    except RuntimeError as error:
        sys.exit(str(error))
    print(f"The site is in {OUTPUT.relative_to(pages.ROOT)}/ ({time.monotonic() - started:.0f} s).")


if __name__ == "__main__":
    main()
