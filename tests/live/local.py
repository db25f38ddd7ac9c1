#!/usr/bin/env python3
"""What tcpwhy says of its own host while it captures: who listens, which process it is, what the kernel counted.

    sudo python3 tests/live/local.py          TCPWHY=path names another program than target/debug/tcpwhy
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Iterator
from pathlib import Path

from bed import SERVER, Wire, running, unable, wait_until

LISTEN = """
import socket, sys, time
host, port, backlog = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
server = socket.create_server((host, port), backlog=backlog)
print("listens", flush=True)
time.sleep(60)
"""

# Accepts one connection, leaves what it says unread and closes it.
RUDE = """
import socket, sys, time
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("listens", flush=True)
connection, _ = server.accept()
time.sleep(1.5)
connection.close()
time.sleep(60)
"""

TALK = """
import socket, sys, time
client = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5)
client.send(b"nobody reads this")
try:
    client.recv(1)
except OSError:
    pass
"""

# Gives up after its second SYN.
IMPATIENT = """
import socket, sys
with socket.socket() as client:
    client.settimeout(4)
    try:
        client.connect((sys.argv[1], int(sys.argv[2])))
    except OSError:
        pass
"""

# More clients than a queue holds, which wait until the last of them gives up.
CROWD = """
import socket, sys, time
clients = [socket.socket() for _ in range(int(sys.argv[3]))]
for client in clients:
    client.setblocking(False)
    client.connect_ex((sys.argv[1], int(sys.argv[2])))
    time.sleep(0.05)
time.sleep(8)
"""


class Local(unittest.TestCase):
    wire: Wire

    @classmethod
    def setUpClass(cls) -> None:
        cls.wire = Wire().__enter__()
        cls.addClassCleanup(cls.wire.__exit__)

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="tcpwhy-live-")
        self.addCleanup(folder.cleanup)
        self.work = Path(folder.name)

    @contextlib.contextmanager
    def service(self, program: str, *arguments: str) -> Iterator[subprocess.Popen]:
        command = ["ip", "netns", "exec", self.wire.b, sys.executable, "-c", program, *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            try:
                self.assertEqual(process.stdout.readline(), b"listens\n")
                yield process
            finally:
                process.kill()

    def client(self, program: str, *arguments: str) -> None:
        command = ["ip", "netns", "exec", self.wire.a, sys.executable, "-c", program, SERVER, *arguments]
        subprocess.run(command, check=True, timeout=60)

    def failure(self, live, timeout: float = 15) -> dict:
        wait_until(lambda: live.failures() > 0, "a failure is printed: " + live.said(), timeout)
        return live.lines()[0]

    def test_a_service_that_is_bound_to_another_address_is_named(self) -> None:
        with self.service(LISTEN, "127.0.0.1", "5432", "5") as service, running(self.wire, self.work) as live:
            self.wire.refuse(1, 5432)
            failure = self.failure(live)
            self.assertEqual((failure["kind"], failure["cause"]), ("refused", "no_listener"))
            local = failure["local"]
            self.assertEqual(local["side"], "server")
            self.assertEqual((local["listener"]["address"], local["listener"]["port"]), ("127.0.0.1", 5432))
            self.assertEqual(local["listener"]["pid"], service.pid, live.said())
            self.assertRegex(local["fact"], rf"^python\S* \(pid {service.pid}.*\) listens on 127\.0\.0\.1:5432 only\.$")

    def test_nothing_listens(self) -> None:
        with running(self.wire, self.work) as live:
            self.wire.refuse(1, 99)
            local = self.failure(live)["local"]
            self.assertEqual((local["listener"], local["fact"]), (None, "Nothing listens on port 99 here."))

    def test_a_full_queue_is_certain(self) -> None:
        with self.service(LISTEN, SERVER, "80", "1"), running(self.wire, self.work) as live:
            self.client(CROWD, "80", "4")
            failure = self.failure(live, 60)
            self.assertEqual((failure["cause"], failure["confidence"]), ("backlog_overflow", "certain"), failure)
            self.assertGreater(failure["local"]["counters"]["ListenOverflows"], 0)
            self.assertEqual(failure["local"]["listener"]["queue"], 2)
            self.assertEqual(failure["local"]["listener"]["backlog"], 1)

    @unittest.skipUnless(shutil.which("nft"), "a firewall needs nft")
    def test_a_firewall_is_told_from_a_port_without_a_listener(self) -> None:
        def nft(*rule: str) -> None:
            subprocess.run(["ip", "netns", "exec", self.wire.b, "nft", *rule], check=True)

        nft("add table ip wall")
        self.addCleanup(nft, "delete table ip wall")
        nft("add chain ip wall input { type filter hook input priority 0 ; }")
        nft("add rule ip wall input tcp dport 8080 reject with tcp reset")
        with self.service(LISTEN, SERVER, "8080", "5") as service, running(self.wire, self.work) as live:
            self.wire.refuse(1, 8080)
            failure = self.failure(live)
            self.assertEqual((failure["kind"], failure["confidence"]), ("refused", "possible"))
            self.assertEqual(failure["local"]["listener"]["pid"], service.pid)
            self.assertIn("a firewall on this host rejected it", failure["local"]["fact"])

    @unittest.skipUnless(shutil.which("nft"), "connections are tracked for a firewall, which needs nft")
    def test_a_timeout_tells_how_many_connections_are_tracked(self) -> None:
        def nft(*rule: str) -> None:
            subprocess.run(["ip", "netns", "exec", self.wire.b, "nft", *rule], check=True)

        nft("add table ip wall")
        self.addCleanup(nft, "delete table ip wall")
        nft("add chain ip wall input { type filter hook input priority 0 ; }")
        nft("add rule ip wall input ct state established accept")
        nft("add rule ip wall input tcp dport 8081 drop")
        with running(self.wire, self.work) as live:
            self.client(IMPATIENT, "8081")
            failure = self.failure(live, 60)
            self.assertEqual(failure["kind"], "timed_out")
            tracked = failure["local"]["conntrack"]
            self.assertGreater(tracked["max"], 0)
            self.assertLessEqual(tracked["count"], tracked["max"])

    def test_data_that_was_not_read_was_counted(self) -> None:
        with self.service(RUDE, SERVER, "81") as service, running(self.wire, self.work) as live:
            self.client(TALK, "81")
            failure = self.failure(live)
            self.assertEqual((failure["cause"], failure["confidence"]), ("unread_data", "certain"), failure)
            self.assertEqual(failure["local"]["counters"]["TCPAbortOnClose"], 1)
            self.assertEqual(failure["local"]["listener"]["pid"], service.pid)

    def test_the_helper_has_no_other_right_and_ends_with_the_capture(self) -> None:
        with running(self.wire, self.work) as live:
            children = Path(f"/proc/{live.process.pid}/task/{live.process.pid}/children").read_text().split()
            self.assertEqual(len(children), 1)
            status = Path(f"/proc/{children[0]}/status").read_text()
            self.assertIn("Uid:\t65534\t65534", status)
            self.assertIn(f"CapPrm:\t{1 << 19 | 1 << 2:016x}", status)
            self.assertIn("NoNewPrivs:\t1\nSeccomp:\t2", status)
            self.assertEqual(live.stop(), 0, live.said())
            self.assertFalse(Path(f"/proc/{children[0]}").exists())


if __name__ == "__main__":
    if reason := unable():
        print(f"skipped: {reason}")
        sys.exit(0)
    unittest.main(verbosity=2)
