# Two commands for a fresh machine that has Rust: `make demo` and `make test`.

DEMO = captures/keepalive_race--request_crosses_fin.pcap

.PHONY: demo test lab hostile bench install libpcap

# Builds the program and lets it read a shipped capture.
demo: libpcap
	@cargo build --locked
	@target/debug/tcpwhy $(DEMO)

# Runs all tests that need no privileges.
test: libpcap
	cargo test --locked

# Runs real programs with real sockets in network namespaces and compares the verdicts with what they got. Needs root.
lab: libpcap
	cargo build --locked
	python3 tests/lab/lab.py run
	python3 tests/lab/lab.py check --tcpwhy target/debug/tcpwhy

# Floods, damaged captures and random conversations, at length (some minutes): all of ../shared/corpus where it is there,
# 10,000 mutations, a million packets of each flood.
hostile: libpcap
	HOSTILE_MUTATIONS=10000 HOSTILE_PREFIX_STEP=61 HOSTILE_PACKETS=1000000 PROPTEST_CASES=20000 \
		cargo test --locked --release --test it -- --nocapture --test-threads 1 hostile mutations properties

# Compares the speed with other programs on generated captures (8 GB in /tmp, some minutes).
bench: libpcap
	cargo build --locked --release
	benches/compare.sh

# Builds for speed and installs into ~/.cargo/bin.
install: libpcap
	cargo install --locked --path .

libpcap:
	@.ci/need-libpcap
