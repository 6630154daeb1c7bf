# Two commands matter: `make demo` runs the main job, `make test` passes the tests. Each does all its own set-up on a bare
# Debian 12 with Node.js and npm; everything listens on loopback only.
SHELL := /bin/bash
.DEFAULT_GOAL := help
NPM := npm run --silent
STAMPS := build/.stamps

.PHONY: help setup build demo test soak-lab check up down bench bench-memory clean

help:
	@echo 'make demo    back up, change, back up, restore and compare a simulated Oracle database'
	@echo 'make test    all tests (real Redis, Postgres, S3 servers, the lab, the compiled library)'
	@echo 'make soak-lab    ten minutes of CPU of noise for the parser of the lab'"'"'s rman'
	@echo 'make check   format, lint, types, import rules, unused code, manifests, generated pages'
	@echo 'make up      keep the same stack running; make down ends it'
	@echo 'make bench   speed, storage and memory of the data path beside restic and borg; make bench-memory: 2 and 16 GiB'

setup: $(STAMPS)/system $(STAMPS)/npm

$(STAMPS)/system: deploy/install-system-packages.sh
	@mkdir -p $(STAMPS)
	bash deploy/install-system-packages.sh
	@touch $@

# Not `npm ci`: it refuses a lock file without the optional binaries of the platforms we do not run on. The lock still decides.
$(STAMPS)/npm: package.json package-lock.json
	@mkdir -p $(STAMPS)
	SCARF_ANALYTICS=false npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

build: setup
	$(MAKE) --silent -C native/libobk
	$(NPM) build

demo: build
	$(NPM) demo

test: build
	$(NPM) jest

# Seconds of a processor; the same test takes 4 of them in `make test`.
SOAK_LAB_SECONDS ?= 600

soak-lab: setup
	PARSER_FUZZ_SECONDS=$(SOAK_LAB_SECONDS) $(NPM) jest -- apps/lab/src/rman/grammar -t noise

check: build
	$(NPM) format:check
	$(NPM) lint
	$(NPM) typecheck
	$(NPM) imports
	$(NPM) unused
	$(NPM) jest -- k8s deploy docs

up: build
	$(NPM) up

down: build
	$(NPM) down

$(STAMPS)/bench-system: deploy/install-bench-packages.sh
	@mkdir -p $(STAMPS)
	bash deploy/install-bench-packages.sh
	@touch $@

bench: build $(STAMPS)/bench-system
	$(NPM) bench

bench-memory: build
	BENCH_SECTIONS=memory BENCH_LONG=yes $(NPM) bench

clean:
	rm -rf dist build
