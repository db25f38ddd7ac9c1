"""What the socket calls of a real program returned, from strace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import packets
import variants
from pcapio import Capture

# One file a thread (-ff), so that no call is split over two lines.
STRACE = [
    "strace",
    "-ff",
    "-ttt",
    "-s",
    "0",
    "-e",
    "trace=%network,read,write,readv,writev,close,clone,clone3,fork,vfork,sendfile,dup,dup2,dup3",
]
QUIET = {"EAGAIN", "EINPROGRESS", "EINTR", "ERESTARTSYS", "EALREADY"}
LINE = re.compile(r"(?P<time>\d+\.\d+) (?P<call>\w+)\((?P<args>.*)\)\s+= (?P<result>-?\d+|\?)(?: (?P<errno>E\w+))?")
ADDRESS = re.compile(r"sin6?_port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )\"([^\"]+)\"")
READS = {"read", "readv", "recvfrom", "recvmsg", "recv"}
WRITES = {"write", "writev", "sendto", "sendmsg", "send", "sendfile"}


@dataclass
class TracedSocket:
    """A TCP socket that a program connected or accepted."""

    opening: str
    peer: list
    calls: list[dict] = field(default_factory=list)


@dataclass(frozen=True)
class Call:
    time: float
    pid: int
    name: str
    args: str
    result: int
    errno: str | None


def read(folder: Path, stem: str) -> list[TracedSocket]:
    """The sockets in the trace files `stem`.PID."""
    sockets: list[TracedSocket] = []
    tables: dict[int, dict[int, TracedSocket]] = {}
    streams: set[tuple[int, int]] = set()
    for call in calls(folder, stem):
        table = tables.setdefault(call.pid, {})
        follow(call, table, tables, sockets, streams)
    return sockets


def calls(folder: Path, stem: str) -> list[Call]:
    found = []
    for path in folder.glob(f"{stem}.*"):
        pid = int(path.suffix[1:])
        for line in path.read_text(errors="replace").splitlines():
            if match := LINE.match(line):
                result = -1 if match["result"] == "?" else int(match["result"])
                found.append(Call(float(match["time"]), pid, match["call"], match["args"], result, match["errno"]))
    return sorted(found, key=lambda call: call.time)


def follow(
    call: Call,
    table: dict[int, TracedSocket],
    tables: dict[int, dict[int, TracedSocket]],
    sockets: list[TracedSocket],
    streams: set[tuple[int, int]],
) -> None:
    """Keep the table of descriptors of a process up to date and note what each call returned."""
    if call.name in ("clone", "clone3", "fork", "vfork"):
        if call.result > 0:
            tables[call.result] = table if "CLONE_FILES" in call.args else {**table, **tables.get(call.result, {})}
        return
    if call.name == "socket":
        if call.result >= 0 and "AF_INET" in call.args and "SOCK_STREAM" in call.args:
            streams.add((id(table), call.result))
        return
    number = re.match(r"\d+", call.args)
    if not number:
        return
    descriptor = int(number[0])
    if call.name == "connect" and (id(table), descriptor) in streams:
        if address := ADDRESS.search(call.args):
            table[descriptor] = TracedSocket("socket", [address[2], int(address[1])])
            sockets.append(table[descriptor])
    elif call.name in ("accept", "accept4") and call.result >= 0:
        if address := ADDRESS.search(call.args):
            table[call.result] = TracedSocket("accepted", [unmapped(address[2]), int(address[1])])
            sockets.append(table[call.result])
        return
    if descriptor in table:
        table[descriptor].calls += entries(call)
    if call.name == "close":
        table.pop(descriptor, None)
        streams.discard((id(table), descriptor))


def unmapped(address: str) -> str:
    return address.removeprefix("::ffff:")


def entries(call: Call) -> Iterator[dict]:
    """The entry of a call for the log, in the form that the lab's own actors write."""
    entry: dict = {"wall": call.time, "call": call.name}
    if call.errno and call.errno not in QUIET:
        entry["errno"] = call.errno
    elif call.name == "getsockopt" and (pending := re.search(r"SO_ERROR, \[(E\w+)\]", call.args)):
        entry.update(call="getsockopt(SO_ERROR)", errno=pending[1])
    elif call.name in READS and call.result >= 0:
        entry.update(call="recv", result=call.result)
    elif call.name in WRITES and call.result >= 0:
        entry.update(call="send", sent=call.result)
    elif call.name not in ("close", "connect", "shutdown"):
        return
    yield entry


def with_addresses(logs: dict[str, list[dict]], client: Capture, server: Capture) -> dict[str, list[dict]]:
    """Fill in, from the SYNs of the captures, the local addresses that a trace does not tell."""
    for role, capture in (("client", client), ("server", server)):
        syns = syns_of(capture)
        for entry in logs.get(role, []):
            if not entry.get("program") or "local" not in entry:
                continue
            if entry["call"] == "accepted":
                entry["local"] = next([dst, dport] for src, sport, dst, dport in syns if [src, sport] == entry["peer"])
            else:
                taken = next(syn for syn in syns if list(syn[2:]) == entry["peer"])
                syns.remove(taken)
                entry["local"] = list(taken[:2])
    return logs


def syns_of(capture: Capture) -> list[tuple[str, int, str, int]]:
    """Who asked whom for a connection, each once, in the order of time."""
    found: dict[tuple, None] = {}
    for packet in capture.packets:
        segment = variants.segment_of(packet, capture.link)
        if segment and segment.flags & (packets.SYN | packets.ACK) == packets.SYN:
            found.setdefault((segment.src, segment.sport, segment.dst, segment.dport, segment.seq))
    return [syn[:4] for syn in found]
