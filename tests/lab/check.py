"""Compare the verdicts of tcpwhy with what the applications really got."""

from __future__ import annotations

import ipaddress
import json
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import pcapio
import scenarios
import truth
import variants
from model import VANTAGES
from variants import Variant
from verdicts import Place, Recorded, Row, compare

PLAIN = Variant("", "the capture itself")
TOGETHER = Variant("together", "the captures of client, router and server given together")
ONE_FILE = Variant("one_file", "the captures of client, router and server in one file, as mergecap makes it")
PASTED = Variant("pasted", "their pcapng files one behind the other, as cat makes it")
MERGED = Variant("merged", "all scenarios in one file")
CAUSE_TARGET = 0.95


def run_tcpwhy(tcpwhy: Path, files: list[Path]) -> tuple[list[dict], list[str]]:
    """The failures that tcpwhy prints, and what is wrong with its output as such."""
    command = [str(tcpwhy), "--format", "json", *map(str, files)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return [], ["tcpwhy took more than two minutes"]
    problems = [] if done.returncode == 0 else [f"exit status {done.returncode}: {done.stderr.strip()[-200:]}"]
    try:
        lines = [json.loads(line) for line in done.stdout.splitlines()]
    except json.JSONDecodeError as error:
        return [], [*problems, f"not NDJSON: {error}"]
    if not lines or lines[-1].get("type") != "summary":
        problems.append("no summary line at the end")
    return [line for line in lines if line["type"] == "failure"], problems


class Checker:
    def __init__(self, tcpwhy: Path, folder: Path, only: str) -> None:
        self.tcpwhy = tcpwhy
        known = {scenario.name: scenario for scenario in scenarios.load()}
        self.runs = []
        for path in sorted(folder.glob("*/truth.json")):
            if re.search(only, path.parent.name):
                found = json.loads(path.read_text())
                found = truth.with_expectations_of_today(found, known.get(found["scenario"]))
                self.runs.append(Recorded(path.parent.name, found, path.parent))

    def check(self, wanted: set[str], scratch: Path) -> list[Row]:
        """All comparisons: the captures themselves, and the variants that are wanted."""
        tasks = [
            (run, variant)
            for run in self.runs
            for variant in (PLAIN, TOGETHER, ONE_FILE, PASTED, *variants.VARIANTS)
            if variant is PLAIN or variant.name in wanted
        ]
        with ThreadPoolExecutor(4) as pool:
            rows = [row for rows in pool.map(lambda task: self.check_one(*task, scratch), tasks) for row in rows]
        if MERGED.name in wanted:
            rows += [row for vantage in VANTAGES for row in self.check_merged(vantage, scratch)]
        return rows

    def check_one(self, run: Recorded, variant: Variant, scratch: Path) -> list[Row]:
        if variant is TOGETHER:
            files = [run.folder / f"{vantage}.pcap" for vantage in VANTAGES]
            return list(compare(Place(run, "together", variant), *run_tcpwhy(self.tcpwhy, files)))
        if variant in (ONE_FILE, PASTED):
            captures = [pcapio.read(run.folder / f"{vantage}.pcap") for vantage in VANTAGES]
            path = scratch / f"{run.name}-{variant.name}.pcapng"
            path.write_bytes(pcapio.pcapng(*captures) if variant is ONE_FILE else b"".join(map(pcapio.pcapng, captures)))
            return list(compare(Place(run, "together", variant), *run_tcpwhy(self.tcpwhy, [path])))
        rows: list[Row] = []
        for vantage in VANTAGES:
            path = run.folder / f"{vantage}.pcap"
            if variant is not PLAIN:
                made = variant.make and variant.make(pcapio.read(path), run.data["addresses"]["client"])
                if made is None:
                    continue
                path = scratch / f"{run.name}-{vantage}-{variant.name}.{variant.suffix}"
                path.write_bytes(made)
            rows += compare(Place(run, vantage, variant), *run_tcpwhy(self.tcpwhy, [path]))
            if variant is not PLAIN:
                path.unlink()
        return rows

    def check_merged(self, vantage: str, scratch: Path) -> Iterator[Row]:
        path = scratch / f"merged-{vantage}.pcap"
        merged = variants.merge([pcapio.read(run.folder / f"{vantage}.pcap") for run in self.runs])
        path.write_bytes(pcapio.pcap(merged))
        failures, problems = run_tcpwhy(self.tcpwhy, [path])
        path.unlink()
        for run in self.runs:
            nets = {ipaddress.ip_address(a).packed[:-1] for a in run.data["addresses"].values()}
            own = [
                f
                for f in failures
                if nets & {ipaddress.ip_address(f[end]["ip"]).packed[:-1] for end in ("client", "server")}
            ]
            yield from compare(Place(run, vantage, MERGED), own, problems)


@dataclass
class Score:
    compared: int
    right: int
    wrong: int
    cannot_tell: int
    false_alarms: int
    causes: int
    causes_right: int

    @property
    def passed(self) -> bool:
        return not self.wrong and self.causes_right >= CAUSE_TARGET * self.causes


def score_of(rows: list[Row]) -> Score:
    results = Counter(row.result for row in rows)
    alarms = sum(
        any("no failure expected" in r or "too many" in r or "of no connection" in r for r in row.reasons)
        for row in rows
    )
    causes = [row.cause_right for row in rows if row.cause_right is not None]
    return Score(
        len(rows), results["right"], results["wrong"], results["cannot tell"], alarms, len(causes), sum(causes)
    )


def folded(rows: list[Row]) -> list[Row]:
    """Rows that are alike (a client's twenty equal retries) as one with a count."""
    found: dict[tuple, Row] = {}
    for item in rows:
        key = (
            item.scenario,
            item.family,
            item.vantage,
            item.variant,
            item.label,
            item.got,
            item.verdict,
            item.result,
            tuple(item.reasons),
        )
        if key in found:
            found[key].count += 1
        else:
            found[key] = Row(**asdict(item))
    return list(found.values())


def print_table(rows: list[Row], everything: bool) -> None:
    """All rows of the captures themselves, and what is wrong in the variants; `everything` shows those in full."""
    print(
        f"{'scenario':40} IP {'vantage':9}{'variant':14}{'connection':12}{'the applications got (client / server)':42}"
        f"{'verdict':50}result"
    )
    for item in folded(rows):
        bad = item.result == "wrong" or item.cause_right is False
        if not (everything or bad or not item.variant):
            continue
        label = item.label if item.count == 1 else f"{item.label} x{item.count}"
        note = f": {'; '.join(item.reasons)}" if item.reasons else ""
        mark = item.result if item.result == "wrong" or item.cause_right is not False else "cause wrong"
        print(
            f"{item.scenario:40} v{item.family} {item.vantage:9}{item.variant:14}{label:12}{item.got:42}"
            f"{item.verdict:50}{mark}{note}"
        )


def print_score(score: Score) -> None:
    share = f"{100 * score.causes_right / score.causes:.1f} %" if score.causes else "-"
    print(
        f"\n{score.compared} comparisons: {score.right} right, {score.wrong} wrong, {score.cannot_tell} cannot tell; "
        f"{score.false_alarms} false alarms; causes right: {score.causes_right} of {score.causes} ({share})"
    )
    print("passed" if score.passed else "NOT passed")


def check(options) -> int:
    every = {variant.name for variant in (TOGETHER, ONE_FILE, PASTED, MERGED, *variants.VARIANTS)}
    wanted = every if options.variants == "all" else set(filter(None, options.variants.split(",")))
    if unknown := wanted - every - {"none"}:
        raise SystemExit(f"no such variant: {' '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="tcplab-check-") as scratch:
        rows = Checker(options.tcpwhy, options.dir, options.only).check(wanted, Path(scratch))
    score = score_of(rows)
    if options.json:
        result = {"score": {**asdict(score), "passed": score.passed}, "rows": [asdict(row) for row in folded(rows)]}
        print(json.dumps(result))
    else:
        print_table(rows, options.all)
        print_score(score)
    return not score.passed
