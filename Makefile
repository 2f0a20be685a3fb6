# Everything a newcomer or CI needs. `make demo` and `make test` work on a fresh machine.
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.installed

.PHONY: demo test lint lock bench live serve install clean

install: $(READY)

$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(READY)

demo: install
	$(BIN)/firstline demo

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

bench: install
	$(BIN)/python -m benchmarks.all

# Twenty tickets with the real models; asks nothing unless ANTHROPIC_API_KEY is set.
live: install
	$(BIN)/python -m benchmarks.live

# The console, the API and the chat for the demo company, with a worker in the same process.
serve: demo
	$(BIN)/firstline serve --workspace demo/acme

lock: install
	VENV=$(VENV) .ci/lock

clean:
	rm -rf $(VENV) demo .pytest_cache .mypy_cache .ruff_cache
