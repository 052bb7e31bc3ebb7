# Everything a fresh machine needs is Python >= 3.10, make and git.
#   make demo   the whole job: trains a LoRA on a film, restyles a street video with it, measures the result
#   make test   lint, types and all tests
PYTHON ?= python3
BIN := .venv/bin
MEDIA := examples/quickstart/media/bikes.mp4

.PHONY: demo test lint media lock clean

demo: .venv/.demo $(MEDIA)
	$(BIN)/orchestrate run examples/quickstart/project.yaml

test: lint
	$(BIN)/pytest --cov --cov-report=term:skip-covered

lint: .venv/.test $(MEDIA)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

media: $(MEDIA)

.venv/bin/pip:
	$(PYTHON) -m venv .venv

.venv/.demo: .venv/bin/pip pyproject.toml requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[embedded]'
	touch $@

# lpips asks for torchvision at its import, of which the tests need nothing: it is installed without it
.venv/.test: .venv/.demo
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[embedded,dev]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps lpips==0.1.4 tqdm
	touch $@

$(MEDIA): .venv/.demo
	$(BIN)/python examples/quickstart/fetch_media.py

# writes down the versions that the tests run with; several exist for Python 3.11 and later only, so 3.10 takes
# the newest that it can
lock: .venv/.test
	$(BIN)/pip freeze --exclude-editable --exclude orchestrate --exclude lpips | sed 's/+cpu$$//; s/$$/ ; python_version >= "3.11"/' > requirements.lock

clean:
	rm -rf .venv examples/*/.orchestrate examples/*/out
