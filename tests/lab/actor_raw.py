"""The commands of an actor that send packets of their own making."""

from __future__ import annotations

import socket
import time

import packets
from packets import Segment
from script import Command
from words import payload

ETH_P_ALL = 3


class RawCommands:
    def do_syn(self, command: Command) -> None:
        """syn PORT… [from=N]: a bare SYN to each port, as a port scanner sends it; no socket stands behind it."""
        for number, port in enumerate(command.args, start=int(command.options.get("from", 0))):
            scan = Segment(
                self.names["client"],
                self.names["server"],
                61000 + number,
                int(port),
                1_000_000 + number,
                0,
                packets.SYN,
                1024,
                0,
                64,
            )
            packets.send_raw(packets.build(scan, ident=54321), scan.dst)
            self.record(
                None,
                "socket",
                local=[scan.src, scan.sport],
                peer=[scan.dst, scan.dport],
                label=command.options.get("as", "scan"),
                raw=True,
            )

    def do_forge(self, command: Command) -> None:
        """forge to=client|server [seq=N] [flags=R|RA|A] [ttl=N] [copies=N] [size=N]: a segment in the other end's name.

        `seq` counts from the next byte that the receiver waits for.
        """
        options = command.options
        time.sleep(0.02)
        last = self.seen[options["to"]]
        data = payload(options.get("size", "0"))
        answer = Segment(
            last.dst,
            last.src,
            last.dport,
            last.sport,
            last.ack + int(options.get("seq", 0)),
            last.next_seq,
            packets.flags_of(options.get("flags", "R")),
            int(options.get("window", 0)),
            len(data),
            int(options.get("ttl", 64)),
        )
        for _ in range(int(options.get("copies", 1))):
            packets.send_raw(packets.build(answer, data), answer.dst)
        self.record(None, "forge", args=options)

    def watch(self) -> None:
        """Remember the last segment of each end, for `forge`."""
        sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        while True:
            segment = packets.read(sniffer.recv(1 << 17))
            if segment and not segment.flags & packets.RST:
                self.seen["client" if segment.src == self.names["client"] else "server"] = segment
