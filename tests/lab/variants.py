"""The same capture in other clothes: cut, thinned, doubled, reordered, tagged, tunnelled, in other file formats."""

from __future__ import annotations

import gzip
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import packets
from packets import Segment
from pcapio import ETHERNET, MICRO, NANO, Capture, Packet, pcap, pcapng

LINK_HEADER = {ETHERNET: 14, 276: 20}
IP_TYPES = (b"\x08\x00", b"\x86\xdd")


@dataclass(frozen=True)
class Variant:
    """How to make it. `may_be_silent`: too much is missing for a verdict to be owed. `any_cause`: what the cause rests
    on is missing. `snaplen`: packets are cut after so many bytes."""

    name: str
    why: str
    make: Callable[[Capture, str], bytes | None] | None = None
    may_be_silent: bool = False
    any_cause: bool = False
    suffix: str = "pcap"
    snaplen: int = 0

    def cuts_headers(self, family: int) -> bool:
        """Whether packets are cut in their headers, or ICMP errors in the segment that they quote."""
        return 0 < self.snaplen < (76 if family == 4 else 116)


def ip_of(packet: Packet, link: int) -> bytes:
    """The IP packet in a frame, or nothing."""
    kind = packet.data[12:14] if link == ETHERNET else packet.data[:2]
    return packet.data[LINK_HEADER[link] :] if kind in IP_TYPES else b""


def segment_of(packet: Packet, link: int) -> packets.Segment | None:
    ip = ip_of(packet, link)
    return packets.read(ip) if len(ip) >= 40 else None


def source_of(packet: Packet, link: int) -> str:
    ip = ip_of(packet, link)
    if not ip:
        return ""
    family, start, size = (socket.AF_INET, 12, 4) if ip[0] >> 4 == 4 else (socket.AF_INET6, 8, 16)
    return socket.inet_ntop(family, ip[start : start + size])


def keep(capture: Capture, kept: Iterator[Packet]) -> bytes:
    return pcap(Capture(capture.link, list(kept)))


def handshake_cut(capture: Capture, _: str) -> bytes:
    """Each connection without its SYNs and the bare ACK that follows them."""
    opened: set[frozenset] = set()

    def kept() -> Iterator[Packet]:
        for packet in capture.packets:
            segment = segment_of(packet, capture.link)
            if not segment:
                yield packet
                continue
            ends = frozenset({(segment.src, segment.sport), (segment.dst, segment.dport)})
            if segment.flags & packets.SYN:
                continue
            if ends not in opened:
                opened.add(ends)
                if segment.flags == packets.ACK and not segment.length:
                    continue
            yield packet

    return keep(capture, kept())


def end_cut(capture: Capture, _: str) -> bytes:
    return keep(capture, iter(capture.packets[: len(capture.packets) * 6 // 10]))


def torn(capture: Capture, _: str) -> bytes:
    """The file ends in the middle of a record more."""
    extra = replace(capture.packets[-1], ts=capture.packets[-1].ts + 10**6)
    return pcap(Capture(capture.link, [*capture.packets, extra]))[:-7]


def snaplen(size: int) -> Callable[[Capture, str], bytes]:
    def cut(capture: Capture, _: str) -> bytes:
        return keep(capture, (replace(packet, data=packet.data[:size]) for packet in capture.packets))

    return cut


def window_cut(capture: Capture, _: str) -> bytes:
    """Each TCP header ends before its window, as with tcpdump's own 68 bytes in IPv6."""

    def size(packet: Packet) -> int:
        ip = ip_of(packet, capture.link)
        return LINK_HEADER[capture.link] + (20 if ip[:1] < b"\x50" else 40) + 14

    return keep(capture, (replace(packet, data=packet.data[: size(packet)]) for packet in capture.packets))


def from_client(capture: Capture, client: str) -> bytes:
    return keep(capture, (p for p in capture.packets if source_of(p, capture.link) == client))


def from_server(capture: Capture, client: str) -> bytes:
    return keep(capture, (p for p in capture.packets if source_of(p, capture.link) != client))


def doubled(capture: Capture, _: str) -> bytes:
    return keep(capture, (copy for p in capture.packets for copy in (p, replace(p, ts=p.ts + 1000))))


def swap_neighbours(capture: Capture) -> list[tuple[Packet, Packet]]:
    """Pairs of neighbours to swap: opposite directions, a third of a millisecond apart at most; others pair with
    themselves."""
    pairs, rest = [], list(capture.packets)
    while rest:
        first = rest.pop(0)
        near = rest and rest[0].ts - first.ts < 300_000
        if near and source_of(first, capture.link) != source_of(rest[0], capture.link):
            pairs.append((rest.pop(0), first))
        else:
            pairs.append((first, first))
    return pairs


def swapped(capture: Capture, _: str) -> bytes:
    """Neighbours in the wrong order in the file; their timestamps tell the right one."""
    return keep(capture, (p for a, b in swap_neighbours(capture) for p in ((a, b) if a is not b else (a,))))


def skewed(capture: Capture, _: str) -> bytes:
    """Neighbours swapped together with their timestamps, as when two queues of a network card are read in turn."""
    return keep(
        capture,
        (
            p
            for a, b in swap_neighbours(capture)
            for p in ((replace(a, ts=b.ts), replace(b, ts=a.ts)) if a is not b else (a,))
        ),
    )


def vlan(capture: Capture, _: str) -> bytes | None:
    if capture.link != ETHERNET:
        return None
    tag = b"\x81\x00\x00\x07"
    return keep(
        capture, (replace(p, data=p.data[:12] + tag + p.data[12:], length=p.length + 4) for p in capture.packets)
    )


def vxlan(capture: Capture, _: str) -> bytes:
    """Each frame inside UDP port 4789 between two hosts of the underlay."""

    def wrap(packet: Packet) -> Packet:
        frame = packet.data
        if capture.link != ETHERNET:
            frame = bytes(12) + frame[:2] + frame[20:]
        size = packet.length + len(frame) - len(packet.data)
        udp = struct.pack("!HHHH", 50000, 4789, (size + 16) & 0xFFFF, 0) + b"\x08\0\0\0\0\0\x2a\0"
        ip = struct.pack(
            "!BBHHHBBH4s4s", 0x45, 0, (size + 36) & 0xFFFF, 0, 0x4000, 64, 17, 0, b"\xc0\0\x02\x01", b"\xc0\0\x02\x02"
        )
        ip = ip[:10] + struct.pack("!H", packets.checksum(ip)) + ip[12:]
        outer = b"\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0" + ip + udp
        return Packet(packet.ts, outer + frame, size + len(outer))

    return pcap(Capture(ETHERNET, [wrap(packet) for packet in capture.packets]))


def merge(captures: list[Capture]) -> Capture:
    """All packets in the order of time; the link types must agree."""
    links = {capture.link for capture in captures}
    if len(links) != 1:
        raise ValueError(f"cannot merge link types {sorted(links)}")
    return Capture(links.pop(), sorted((p for c in captures for p in c.packets), key=lambda p: p.ts))


def busy(capture: Capture, _: str) -> bytes:
    """Another connection sends every 50 ms, so that the clock of the packets goes on, as it does live."""
    if not capture.packets:
        return pcap(capture)
    head = bytes(12) + b"\x08\0" if capture.link == ETHERNET else b"\x08\0" + bytes(18)
    other = Segment("192.0.2.1", "192.0.2.2", 5, 9, 0, 1, packets.ACK | packets.PSH, 500, 10, 64)
    first, last = capture.packets[0], capture.packets[-1]
    beats = []
    for number, ts in enumerate(range(first.ts, last.ts, 50_000_000)):
        sent = replace(other, seq=1 + 10 * number)
        data = head + packets.build(sent, bytes(10), ident=number & 0xFFFF)
        beats.append(replace(first, ts=ts, data=data, length=len(data)))
    return pcap(merge([capture, Capture(capture.link, beats)]))


VARIANTS = [
    Variant("handshake_cut", "the capture began late", handshake_cut, may_be_silent=True, any_cause=True),
    Variant("end_cut", "the capture ended early", end_cut, may_be_silent=True, any_cause=True),
    Variant("torn", "the file ends in the middle of a record", torn),
    Variant("snaplen_60", "60 bytes a packet", snaplen(60), may_be_silent=True, any_cause=True, snaplen=60),
    Variant("snaplen_96", "96 bytes a packet", snaplen(96), any_cause=True, snaplen=96),
    Variant("window_cut", "cut before the window of TCP", window_cut, may_be_silent=True, any_cause=True),
    Variant("from_client", "only what the client sent", from_client, may_be_silent=True, any_cause=True),
    Variant("from_server", "only what came back", from_server, may_be_silent=True, any_cause=True),
    Variant("pcapng", "pcapng, nanoseconds", lambda c, _: pcapng(c), suffix="pcapng"),
    Variant("nanoseconds", "pcap with nanoseconds", lambda c, _: pcap(c, NANO)),
    Variant("big_endian", "pcap from a big-endian machine", lambda c, _: pcap(c, MICRO, ">")),
    Variant("doubled", "every packet twice, as from a mirror port", doubled),
    Variant("swapped", "neighbours in the wrong order", swapped),
    Variant("skewed", "neighbours in the wrong order, timestamps too", skewed, may_be_silent=True, any_cause=True),
    Variant("busy", "among the packets of another connection", busy),
    Variant("vlan", "with a VLAN tag", vlan),
    Variant("vxlan", "inside a VXLAN tunnel", vxlan),
    Variant("gzip", "compressed", lambda c, _: gzip.compress(pcap(c), 1), suffix="pcap.gz"),
]
