# Everything a person needs here. `make demo` and `make test` set up what they need by themselves.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
PEERS := .venv-peers/.ready
LOCKS := requirements/all.lock requirements/uv.lock requirements/debian.txt pyproject.toml
# uv trusts the machine's own certificate authorities, as pip and apt do: a shop's network may have one of its own
export UV_SYSTEM_CERTS ?= $(if $(wildcard /etc/ssl/certs/ca-certificates.crt),1,0)
# demo and tests start some hundred processes: each would compile everything anew where a machine keeps no bytecode
export PYTHONDONTWRITEBYTECODE :=
FOLDERS := loyalty runtime drivers sync posd central demo tests bench

.PHONY: setup demo run test laws print-sim escrow power-cuts sim sim-teeth kills real test-system dist golden check mutants bench bench-scale
.PHONY: bench-quote peers fmt
.PHONY: lock clean

setup: $(READY)

$(READY): $(LOCKS)
	@requirements/debian.sh
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements/all.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)  ## one sale through real parts, a crash in the middle, and the proof that nothing was lost
	@$(BIN)/python -m demo

run: $(READY)  ## the same shop, left up for the browser
	@$(BIN)/python -m demo --stay

test: $(READY)  ## every test, in parallel: a worker more than there are cores, for many tests wait; WORKERS=2 for fewer
	@$(BIN)/python -m pytest -q -n $(or $(WORKERS),$(shell echo $$(($$(nproc) + 1)))) --dist worksteal

laws: $(READY)  ## the laws of loyalty/, each asked of 20,000 programs and baskets; EXAMPLES=1000 for fewer
	@$(BIN)/python -m tests.laws

print-sim: $(READY)  ## runs of random printer faults and crashes, from their seeds; SEEDS=60 for fewer, FIRST=7 SEEDS=1 for one
	@SEEDS=$(or $(SEEDS),1000) FIRST=$(or $(FIRST),0) $(BIN)/python -m tests.paper

power-cuts: $(READY)  ## cut the power under the terminal's database, on a disk in memory; CUTS=50000, or FIRST=7 CUTS=1 for one seed
	@CUTS=$(or $(CUTS),50000) FIRST=$(or $(FIRST),0) $(BIN)/python -m tests.sim.power

sim: $(READY)  ## days of shops and head office with everything going wrong, on the real code; SEEDS=2000, or FIRST=7 SEEDS=1 for one
	@SEEDS=$(or $(SEEDS),2000) FIRST=$(or $(FIRST),0) SALES=$(or $(SALES),200) PYTHONHASHSEED=0 $(BIN)/python -m tests.sim

sim-teeth: $(READY)  ## each of the planted bugs must be caught by the simulator
	@PYTHONHASHSEED=0 $(BIN)/python -m tests.sim.teeth

escrow: $(READY)  ## leases under everything that can happen, from seeds: SEEDS=2000 for fewer, FIRST=7 SEEDS=1 for one
	@SEEDS=$(or $(SEEDS),200000) FIRST=$(or $(FIRST),0) $(BIN)/python -m tests.sim.escrow

kills: $(READY)  ## SIGKILL for real daemons under load; every acknowledged sale must be once at both ends. KILLS=500
	@KILLS=$(or $(KILLS),500) SEED=$(or $(SEED),0) $(BIN)/python -m tests.real

real: $(READY)  ## what tests/real does in `make test`, but longer: ROUNDS=20 of each fault
	@ROUNDS=$(or $(ROUNDS),20) $(BIN)/python -m pytest -q -n auto tests/real

test-system: $(READY)  ## boot a Debian 12 with posd installed by docs/install.md; pull out USB scanners (root, qemu; downloads the first time)
	@POSD_SYSTEM_TESTS=1 $(BIN)/python -m pytest -q -s tests/system

dist: $(READY)  ## what docs/install.md needs: the wheel and the locks, in dist/
	@$(BIN)/python -m hatchling build -t wheel -d dist
	@cp requirements/terminal.lock requirements/central.lock dist

golden: $(READY)  ## write the golden receipts, stories and mistakes anew; look at tests/golden/receipts/*.png and read the others before you commit
	@$(BIN)/python -m tests.drivers.golden
	@$(BIN)/python -m tests.stories.golden
	@$(BIN)/python -m tests.loyalty.terrible

check: $(READY)  ## style, types, floors, dependencies
	@$(BIN)/ruff format --check --quiet $(FOLDERS)
	@$(BIN)/ruff check --quiet $(FOLDERS)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --config pyproject.toml
	@$(BIN)/deptry --no-ansi .

mutants: $(READY)  ## what the tests of loyalty/ let pass: some hours; MODULE=loyalty/money.py for one module, MODULE=--fifth for a sample
	@$(BIN)/python -m tests.mutants $(MODULE)

bench: $(READY) bench-quote  ## every promise of the design with its peer, in one run; the photos are beside the repository
	@$(BIN)/python bench/line.py
	@$(BIN)/python -m bench.receipt
	@$(BIN)/python bench/camera.py
	@$(BIN)/python bench/decode.py
	@$(BIN)/python bench/ingest.py

bench-scale: $(READY)  ## a million members, a million records behind a till, a herd of terminals: most of an hour, and ten gigabytes of disk
	@$(BIN)/python bench/cache.py
	@$(BIN)/python bench/history.py
	@$(BIN)/python bench/herd.py

bench-quote: $(READY)  ## the rules alone, against two other engines; they are installed into .venv-peers the first time
	@$(BIN)/python bench/quote.py

peers: $(PEERS)

$(PEERS): requirements/peers.lock | $(READY)
	@test -x .venv-peers/bin/python || $(PYTHON) -m venv --without-pip .venv-peers
	@$(BIN)/uv pip install --quiet --python .venv-peers/bin/python --require-hashes -r requirements/peers.lock
	@touch $@

fmt: $(READY)
	@$(BIN)/ruff check --fix --quiet $(FOLDERS)
	@$(BIN)/ruff format --quiet $(FOLDERS)

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --upgrade
lock:  ## resolve the dependencies anew
	@$(LOCK) pyproject.toml --all-extras -o requirements/all.lock
	@$(LOCK) pyproject.toml -c requirements/all.lock -o requirements/terminal.lock
	@$(LOCK) pyproject.toml --extra central -c requirements/all.lock -o requirements/central.lock
	@$(LOCK) requirements/peers.in -o requirements/peers.lock

clean:
	rm -rf .venv .venv-peers .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache mutants
