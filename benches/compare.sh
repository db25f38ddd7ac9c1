#!/bin/sh
# Compares tcpwhy with other programs on generated captures and prints Markdown tables of ratios. Only ratios are worth
# anything: machines differ, and so do the same machine's hours. All programs take turns, and the best run counts.
#
#   benches/compare.sh [DIRECTORY]      where the captures go (8 GB); they stay there for the next time
#
#   TCPWHY   the program (default: target/release/tcpwhy)
#   RUNS     how often each program runs (default: 5)
#   PACKETS  packets of the large capture (default: 20000000)

set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
directory=${1:-/tmp/tcpwhy-bench}
tcpwhy=${TCPWHY:-$here/target/release/tcpwhy}
runs=${RUNS:-5}
packets=${PACKETS:-20000000}
filter='tcp[tcpflags] & tcp-rst != 0'

[ -x "$tcpwhy" ] || { echo "compare.sh: $tcpwhy is not there; build it with 'cargo build --release'" >&2; exit 2; }
for tool in tcpdump cc /usr/bin/time; do
    command -v "$tool" > /dev/null || { echo "compare.sh: $tool is not installed" >&2; exit 2; }
done

mkdir -p "$directory"
cd "$directory"
[ -x tcpgen ] || cc -O2 -o tcpgen "$here/benches/tcpgen.c" -lm
[ -x rawwalk ] || cc -O2 -o rawwalk "$here/benches/rawwalk.c"

# make_capture NAME OPTIONS...
make_capture() {
    name=$1
    shift
    [ -f "$name.done" ] && return
    echo "making $name" >&2
    ./tcpgen -o "$name" "$@" > "$name.json"
    touch "$name.done"
}

# best OUTPUT COMMAND...: the least wall time in seconds, and the most memory in kB, go to OUTPUT.
best() {
    output=$1
    shift
    if /usr/bin/time -f '%e %M' -o once "$@" > /dev/null 2>&1; then
        tail -n 1 once >> "$output"
    fi
}

least() { sort -n "$1" | head -n 1 | cut -d ' ' -f 1; }
memory() { cut -d ' ' -f 2 "$1" | sort -n | tail -n 1; }

# compare CAPTURE WITH_SLOW: a table for one capture
compare() {
    capture=$1
    rm -f ./*.times
    cat "$capture" > /dev/null
    round=0
    while [ "$round" -lt "$runs" ]; do
        best tcpdump.times tcpdump -r "$capture" -w /dev/null "$filter"
        best one.times "$tcpwhy" --threads 1 --format json "$capture"
        best two.times "$tcpwhy" --threads 2 --format json "$capture"
        case $capture in *.pcap) best rawwalk.times ./rawwalk mmap "$capture" ;; esac
        round=$((round + 1))
    done
    if [ "$2" = slow ]; then
        if command -v tshark > /dev/null; then best tshark.times tshark -r "$capture" -Y 'tcp.flags.reset == 1'; fi
        if command -v tcptrace > /dev/null; then best tcptrace.times tcptrace -n "$capture"; fi
    fi
    base=$(least tcpdump.times)
    echo
    echo "$capture ($(grep -o '"packets": [0-9]*' "$capture.json" | cut -d ' ' -f 2) packets," \
        "$(($(stat -c %s "$capture") / 1000000)) MB):"
    echo
    echo "| program | seconds | times tcpdump's filter | memory, MB |"
    echo "| --- | ---: | ---: | ---: |"
    for line in "tcpdump.times tcpdump's RST filter" 'one.times tcpwhy, one thread' 'two.times tcpwhy, two threads' \
        'rawwalk.times a walk over the records' 'tshark.times tshark, RST filter' 'tcptrace.times tcptrace'; do
        times=${line%% *}
        [ -s "$times" ] || continue
        awk -v name="${line#* }" -v time="$(least "$times")" -v base="$base" -v memory="$(memory "$times")" 'BEGIN {
            ratio = (base + 0 == 0) ? "" : sprintf("%.2f", time / base)
            printf "| %s | %.2f | %s | %d |\n", name, time, ratio, memory / 1000
        }'
    done
}

# packed COMPRESSOR ENDING: a compressed capture, beside what only unpacks it
packed() {
    command -v "$1" > /dev/null || return 0
    capture=million.pcap.$2
    [ -f "$capture" ] || "$1" -c million.pcap > "$capture"
    rm -f ./*.times
    round=0
    while [ "$round" -lt "$runs" ]; do
        best unpack.times "$1" -dc "$capture"
        best two.times "$tcpwhy" --threads 2 --format json "$capture"
        round=$((round + 1))
    done
    awk -v capture="$capture" -v unpacker="$1" -v unpack="$(least unpack.times)" -v time="$(least two.times)" 'BEGIN {
        printf "\n%s: %s alone %.2f s, tcpwhy with two threads %.2f s (%.2f times)\n", capture, unpacker, unpack, time, \
            time / unpack
    }'
}

make_capture large.pcap --packets "$packets" --flows 200000 --snaplen 96
make_capture whole.pcap --packets $((packets / 4)) --flows 200000
make_capture large.pcapng --packets "$packets" --flows 200000 --snaplen 96 --pcapng
make_capture flood.pcap --flood $((packets / 2)) --packets "$packets" --snaplen 96
make_capture few.pcap --packets $((packets / 4)) --flows 1000 --snaplen 96
make_capture many.pcap --packets $((packets / 4)) --flows 1000000 --snaplen 96
make_capture million.pcap --packets 1000000 --flows 10000 --snaplen 96

echo "Measured on $(date -u +%Y-%m-%d), $(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)," \
    "best of $runs runs in turns, captures in the page cache, whole processes, JSON to /dev/null."
for capture in large.pcap whole.pcap large.pcapng flood.pcap few.pcap many.pcap; do
    compare $capture fast
done
compare million.pcap slow
packed gzip gz
packed zstd zst
rm -f once ./*.times
