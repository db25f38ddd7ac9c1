"""Writes what fuzzing begins with into corpus/TARGET, made from what the tests hold: scripts and shipped captures."""

import gzip
import pathlib
import re
import struct

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
ETHERNET, RAW_IP, COOKED, COOKED_2, NULL = 1, 101, 113, 276, 0
WIRELESS, PRISM, RADIOTAP, AVS, PPI = 105, 119, 127, 163, 192


def frames(capture):
    """The frames of a pcap file in the byte order of this machine."""
    bytes_ = capture.read_bytes()
    at = 24
    while at + 16 <= len(bytes_):
        captured, = struct.unpack_from("<I", bytes_, at + 8)
        yield bytes_[at + 16:at + 16 + captured]
        at += 16 + captured


def pcapng(all_frames, order):
    """A pcapng file in this byte order ("<" or ">"), with packets of three kinds."""

    def block(kind, body):
        body += bytes(-len(body) % 4)
        length = struct.pack(order + "I", len(body) + 12)
        return struct.pack(order + "I", kind) + length + body + length

    file = block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    file += block(1, struct.pack(order + "HHIHHB3xHHq", ETHERNET, 0, 0, 9, 1, 9, 14, 8, 1_000_000))
    for number, frame in enumerate(all_frames):
        lengths = (len(frame), len(frame))
        file += [
            block(6, struct.pack(order + "5I", 0, number, 7, *lengths) + frame),
            block(3, struct.pack(order + "I", len(frame)) + frame),
            block(2, struct.pack(order + "HH4I", 0, 0, number, 7, *lengths) + frame),
        ][number % 3]
    return file


def ipv4(protocol, inner):
    """An IPv4 packet around these bytes."""
    return struct.pack(">BBHIBBH4B4B", 0x45, 0, 20 + len(inner), 1, 64, protocol, 0, *(10, 0, 0, 1), *(10, 0, 0, 2)) + inner


def ipv6(protocol, inner):
    """An IPv6 packet around these bytes."""
    return struct.pack(">IHBB", 6 << 28, len(inner), protocol, 64) + bytes(31) + b"\1" + inner


def udp(port, inner):
    """A UDP packet around these bytes."""
    return struct.pack(">4H", 5000, port, 8 + len(inner), 0) + inner


def wrapped(frame):
    """Link type and frame, for all layers that may be around a packet."""
    ether, packet = frame[:12], frame[14:]
    yield ETHERNET, frame
    yield RAW_IP, packet
    yield NULL, struct.pack("<I", 2) + packet
    yield COOKED, struct.pack(">HHH8sH", 0, 1, 6, b"", 0x0800) + packet
    yield COOKED_2, struct.pack(">HHIHBB8s", 0x0800, 0, 1, 1, 0, 6, b"") + packet
    yield ETHERNET, ether + struct.pack(">HHHHH", 0x88A8, 5, 0x8100, 6, 0x0800) + packet
    yield ETHERNET, ether + struct.pack(">HI", 0x8847, 16 << 12 | 1 << 8 | 64) + packet
    yield ETHERNET, ether + struct.pack(">HBBHHH", 0x8864, 0x11, 0, 1, len(packet) + 2, 0x21) + packet
    vxlan = struct.pack(">II", 8 << 24, 7 << 8)
    inside = [
        (4, packet),
        (47, struct.pack(">HH", 0, 0x0800) + packet),
        (47, struct.pack(">HHI", 0x2000, 0x6558, 1) + frame),
        (17, udp(4789, vxlan + frame)),
        (17, udp(6081, struct.pack(">HHI", 0, 0x6558, 0) + frame)),
        (17, udp(2152, struct.pack(">BBHI", 0x30, 0xFF, len(packet), 1) + packet)),
        (1, struct.pack(">BBHI", 3, 1, 0, 0) + packet[:28]),
        (1, struct.pack(">BBHHH", 3, 4, 0, 0, 1400) + packet),
    ]
    for protocol, inner in inside:
        yield RAW_IP, ipv4(protocol, inner)
        yield RAW_IP, ipv6({1: 58}.get(protocol, protocol), inner)
    yield from wireless(frame, packet)
    # An extension header and a fragment header.
    yield RAW_IP, ipv6(0, struct.pack(">BB6x", 44, 0) + struct.pack(">BBHI", 6, 0, 0, 1) + packet[20:])


def wireless(frame, packet):
    """The same for IEEE 802.11."""
    llc = struct.pack(">HBHBH", 0xAAAA, 3, 0, 0, 0x0800) + packet
    part = frame[:12] + struct.pack(">H", len(llc)) + llc
    header = struct.pack("<BBH18sH", 0x08, 1, 0, frame[:12], 0)
    plain = header + llc
    yield WIRELESS, plain
    yield WIRELESS, struct.pack("<BBH18sH", 0x88, 0x83, 0, frame[:12], 0) + bytes(12) + llc
    yield WIRELESS, struct.pack("<BBH18sHH", 0x88, 2, 0, frame[:12], 0, 0x80) + part + bytes(-len(part) % 4) + part
    filled = struct.pack("<BBH18sHHH", 0x88, 1, 0, frame[:12], 0, 0, 0)
    yield RADIOTAP, struct.pack("<HHIQB", 0, 17, 3, 0, 0x20) + filled + llc
    yield PRISM, struct.pack("<II136x", 0x44, 144) + plain
    yield AVS, struct.pack(">II56x", 0x80211001, 64) + plain
    yield PPI, struct.pack("<HHIHH20x", 0, 32, WIRELESS, 2, 20) + plain
    capwap = struct.pack(">II", 0x00100300, 0)
    swapped = struct.pack(">BBH18sH", 1, 0x08, 0, frame[:12], 0)
    for inner in capwap + plain, capwap + swapped + llc, struct.pack(">II", 0x00100200, 0) + frame:
        yield RAW_IP, ipv4(17, udp(5247, inner))
    yield RAW_IP, ipv4(17, udp(3544, bytes(8) + ipv6(6, packet[20:])))


def sized(inner):
    """These bytes with their length before them."""
    return struct.pack(">I", len(inner)) + inner


def mongodb(answers, elements):
    """An OP_MSG of MongoDB with a document of these elements."""
    document = struct.pack("<I", len(elements) + 5) + elements + b"\0"
    return struct.pack("<6I", len(document) + 21, 9, answers, 2013, 0, 0)[:21] + document


def tds(kind, inner):
    """A packet of SQL Server's around these bytes."""
    return struct.pack(">BBHHBB", kind, 1, len(inner) + 8, 0, 1, 0) + inner


# What begins a conversation or ends it, in the protocols that are read.
SAID = [
    b"GET /item?secret=1 HTTP/1.1\r\nHost: lab\r\n\r\n",
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\nsorry",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]),
    bytes([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 11]),
    bytes.fromhex("160301003f0100003b0303") + bytes(32) + bytes.fromhex("0000021301010000100000000c000a0000076578616d706c65"),
    bytes.fromhex("15030300020228") + bytes.fromhex("15030300020100"),
    bytes.fromhex("17030300100000000000000000000000000000000000"),
    struct.pack(">II", 41, 196608) + b"user\0app\0database\0orders\0\0\0\0\0\0\0",
    b"E" + struct.pack(">I", 40) + b"SFATAL\0C57P01\0Mterminating\0\0",
    b"Q" + struct.pack(">I", 13) + b"SELECT 1\0",
    bytes([74, 0, 0, 0, 10]) + b"8.0.36\0" + bytes(60),
    bytes([9, 0, 0, 0, 3]) + b"SELECT 1",
    bytes([23, 0, 0, 2, 0xFF, 0x15, 4]) + b"#28000Access denied",
    b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n",
    b"-OOM command not allowed\r\n",
    b"AMQP\0\0\x09\x01",
    bytes.fromhex("01000000000010000a0032") + bytes(12) + b"\xce",
    b"SSH-2.0-OpenSSH_9.6\r\n",
    b"220 mail.example.org ESMTP\r\n",
    b"* OK IMAP4rev1 ready\r\n",
    b"+OK POP3 ready\r\n",
    bytes.fromhex("880203e8"),
    sized(bytes.fromhex("001200040000000100087061796d656e7473000d") + b"kafka-python\x073.0.12\0"),
    sized(bytes.fromhex("0000000700000001000772646b61666b61ffff00010000138800000001000174") + bytes(20)),
    mongodb(0, b"\x02find\0\x07\0\0\0orders\0"),
    mongodb(9, b"\x01ok\0" + bytes(8) + b"\x10code\0\x5b\0\0\0\x02codeName\0\x02\0\0\0A\0"),
    tds(1, bytes.fromhex("16000000120000000200000000000000000001000000") + "SELECT 1".encode("utf-16-le")),
    tds(3, bytes.fromhex("ffff0a0000000000e7401f0904d000341000") + "SELECT 1".encode("utf-16-le")),
    tds(18, bytes.fromhex("00000b00060100110001ff10000fa0000002")),
    tds(4, bytes.fromhex("aa0c0018480000010e0000000000000000")),
    bytes.fromhex("300c020101600702010304008000"),
    bytes.fromhex("3025020102632004000a01020a0100020100020100010100870b") + b"objectClass0\0",
    bytes.fromhex("300c02010161070a013104000400"),
    bytes.fromhex("30050201034200"),
    bytes.fromhex("0400000107") + sized(bytes.fromhex("00000008") + b"SELECT 1\0\1\0"),
    bytes.fromhex("8400000100") + sized(bytes.fromhex("0000100100026e6f")),
    bytes.fromhex("2700027a6d6b") + bytes.fromhex("0500000107") + sized(sized(b"SELECT secret FROM t") + b"\0\1" + bytes(4)),
    b"set key 0 60 6\r\nsecret\r\n",
    b"SERVER_ERROR out of memory\r\n",
    bytes.fromhex("800a") + bytes(22),
    b'INFO {"server_id":"N","version":"2.9.10","tls_required":true} \r\n',
    b"-ERR 'Stale Connection'\r\n",
    b"PUB a 5\r\nhello\r\n",
]


def payloads():
    """What applications say: the list above, and in scripts in quotes, with the escapes of the notation."""
    yield from SAID
    for script in sorted((ROOT / "tests/scripts").glob("*/*.pkt")):
        for text in re.findall(r'"((?:[^"\\]|\\.)*)"', script.read_text()):
            yield re.sub(rb"\\(?:x(..)|(.))", escaped, text.encode())


def escaped(match):
    """The byte that an escape of the notation means."""
    if match[1]:
        return bytes([int(match[1], 16)])
    return {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0"}.get(match[2], match[2])


def segments():
    """Steps of nine bytes (fuzz_targets/segments.rs): handshake, request, answer, and each way to go on."""
    client, server = 0xE0, 0xE4
    opening = [(client, 0, 0), (server, 3, 1), (client, 1, 2), (client, 3, 0x13), (server, 3, 2), (server, 3, 0x13)]
    for who in client, server, client & 0x9F:
        for flags in range(16):
            for when in 1, 7, 10, 12:
                steps = [*opening, (who, when, flags), (who ^ 4, 4, 5), (who, 4, 6)]
                yield bytes([0]) + b"".join(bytes([w, t, f, 0, 0, 20, 100, 64, 9]) for w, t, f in steps)


def seeds():
    """Target, name and bytes of each seed."""
    captures = sorted((ROOT / "captures").glob("*.pcap"))
    for script in sorted((ROOT / "tests/scripts").glob("*/*.pkt")):
        yield "notation", f"{script.parent.name}-{script.stem}", script.read_bytes()
    for capture in captures:
        found = list(frames(capture))
        yield "source", capture.stem, capture.read_bytes()
        yield "source", capture.stem + "-gz", gzip.compress(capture.read_bytes(), mtime=0)
        for order, name in ("<", "little"), (">", "big"):
            yield "source", f"{capture.stem}-{name}", pcapng(found, order)
        for number, (link, frame) in enumerate(pair for frame in found[:4] for pair in wrapped(frame)):
            yield "decode", f"{capture.stem}-{number}", struct.pack("<HB", link, 0) + frame
    plan = [(1, b"\0" + struct.pack("<HHB3x", 9, 1, 9)), (14, b"\0" + bytes(7) + b"\1payload"), (3, b"\0" + bytes(60))]
    for lie in 0, 0x80:
        blocks = b"".join(bytes([kind | lie, len(content)]) + content for kind, content in [*plan, (8, b""), *plan])
        yield "source", f"plan-{lie}", b"#" + blocks
    for number, said in enumerate(payloads()):
        yield "context", f"client-{number}", bytes([number % 20, 255]) + said
        yield "context", f"server-{number}", bytes([number % 20 | 1, 0]) + said
    for choice in range(4):
        for kind in range(16):
            yield "icmp", f"{choice}-{kind}", bytes([choice | 0xA0, 0, kind, 1, kind % 7])
    for number, steps in enumerate(segments()):
        yield "segments", str(number), steps
    for number, text in enumerate(["plain", 'quo"te\\', "\x1b[31mred", "\u202edlrow", "\U000e0041", "\x9b1m", "é例"]):
        yield "escape", str(number), text.encode()


def main():
    """Writes them all."""
    for target, name, seed in seeds():
        folder = HERE / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"seed-{name}").write_bytes(seed)


main()
