"""The long wire between client and router: it delays packets in user space."""

from __future__ import annotations

import heapq
import os
import selectors
import socket
import time

from marks import Marks

ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP = 1
PACKET_MR_PROMISC = 1
PACKET_VNET_HDR = 15
PACKET_OUTGOING = 4


def relay(left: str, right: str, delay: float, marks: Marks) -> None:
    """A long wire: every frame from one device leaves the other `delay` seconds later, offload marks kept."""
    os.nice(-15)  # a busy machine must not make the wire longer
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
