"""One run of one scenario on one address family."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pcapio
import realprograms
import tracing
import truth
from actor import Actor
from marks import Marks
from model import VANTAGES, Scenario
from netns import (
    END_OF_CAPTURE,
    Capture,
    Net,
    call_in,
    die_with_parent,
    fork_in,
    send_datagram,
    set_firewall,
    write_certificate,
    write_sysctl,
)
from wire import relay
from words import fill

# Some scenarios are races; on a busy machine they may miss their moment, and are tried again.
ATTEMPTS = 3
TEMP = Path("/tmp")
DEVICES = {"client": "c0", "router": "any", "server": "s0"}


@dataclass(frozen=True)
class Job:
    scenario: Scenario
    family: int
    number: int
    lab: str
    out: Path


class Run:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.scenario = job.scenario
        self.net = Net(f"{job.lab}-{job.number}-{job.family}", job.number, job.family, bool(job.scenario.delay))
        self.work = TEMP / job.lab / f"{job.number}-{job.family}"
        self.marks = Marks(self.work / "marks")
        self.actors: dict[str, int] = {}
        self.captures: dict[str, Capture] = {}
        self.problems: list[str] = []
        self.names = {**self.net.names, **realprograms.names(self.work, TEMP / job.lab / "venv", self.scenario.needs)}

    def go(self) -> dict:
        begun = time.time()
        try:
            self.net.build(self.scenario.offload)
            self.prepare()
            self.start_captures()
            self.start_actors()
            self.wait_for_scripts()
            time.sleep(self.scenario.tail)
            self.finish()
            self.say_end()
            counts = {vantage: capture.stop() for vantage, capture in self.captures.items()}
            logs = tracing.with_addresses(
                self.read_logs(), pcapio.read(self.job.out / "client.pcap"), pcapio.read(self.job.out / "server.pcap")
            )
            return truth.assemble(self.job, self.names, logs, counts, self.problems, begun)
        finally:
            self.clean_up()

    def prepare(self) -> None:
        if "openssl" in self.scenario.needs:
            write_certificate(self.names["cert"])
        for role, rules in self.scenario.firewall.items():
            call_in(self.net.ns(role), lambda role=role, rules=rules: set_firewall(role, fill(rules, self.names)))
        for role, command in self.scenario.setup.items():
            self.call_shell(role, fill(command, self.names))
        # After the firewall: some settings exist only once a rule has loaded connection tracking.
        for role, settings in self.scenario.sysctl.items():
            call_in(self.net.ns(role), lambda settings=settings: write_sysctl(settings))

    def call_shell(self, role: str, command: str) -> None:
        call_in(self.net.ns(role), lambda: os.execvp("sh", ["sh", "-ec", command]))

    def start_captures(self) -> None:
        for vantage in VANTAGES:
            path = self.job.out / f"{vantage}.pcap"
            self.captures[vantage] = Capture(self.net.ns(vantage), DEVICES[vantage], path)
        for capture in self.captures.values():
            capture.wait_ready()

    def start_actors(self) -> None:
        if self.net.wired:
            fork_in(self.net.ns("wire"), lambda: relay("w2c", "w2r", self.scenario.delay, self.marks))
            self.wait_ready("wire")
        for role in ("router", "server", "client"):
            if text := getattr(self.scenario, role):
                self.start_actor(role, text)

    def start_actor(self, role: str, text: str) -> None:
        def act() -> None:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            Actor(role, text, self.job.family, self.names, self.marks, self.work / f"{role}.jsonl").run()

        self.actors[role] = fork_in(self.net.ns(role), act)
        self.wait_ready(role)

    def wait_ready(self, role: str) -> None:
        if not self.marks.wait(f"{role}-ready", timeout=10):
            self.problems.append(f"the {role} did not get ready")

    def wait_for_scripts(self) -> None:
        end = time.monotonic() + self.scenario.limit
        waiting = set(self.actors)
        while waiting and time.monotonic() < end:
            waiting = {role for role in waiting if self.is_acting(role)}
            time.sleep(0.02)
        self.problems += [f"the {role} was not done after {self.scenario.limit} s" for role in sorted(waiting)]

    def is_acting(self, role: str) -> bool:
        if self.marks.has(f"{role}-done"):
            return False
        pid, _ = os.waitpid(self.actors[role], os.WNOHANG)
        if pid:
            del self.actors[role]
        return not pid

    def finish(self) -> None:
        """Let the actors that live ask their sockets for errors that no call has fetched."""
        self.marks.set("finish")
        for role in self.actors:
            if self.marks.has(f"{role}-done") and not self.marks.wait(f"{role}-probed", timeout=5):
                self.problems.append(f"the {role} did not end")

    def say_end(self) -> None:
        """A datagram from either host: the captures went on until now, and have it all once they have this."""
        for role in ("client", "server"):
            gateway = self.net.names[f"{role}_gw"]
            call_in(self.net.ns(role), lambda gateway=gateway: send_datagram(gateway, END_OF_CAPTURE))

    def read_logs(self) -> dict[str, list[dict]]:
        logs = {}
        for path in self.work.glob("*.jsonl"):
            logs[path.stem] = [json.loads(line) for line in path.read_text().splitlines()]
        return logs

    def clean_up(self) -> None:
        for capture in self.captures.values():
            capture.kill()
        for pid in self.actors.values():
            os.kill(pid, signal.SIGKILL)
        self.net.destroy()
        shutil.rmtree(self.work, ignore_errors=True)


def is_skipped(job: Job) -> bool:
    """Whether it needs a program that is not here; says so."""
    reason = realprograms.missing(job.scenario.needs, TEMP / job.lab / "venv") or unknown_setting(job.scenario)
    if reason:
        print(f"{job.out.name}: skipped: {reason}")
    return bool(reason)


def unknown_setting(scenario: Scenario) -> str:
    """Why its settings cannot be made: this kernel is older than one of them."""
    wanted = {key for settings in scenario.sysctl.values() for key in settings if key.startswith("net.ipv4.tcp_")}
    unknown = sorted(key for key in wanted if not Path("/proc/sys", key.replace(".", "/")).exists())
    return f"this kernel has no {unknown[0]}" if unknown else ""


def run_job(job: Job) -> int:
    """Run it, write its captures and truth, and return 1 when it contradicts what the scenario declares."""
    die_with_parent()
    if is_skipped(job):
        return 0
    attempt, found = 0, {"problems": ["not run"]}
    while found["problems"] and attempt < ATTEMPTS:
        attempt += 1
        shutil.rmtree(job.out, ignore_errors=True)
        job.out.mkdir(parents=True)
        found = Run(job).go()
    (job.out / "truth.json").write_text(json.dumps({**found, "attempts": attempt}, indent=1) + "\n")
    for problem in found["problems"]:
        print(f"{job.out.name}: {problem}")
    if attempt > 1 and not found["problems"]:
        print(f"{job.out.name}: right at attempt {attempt}")
    return bool(found["problems"])
