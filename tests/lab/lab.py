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
from run import TEMP, Job, run_job

NETNS = Path("/run/netns")
OUT = Path(__file__).parent / "out"
PREFIX = "tcplab"


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
                jobs.append(Job(scenario, family, number, f"{PREFIX}{os.getpid()}", out / name))
    return jobs


def list_scenarios(options: argparse.Namespace) -> int:
    for job in all_jobs(Path(), options.only):
        print(f"{job.out.name:48} {job.scenario.why}")
    return 0


def run_all(options: argparse.Namespace) -> int:
    if reason := unable():
        print(f"skipped: {reason}")
        return 0
    sweep_stale()
    if options.out == OUT:
        forget_old_scenarios()
    jobs = all_jobs(options.out, options.only)
    begun = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    children: dict[int, Job] = {}
    try:
        inconsistent = work_off(jobs, options.jobs, children)
    except KeyboardInterrupt:
        print("interrupted")
        return 130
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        sweep(os.getpid())
    runs = f"{len(jobs)} runs of {len({job.scenario.name for job in jobs})} scenarios"
    print(f"{runs} in {time.monotonic() - begun:.0f} s, {len(inconsistent)} inconsistent: {' '.join(inconsistent)}")
    return bool(inconsistent)


def work_off(jobs: list[Job], parallel: int, children: dict[int, Job]) -> list[str]:
    """Run the jobs, so many at a time; the names of those that contradict what they declare."""
    waiting, inconsistent = list(jobs), []
    while waiting or children:
        while waiting and len(children) < parallel:
            job = waiting.pop(0)
            children[start(job)] = job
        pid, status = os.wait()
        job = children.pop(pid)
        if status:
            inconsistent.append(job.out.name)
    return sorted(inconsistent)


def unable() -> str:
    """Why nothing can run here; empty when it can."""
    if os.geteuid():
        return "the lab makes network namespaces and must run as root"
    absent = [program for program in ("ip", "nft", "ss", "tcpdump") if not shutil.which(program)]
    return f"the lab needs {', '.join(absent)}" if absent else ""


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


def forget_old_scenarios() -> None:
    """Captures of scenarios that are no more."""
    known = {job.out for job in all_jobs(OUT, "")}
    for truth in OUT.glob("*/truth.json"):
        if truth.parent not in known:
            shutil.rmtree(truth.parent)


def sweep_stale() -> None:
    """What labs left behind that were killed."""
    for folder in TEMP.glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX)
        if pid.isdigit() and not Path("/proc", pid).exists():
            sweep(int(pid))


def sweep(pid: int) -> None:
    """Remove the namespaces and files of a lab."""
    names = os.listdir(NETNS) if NETNS.exists() else []
    destroy_namespaces(name for name in names if name.startswith(f"{PREFIX}{pid}-"))
    shutil.rmtree(TEMP / f"{PREFIX}{pid}", ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
