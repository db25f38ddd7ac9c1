#!/usr/bin/env python3
"""Scenarios of the kernel lab, watched live: the verdicts must be those on the capture of the same packets.

    sudo python3 tests/live/compare.py [--only REGEX] [--every N] [--jobs N]      TCPWHY=path names the program

At each of the three places where the lab captures, tcpwhy watches as well. Nothing but kind, cause, what both
applications got, who ended it and the retry verdict is compared: frame numbers differ, since tcpwhy is given fewer frames.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "lab"))

import run as lab_run  # noqa: E402
import scenarios  # noqa: E402
from bed import TCPWHY, unable, wait_until  # noqa: E402
from model import VANTAGES  # noqa: E402

FIELDS = ("type", "kind", "cause", "ended_by", "reset")


class Watched(lab_run.Run):
    """A run of the lab with tcpwhy beside each capture."""

    def start_captures(self) -> None:
        super().start_captures()
        self.watchers: dict[str, subprocess.Popen] = {}
        for vantage in VANTAGES:
            device, namespace = lab_run.DEVICES[vantage], self.net.ns(vantage)
            out, err = (self.job.out / f"{vantage}.{end}" for end in ("live.json", "live.err"))
            command = [TCPWHY, "-i", device, "--netns", namespace, "-v", "--format", "json", "-B", "8192"]
            with out.open("wb") as stdout, err.open("wb") as stderr:
                self.watchers[vantage] = subprocess.Popen(command, stdout=stdout, stderr=stderr)
            wait_until(lambda err=err: "seccomp" in err.read_text(), "tcpwhy is ready")

    def say_end(self) -> None:
        super().say_end()
        for watcher in self.watchers.values():
            watcher.send_signal(signal.SIGINT)
        for vantage, watcher in self.watchers.items():
            if watcher.wait(20):
                self.problems.append(f"tcpwhy at the {vantage} ended with {watcher.returncode}")

    def clean_up(self) -> None:
        for watcher in getattr(self, "watchers", {}).values():
            watcher.kill()
        super().clean_up()


def verdicts(lines: str) -> Counter[tuple]:
    """What is said of each connection, and how often."""
    found: Counter[tuple] = Counter()
    for line in map(json.loads, lines.splitlines()):
        if line["type"] == "failure":
            ends = tuple((line[end]["ip"], line[end]["port"], line[end]["errno"]) for end in ("client", "server"))
            found[(*(line[field] for field in FIELDS), line["retry"]["verdict"], *ends)] += 1
    return found


def compare(folder: Path) -> list[str]:
    """The differences at each place."""
    differences = []
    for vantage in VANTAGES:
        capture = folder / f"{vantage}.pcap"
        done = subprocess.run([TCPWHY, "--format", "json", capture], capture_output=True, text=True)
        live, offline = verdicts((folder / f"{vantage}.live.json").read_text()), verdicts(done.stdout)
        differences += [f"{folder.name} {vantage}: only live: {item}" for item in (live - offline).elements()]
        differences += [f"{folder.name} {vantage}: only offline: {item}" for item in (offline - live).elements()]
    return differences


def watch(job: lab_run.Job) -> int:
    """One scenario, in a process of its own; the status says whether live and offline agree."""
    shutil.rmtree(job.out, ignore_errors=True)
    job.out.mkdir(parents=True)
    problems = Watched(job).go()["problems"]
    differences = compare(job.out)
    for line in differences:
        print(line, flush=True)
    if problems and not differences:
        print(f"{job.out.name}: the lab itself: {'; '.join(problems)}", flush=True)
    return bool(differences)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a regular expression on `scenario-ipv4`")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth run, for a quick look")
    parser.add_argument("--jobs", type=int, default=6)
    parser.add_argument("--keep", type=Path, help="keep captures and reports there")
    options = parser.parse_args()
    if reason := unable() or ("" if shutil.which("nft") else "the lab needs nft"):
        print(f"skipped: {reason}")
        return 0
    with tempfile.TemporaryDirectory(prefix="tcpwhy-compare-") as scratch:
        out = options.keep or Path(scratch)
        jobs = []
        for number, scenario in enumerate(scenarios.load(), start=1):
            for family in scenario.families:
                name = f"{scenario.name}-ipv{family}"
                if re.search(options.only, name):
                    jobs.append(lab_run.Job(scenario, family, number, f"tcplive{os.getpid()}", out / name))
        jobs = [job for job in jobs[:: options.every] if not lab_run.is_skipped(job)]
        wrong = work_off(jobs, options.jobs)
    print(f"{len(jobs)} runs at {len(VANTAGES)} places each, {wrong} with a difference between live and offline")
    return bool(wrong)


def work_off(jobs: list[lab_run.Job], parallel: int) -> int:
    running, wrong, waiting = set(), 0, list(jobs)
    while waiting or running:
        while waiting and len(running) < parallel:
            running.add(start(waiting.pop(0)))
        pid, status = os.wait()
        if pid in running:
            running.discard(pid)
            wrong += bool(status)
    return wrong


def start(job: lab_run.Job) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 2
    try:
        status = watch(job)
    except Exception as error:
        print(f"{job.out.name}: {type(error).__name__}: {error}", file=sys.stderr)
    finally:
        sys.stdout.flush()
        os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
