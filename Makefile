# Two commands matter: `make demo` runs the main job, `make test` passes the tests. Each does all its own set-up on a bare
# Debian 12 with Node.js and npm; everything listens on loopback only.
SHELL := /bin/bash
.DEFAULT_GOAL := help
NPM := npm run --silent
STAMPS := build/.stamps

.PHONY: help setup build demo test test-long soak-lab soak-vault check up down certify bench bench-memory bench-control bench-lab soak-control soak-cancel soak-rman clean

help:
	@echo 'make demo    back up, change, back up, restore and compare a simulated Oracle database'
	@echo 'make test    all tests (real Redis, Postgres, S3 servers, the lab, the compiled library)'
	@echo 'make test-long   tests of the workflow that take minutes each and that make test leaves out'
	@echo 'make soak-lab    ten minutes of CPU of noise for the parser of the lab'"'"'s rman'
	@echo 'make soak-vault  500 seeds of writers and collectors of the vault against each other'
	@echo 'make check   format, lint, types, import rules, unused code, manifests, generated pages'
	@echo 'make up      keep the same stack running; make down ends it'
	@echo 'make certify compare a real Oracle host with what the lab believes of it (ARGS=--help)'
	@echo 'make bench-control   how late runs start with 200 simulated hosts; make soak-control: 100,000 races, 1,000 lost doorbells'
	@echo 'make soak-cancel     100 runs cancelled at random moments'
	@echo 'make soak-rman   30 minutes of DBAs, another vendor and outages between and during backups, expiries and restores'
	@echo 'make bench-lab   how fast the lab makes and opens a database'
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

# With what `make test` leaves out: retention cut off at every step, cancels, a store in trouble, commits killed at every moment, a node that vanishes,
# each phase and setting by itself, five minutes of disturbances, and in the lab what a DBA may do with RMAN that no backup of ours does.
test-long: build
	TEST_LONG=yes $(NPM) jest -- test/workflow/retention 'test/workflow/step-[1245]' test/workflow/disturbance test/rac test/crash test/restore/rman-by-hand test/model/stale apps/lab/src/rman test/lab

# The real code of writers and collectors, interleaved by so many seeds; `make test` plays 24.
SOAK_VAULT_SEEDS ?= 500

soak-vault: setup
	TEST_LONG=yes INTERLEAVINGS=$(SOAK_VAULT_SEEDS) $(NPM) jest -- test/model/interleavings test/model/stale

check: build
	$(NPM) format:check
	$(NPM) lint
	$(NPM) typecheck
	$(NPM) imports
	$(NPM) unused
	$(NPM) jest -- k8s '(?<!test)/deploy/' docs

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

# How late runs start with 200 simulated hosts and 2,000 runs; figures go to build/bench/control.json and control.md.
bench-control: build
	$(NPM) bench-control

# A database of 500 MB (BENCH_LAB_SIZE=500M to 16G), made and opened; the figures go to build/bench/lab.json.
bench-lab: build
	$(NPM) bench-lab

# The races and losses of the control side at their full size; each has its time, and is ended when it takes longer.
soak-control: build
	LEDGER_RACES=100000 timeout 30m $(NPM) jest -- libs/ledger/src/claim-races.spec.ts
	PENDING_REQUESTS=1000 timeout 15m $(NPM) jest -- test/workflow/lost-queue-and-ledger.spec.ts

# A hundred cancels at random moments of every phase (CANCELS, SEED); the next run begins at once, every fifth is one that must succeed.
soak-cancel: build
	TEST_LONG=yes CANCELS=$${CANCELS:-100} timeout 45m $(NPM) jest -- test/workflow/step-5-cancel-campaign.spec.ts

# Half an hour of disturbances, drawn from a seed (SOAK_RMAN_SECONDS, SEED); the invariants are checked after each.
soak-rman: build
	TEST_LONG=yes SOAK_RMAN_SECONDS=$${SOAK_RMAN_SECONDS:-1800} timeout 60m $(NPM) jest -- test/workflow/disturbance-soak.spec.ts

bench-memory: build
	BENCH_SECTIONS=memory BENCH_LONG=yes $(NPM) bench

# On a host with Oracle, as its user; ARGS='--yes' makes the backups without asking, ARGS=--help says what else there is.
certify: $(STAMPS)/npm # nothing else is installed or built on a database host
	$(NPM) certify -- $(ARGS)

clean:
	rm -rf dist build
