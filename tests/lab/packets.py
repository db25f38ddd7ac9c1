"""Building and reading the TCP packets that raw sockets send and see."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
FLAGS = {"F": FIN, "S": SYN, "R": RST, "P": PSH, "A": ACK}


@dataclass(frozen=True)
class Segment:
    src: str
    dst: str
    sport: int
    dport: int
    seq: int
    ack: int
    flags: int
    window: int
    length: int
    ttl: int

    @property
    def next_seq(self) -> int:
        return (self.seq + self.length + bool(self.flags & SYN) + bool(self.flags & FIN)) & 0xFFFFFFFF


def checksum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def read(packet: bytes) -> Segment | None:
    """The TCP segment in an IP packet, if there is one."""
    version = packet[0] >> 4 if packet else 0
    if version == 4 and packet[9] == socket.IPPROTO_TCP:
        header, ttl, addresses, family = (packet[0] & 15) * 4, packet[8], packet[12:20], socket.AF_INET
        total = struct.unpack_from("!H", packet, 2)[0] or len(packet)
    elif version == 6 and packet[6] == socket.IPPROTO_TCP:
        header, ttl, addresses, family = 40, packet[7], packet[8:40], socket.AF_INET6
        total = (struct.unpack_from("!H", packet, 4)[0] + 40) if packet[4:6] != b"\0\0" else len(packet)
    else:
        return None
    half = len(addresses) // 2
    sport, dport, seq, ack, offset, flags, window = struct.unpack_from("!HHIIBBH", packet, header)
    return Segment(
        socket.inet_ntop(family, addresses[:half]),
        socket.inet_ntop(family, addresses[half:]),
        sport,
        dport,
        seq,
        ack,
        flags & 0x3F,
        window,
        total - header - (offset >> 4) * 4,
        ttl,
    )


def build(segment: Segment, payload: bytes = b"", ident: int = 0) -> bytes:
    """An IP packet with a TCP header without options."""
    family = socket.AF_INET6 if ":" in segment.src else socket.AF_INET
    src, dst = (socket.inet_pton(family, a) for a in (segment.src, segment.dst))
    tcp = (
        struct.pack(
            "!HHIIBBHHH",
            segment.sport,
            segment.dport,
            segment.seq & 0xFFFFFFFF,
            segment.ack & 0xFFFFFFFF,
            5 << 4,
            segment.flags,
            segment.window,
            0,
            0,
        )
        + payload
    )
    pseudo = src + dst + struct.pack("!II", len(tcp), socket.IPPROTO_TCP)
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
    if family == socket.AF_INET6:
        return struct.pack("!IHBB", 6 << 28, len(tcp), socket.IPPROTO_TCP, segment.ttl) + src + dst + tcp
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), ident, 0x4000, segment.ttl, socket.IPPROTO_TCP, 0)
    head = head + src + dst
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + tcp


def flags_of(letters: str) -> int:
    return sum(FLAGS[letter] for letter in letters)


def send_raw(packet: bytes, dst: str) -> None:
    """Send a whole IP packet from this host, whatever source it claims."""
    family = socket.AF_INET6 if ":" in dst else socket.AF_INET
    with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(packet, (dst, 0))
