#!/usr/bin/env python3
"""What tcpwhy says of its own host while it captures: who listens, which process it is, what the kernel counted.

    sudo python3 tests/live/local.py          TCPWHY=path names another program than target/debug/tcpwhy
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Iterator
from pathlib import Path

from bed import CLIENT, SERVER, WITHOUT_DIAG, Live, Wire, running, unable, wait_until

LISTEN = """
import socket, sys, time
host, port, backlog = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
server = socket.create_server((host, port), backlog=backlog)
if sys.argv[4:]:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[4].encode())
print("listens", flush=True)
time.sleep(60)
"""

# With sock_diag, and without it, when /proc/net/tcp is read.
LAUNCHERS = ((), (sys.executable, "-c", WITHOUT_DIAG))

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

# Opens so many connections to itself as it was told, over the wire or not, and keeps them.
MANY = """
import resource, socket, sys, time
count = int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_NOFILE, (2 * count + 100, 2 * count + 100))
server = socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=64)
held = []
for _ in range(count):
    held.append(socket.create_connection((sys.argv[1], int(sys.argv[2]))))
    held.append(server.accept()[0])
print("connected", flush=True)
time.sleep(60)
"""

# How many connections fill the table of a namespace while it may hold no more. The limit is one for all namespaces and
# only the first may set it, so it is set to what disturbs no host that does not have as many connections, and not for long.
FULL = 2000
LIMIT = Path("/proc/sys/net/netfilter/nf_conntrack_max")

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


# Accepts one connection and speaks first, then says no more.
SPEAKER = """
import socket, sys, time
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("listens", flush=True)
connection, _ = server.accept()
connection.recv(100)
connection.send(b"an answer that gets lost")
time.sleep(60)
"""

# Aborts the first connection, keeps the second.
ABORTS_ONE = """
import socket, struct, sys, time
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("listens", flush=True)
first, _ = server.accept()
first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
first.close()
second, _ = server.accept()
time.sleep(60)
"""

# Connects from one port, and again from the same when the first connection is reset.
SAME_PORT = """
import socket, sys, time
def connected():
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.bind(("", 5050))
    client.connect((sys.argv[1], int(sys.argv[2])))
    return client
with connected() as first:
    try:
        first.recv(1)
    except ConnectionResetError:
        print("reset", flush=True)
second = connected()
time.sleep(60)
"""

# Listens on so many ports.
CROWDED = """
import resource, socket, sys, time
first, count = int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))
held = [socket.create_server((sys.argv[1], first + number)) for number in range(count)]
print("listens", flush=True)
time.sleep(60)
"""

# Accepts nothing, and is gone soon.
SHORT_LIVED = """
import socket, sys, time
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("listens", flush=True)
time.sleep(3)
"""

# Asks, and waits for the answer.
ASKER = """
import socket, sys, time
client = socket.create_connection((sys.argv[1], int(sys.argv[2])))
client.send(b"a question")
print("asked", flush=True)
client.recv(100)
time.sleep(60)
"""

# Listens, and at a line of input hands the socket to another process of its own and is gone.
HANDS_OVER = """
import os, socket, sys, time
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
heir = os.fork()
if not heir:
    server.close()
    _, descriptors, _, _ = socket.recv_fds(theirs, 1, 1)
    print("has it", flush=True)
    time.sleep(60)
print(heir, flush=True)
sys.stdin.readline()
socket.send_fds(ours, [b"x"], [server.fileno()])
os._exit(0)
"""

# Waits for connect().
CONNECTING = """
import pathlib, socket, sys
# Newer kernels repeat a SYN each second at first, and the capture is to end two seconds after one.
linear = pathlib.Path("/proc/sys/net/ipv4/tcp_syn_linear_timeouts")
if linear.exists():
    linear.write_text("0")
client = socket.socket()
print("connects", flush=True)
client.connect((sys.argv[1], int(sys.argv[2])))
"""

# A hook of nft.
INPUT = "filter hook input priority 0"

# Says which error connect() fails with.
FAILS = """
import errno, socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])))
except OSError as error:
    print(errno.errorcode[error.errno])
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
    def program(self, namespace: str, program: str, *arguments: str) -> Iterator[subprocess.Popen]:
        """Runs beside the test, from its first line of output on."""
        command = ["ip", "netns", "exec", namespace, sys.executable, "-c", program, *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            try:
                self.assertTrue(process.stdout.readline())
                yield process
            finally:
                process.kill()

    def service(self, program: str, *arguments: str) -> contextlib.AbstractContextManager[subprocess.Popen]:
        return self.program(self.wire.b, program, *arguments)

    def nft(self, namespace: str, chain: str, hook: str, *rules: str) -> None:
        """A chain at a hook, with these rules, until the end of the test."""

        def run(words: str) -> None:
            subprocess.run(["ip", "netns", "exec", namespace, "nft", words], check=True)

        run("add table ip wall")
        self.addCleanup(run, "delete table ip wall")
        run(f"add chain ip wall {chain} {{ type {hook} ; }}")
        for rule in rules:
            run(f"add rule ip wall {chain} {rule}")

    def drop(self, namespace: str, *matches: str) -> None:
        """Packets that match one of these get no further than the capture, until the end of the test."""
        self.nft(namespace, "input", INPUT, *(f"{match} drop" for match in matches))

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

    def test_who_was_handed_a_socket_is_named_from_then_on(self) -> None:
        command = ["ip", "netns", "exec", self.wire.b, sys.executable, "-c", HANDS_OVER, "127.0.0.1", "5436"]
        with (
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first,
            running(self.wire, self.work) as live,
        ):
            heir = int(first.stdout.readline())
            self.addCleanup(os.kill, heir, signal.SIGKILL)
            self.wire.refuse(1, 5436)
            self.failure(live)
            first.stdin.write("\n"), first.stdin.flush()
            self.assertEqual(first.stdout.readline(), "has it\n")
            first.wait()
            self.wire.refuse(1, 5436)
            wait_until(lambda: live.failures() == 2, "the second failure is printed")
            pids = [line["local"]["listener"]["pid"] for line in live.lines()]
            self.assertEqual(pids, [first.pid, heir])

    def test_a_service_that_was_started_anew_since_is_not_called_shut_off(self) -> None:
        with contextlib.ExitStack() as services, running(self.wire, self.work) as live:
            old = services.enter_context(self.service(LISTEN, SERVER, "5434", "5"))
            time.sleep(1.2)
            old.kill()
            self.wire.refuse(1, 5434)
            new = services.enter_context(self.service(LISTEN, SERVER, "5434", "5"))
            failure = self.failure(live)
            self.assertEqual((failure["local"]["listener"]["pid"], failure["confidence"]), (new.pid, "likely"))
            self.assertIn("now, but did not a moment before", failure["local"]["fact"])

    def test_a_service_of_another_interface_is_not_called_shut_off(self) -> None:
        with self.service(LISTEN, "0.0.0.0", "5435", "5", "lo"), running(self.wire, self.work) as live:
            self.wire.refuse(1, 5435)
            fact = self.failure(live)["local"]["fact"]
            self.assertIn("of a single interface (SO_BINDTODEVICE): it came in on another one, or", fact)

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
        self.nft(self.wire.b, "input", INPUT, "tcp dport 8080 reject with tcp reset")
        with self.service(LISTEN, SERVER, "8080", "5") as service, running(self.wire, self.work) as live:
            self.wire.refuse(1, 8080)
            failure = self.failure(live)
            self.assertEqual((failure["kind"], failure["confidence"]), ("refused", "possible"))
            self.assertEqual(failure["local"]["listener"]["pid"], service.pid)
            self.assertIn("a firewall on this host rejected it", failure["local"]["fact"])

    def errno_here(self, host: str, port: int) -> str:
        """The error that a program on the host that captures gets."""
        command = ["ip", "netns", "exec", self.wire.b, sys.executable, "-c", FAILS, host, str(port)]
        return subprocess.run(command, check=True, timeout=60, capture_output=True, text=True).stdout.strip()

    def test_a_neighbour_that_does_not_answer_shows_on_any_interface(self) -> None:
        with running(self.wire, self.work, interface="any") as live:
            errno = self.errno_here(SERVER.rpartition(".")[0] + ".77", 8080)
            failure = self.failure(live)
            self.assertEqual((errno, failure["kind"], failure["cause"]), ("EHOSTUNREACH", "unreachable", "host_unreachable"))
            self.assertEqual((failure["client"]["errno"], failure["client"]["ip"]), (errno, SERVER))
            self.assertEqual((failure["ended_by"], failure["traffic"]["client_packets"]), ("network", 0))

    @unittest.skipUnless(shutil.which("nft"), "nft rejects")
    def test_what_a_rule_of_this_host_rejects_shows_on_any_interface(self) -> None:
        self.nft(self.wire.b, "output", "filter hook output priority 0", "tcp dport 8084 reject")
        with running(self.wire, self.work, interface="any") as live:
            errno = self.errno_here(CLIENT, 8084)
            failure = self.failure(live)
            self.assertEqual((errno, failure["kind"], failure["cause"]), ("ECONNREFUSED", "refused", "rejected_by_policy"))
            self.assertEqual((failure["client"]["errno"], failure["ended_by"]), (errno, "client"))

    @unittest.skipUnless(shutil.which("nft"), "addresses are translated by nft")
    def test_a_published_port_that_leads_elsewhere_is_not_blamed_on_a_firewall_alone(self) -> None:
        self.nft(self.wire.b, "prerouting", "nat hook prerouting priority -100", "tcp dport 8082 redirect to :8083")
        with self.service(LISTEN, SERVER, "8082", "5"), running(self.wire, self.work) as live:
            self.wire.refuse(1, 8082)
            failure = self.failure(live)
            self.assertEqual((failure["kind"], failure["confidence"]), ("refused", "possible"))
            self.assertIn("or NAT redirected it to a port that refuses", failure["local"]["fact"])

    @unittest.skipUnless(shutil.which("nft"), "addresses are translated by nft")
    def test_of_a_published_port_that_leads_to_a_container_this_host_knows_nothing(self) -> None:
        host, container = self.wire.b, f"{self.wire.b}c"
        Wire.ip(f"netns add {container}")
        self.addCleanup(Wire.ip, f"netns del {container}")
        Wire.ip(f"link add vc netns {host} type veth peer name vd netns {container}")
        for namespace, device, address in ((host, "vc", "10.77.1.1"), (container, "vd", "10.77.1.2")):
            Wire.ip(f"-n {namespace} addr add {address}/24 dev {device}")
            Wire.ip(f"-n {namespace} link set {device} up")
        Wire.ip(f"-n {container} route add default via 10.77.1.1")

        def within(*command: str) -> None:
            subprocess.run(["ip", "netns", "exec", host, *command], check=True)

        within("sysctl", "-qw", "net.ipv4.ip_forward=1")
        within("nft", "add table ip published")
        self.addCleanup(within, "nft", "delete table ip published")
        within("nft", "add chain ip published prerouting { type nat hook prerouting priority -100 ; }")
        within("nft", "add rule ip published prerouting tcp dport 8084 dnat to 10.77.1.2:80")
        with running(self.wire, self.work) as live:
            self.wire.refuse(1, 8084)
            failure = self.failure(live)
            self.assertEqual((failure["cause"], failure.get("local")), ("no_listener", None))

    @unittest.skipUnless(shutil.which("nft"), "connections are tracked for a firewall, which needs nft")
    def test_a_timeout_tells_how_many_connections_are_tracked(self) -> None:
        self.nft(self.wire.b, "input", INPUT, "ct state established accept", "tcp dport 8081 drop")
        with running(self.wire, self.work) as live:
            self.client(IMPATIENT, "8081")
            failure = self.failure(live, 60)
            self.assertEqual(failure["kind"], "timed_out")
            tracked = failure["local"]["conntrack"]
            self.assertGreater(tracked["max"], 0)
            self.assertLessEqual(tracked["count"], tracked["max"])

    @unittest.skipUnless(shutil.which("nft"), "connections are tracked for a firewall, which needs nft")
    def test_a_full_table_of_tracked_connections_is_told(self) -> None:
        self.drop(self.wire.b, "ct state invalid")
        with (
            self.service(LISTEN, SERVER, "87", "5"),
            self.service(MANY, SERVER, "88", str(FULL)),
            running(self.wire, self.work) as live,
            tracking_at_most(FULL, self.wire.b),
        ):
            self.client(IMPATIENT, "87")
            failure = self.failure(live, 60)
        self.assertEqual((failure["kind"], failure["cause"]), ("timed_out", "syn_unanswered"), failure)
        local = failure["local"]
        self.assertEqual(local["conntrack"], {"count": FULL, "max": FULL})
        self.assertIn(f"Connection tracking is full or nearly so ({FULL} of {FULL})", local["fact"])

    def test_data_that_was_not_read_was_counted(self) -> None:
        with self.service(RUDE, SERVER, "81") as service, running(self.wire, self.work) as live:
            self.client(TALK, "81")
            failure = self.failure(live)
            self.assertEqual((failure["cause"], failure["confidence"]), ("unread_data", "certain"), failure)
            self.assertEqual(failure["local"]["counters"]["TCPAbortOnClose"], 1)
            self.assertEqual(failure["local"]["listener"]["pid"], service.pid)

    def test_of_thousands_of_services_none_is_forgotten(self) -> None:
        first, count = 20_000, 5_000
        for launcher in LAUNCHERS:
            with (
                self.subTest(sock_diag=not launcher),
                self.service(CROWDED, "127.0.0.1", str(first), str(count)) as service,
                running(self.wire, self.work, launcher=launcher) as live,
            ):
                ports = [first, first + count // 3, first + count // 2, first + count - 1]
                for port in ports:
                    self.wire.refuse(1, port)
                wait_until(lambda: live.failures() == len(ports), "the failures are printed")
                listeners = [line["local"]["listener"] for line in live.lines()]
                self.assertEqual([each and (each["port"], each["pid"]) for each in listeners],
                                 [(port, service.pid) for port in ports])

    def test_what_was_reset_in_the_queue_of_a_service_that_ended_was_not_closed_by_it(self) -> None:
        with self.service(SHORT_LIVED, SERVER, "91"), running(self.wire, self.work) as live:
            time.sleep(1.2)
            self.client(TALK, "91")
            failure = self.failure(live)
            self.assertEqual((failure["kind"], failure["confidence"]), ("reset", "possible"), failure)
            fact = failure["local"]["fact"]
            rather = "did not rise. More likely, the listening socket was closed"
            self.assertIn(f"But TCPAbortOnClose, which counts such endings, {rather}", fact)

    def test_a_later_connection_from_the_same_port_is_not_taken_for_the_one_that_was_reset(self) -> None:
        for launcher in LAUNCHERS:
            with (
                self.subTest(sock_diag=not launcher),
                self.service(ABORTS_ONE, SERVER, "92") as service,
                running(self.wire, self.work, launcher=launcher) as live,
                self.program(self.wire.a, SAME_PORT, SERVER, "92"),
            ):
                failure = self.failure(live)
                local = failure["local"]
                self.assertEqual((failure["kind"], local["process"]), ("reset", None), failure)
                self.assertEqual(local["listener"]["pid"], service.pid)
                self.assertTrue(local["fact"].startswith("The server's socket is gone. "), local)

    def test_an_address_that_was_added_a_moment_ago_is_this_hosts(self) -> None:
        with running(self.wire, self.work) as live:
            self.wire.refuse(1, 93)
            self.failure(live)
            added = SERVER.rpartition(".")[0] + ".12"
            Wire.ip(f"-n {self.wire.b} addr add {added}/24 dev vb")
            self.addCleanup(Wire.ip, f"-n {self.wire.b} addr del {added}/24 dev vb")
            time.sleep(1)
            self.wire.refuse(1, 94, added)
            wait_until(lambda: live.failures() == 2, "the second failure is printed")
            self.assertEqual(live.lines()[1]["local"]["fact"], "Nothing listens on port 94 here.")

    def unanswered(self, live: Live) -> dict:
        """The failure of what is still unanswered when the capture ends: its socket is still there then."""
        time.sleep(5)
        self.assertEqual(live.stop(), 0, live.said())
        failure = live.lines()[0]
        self.assertEqual((failure["type"], failure.get("kind")), ("failure", "timed_out"), failure)
        return failure["local"]

    @unittest.skipUnless(shutil.which("nft"), "packets are dropped by nft")
    def test_the_clients_process_is_named_at_its_end(self) -> None:
        self.drop(self.wire.b, "tcp dport 82")
        for launcher in LAUNCHERS:
            with (
                self.subTest(sock_diag=not launcher),
                running(self.wire, self.work, interface="va", launcher=launcher) as live,
                self.program(self.wire.a, CONNECTING, SERVER, "82") as client,
            ):
                local = self.unanswered(live)
                self.assertEqual((local["side"], local["listener"]), ("client", None))
                self.assertEqual(local["process"]["pid"], client.pid, local)
                self.assertRegex(local["fact"], rf"^The client's socket is held by python\S* \(pid {client.pid}\b")

    @unittest.skipUnless(shutil.which("nft"), "packets are dropped by nft")
    def test_the_servers_process_is_named_at_its_end(self) -> None:
        # The client's host has the handshake and acknowledges nothing that comes later.
        self.drop(self.wire.a, "tcp sport 83 tcp flags & psh == psh")
        for launcher in LAUNCHERS:
            with (
                self.subTest(sock_diag=not launcher),
                self.service(SPEAKER, SERVER, "83") as service,
                running(self.wire, self.work, launcher=launcher) as live,
                self.program(self.wire.a, ASKER, SERVER, "83"),
            ):
                local = self.unanswered(live)
                self.assertEqual((local["side"], local["listener"]["pid"]), ("server", service.pid))
                self.assertEqual(local["process"]["pid"], service.pid, local)

    @unittest.skipUnless(shutil.which("nft"), "packets are dropped by nft")
    def test_a_connection_that_nobody_accepted_has_not_lost_its_process(self) -> None:
        # What the client sends gets lost, or its half of the handshake as well.
        self.drop(self.wire.b, "tcp dport 89 tcp flags & psh == psh", "tcp dport 90 tcp flags & (syn | ack) == ack")
        for port, cause in (("89", "peer_vanished"), ("90", "backlog_overflow")):
            with (
                self.subTest(port=port),
                self.service(LISTEN, SERVER, port, "5") as service,
                running(self.wire, self.work) as live,
                self.program(self.wire.a, ASKER, SERVER, port),
            ):
                local = self.unanswered(live)
                self.assertEqual((local["listener"]["pid"], local["process"]), (service.pid, None))
                self.assertIn("and has not accepted the connection", local["fact"])
                failure = live.lines()[0]
                self.assertEqual(failure["cause"], cause)
                if cause == "backlog_overflow":
                    self.assertEqual(failure["confidence"], "possible", failure)
                    self.assertIn("the kernel counted no overflow of its queue", local["fact"])

    @unittest.skipUnless(shutil.which("nft"), "packets are dropped by nft")
    def test_of_two_ends_on_one_host_each_has_its_own_process(self) -> None:
        # The server's answer gets lost; to another port it is the client's question.
        self.drop(self.wire.b, *(f"iif lo tcp {port} tcp flags & psh == psh" for port in ("sport 84", "dport 85")))
        for launcher, port in itertools.product(LAUNCHERS, ("84", "85")):
            with (
                self.subTest(sock_diag=not launcher, port=port),
                self.service(SPEAKER, SERVER, port) as service,
                running(self.wire, self.work, interface="lo", launcher=launcher) as live,
                self.program(self.wire.b, ASKER, SERVER, port) as client,
            ):
                local = self.unanswered(live)
                self.assertEqual((local["side"], local["process"]["pid"]), ("server", service.pid), local)
                self.assertEqual(local["peer"]["pid"], client.pid, local)

    def test_of_two_ends_on_one_host_the_one_that_is_gone_is_not_named(self) -> None:
        for launcher in LAUNCHERS:
            with (
                self.subTest(sock_diag=not launcher),
                self.service(RUDE, SERVER, "86") as service,
                running(self.wire, self.work, interface="lo", launcher=launcher) as live,
                self.program(self.wire.b, ASKER, SERVER, "86"),
            ):
                failure = self.failure(live)
                local = failure["local"]
                self.assertEqual((failure["kind"], local["side"], local["process"]), ("reset", "server", None), failure)
                self.assertEqual((local["listener"]["pid"], local["peer"]), (service.pid, None), failure)

    def test_without_sock_diag_the_tables_of_proc_tell_who_listens(self) -> None:
        with (
            self.service(LISTEN, "127.0.0.1", "5433", "5") as service,
            running(self.wire, self.work, launcher=LAUNCHERS[1]) as live,
        ):
            self.wire.refuse(1, 5433)
            local = self.failure(live)["local"]
            # They do not tell how long a queue may be: that the kernel was not asked shows in it.
            self.assertEqual((local["listener"]["pid"], local["listener"]["backlog"]), (service.pid, None), local)
            self.assertIn(" listens on 127.0.0.1:5433 only.", local["fact"])

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


@contextlib.contextmanager
def tracking_at_most(most: int, namespace: str) -> Iterator[None]:
    """The limit of tracked connections, of which the namespace must have so many."""
    if not LIMIT.exists() or int(LIMIT.with_name("nf_conntrack_count").read_text()) > most // 2:
        raise unittest.SkipTest("this host tracks connections of its own, which a low limit would hurt")
    before = LIMIT.read_text()
    try:
        LIMIT.write_text(str(most))
        reading = ["ip", "netns", "exec", namespace, "cat", str(LIMIT), str(LIMIT.with_name("nf_conntrack_count"))]
        limit, count = map(int, subprocess.run(reading, check=True, capture_output=True).stdout.split())
        if limit != most or count < most:
            raise unittest.SkipTest(f"the table of the namespace is not full: {count} of {limit}")
        yield
    except PermissionError:
        raise unittest.SkipTest("the limit of tracked connections may not be set here") from None
    finally:
        with contextlib.suppress(PermissionError):
            LIMIT.write_text(before)


if __name__ == "__main__":
    if reason := unable():
        print(f"skipped: {reason}")
        sys.exit(0)
    unittest.main(verbosity=2)
