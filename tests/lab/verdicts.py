"""Judge one verdict of tcpwhy by what the applications of a run really got."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from model import ERRNOS_OF_KIND
from variants import Variant

Endpoint = tuple[str, int]
Ends = frozenset[Endpoint]


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


@dataclass(frozen=True)
class Place:
    """Where a run was looked at."""

    run: Recorded
    vantage: str
    variant: Variant


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
class Expected:
    """What is right for a connection at a vantage; `silent`: to say nothing is right as well."""

    kind: str | None
    kinds: set[str]
    causes: list[str]
    by: list[str]
    silent: bool
    hidden: set[str]

    @property
    def rests_on_icmp(self) -> bool:
        return "unreachable" in self.kinds or "rejected_by_policy" in self.causes


def expected_at(connection: dict, vantage: str) -> Expected:
    expect = connection["expect"]
    hidden = set(expect["hidden"].get(vantage, "").split())
    special = expect["at"].get(vantage)
    if special == "none":
        return Expected(None, set(), [], [], True, hidden)
    if isinstance(special, dict):
        expect = special
    kinds = {expect["kind"], *expect["or_kinds"]}
    return Expected(
        expect["kind"], kinds - {None}, expect["causes"], expect["by"], special == "may" or None in kinds, hidden
    )


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


def compare(place: Place, failures: list[dict], problems: list[str]) -> Iterator[Row]:
    """One row for each connection, and one for each failure too many."""
    left = list(failures)
    for problem in problems:
        yield row(place, "-", "", None, "wrong", [problem])
    for connections in place.run.groups().values():
        found = [f for f in left if failure_ends(f) in views_of(connections[0])]
        left = [f for f in left if f not in found]
        yield from compare_group(place, connections, found)
    for failure in left:
        yield row(place, "?", "", failure, "wrong", ["a failure of no connection"])


def compare_group(place: Place, connections: list[dict], found: list[dict]) -> Iterator[Row]:
    """The connections of one pair of endpoints: the failures belong to those that must fail, in the order of time."""
    order = sorted(connections, key=lambda c: expected_at(c, place.vantage).kind is None)
    found = sorted(found, key=lambda f: f["ts"])
    for connection in order:
        failure = found.pop(0) if found else None
        result, reasons, cause_right = judge(connection, place, failure)
        yield row(place, connection["label"], got_text(connection), failure, result, reasons, cause_right)
    for failure in found:
        label, got = connections[0]["label"], got_text(connections[0])
        yield row(place, label, got, failure, "wrong", ["one failure too many"])


def judge(connection: dict, place: Place, failure: dict | None) -> tuple[str, list[str], bool | None]:
    """right, wrong or cannot tell, with the reasons, and whether the cause is right (None: no cause was due)."""
    expected, variant = expected_at(connection, place.vantage), place.variant
    partial = variant.may_be_silent or variant.cuts_headers(place.run.data["family"])
    if failure is None:
        return *judge_silence(connection, expected, partial), None
    if partial and expected.rests_on_icmp and failure["kind"] == "timed_out":
        return "cannot tell", [], None
    if failure["kind"] not in expected.kinds:
        wanted = " or ".join(sorted(expected.kinds)) or "no failure"
        return "wrong", [f"{failure['kind']}, {wanted} expected"], None
    reasons = [*errno_mistakes(connection, failure, place), *retry_mistakes(connection, failure)]
    if failure["confidence"] == "certain" and failure["cause"] not in (*expected.causes[:1], "unexplained"):
        reasons.append(f"`certain` of {failure['cause']}, which is wrong")
    if variant.any_cause or not expected.causes:
        return ("wrong" if reasons else "right"), reasons, None
    cause_reasons = cause_mistakes(expected, failure)
    return ("wrong" if reasons else "right"), reasons + cause_reasons, not cause_reasons


def judge_silence(connection: dict, expected: Expected, partial: bool) -> tuple[str, list[str]]:
    if expected.kind is None:
        return ("cannot tell" if connection["expect"]["kind"] else "right"), []
    if expected.silent or partial:
        return "cannot tell", []
    return "wrong", [f"no verdict, {expected.kind} expected"]


def errno_mistakes(connection: dict, failure: dict, place: Place) -> list[str]:
    mistakes = []
    view = views_of(connection)[failure_ends(failure)]
    for role in ("client", "server"):
        said = failure[role]
        end = view[endpoint((said["ip"], said["port"]))]
        name = "client" if end is connection["client"] else "server"
        if name in expected_at(connection, place.vantage).hidden or not end["measured"]:
            continue
        if said["errno"] not in right_errnos(connection, end, failure["kind"], place.variant):
            mistakes.append(f"{name} errno {said['errno']}, got {end['errno']}")
    return mistakes


def right_errnos(connection: dict, end: dict, kind: str, variant: Variant) -> set[str | None]:
    """What may be said of an end: what it got, and more where nobody could know better."""
    right: set[str | None] = {end["errno"]}
    if variant.may_be_silent:
        right.add(None)
    if end["errno"]:
        return right
    if end["own_timeout"]:
        right.add("ETIMEDOUT")
    if not end["probed"] or None in connection["expect"]["or_kinds"]:
        # It closed, or nobody asked its socket for an error that no call fetched.
        right |= ERRNOS_OF_KIND[kind]
    return right


def retry_mistakes(connection: dict, failure: dict) -> list[str]:
    """`not_delivered` is a promise: it is broken when the server's application read all that the client sent."""
    client, server = connection["client"], connection["server"]
    if client["tls"] or server["tls"]:
        return []  # the bytes on the wire are not those that the applications count
    verdict = (failure.get("retry") or {}).get("verdict")
    if verdict == "not_delivered" and 0 < client["sent"] <= server["received"]:
        return ["retry not_delivered, but the server read everything"]
    return []


def cause_mistakes(expected: Expected, failure: dict) -> list[str]:
    mistakes = []
    if failure["cause"] not in expected.causes:
        mistakes.append(f"cause {failure['cause']}, expected {' or '.join(expected.causes)}")
    if expected.by and failure["ended_by"] not in (*expected.by, "unknown"):
        mistakes.append(f"ended by {failure['ended_by']}, expected {' or '.join(expected.by)}")
    return mistakes


def row(
    place: Place,
    label: str,
    got: str,
    failure: dict | None,
    result: str,
    reasons: list[str],
    cause_right: bool | None = None,
) -> Row:
    data = place.run.data
    return Row(
        data["scenario"],
        data["family"],
        place.vantage,
        place.variant.name,
        label,
        got,
        verdict_text(failure),
        result,
        reasons,
        cause_right,
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
