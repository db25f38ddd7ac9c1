#!/usr/bin/env python3
"""The kernel lab: real programs with real sockets, what they got, and the captures of it. See README.md."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path

import scenarios
from check import check
from netns import destroy_namespaces
from run import VENV, Job, run_job

NETNS = Path("/run/netns")
OUT = Path(__file__).parent / "out"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run the scenarios and write their captures and truth")
    run.add_argument("--out", type=Path, default=OUT)
    run.add_argument("--only", default="", help="a regular expression on `scenario-ipv4`")
    run.add_argument("--jobs", type=int, default=20)
    listing = commands.add_parser("list", help="list the scenarios")
    listing.add_argument("--only", default="")
    compare = commands.add_parser("check", help="compare tcpwhy's verdicts with the truth")
    compare.add_argument("--tcpwhy", type=Path, required=True, help="the program to be checked")
    compare.add_argument("--dir", type=Path, default=OUT, help="where `run` put its captures")
    compare.add_argument("--only", default="", help="a regular expression on `scenario-ipv4`")
    compare.add_argument("--variants", default="none", help="all, none, or names with commas")
    compare.add_argument("--all", action="store_true", help="print every row of the variants too")
    compare.add_argument("--json", action="store_true", help="the result for programs")
    options = parser.parse_args()
    return {"list": list_scenarios, "run": run_all, "check": check}[options.command](options)


def all_jobs(out: Path, only: str) -> list[Job]:
    jobs = []
    for number, scenario in enumerate(scenarios.load(), start=1):
        for family in scenario.families:
            name = f"{scenario.name}-ipv{family}"
            if re.search(only, name):
                prefix = f"tcplab{os.getpid()}-{number}-{family}"
                jobs.append(Job(scenario, family, number, prefix, out / name))
    return jobs


def list_scenarios(options: argparse.Namespace) -> int:
    for job in all_jobs(Path(), options.only):
        print(f"{job.out.name:48} {job.scenario.why}")
    return 0


def run_all(options: argparse.Namespace) -> int:
    if os.geteuid():
        print("skipped: the lab makes network namespaces and must run as root")
        return 0
    sweep_stale()
    forget_old_scenarios(options.out)
    jobs = all_jobs(options.out, options.only)
    # The long ones first, so that none of them is left over at the end.
    jobs.sort(key=lambda job: -job.scenario.tail)
    begun = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed: list[str] = []
    children: dict[int, Job] = {}
    try:
        while jobs or children:
            while jobs and len(children) < options.jobs:
                job = jobs.pop(0)
                children[start(job)] = job
            pid, status = os.wait()
            if pid in children:
                job = children.pop(pid)
                if status:
                    failed.append(job.out.name)
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(VENV, ignore_errors=True)
        destroy_namespaces(name for name in os.listdir(NETNS) if name.startswith(f"tcplab{os.getpid()}-"))
    print(f"{time.monotonic() - begun:.0f} s, {len(failed)} inconsistent: {' '.join(sorted(failed))}")
    return bool(failed)


def start(job: Job) -> int:
    """Run one job in a child process; its status says whether it was consistent."""
    pid = os.fork()
    if pid:
        return pid
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        status = run_job(job)
    except BaseException as error:
        print(f"{job.out.name}: {type(error).__name__}: {error}", file=sys.stderr)
        status = 2
    finally:
        sys.stdout.flush()
        os._exit(status)


def forget_old_scenarios(out: Path) -> None:
    """Captures of scenarios that are no more."""
    known = {job.out for job in all_jobs(out, "")}
    for truth in out.glob("*/truth.json"):
        if truth.parent not in known:
            shutil.rmtree(truth.parent)


def sweep_stale() -> None:
    """Namespaces that a killed lab left behind."""
    if not NETNS.exists():
        return
    for name in os.listdir(NETNS):
        found = re.match(r"tcplab(\d+)-", name)
        if found and not Path("/proc", found[1]).exists():
            destroy_namespaces([name])


if __name__ == "__main__":
    sys.exit(main())
