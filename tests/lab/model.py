"""What a scenario is, and what it expects of a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

VANTAGES = ("client", "router", "server")

# What the first error of either end must be for a scenario to be of this kind.
ERRNOS_OF_KIND: dict[str | None, frozenset[str]] = {
    None: frozenset(),
    "refused": frozenset({"ECONNREFUSED"}),
    "reset": frozenset({"ECONNRESET"}),
    "broken_pipe": frozenset({"EPIPE"}),
    "aborted": frozenset({"ECONNRESET"}),
    "timed_out": frozenset({"ETIMEDOUT"}),
    "unreachable": frozenset(
        {
            "EHOSTUNREACH",
            "ENETUNREACH",
            "EACCES",
            "EPROTO",
            "ENOPROTOOPT",
            "EHOSTDOWN",
            "ENONET",
            "EOPNOTSUPP",
            "EMSGSIZE",
            "ENETDOWN",
        }
    ),
}


@dataclass(frozen=True)
class Expect:
    """The right verdict on one connection.

    `kind` None is a benign connection: any failure on it is a false alarm. `at` gives a vantage that cannot know:
    "none" (it must stay silent), "may" (it may stay silent, but not name another kind) or another Expect.
    `or_kinds` are further kinds that are right, None for silence, where the packets cannot tell. `hidden` names, for a
    vantage, the ends whose errno cannot be known there.
    """

    kind: str | None
    causes: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    or_kinds: tuple[str | None, ...] = ()
    at: Mapping[str, str | Expect] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)


def fail(kind: str, *causes: str, by: str = "", **rest) -> Expect:
    """A failure; `by` lists who may be named as the end that caused it, separated by blanks."""
    return Expect(kind, causes, tuple(by.split()), **rest)


OK = Expect(None)


@dataclass(frozen=True)
class Scenario:
    """What the server, the client and the router do (scripts, see actor.py), and the verdict that is right."""

    name: str
    why: str
    expect: Expect | Mapping[str, Expect]
    server: str = ""
    client: str = ""
    router: str = ""
    families: tuple[int, ...] = (4, 6)
    delay: float = 0.0
    sysctl: Mapping[str, Mapping[str, str | int]] = field(default_factory=dict)
    firewall: Mapping[str, str] = field(default_factory=dict)
    setup: Mapping[str, str] = field(default_factory=dict)
    offload: bool = True
    tail: float = 0.4
    limit: float = 20.0
    needs: tuple[str, ...] = ()

    def expected_of(self, label: str) -> Expect:
        """The expectation for the connection that the client calls `label`."""
        if isinstance(self.expect, Expect):
            return self.expect
        return self.expect.get(label, self.expect.get("*", OK))
