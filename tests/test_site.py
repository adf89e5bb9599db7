"""The site in Chromium: what every page owes its reader, whichever notebook it is made of."""

import re
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

import build
import pages

AXE = build.NODE_MODULES / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NAMES = [f"{path.stem}.html" for path in pages.notebooks()]
NAMES += ["index.html", "search.html", "guides/benchmarks.html"]


def axe_findings(page, rules: list[str]) -> dict:
    """What axe-core finds against these rules, an example of each; KaTeX's own HTML is hidden."""
    page.evaluate(AXE.read_text("utf-8"))
    settings = {"resultTypes": ["violations"], "runOnly": rules}
    script = "settings => axe.run({ exclude: ['.katex-html'] }, settings)"
    found = page.evaluate(script, settings)["violations"]
    return {rule["id"]: rule["nodes"][0]["html"][:200] for rule in found}


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_accessible_in_light_and_dark_and_asks_no_other_host(visit, name):
    page = visit(name)
    assert axe_findings(page, WCAG) == {}
    page.emulate_media(color_scheme="dark")
    assert axe_findings(page, ["color-contrast", "link-in-text-block"]) == {}
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_timeout(100)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.elsewhere == [] and page.errors == []


def test_no_link_is_broken(site):
    files = sorted(site.rglob("*.html"))
    text = {file: file.read_text("utf-8") for file in files}
    broken = []
    for file in files:
        for link in re.findall(r'(?:href|src)="([^"]+)"', text[file]):
            place, anchor = urldefrag(unquote(link))
            if re.match(r"(https?|data|mailto):", place):
                continue
            target = (file.parent / place.partition("?")[0]).resolve() if place else file
            there = target.is_file() and (
                not anchor or target.suffix != ".html" or f'id="{anchor}"' in text[target]
            )
            if not there:
                broken.append((file.name, link))
    assert broken == []


def test_formulas_are_drawn_while_the_site_is_built(site):
    text = (site / "04_minimax_loss.html").read_text("utf-8")
    assert text.count('class="katex"') > 50 and "katex-error" not in text and "$$" not in text


def test_without_javascript_a_page_shows_text_formulas_and_stills(visit):
    page = visit("00_start.html", java_script_enabled=False)
    assert page.locator("cgan-digit > img").is_visible()
    assert page.locator("article h1").inner_text().startswith("00")


def test_the_search_finds_a_word_of_a_notebook(visit):
    page = visit("search.html?q=projection")
    page.locator("#search-results li a").first.wait_for()
    assert page.errors == []


def test_a_link_out_of_a_document_leads_to_a_page_or_to_the_repository():
    source, page = Path("BENCHMARKS.md"), Path("guides/benchmarks.md")
    text = "[a](notebooks/01_data.ipynb#x) [b](LICENSE) [c](https://x.org) [d](cgan_utils)"
    address = pages.repository()
    assert pages.relinked(text, source, page) == (
        f"[a](../01_data.ipynb#x) [b]({address}/blob/main/LICENSE) [c](https://x.org) "
        f"[d]({address}/tree/main/cgan_utils)"
    )


def test_what_sphinx_warns_of_stops_the_build_and_the_old_site_stays(tmp_path, monkeypatch):
    old = tmp_path / "site"
    old.mkdir()
    monkeypatch.setattr(pages, "start_page", lambda: "# Start\n\n[nowhere](nowhere.md)\n")
    with pytest.raises(RuntimeError, match="not built"):
        build.build(old)
    assert list(tmp_path.iterdir()) == [old]
