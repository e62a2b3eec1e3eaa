# Pagekeep's commands. `make` alone lists them.
PORT ?= $(or $(PAGEKEEP_PORT),8000)
DATA_DIR ?= $(or $(PAGEKEEP_DATA_DIR),./data)
URL ?=
ADMIN_USERNAME ?=
ADMIN_PASSWORD ?=
BIN := .venv/bin

# As typed: a $ in a URL or password is no variable of make's.
override URL := $(value URL)
override ADMIN_PASSWORD := $(value ADMIN_PASSWORD)

export PAGEKEEP_PORT := $(PORT)
export PAGEKEEP_DATA_DIR := $(DATA_DIR)
export ADMIN_USERNAME ADMIN_PASSWORD URL

.PHONY: help run setup setup-dev test test-slow check fuzz-api bench docs lock clean
.DEFAULT_GOAL := help

help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16
	@echo "Variables: PORT=$(PORT) DATA_DIR=$(DATA_DIR) URL= ADMIN_USERNAME= ADMIN_PASSWORD="

run: setup  ## archive URL (or a sample page) and serve the archive until Ctrl-C
	@exec $(BIN)/pagekeep run "$$URL"

setup:  ## install what is missing: system packages, .venv, page scripts
	@./scripts/setup

setup-dev:
	@./scripts/setup dev

test: check  ## every check and every test, the real browser included
	env -u PAGEKEEP_PORT -u PAGEKEEP_DATA_DIR -u ADMIN_USERNAME -u ADMIN_PASSWORD $(BIN)/python -m pytest -n auto

test-slow: setup-dev  ## 200 rounds of kill -9 while pages are captured: a quarter of an hour
	env -u PAGEKEEP_PORT -u PAGEKEEP_DATA_DIR CHAOS_ROUNDS=$${CHAOS_ROUNDS:-200} $(BIN)/python -m pytest -s tests/chaos

check: setup-dev  ## format, lint, types and import rules: seconds, no browser
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/ruff check src tests benchmarks
	env -u PAGEKEEP_PORT -u PAGEKEEP_DATA_DIR $(BIN)/mypy
	$(BIN)/lint-imports

fuzz-api: setup-dev  ## throw 20,000 generated requests at the API: minutes
	$(BIN)/python tests/fuzz/run.py

bench: setup-dev  ## measure the speed of captures, in a short form
	$(BIN)/python benchmarks/capture.py --rounds 1 --pages 6 --tabs 1,2

docs: setup-dev  ## write the pages that are made from the code
	env -u PAGEKEEP_PORT -u PAGEKEEP_DATA_DIR $(BIN)/pagekeep config --markdown > docs/settings.md
	env -u PAGEKEEP_PORT -u PAGEKEEP_DATA_DIR $(BIN)/python scripts/operations.py
	env -u PAGEKEEP_PORT -u PAGEKEEP_DATA_DIR $(BIN)/python scripts/commands.py

COMPILE = $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --extra setup
lock: setup-dev  ## choose the newest versions of all dependencies
	$(COMPILE) --upgrade --output-file requirements.lock pyproject.toml
	$(COMPILE) --upgrade --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean:  ## remove .venv and every cache; the data stays
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -prune -exec rm -rf {} +
