"""Reading and writing capture files, byte for byte, without a library."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

ETHERNET, LINUX_SLL2 = 1, 276
MICRO, NANO = 0xA1B2C3D4, 0xA1B23C4D
SNAPLEN = 262144


@dataclass(frozen=True)
class Packet:
    """One captured packet; `ts` in nanoseconds."""

    ts: int
    data: bytes
    length: int


@dataclass(frozen=True)
class Capture:
    link: int
    packets: list[Packet]


def read(path: Path) -> Capture:
    """A pcap file as tcpdump writes it here: little-endian, microseconds."""
    raw = path.read_bytes()
    magic, _, _, _, _, _, link = struct.unpack_from("<IHHiIII", raw)
    if magic != MICRO:
        raise ValueError(f"{path}: not a little-endian microsecond pcap")
    packets, offset = [], 24
    while offset + 16 <= len(raw):
        seconds, micros, caught, length = struct.unpack_from("<IIII", raw, offset)
        offset += 16
        packets.append(Packet(seconds * 10**9 + micros * 1000, raw[offset : offset + caught], length))
        offset += caught
    return Capture(link, packets)


def pcap(capture: Capture, magic: int = MICRO, order: str = "<") -> bytes:
    """A pcap file with the resolution of `magic` and the byte order `order`."""
    unit = 1 if magic == NANO else 1000
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, SNAPLEN, capture.link)]
    for packet in capture.packets:
        seconds, rest = divmod(packet.ts, 10**9)
        parts.append(struct.pack(order + "IIII", seconds, rest // unit, len(packet.data), packet.length))
        parts.append(packet.data)
    return b"".join(parts)


def pcapng(*captures: Capture) -> bytes:
    """A pcapng file: one section, an interface with nanosecond timestamps for each capture, enhanced packet blocks."""
    resolution = struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)
    parts = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    parts += [block(1, struct.pack("<HHI", capture.link, 0, SNAPLEN) + resolution) for capture in captures]
    packets = [(packet, interface) for interface, capture in enumerate(captures) for packet in capture.packets]
    for packet, interface in sorted(packets, key=lambda found: found[0].ts):
        head = struct.pack(
            "<IIIII", interface, packet.ts >> 32, packet.ts & 0xFFFFFFFF, len(packet.data), packet.length
        )
        parts.append(block(6, head + packet.data + bytes(-len(packet.data) % 4)))
    return b"".join(parts)


def block(kind: int, body: bytes) -> bytes:
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size
