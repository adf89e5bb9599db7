# make tutorial   runs the notebooks into outputs/, two at a time
# make test       style, unit tests, and every notebook as a test
# make lab        opens the notebooks in JupyterLab
# make site       builds the series as web pages into outputs/site
# make serve      builds them and shows them at http://localhost:8000
#
# For contributors (CONTRIBUTING.md):
# make benchmark [SOURCE=full SECONDS=300 SEEDS=3]   measures the recipes against each other
# make tables                             writes the tables of BENCHMARKS.md from the stored results,
#                                         and adds up their seconds for notebook 11
# make notebooks [ONLY=05_training]       executes the notebooks in place
# make pictures                           makes the README's pictures anew
# make lock                               renews the versions in constraints.txt
# make kernels                            compiles the site's WebAssembly anew
# make repository [URL=https://github.com/me/my-fork]   writes the address of git's origin, or the
#                                         one named, into all badges and set-up cells
#
# PYTHON=python3.12 after any of them makes .venv with that Python.

PYTHON = python3
SOURCE = sample
SECONDS = 120
SEEDS = 3
BIN = .venv/bin
# Of the cores: two tests at a time, each with a thread for every core, are in each other's way.
HALF = $(shell expr '(' $$(getconf _NPROCESSORS_ONLN) + 1 ')' / 2)
# The Node that a pip package brings
NPM = PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix site --no-fund --no-audit

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: tutorial test lab site serve benchmark tables notebooks pictures lock kernels repository
.DELETE_ON_ERROR:

tutorial: .venv/installed-notebooks
	@$(BIN)/python tools/run_tutorial.py

test: .venv/installed-dev site/node_modules/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	TF_NUM_INTRAOP_THREADS=$(HALF) OMP_NUM_THREADS=$(HALF) \
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --nbval-lax \
		--nbval-cell-timeout=300 notebooks tests  # the longest files first

lab: .venv/installed-notebooks
	$(BIN)/jupyter lab --notebook-dir=notebooks

site: .venv/installed-site site/node_modules/installed
	@$(BIN)/python site/build.py

serve: site
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory outputs/site 8000

benchmark: .venv/installed-notebooks
	@$(BIN)/python benchmarks/recipes.py $(SOURCE) --seconds $(SECONDS) --seeds $(SEEDS)

tables: .venv/installed-notebooks
	@$(BIN)/python benchmarks/tables.py
	@$(BIN)/python benchmarks/energy.py

notebooks: .venv/installed-notebooks .venv/installed-site
	@$(BIN)/python tools/run_tutorial.py --in-place $(ONLY)

pictures: .venv/installed-notebooks
	@$(BIN)/python tools/pictures.py

lock: .venv/bin/python
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --fork-strategy fewest --python-version 3.11 \
	  --all-extras --strip-extras --custom-compile-command "make lock" --output-file constraints.txt pyproject.toml

kernels: site/node_modules/installed
	$(NPM) run kernels

repository:
	@$(PYTHON) tools/repository.py $(URL)

# An extra of pyproject.toml in the versions of constraints.txt; the stamp says that it is there, and
# is made last.
.venv/installed-%: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing into .venv. The first time this downloads about 700 MB, most of it TensorFlow."
	@$(BIN)/python -m pip install -c constraints.txt -e ".[$*]" \
	  || { echo "The installation failed, for the reason above. The same command tries again."; exit 1; }
	@touch $@

# What the site is made with besides Python, in the versions of site/package-lock.json
site/node_modules/installed: site/package.json site/package-lock.json | .venv/installed-site
	@$(NPM) ci --silent
	@touch $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "This needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is not one; name another, as in: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo "$(PYTHON) comes without venv; on Debian and Ubuntu type: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
