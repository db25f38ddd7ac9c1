"""Compare the verdicts of tcpwhy with what the applications really got."""

from __future__ import annotations

import ipaddress
import json
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pcapio
import scenarios
import truth
import variants
from model import ERRNOS_OF_KIND, VANTAGES
from variants import Variant

PLAIN = Variant("", "the capture itself")
TOGETHER = Variant("together", "the captures of client, router and server given together")
MERGED = Variant("merged", "all scenarios in one file")
CAUSE_TARGET = 0.95
Endpoint = tuple[str, int]
Ends = frozenset[Endpoint]


@dataclass
class Row:
    """The comparison for one connection (or several that are alike) of a run at a vantage."""

    scenario: str
    family: int
    vantage: str
    variant: str
    label: str
    got: str
    verdict: str
    result: str
    reasons: list[str] = field(default_factory=list)
    cause_right: bool | None = None
    count: int = 1


@dataclass
class Recorded:
    """A run's truth.json, with its connections by their endpoints."""

    name: str
    data: dict
    folder: Path

    def groups(self) -> dict[Ends, list[dict]]:
        """The connections of one pair of endpoints together: ports are sometimes used again."""
        groups: dict[Ends, list[dict]] = {}
        for connection in self.data["connections"]:
            groups.setdefault(ends_of(connection["client"]), []).append(connection)
        return groups


def endpoint(address: Iterable) -> Endpoint:
    ip, port = list(address)[:2]
    return str(ipaddress.ip_address(ip)), int(port)


def ends_of(end: dict) -> Ends:
    return frozenset({endpoint(end["local"]), endpoint(end["peer"])})


def failure_ends(failure: dict) -> Ends:
    return frozenset(endpoint((failure[end]["ip"], failure[end]["port"])) for end in ("client", "server"))


def views_of(connection: dict) -> dict[Ends, dict[Endpoint, dict]]:
    """The pairs of endpoints that a connection shows, more than one if addresses are translated, and who is who."""
    client, server = connection["client"], connection["server"]
    seen_by_client = {endpoint(client["local"]): client, endpoint(client["peer"]): server}
    seen_by_server = {endpoint(server["peer"]): client, endpoint(server["local"]): server}
    return {frozenset(view): view for view in (seen_by_client, seen_by_server)}


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


def expectation(connection: dict, vantage: str) -> tuple[dict, bool, set[str]]:
    """What is expected at a vantage, whether silence is right there too, and the ends whose errno is hidden."""
    expect = connection["expect"]
    hidden = set(expect["hidden"].get(vantage, "").split())
    special = expect["at"].get(vantage)
    if special == "none":
        return {**expect, "kind": None, "or_kinds": []}, True, hidden
    if isinstance(special, dict):
        expect = special
    silent = special == "may" or expect["kind"] is None or None in expect["or_kinds"]
    return expect, silent, hidden


def judge(connection: dict, vantage: str, failure: dict | None, variant: Variant) -> tuple[str, list[str], bool | None]:
    """right, wrong or cannot tell, with the reasons, and whether the cause is right (None: no cause was due)."""
    expect, silent, hidden = expectation(connection, vantage)
    if failure is None:
        if expect["kind"] is None:
            really = connection["expect"]["kind"]
            return ("cannot tell" if really else "right"), [], None
        if silent or variant.may_be_silent:
            return "cannot tell", [], None
        return "wrong", [f"no verdict, {expect['kind']} expected"], None
    kinds = {expect["kind"], *expect["or_kinds"]} - {None}
    if failure["kind"] not in kinds:
        wanted = " or ".join(sorted(kinds)) or "no failure"
        return "wrong", [f"{failure['kind']}, {wanted} expected"], None
    reasons = [*errno_mistakes(connection, failure, hidden), *retry_mistakes(connection, failure)]
    cause_reasons = [] if variant.any_cause else cause_mistakes(expect, failure)
    certain = failure["confidence"] == "certain"
    if certain and expect["causes"] and failure["cause"] not in (expect["causes"][0], "unexplained"):
        reasons.append(f"`certain` of {failure['cause']}, which is wrong")
    cause_right = None if variant.any_cause or not expect["causes"] else not cause_reasons
    return ("wrong" if reasons else "right"), reasons + cause_reasons, cause_right


def errno_mistakes(connection: dict, failure: dict, hidden: set[str]) -> list[str]:
    mistakes = []
    view = views_of(connection)[failure_ends(failure)]
    for role in ("client", "server"):
        said = failure[role]
        end = view[endpoint((said["ip"], said["port"]))]
        name = "client" if end is connection["client"] else "server"
        if name in hidden or not end["measured"]:
            continue
        if not end["probed"] and not end["errno"]:
            continue  # nobody asked the socket for an error that no call fetched
        right = {end["errno"]}
        if None in connection["expect"]["or_kinds"] and not end["errno"]:
            right |= ERRNOS_OF_KIND[failure["kind"]]
        if end["own_timeout"] and not end["errno"]:
            right.add("ETIMEDOUT")
        if said["errno"] not in right:
            mistakes.append(f"{name} errno {said['errno']}, got {end['errno']}")
    return mistakes


def retry_mistakes(connection: dict, failure: dict) -> list[str]:
    """`not_delivered` is a promise: it is broken when the server's application read all that the client sent."""
    client, server = connection["client"], connection["server"]
    verdict = (failure.get("retry") or {}).get("verdict")
    if verdict == "not_delivered" and 0 < client["sent"] <= server["received"]:
        return ["retry not_delivered, but the server read everything"]
    return []


def cause_mistakes(expect: dict, failure: dict) -> list[str]:
    mistakes = []
    if expect["causes"] and failure["cause"] not in expect["causes"]:
        mistakes.append(f"cause {failure['cause']}, expected {' or '.join(expect['causes'])}")
    if expect["by"] and failure["ended_by"] not in (*expect["by"], "unknown"):
        mistakes.append(f"ended by {failure['ended_by']}, expected {' or '.join(expect['by'])}")
    return mistakes


def compare(run: Recorded, vantage: str, variant: Variant, failures: list[dict], problems: list[str]) -> Iterator[Row]:
    """One row for each connection, and one for each failure too many."""
    left = list(failures)
    for problem in problems:
        yield row(run, vantage, variant, "-", "", "", "wrong", [problem])
    for connections in run.groups().values():
        found = [f for f in left if failure_ends(f) in views_of(connections[0])]
        left = [f for f in left if f not in found]
        yield from compare_group(run, vantage, variant, connections, found)
    for failure in left:
        yield row(run, vantage, variant, "?", "", verdict_text(failure), "wrong", ["a failure of no connection"])


def compare_group(
    run: Recorded, vantage: str, variant: Variant, connections: list[dict], found: list[dict]
) -> Iterator[Row]:
    # Failures go to the connections that must fail first, in the order of time; each view may show its own.
    order = sorted(connections, key=lambda c: expectation(c, vantage)[0]["kind"] is None)
    found = sorted(found, key=lambda f: f["ts"])
    for connection in order:
        failure = found.pop(0) if found else None
        result, reasons, cause = judge(connection, vantage, failure, variant)
        again = [f for f in found if failure and is_other_view(f, failure)]
        found = [f for f in found if f not in again]
        yield row(
            run,
            vantage,
            variant,
            connection["label"],
            got_text(connection),
            verdict_text(failure),
            result,
            reasons,
            cause,
        )
    for failure in found:
        yield row(
            run,
            vantage,
            variant,
            connections[0]["label"],
            got_text(connections[0]),
            verdict_text(failure),
            "wrong",
            ["one failure too many"],
        )


def is_other_view(one: dict, other: dict) -> bool:
    """The same failure, seen before and after its addresses were translated."""
    return failure_ends(one) != failure_ends(other) and one["kind"] == other["kind"]


def row(
    run: Recorded,
    vantage: str,
    variant: Variant,
    label: str,
    got: str,
    verdict: str,
    result: str,
    reasons: list[str],
    cause: bool | None = None,
) -> Row:
    return Row(
        run.data["scenario"], run.data["family"], vantage, variant.name, label, got, verdict, result, reasons, cause
    )


def got_text(connection: dict) -> str:
    """What the applications got: the client's first error / the server's."""

    def end(side: dict) -> str:
        if not side["measured"]:
            return "?"
        return side["errno"] or ("own timeout" if side["own_timeout"] else "-")

    return f"{end(connection['client'])} / {end(connection['server'])}"


def verdict_text(failure: dict | None) -> str:
    if failure is None:
        return "-"
    return f"{failure['kind']} {failure['cause']} ({failure['confidence']})"


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
            for variant in (PLAIN, TOGETHER, *variants.VARIANTS)
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
            return list(compare(run, "together", variant, *run_tcpwhy(self.tcpwhy, files)))
        rows: list[Row] = []
        for vantage in VANTAGES:
            path = run.folder / f"{vantage}.pcap"
            if variant is not PLAIN:
                made = variant.make and variant.make(pcapio.read(path), run.data["addresses"]["client"])
                if made is None:
                    continue
                path = scratch / f"{run.name}-{vantage}-{variant.name}.{variant.suffix}"
                path.write_bytes(made)
            rows += compare(run, vantage, variant, *run_tcpwhy(self.tcpwhy, [path]))
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
            yield from compare(run, vantage, MERGED, own, problems)


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
    every = {variant.name for variant in (TOGETHER, MERGED, *variants.VARIANTS)}
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
