"""The router's part in a scenario: firewall rules, forged segments, and the wire that delays packets."""
from __future__ import annotations

import heapq
import selectors
import socket
import threading
import time

import packets
from actor import Actor
from marks import Marks
from packets import Segment
from script import Command

ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP = 1
PACKET_MR_PROMISC = 1
PACKET_VNET_HDR = 15
PACKET_OUTGOING = 4


class Router(Actor):
    """An actor that also watches the flows that pass it and speaks in the name of the ends."""

    def run(self) -> None:
        self.seen: dict[str, Segment] = {}
        if "forge" in str(self.script):
            self.watch()
        super().run()

    def watch(self) -> None:
        sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        threading.Thread(target=self._watch, args=(sniffer,), daemon=True).start()

    def _watch(self, sniffer: socket.socket) -> None:
        while True:
            packet = sniffer.recv(1 << 17)
            segment = packets.read(packet)
            if segment and not segment.flags & packets.RST:
                self.seen["client" if segment.src == self.names["client"] else "server"] = segment

    def do_forge(self, command: Command) -> None:
        """forge to=client|server [seq=+N] [flags=R|RA] [ttl=N] [copies=N]: a segment in the other end's name.

        `seq` counts from the next byte that the receiver waits for.
        """
        options = command.options
        to = options["to"]
        time.sleep(0.02)
        last = self.seen[to]
        answer = Segment(last.dst, last.src, last.dport, last.sport, last.ack + int(options.get("seq", 0)),
                         last.next_seq, packets.flags_of(options.get("flags", "R")), int(options.get("window", 0)), 0,
                         int(options.get("ttl", 64)))
        for _ in range(int(options.get("copies", 1))):
            packets.send_raw(packets.build(answer), answer.dst)
        self.record(None, "forge", args=options)


def relay(left: str, right: str, delay: float, marks: Marks) -> None:
    """A long wire: every frame from one device leaves the other `delay` seconds later, offload marks kept."""
    ends = [_open(left), _open(right)]
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    selector = selectors.DefaultSelector()
    for end in ends:
        selector.register(end, selectors.EVENT_READ)
    marks.set("wire-ready")
    queue: list[tuple[float, int, socket.socket, bytes]] = []
    count = 0
    while True:
        wait = max(queue[0][0] - time.monotonic(), 0) if queue else None
        for key, _ in selector.select(wait):
            frame, address = key.fileobj.recvfrom(1 << 17)
            if address[2] != PACKET_OUTGOING:
                count += 1
                heapq.heappush(queue, (time.monotonic() + delay, count, other[key.fileobj], frame))
        while queue and queue[0][0] <= time.monotonic():
            _, _, out, frame = heapq.heappop(queue)
            out.send(frame)


def _open(device: str) -> socket.socket:
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    end.bind((device, 0))
    index = socket.if_nametoindex(device)
    membership = index.to_bytes(4, "little") + PACKET_MR_PROMISC.to_bytes(2, "little") + bytes(10)
    end.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)
    end.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    return end
