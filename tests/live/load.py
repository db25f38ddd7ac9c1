#!/usr/bin/env python3
"""tcpwhy beside tcpdump under the same load: packets lost and CPU time a packet. It measures and asserts nothing.

    sudo TCPWHY=target/release/tcpwhy python3 tests/live/load.py [--rate PACKETS_A_SECOND] [--seconds N] ...

The load is made connections with requests and answers, some reset, sent by send.c into a wire between two
namespaces. Both programs get the same ring; they take turns, since two of them and a sender do not fit on two cores.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from bed import TCPWHY, Wire, unable

CONNECTIONS, AT_ONCE = 20_000, 2_000
TICKS = os.sysconf("SC_CLK_TCK")
SYN, FIN, RST, PSH, ACK = 2, 1, 4, 8, 16


def frames(resets: int) -> Iterator[bytes]:
    """Connections, many at a time."""
    for first in range(0, CONNECTIONS, AT_ONCE):
        conversations = [conversation(number, resets) for number in range(first, first + AT_ONCE)]
        for step in range(max(map(len, conversations))):
            yield from (each[step] for each in conversations if step < len(each))


def conversation(number: int, resets: int = 20) -> list[bytes]:
    found, numbers = [], [number * 7919 & 0xFFFFFFFF, number * 104729 & 0xFFFFFFFF]

    def say(side: int, flags: int, length: int = 0) -> None:
        found.append(frame(number, side, numbers[side], numbers[1 - side] if flags & ACK else 0, flags, length))
        numbers[side] = numbers[side] + length + bool(flags & (SYN | FIN)) & 0xFFFFFFFF

    say(0, SYN), say(1, SYN | ACK), say(0, ACK)
    for _ in range(2):
        say(0, PSH | ACK, 200), say(1, ACK), say(1, ACK, 1000), say(1, PSH | ACK, 400), say(0, ACK)
    if resets and number % resets == 0:
        say(1, RST | ACK)
    else:
        say(0, FIN | ACK), say(1, FIN | ACK), say(0, ACK)
    return found


def frame(number: int, side: int, sequence: int, acknowledgment: int, flags: int, length: int) -> bytes:
    ends = [(b"\x0a\x00" + struct.pack(">H", number >> 8), 1024 + number % 60000), (b"\x0b\x00\x00\x01", 80)]
    (source, source_port), (target, target_port) = ends[side], ends[1 - side]
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + length, number & 0xFFFF, 0x4000, 64, 6, 0) + source + target
    tcp = struct.pack(">HHIIBBHHH", source_port, target_port, sequence, acknowledgment, 0x50, flags, 0xFFFF, 0, 0)
    macs = [b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02"]
    return macs[1 - side] + macs[side] + b"\x08\x00" + ip + tcp + bytes(length)


def write_capture(path: Path, resets: int = 20) -> None:
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number, data in enumerate(frames(resets)):
            file.write(struct.pack("<IIII", number // 1000000, number % 1000000, len(data), len(data)) + data)


def build_sender(folder: Path) -> str:
    """The program that sends a capture at a rate."""
    sender = str(folder / "send")
    subprocess.run(["cc", "-O2", "-o", sender, str(Path(__file__).with_name("send.c"))], check=True)
    return sender


class Used(NamedTuple):
    """What a program took for the packets that were sent to it after those that warmed it up."""

    sent: int
    user: float
    system: float
    memory: int


def times(pid: int) -> tuple[float, float]:
    """CPU seconds so far, user's and system's."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / TICKS, int(fields[12]) / TICKS


def measure(command: list[str], wire: Wire, send: Callable[[int, int], list[str]], options) -> tuple[Used, str]:
    """What it took, what it said and printed."""

    def sending(seconds: int, first: int) -> int:
        if not seconds:
            return 0
        done = subprocess.run(["ip", "netns", "exec", wire.a, *send(seconds, first)], check=True, capture_output=True)
        return int(done.stdout.split()[0])

    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err)
        time.sleep(1)
        sending(options.warm_up, 0)
        before = times(process.pid)
        # Other connections than those of the warm-up.
        sent = sending(options.seconds, 128)
        time.sleep(0.5)
        after = times(process.pid)
        process.send_signal(signal.SIGINT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        user, system = usage.ru_utime, usage.ru_stime
        if options.warm_up:
            # Neither the start nor the end, when everything is judged that was not over.
            user, system = (late - early for early, late in zip(before, after, strict=True))
        used = Used(sent, user, system, usage.ru_maxrss // 1024)
        return used, err.read() + out.read()


def number(pattern: str, text: str) -> int:
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=200_000, help="packets a second; 0 is as many as possible")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=0, metavar="SECONDS", help="load that is not measured, before")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--resets", type=int, default=20, help="one in so many connections is reset; 0 is none")
    options = parser.parse_args()
    if reason := unable():
        print(f"skipped: {reason}")
        return 0
    with tempfile.TemporaryDirectory(prefix="tcpwhy-load-") as scratch, Wire() as wire:
        capture, send = Path(scratch, "load.pcap"), build_sender(Path(scratch))
        write_capture(capture, options.resets)

        def sender(seconds: int, first: int) -> list[str]:
            return [send, "va", str(capture), str(options.rate), str(seconds), str(first)]

        tcpdump = ["ip", "netns", "exec", wire.b, "tcpdump", "-i", "vb", "-w", "/dev/null", "-s", "96", "-B", "65536"]
        programs = {
            "tcpdump -s 96": [*tcpdump, "tcp"],
            "tcpwhy": [TCPWHY, "-i", "vb", "--netns", wire.b, "--format", "json"],
            "tcpwhy --light": [TCPWHY, "-i", "vb", "--netns", wire.b, "--format", "json", "--light"],
        }
        print(f"{'program':16}{'sent':>10}{'taken':>10}{'lost':>8}{'CPU ns a packet':>17}{'user':>6}{'sys':>6}{'memory MB':>11}")
        for _ in range(options.rounds):
            for name, command in programs.items():
                used, text = measure(command, wire, sender, options)
                taken = number(r"(\d+) packets? captured", text) or number(r'"packets":(\d+)', text)
                lost = number(r"(\d+) packets? dropped by kernel", text) + number(r'"dropped_kernel":(\d+)', text)
                user, system = (seconds * 1e9 / max(used.sent, 1) for seconds in (used.user, used.system))
                print(f"{name:16}{used.sent:10}{taken:10}{lost:8}{user + system:17.0f}{user:6.0f}{system:6.0f}", end="")
                print(f"{used.memory:11}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
