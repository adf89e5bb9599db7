"""Sphinx's settings for the site; `build.py` calls Sphinx."""

from pathlib import Path

SITE = Path(__file__).resolve().parent

project = html_title = "Conditional GANs, step by step"
author = copyright = ""
extensions = ["myst_nb", "formulas", "sphinx_copybutton"]

nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 4
suppress_warnings = ["mystnb.unknown_mime_type", "myst.header"]

html_favicon = str(SITE / "icon.svg")
html_theme = "furo"
html_css_files = ["katex/katex.min.css", "look.css", "live/look.css"]
html_js_files = [("page.js", {"type": "module"}), ("live/elements.js", {"type": "module"})]
html_copy_source = False
html_show_sphinx = html_show_copyright = html_use_index = False
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"
html_theme_options = {
    "footer_icons": [],
    "light_css_variables": {"color-brand-primary": "#005a8f", "color-brand-content": "#005a8f"},
    "dark_css_variables": {"color-brand-primary": "#56b4e9", "color-brand-content": "#56b4e9"},
}
