#!/usr/bin/env python3
"""Capture for long under a steady load: memory must stay what it was after the first part, and nothing may be lost.

    sudo python3 tests/live/soak.py [--minutes 20] [--rate PACKETS_A_SECOND]      TCPWHY=path names the program

The load never repeats a connection (see send.c), one in twenty is reset, and its report goes through a pipe to a reader.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from bed import TCPWHY, Wire, unable
from load import CONNECTIONS, build_sender, frames, write_capture

# How much larger the resident memory may be at its end than it was after the first part, and how long that part is:
# the ring of what was said last (32 MiB) has to be full, and the times for which endings are remembered to be over.
TOLERANCE, WARM_UP = 1.1, 0.3
RESETS = 20


class Report(threading.Thread):
    """Reads the report as a program behind a pipe would."""

    def __init__(self, pipe) -> None:
        super().__init__()
        self.pipe, self.failures, self.summary = pipe, 0, {}

    def run(self) -> None:
        for line in self.pipe:
            item = json.loads(line)
            self.failures += item["type"] == "failure"
            if item["type"] == "summary":
                self.summary = item


def resident(pid: int) -> int:
    """Resident memory in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def watch(process: subprocess.Popen, sender: subprocess.Popen, every: float) -> list[int]:
    """The memory at each of these times until the sender is done."""
    begun, samples = time.monotonic(), []
    while sender.poll() is None and process.poll() is None:
        time.sleep(every)
        samples.append(resident(process.pid))
        print(f"{time.monotonic() - begun:7.0f} s {samples[-1] / 1024:8.1f} MiB", flush=True)
    return samples


def judge(samples: list[int], report: Report, sent: int) -> list[str]:
    """What is wrong."""
    problems = []
    warm = samples[: max(1, int(len(samples) * WARM_UP))]
    if max(samples) > max(warm) * TOLERANCE:
        problems.append(f"memory rose from {max(warm)} KiB to {max(samples)} KiB")
    summary = report.summary
    if summary["packets"] + summary["dropped_kernel"] != sent:
        problems.append(f"{sent} packets were sent, {summary['packets']} taken and {summary['dropped_kernel']} dropped")
    # An episode beyond the failures may be lost as well, so this is no equation.
    if report.failures + summary["output_lost"] < summary["failed"]:
        problems.append(f"{summary['failed']} failures were found and {report.failures} printed")
    rounds, each = sent // sum(1 for _ in frames(RESETS)), CONNECTIONS // RESETS
    if not summary["dropped_kernel"] and not rounds * each <= summary["failed"] <= (rounds + 1) * each:
        problems.append(f"{summary['failed']} failures in {rounds} rounds of {each}")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=int, default=50_000, help="packets a second")
    options = parser.parse_args()
    if reason := unable():
        print(f"skipped: {reason}")
        return 0
    seconds = int(options.minutes * 60)
    with tempfile.TemporaryDirectory(prefix="tcpwhy-soak-") as scratch, Wire() as wire:
        capture, send = Path(scratch, "load.pcap"), build_sender(Path(scratch))
        write_capture(capture, RESETS)
        command = [TCPWHY, "-i", "vb", "--netns", wire.b, "--format", "json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            try:
                report = Report(process.stdout)
                report.start()
                time.sleep(1)
                sending = ["ip", "netns", "exec", wire.a, send, "va", str(capture), str(options.rate), str(seconds)]
                with subprocess.Popen(sending, stdout=subprocess.PIPE, text=True) as sender:
                    samples = watch(process, sender, max(1.0, seconds / 240))
                    sent = int(sender.stdout.read().split()[0])
                time.sleep(0.5)
                process.send_signal(signal.SIGINT)
                status = process.wait(30)
                report.join()
            finally:
                process.kill()
        problems = judge(samples, report, sent)
        if status:
            problems.append(f"it ended with {status}")
    print(f"{sent} packets in {seconds} s, {report.failures} failures printed, at most {max(samples) / 1024:.1f} MiB")
    print("\n".join(problems) or "memory stayed as it was, and nothing was lost that was not counted")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
