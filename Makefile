# Two commands for a fresh machine that has Rust: `make demo` and `make test`.

DEMO = captures/keepalive_race--request_crosses_fin.pcap

.PHONY: demo test lab bench install libpcap

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

# Compares the speed with other programs on generated captures (8 GB in /tmp, some minutes).
bench: libpcap
	cargo build --locked --release
	benches/compare.sh

# Builds for speed and installs into ~/.cargo/bin.
install: libpcap
	cargo install --locked --path .

libpcap:
	@.ci/need-libpcap
