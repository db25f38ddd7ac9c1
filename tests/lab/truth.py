"""What the applications of a run really got, and the verdicts that are right for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from model import ERRNOS_OF_KIND, Expect, Scenario
from words import fill

# Errors that tell of what the program or its host did itself, not of the connection's fate.
OWN_ERRORS = {"ECONNABORTED", "EAGAIN", "ENOTCONN", "EADDRINUSE", "EINVAL", "EBADF", "EALREADY", "EISCONN"}


def assemble(
    job: Any, names: Mapping[str, str], logs: Mapping[str, list[dict]], counts: dict, problems: list[str], begun: float
) -> dict:
    connections = connections_of(logs, job.scenario)
    problems = [*problems, *crashes(logs), *lost(counts), *contradictions(connections)]
    return {
        "scenario": job.scenario.name,
        "family": job.family,
        "why": job.scenario.why,
        "started": begun,
        "addresses": {"client": names["client"], "server": names["server"]},
        "scripts": {role: fill(getattr(job.scenario, role), names) for role in ("server", "client", "router")},
        "firewall": dict(job.scenario.firewall),
        "connections": connections,
        "messages": messages_of(logs),
        "captures": counts,
        "logs": logs,
        "problems": problems,
    }


def connections_of(logs: Mapping[str, list[dict]], scenario: Scenario) -> list[dict]:
    """One entry for each connect(), with what either end got."""
    clients = ends_of(logs.get("client", []), "socket")
    servers = ends_of(logs.get("server", []), "accepted")
    opened = ends_of(logs.get("server", []), "socket")
    connections = []
    for client in clients:
        server = take(servers, client) or take(opened, client)
        expect = scenario.expected_of(client["label"])
        connections.append(
            {
                "label": client["label"],
                "client": client,
                "server": server or absent(client),
                "expect": expect_as_dict(expect),
            }
        )
    for server in servers:
        expect = scenario.expected_of(server["label"])
        connections.append(
            {"label": server["label"], "client": absent(server), "server": server, "expect": expect_as_dict(expect)}
        )
    return connections


def take(servers: list[dict], client: dict) -> dict | None:
    """The server's end of a client's connection, taken from the list: the same ports may come again later."""
    for index, server in enumerate(servers):
        if server["peer"] == client["local"] and server["local"] == client["peer"]:
            return servers.pop(index)
    for index, server in enumerate(servers):
        if server["peer"][0] != client["local"][0] or server["local"][0] != client["peer"][0]:
            return servers.pop(index)  # its address was translated
    return None


def absent(other: dict) -> dict:
    """An end where no application ever held the connection."""
    return {
        "label": None,
        "local": other["peer"],
        "peer": other["local"],
        "errno": None,
        "call": None,
        "own_timeout": False,
        "sent": 0,
        "received": 0,
        "measured": other["measured"],
        "probed": other["probed"],
        "held": False,
        "tls": False,
    }


def ends_of(log: list[dict], opening: str) -> list[dict]:
    """The sockets that a log opens with an entry `opening`, each with its first error."""
    ends = []
    for entry in log:
        if entry["call"] == opening:
            calls = [e for e in log if e["sock"] == entry["sock"]] if entry["sock"] else []
            ends.append(
                {
                    "label": entry["label"],
                    "local": entry["local"],
                    "peer": entry["peer"],
                    **first_error(calls),
                    "sent": sum(e.get("sent", 0) for e in calls),
                    "received": sum(e["result"] for e in calls if e["call"] == "recv" and "result" in e),
                    "measured": not entry.get("raw", False),
                    "probed": not entry.get("program", False),
                    "held": True,
                    "tls": any(e["call"].startswith("TLS") for e in calls),
                }
            )
    return ends


def first_error(calls: list[dict]) -> dict:
    for entry in calls:
        if "errno" in entry and entry["errno"] not in OWN_ERRORS:
            return {
                "errno": entry["errno"],
                "call": entry["call"],
                "own_timeout": any(e.get("own_timeout") for e in calls),
            }
    timed = next((e for e in calls if e.get("own_timeout")), None)
    return {"errno": None, "call": timed and timed["call"], "own_timeout": timed is not None}


def with_expectations_of_today(found: dict, scenario: Scenario | None) -> dict:
    """A truth with what its scenario expects now: expectations can be mended without a new run."""
    for connection in found["connections"] if scenario else []:
        connection["expect"] = expect_as_dict(scenario.expected_of(connection["label"]))
    return found


def expect_as_dict(expect: Expect) -> dict:
    found = asdict(expect)
    found["at"] = {
        vantage: value if isinstance(value, str) else expect_as_dict(value) for vantage, value in expect.at.items()
    }
    return found


def messages_of(logs: Mapping[str, list[dict]]) -> list[dict]:
    return [
        {"program": entry["program"], "text": entry["text"], "status": entry["status"]}
        for log in logs.values()
        for entry in log
        if entry["call"] == "message"
    ]


def crashes(logs: Mapping[str, list[dict]]) -> list[str]:
    return [
        f"the {role}'s script crashed: {entry['note'].strip().splitlines()[-1]}"
        for role, log in logs.items()
        for entry in log
        if entry["call"] == "crash"
    ]


def lost(counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    return [
        f"the capture at the {vantage} lost {count['dropped']} packets"
        for vantage, count in counts.items()
        if count.get("dropped")
    ]


def contradictions(connections: list[dict]) -> list[str]:
    """Where the errno that the applications got is none that the declared kind has."""
    problems = []
    if not connections:
        problems.append("no connection was made")
    for connection in connections:
        ends = connection["client"], connection["server"]
        got = {end["errno"] for end in ends if end["errno"]}
        own_timeout = any(end["own_timeout"] for end in ends)
        raw = not all(end["measured"] and end["probed"] for end in ends)
        expect = connection["expect"]
        if not any(agrees(kind, got, own_timeout, raw) for kind in kinds_of(expect)):
            problems.append(
                f"{connection['label']}: declared {expect['kind']}, but the applications got "
                f"{[end['errno'] for end in ends]}"
            )
    return problems


def kinds_of(expect: Mapping[str, Any]) -> list[str | None]:
    return [expect["kind"], *expect["or_kinds"]]


def agrees(kind: str | None, got: set[str], own_timeout: bool, raw: bool) -> bool:
    if kind is None:
        return not got
    if not got:
        # Half-open connections, and programs that time out by their own clock, get no errno.
        return raw or kind == "aborted" or (kind == "timed_out" and own_timeout)
    return bool(got & ERRNOS_OF_KIND[kind]) and got <= ERRNOS_OF_KIND[kind] | {"EPIPE", "ECONNRESET"}
