#!/usr/bin/env bash
# Fuzzes each target for so many seconds (60 if not said); with 0 it only replays the corpus. More arguments name the
# targets. It takes Rust, a C++ compiler and Python, and neither cargo-fuzz nor a nightly toolchain: a build without a
# sanitizer needs no option that is not stable, and nothing here writes to memory that a sanitizer would have to guard.
# With both of them, `cargo +nightly fuzz run TARGET` does the same with one.
#
# What is found lies in fuzz/artifacts, and belongs into tests/scripts as a script, or into a test, when it is mended.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:-60}
shift || true
targets=("$@")
if ((${#targets[@]} == 0)); then
    mapfile -t targets < <(sed -n 's/^name = "\([a-z]*\)"$/\1/p' Cargo.toml)
fi

for tool in c++ python3; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: there is no $tool, which libFuzzer or its seeds need"
        exit 0
    fi
done

# What libFuzzer sees of a program: which branches were taken, and what was compared with what.
coverage=(
    -Cpasses=sancov-module
    -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0
    --cfg fuzzing
    -Cdebug-assertions
    -Ccodegen-units=1
)
host=$(rustc -vV | sed -n 's/^host: //p')
# With a target of its own named, programs that run while building are not instrumented.
RUSTFLAGS="${coverage[*]}" cargo build --locked --release --target "$host"
python3 seeds.py

# One target, with what it says in a file of its own, of which the end is shown.
fuzz() {
    local target=$1 seconds=$2 log=artifacts/$1.log how=(-max_total_time="$2") status=0
    if ((seconds == 0)); then
        how=(-runs=0)
    fi
    mkdir -p "artifacts/$target" "corpus/$target"
    local started=artifacts/$target.started
    touch "$started"
    "target/$3/release/$target" "${how[@]}" -timeout=60 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 \
        -artifact_prefix="artifacts/$target/" "corpus/$target" >"$log" 2>&1 || status=$?
    if ((status == 0)); then
        echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, nothing found"
    else
        echo "$target: exit status $status"
        # What was said first, then the input itself, for where only this output is left.
        grep -n -m 2 -A 20 'panicked at\|ERROR: libFuzzer' "$log" || tail -n 40 "$log"
        find "artifacts/$target" -type f -newer "$started" -printf '%f, in gzip and base64:\n' -exec sh -c 'gzip -9 <"$1" | base64' - '{}' \;
    fi
    return "$status"
}
export -f fuzz

printf '%s\0' "${targets[@]}" | xargs -0 -P "$(nproc)" -I '{}' bash -c "fuzz {} $seconds $host"
