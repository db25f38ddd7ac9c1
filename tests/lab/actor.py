"""One end of a scenario: carries out its script and records what every socket call returned."""
from __future__ import annotations

import errno
import ipaddress
import json
import os
import re
import shlex
import signal
import socket
import ssl
import subprocess
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import packets
import realprograms
import script
import tracing
from marks import Marks
from netns import set_firewall, write_sysctl
from packets import Segment
from script import Command
from tracing import STRACE

PORT = 8080
ETH_P_ALL = 3
TCP_REPAIR = 19
TCP_FASTOPEN_CONNECT = 30
LINGER_ABORT = b"\1\0\0\0\0\0\0\0"
TCP_OPTIONS = {
    "user_timeout": socket.TCP_USER_TIMEOUT, "keepidle": socket.TCP_KEEPIDLE, "keepintvl": socket.TCP_KEEPINTVL,
    "keepcnt": socket.TCP_KEEPCNT, "syncnt": socket.TCP_SYNCNT, "maxseg": socket.TCP_MAXSEG,
    "nodelay": socket.TCP_NODELAY, "quickack": socket.TCP_QUICKACK, "fastopen": socket.TCP_FASTOPEN,
    "fastopen_connect": TCP_FASTOPEN_CONNECT, "clamp": socket.TCP_WINDOW_CLAMP,
}
SOCKET_OPTIONS = {"rcvbuf": socket.SO_RCVBUF, "sndbuf": socket.SO_SNDBUF, "keepalive": socket.SO_KEEPALIVE}


@dataclass
class Conn:
    """One socket of the actor."""

    id: int
    label: str
    sock: socket.socket
    open: bool = True


class Actor:
    def __init__(self, role: str, text: str, family: int, names: Mapping[str, str], marks: Marks, log: Path) -> None:
        self.role = role
        self.names = names
        self.marks = marks
        self.family = socket.AF_INET if family == 4 else socket.AF_INET6
        self.script = script.parse(fill(text, names))
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.conns: list[Conn] = []
        self.current: Conn | None = None
        self.listener: socket.socket | None = None
        self.seen: dict[str, Segment] = {}
        self.programs: dict[str, subprocess.Popen] = {}
        self.traced = 0

    # -- life ---------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Carry out the script, then wait for the end of the run and ask each open socket for its pending error."""
        try:
            if self._has("forge", self.script):
                threading.Thread(target=self.watch, daemon=True).start()
            waits = any(self._has(name, self.script) for name in ("listen", "wait_port", "nginx"))
            if not waits or self.script[0].name == "await":
                self.marks.set(f"{self.role}-ready")
            self.execute(self.script)
        except Exception:
            self.record(None, "crash", note=traceback.format_exc())
        self.marks.set(f"{self.role}-done")
        self.marks.wait("finish")
        for conn in self.conns:
            if conn.open:
                self.so_error(conn)
        for name in list(self.programs):
            self.do_stop(Command("stop", [name]))
        self.marks.set(f"{self.role}-probed")
        while True:
            time.sleep(60)

    def _has(self, name: str, commands: list[Command]) -> bool:
        return any(c.name == name or self._has(name, c.body) for c in commands)

    def execute(self, commands: list[Command]) -> None:
        for command in commands:
            getattr(self, f"do_{command.name}")(command)

    # -- the record ---------------------------------------------------------------------------------------------------

    def record(self, conn: Conn | None, call: str, **fields) -> None:
        entry = {"mono": round(time.monotonic(), 6), "wall": round(time.time(), 6), "call": call,
                 "sock": conn and conn.id, **fields}
        os.write(self.log, (json.dumps(entry) + "\n").encode())

    @contextmanager
    def calling(self, conn: Conn | None, call: str, **fields) -> Iterator[dict]:
        """Record one call with its result or its error. An error does not end the script."""
        outcome: dict = {}
        begun = time.monotonic()
        try:
            yield outcome
        except OSError as error:
            outcome.update(describe(error))
        took = round(time.monotonic() - begun, 4)
        self.record(conn, call, **fields, **outcome, took=took)

    # -- sockets ------------------------------------------------------------------------------------------------------

    def adopt(self, sock: socket.socket, label: str) -> Conn:
        self.current = Conn(len(self.conns) + 1, label, sock)
        self.conns.append(self.current)
        return self.current

    def usable(self) -> Conn | None:
        """The current socket, unless it was closed or never connected: then its calls are left out."""
        return self.current if self.current and self.current.open else None

    def set_options(self, sock: socket.socket, options: Mapping[str, str]) -> None:
        for key, value in options.items():
            if key in TCP_OPTIONS:
                sock.setsockopt(socket.IPPROTO_TCP, TCP_OPTIONS[key], int(value))
            elif key in SOCKET_OPTIONS:
                sock.setsockopt(socket.SOL_SOCKET, SOCKET_OPTIONS[key], int(value))
            elif key == "timeout":
                sock.settimeout(float(value) or None)

    def do_listen(self, command: Command) -> None:
        options = command.options
        if self.listener:
            self.listener.close()
        self.listener = sock = socket.socket(self.family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        loopback = "127.0.0.1" if self.family == socket.AF_INET else "::1"
        address = loopback if options.get("at") == "loopback" else ""
        sock.bind((address, int(options.get("port", PORT))))
        self.set_options(sock, options)
        sock.listen(int(options.get("backlog", 16)))
        self.record(None, "listen", args=options)
        self.marks.set(f"{self.role}-ready")

    def do_stop_listening(self, command: Command) -> None:
        self.listener.close()
        self.record(None, "close the listener")

    def do_accept(self, command: Command) -> None:
        self.current = None
        accepted = None
        with self.calling(None, "accept") as outcome:
            accepted, peer = self.listener.accept()
            outcome.update(result=list(peer[:2]))
        if accepted:
            conn = self.adopt(accepted, command.options.get("as", f"s{len(self.conns) + 1}"))
            self.set_options(accepted, command.options)
            self.record(conn, "accepted", local=list(accepted.getsockname()[:2]), peer=list(peer[:2]), label=conn.label)

    def do_connect(self, command: Command) -> None:
        conn, peer = self.open_socket(command.options)
        with self.calling(conn, "connect") as outcome:
            conn.sock.connect(peer)
        if outcome:
            conn.open = False
            conn.sock.close()
            self.record(conn, "close")

    def do_connect_begin(self, command: Command) -> None:
        """A connect() that the script does not wait for."""
        conn, peer = self.open_socket(command.options)
        conn.sock.setblocking(False)
        with self.calling(conn, "connect (not waited for)"):
            conn.sock.connect(peer)
        conn.sock.setblocking(True)

    def open_socket(self, options: Mapping[str, str]) -> tuple[Conn, tuple[str, int]]:
        """A new socket with a port of its own, and the address that it is to connect to."""
        sock = socket.socket(self.family, socket.SOCK_STREAM)
        conn = self.adopt(sock, options.get("as", f"c{len(self.conns) + 1}"))
        peer = (options.get("to", self.names["server" if self.role == "client" else "client"]),
                int(options.get("port", PORT)))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.set_options(sock, options)
        sock.bind((self.names[self.role], int(options.get("bind", 0))))
        self.record(conn, "socket", local=list(sock.getsockname()[:2]), peer=list(peer), label=conn.label)
        return conn, peer

    def do_syn(self, command: Command) -> None:
        """syn PORT… [from=N]: a bare SYN to each port, as a port scanner sends it; no socket stands behind it."""
        for number, port in enumerate(command.args, start=int(command.options.get("from", 0))):
            scan = Segment(self.names["client"], self.names["server"], 61000 + number, int(port), 1_000_000 + number, 0,
                           packets.SYN, 1024, 0, 64)
            packets.send_raw(packets.build(scan, ident=54321), scan.dst)
            self.record(None, "socket", local=[scan.src, scan.sport], peer=[scan.dst, scan.dport],
                        label=command.options.get("as", "scan"), raw=True)

    def do_forge(self, command: Command) -> None:
        """forge to=client|server [seq=N] [flags=R|RA|A] [ttl=N] [copies=N] [size=N]: a segment in the other end's name.

        `seq` counts from the next byte that the receiver waits for.
        """
        options = command.options
        time.sleep(0.02)
        last = self.seen[options["to"]]
        data = payload(options.get("size", "0"))
        answer = Segment(last.dst, last.src, last.dport, last.sport, last.ack + int(options.get("seq", 0)),
                         last.next_seq, packets.flags_of(options.get("flags", "R")), int(options.get("window", 0)),
                         len(data), int(options.get("ttl", 64)))
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

    def do_use(self, command: Command) -> None:
        self.current = next(c for c in reversed(self.conns) if c.label == command.args[0])

    def do_opt(self, command: Command) -> None:
        if conn := self.usable():
            self.set_options(conn.sock, command.options)

    def do_send(self, command: Command) -> None:
        self.send(payload(command.args[0]))

    def do_get(self, command: Command) -> None:
        self.send(b"GET /item HTTP/1.1\r\nHost: lab\r\n\r\n")

    def do_post(self, command: Command) -> None:
        size = int(command.args[0])
        self.send(b"POST /item HTTP/1.1\r\nHost: lab\r\nContent-Length: %d\r\n\r\n" % size + payload(str(size)))

    def do_answer(self, command: Command) -> None:
        """answer [status [bytes]]: an HTTP response."""
        status, size = [*command.args, "200", "12"][:2] if not command.args else [*command.args, "12"][:2]
        self.send(b"HTTP/1.1 %d Lab\r\nContent-Length: %d\r\n\r\n" % (int(status), int(size)) + payload(size))

    def send(self, data: bytes) -> bool:
        """One send() after another until all is written; False when one failed."""
        conn = self.usable()
        if not conn:
            return False
        with self.calling(conn, "send", args=len(data)) as outcome:
            outcome["sent"] = 0
            while outcome["sent"] < len(data):
                outcome["sent"] += conn.sock.send(data[outcome["sent"]:])
        return "errno" not in outcome and "own_timeout" not in outcome

    def do_flood(self, command: Command) -> None:
        """flood BYTES times=N every=S: one send after another until one fails."""
        for _ in range(int(command.options.get("times", 1000))):
            if not self.send(payload(command.args[0])):
                return
            time.sleep(float(command.options.get("every", 0)))

    def do_recv(self, command: Command) -> None:
        self.recv(int(command.args[0]) if command.args else 65536)

    def recv(self, size: int) -> int:
        """One recv(); how many bytes, 0 also for an error."""
        conn = self.usable()
        got = b""
        if conn:
            with self.calling(conn, "recv") as outcome:
                got = conn.sock.recv(size)
                outcome.update(result=len(got))
        return len(got)

    def do_recvn(self, command: Command) -> None:
        """Read so many bytes, or up to the end."""
        wanted = int(command.args[0])
        while wanted > 0 and (got := self.recv(min(wanted, 1 << 20))):
            wanted -= got

    def do_message(self, command: Command) -> None:
        """Read one HTTP request or response to its end."""
        conn, head = self.usable(), b""
        while conn and b"\r\n\r\n" not in head:
            with self.calling(conn, "recv") as outcome:
                head += (got := conn.sock.recv(65536))
                outcome.update(result=len(got))
            if not outcome.get("result"):
                return
        headers, _, body = head.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", headers)
        missing = int(length[1]) - len(body) if length else 0
        while missing > 0 and (got := self.recv(min(missing, 1 << 20))):
            missing -= got

    def do_drain(self, command: Command) -> None:
        """Read to the end; `pause=S` between the reads makes a slow reader."""
        while self.recv(int(command.options.get("size", 1 << 20))):
            time.sleep(float(command.options.get("pause", 0)))

    def do_shutdown(self, command: Command) -> None:
        if conn := self.usable():
            with self.calling(conn, "shutdown(SHUT_WR)"):
                conn.sock.shutdown(socket.SHUT_WR)

    def do_close(self, command: Command) -> None:
        if conn := self.usable():
            self.so_error(conn)
            conn.open = False
            with self.calling(conn, "close"):
                conn.sock.close()

    def do_abort(self, command: Command) -> None:
        if conn := self.usable():
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ABORT)
            self.do_close(command)

    def do_vanish(self, command: Command) -> None:
        """The socket is gone as after a crash of the host: nothing is sent."""
        if conn := self.usable():
            conn.sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
            conn.open = False
            conn.sock.close()
            self.record(conn, "vanish")

    def so_error(self, conn: Conn) -> None:
        with self.calling(conn, "getsockopt(SO_ERROR)") as outcome:
            if code := conn.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(code, os.strerror(code))
            outcome.update(result=0)

    def do_check(self, command: Command) -> None:
        if conn := self.usable():
            self.so_error(conn)

    # -- TLS ----------------------------------------------------------------------------------------------------------

    def do_client_hello(self, command: Command) -> None:
        """Send a ClientHello and nothing more."""
        outgoing = ssl.MemoryBIO()
        session = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="lab.example")
        try:
            session.do_handshake()
        except ssl.SSLWantReadError:
            self.send(outgoing.read())

    def do_tls(self, command: Command) -> None:
        """tls server | tls client [verify=1]: the handshake; from then on the connection is encrypted."""
        conn = self.usable()
        if not conn:
            return
        serves = command.args[0] == "server"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if serves else ssl.PROTOCOL_TLS_CLIENT)
        if serves:
            context.load_cert_chain(self.names["cert"])
        else:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_REQUIRED if command.options.get("verify") else ssl.CERT_NONE
        tls = context.wrap_socket(conn.sock, server_side=serves, do_handshake_on_connect=False)
        conn.sock = tls
        with self.calling(conn, "TLS handshake"):
            tls.do_handshake()

    def do_close_notify(self, command: Command) -> None:
        """Say in TLS that no more comes; the other's close_notify is not waited for."""
        if conn := self.usable():
            conn.sock.setblocking(False)
            with self.calling(conn, "TLS close_notify"):
                conn.sock.unwrap()
            conn.sock.setblocking(True)

    # -- real programs ------------------------------------------------------------------------------------------------

    def do_run(self, command: Command) -> None:
        """run NAME 'COMMAND LINE': a real program, its socket calls and what it says."""
        process, name = self.start_program(command), command.args[0]
        text, _ = process.communicate()
        self.record(None, "message", program=name, text=text.strip(), status=process.returncode)
        self.record_trace(name)

    def do_spawn(self, command: Command) -> None:
        """spawn NAME 'COMMAND LINE': a real program in the background; `stop NAME` or the end of the run ends it."""
        self.programs[command.args[0]] = self.start_program(command)

    def do_stop(self, command: Command) -> None:
        """stop NAME [SIGNAL]: end a program that `spawn` started, and wait for it."""
        name, number = command.args[0], command.args[1] if len(command.args) > 1 else "TERM"
        process = self.programs.pop(name)
        subprocess.run(["pkill", f"-{number}", "-P", str(process.pid)])
        text, _ = process.communicate(timeout=20)
        self.record(None, "message", program=name, text=text.strip(), status=process.returncode)
        self.record_trace(name)

    def start_program(self, command: Command) -> subprocess.Popen:
        name, line = command.args
        trace = self.names["work"] + f"/{self.role}-{name}.trace"
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "PGSSLMODE": "disable", "PGGSSENCMODE": "disable"}
        traced = [*STRACE, "-o", trace, *shlex.split(line)]
        return subprocess.Popen(traced, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                text=True, errors="replace", cwd=self.names["work"], env=environment)

    def record_trace(self, name: str) -> None:
        """The sockets of a program in the log, as if the actor had held them; their errors were not probed for."""
        for traced in tracing.read(Path(self.names["work"]), f"{self.role}-{name}.trace"):
            if ipaddress.ip_address(traced.peer[0]).is_loopback:
                continue
            self.traced += 1
            number, own = -self.traced, None if traced.opening == "socket" else [self.names[self.role], 0]
            entry = {"mono": 0, "call": traced.opening, "sock": number, "local": own, "peer": traced.peer,
                     "label": name, "program": True}
            for line in (entry, *({**call, "sock": number} for call in traced.calls)):
                os.write(self.log, (json.dumps(line) + "\n").encode())

    def do_nginx(self, command: Command) -> None:
        """nginx 'DIRECTIVES' [port=N]: nginx with these directives for its only location."""
        port = int(command.options.get("port", PORT))
        realprograms.write_nginx(Path(self.names["work"]), port, command.args[0])
        self.do_spawn(Command("spawn", ["nginx", "nginx -p . -c nginx.conf -e error.log"]))
        self.do_wait_port(Command("wait_port", [str(port)]))

    def do_wait_port(self, command: Command) -> None:
        """Wait until something listens on a port of this host."""
        port = f":{int(command.args[0]):04X} "
        for _ in range(1000):
            tables = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
            if any(port in line and " 0A " in line for line in tables.splitlines()):
                break
            time.sleep(0.02)
        self.marks.set(f"{self.role}-ready")

    def do_log(self, command: Command) -> None:
        """log NAME FILE: what a program wrote to a file is its message."""
        text = Path(self.names["work"], command.args[1]).read_text(errors="replace")
        self.record(None, "message", program=command.args[0], text=text.strip(), status=None)

    # -- everything else ----------------------------------------------------------------------------------------------

    def do_sleep(self, command: Command) -> None:
        time.sleep(float(command.args[0]))

    def do_mark(self, command: Command) -> None:
        self.marks.set(command.args[0])

    def do_await(self, command: Command) -> None:
        for name in command.args:
            self.marks.wait(name)

    def do_repeat(self, command: Command) -> None:
        for _ in range(int(command.args[0])):
            self.execute(command.body)

    def do_kill(self, command: Command) -> None:
        self.record(None, "SIGKILL")
        os.kill(os.getpid(), signal.SIGKILL)

    def do_firewall(self, command: Command) -> None:
        """firewall RULE…: these rules and no others; none to let everything pass."""
        set_firewall(self.role, "\n".join(command.args))
        self.record(None, "firewall", args=command.args)

    def do_sysctl(self, command: Command) -> None:
        write_sysctl(dict(word.split("=") for word in command.args))

    def do_sh(self, command: Command) -> None:
        done = subprocess.run(command.args[0], shell=True, text=True, capture_output=True)
        self.record(None, "sh", args=command.args[0], result=done.returncode, note=done.stderr.strip())


def fill(text: str, names: Mapping[str, str]) -> str:
    """Put the addresses of the run in place of {server}, {client} and so on; other braces stay."""
    for key, value in names.items():
        text = text.replace("{" + key + "}", value)
    return text


def payload(word: str) -> bytes:
    """A number of bytes, or a text with its escapes."""
    if word.isdigit():
        line = b"0123456789abcdefghijklmnopqrstuvwxyz the quick brown fox jumps\n"
        return (line * (int(word) // len(line) + 1))[:int(word)]
    return word.encode().decode("unicode_escape").encode("latin-1")


def describe(error: OSError) -> dict[str, object]:
    """How a call failed: with an errno from the kernel, or by the program's own timeout."""
    if isinstance(error, ssl.SSLError):
        return {"tls_error": str(error)}
    if error.errno is None:
        return {"own_timeout": True, "message": str(error)}
    if error.errno == errno.EINPROGRESS:
        return {"result": "EINPROGRESS"}
    return {"errno": errno.errorcode[error.errno], "message": error.strerror, "exception": type(error).__name__}
