#!/usr/bin/env bash
# Fuzzes each target for so many seconds (60 if not said); more arguments name the targets. Takes cargo-fuzz and a nightly
# toolchain; TOOLCHAIN names another one. What is found lies in fuzz/artifacts, and belongs into tests/scripts as a
# script, or into a test, when it is mended.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:-60}
shift || true
toolchain=${TOOLCHAIN:-nightly}
targets=("$@")
if ((${#targets[@]} == 0)); then
    mapfile -t targets < <(sed -n 's/^name = "\([a-z]*\)"$/\1/p' Cargo.toml)
fi

if ! command -v cargo-fuzz >/dev/null; then
    echo "skipped: cargo-fuzz is not installed (cargo install cargo-fuzz)"
    exit 0
fi
if ! cargo "+$toolchain" --version >/dev/null 2>&1; then
    echo "skipped: there is no toolchain $toolchain (rustup toolchain install $toolchain)"
    exit 0
fi

# The seeds are what the tests hold: scripts for the notation, shipped captures for the source.
mkdir -p corpus
for target in "${targets[@]}"; do
    mkdir -p "corpus/$target"
done
if [[ -d corpus/notation ]]; then
    find ../tests/scripts -type f -print0 | while IFS= read -r -d '' file; do
        cp "$file" "corpus/notation/$(basename "$(dirname "$file")")-$(basename "$file")"
    done
fi
if [[ -d corpus/source ]]; then
    find ../captures -name '*.pcap*' -exec cp -t corpus/source {} +
fi

status=0
for target in "${targets[@]}"; do
    echo "== $target"
    cargo "+$toolchain" fuzz run --fuzz-dir . -s "${SANITIZER:-none}" "$target" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 || status=1
done
exit "$status"
