"""One end of a scenario: carries out its script and records what every socket call returned."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import script
from actor_programs import ProgramCommands
from actor_raw import RawCommands
from actor_tls import TlsCommands
from marks import Marks
from netns import set_firewall
from packets import Segment
from script import Command
from words import describe, fill, payload

PORT = 8080
TCP_REPAIR = 19
TCP_FASTOPEN_CONNECT = 30
TCP_MD5SIG = 14
IPPROTO_MPTCP = 262
LINGER_ABORT = b"\1\0\0\0\0\0\0\0"
TCP_OPTIONS = {
    "user_timeout": socket.TCP_USER_TIMEOUT,
    "keepidle": socket.TCP_KEEPIDLE,
    "keepintvl": socket.TCP_KEEPINTVL,
    "keepcnt": socket.TCP_KEEPCNT,
    "syncnt": socket.TCP_SYNCNT,
    "maxseg": socket.TCP_MAXSEG,
    "nodelay": socket.TCP_NODELAY,
    "quickack": socket.TCP_QUICKACK,
    "fastopen": socket.TCP_FASTOPEN,
    "fastopen_connect": TCP_FASTOPEN_CONNECT,
    "clamp": socket.TCP_WINDOW_CLAMP,
    "defer_accept": socket.TCP_DEFER_ACCEPT,
    "linger2": socket.TCP_LINGER2,
}
SOCKET_OPTIONS = {"rcvbuf": socket.SO_RCVBUF, "sndbuf": socket.SO_SNDBUF, "keepalive": socket.SO_KEEPALIVE}


@dataclass
class Conn:
    """One socket of the actor."""

    id: int
    label: str
    sock: socket.socket
    open: bool = True


class Actor(TlsCommands, RawCommands, ProgramCommands):
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
        self.traced_sockets = 0

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
        entry = {
            "mono": round(time.monotonic(), 6),
            "wall": round(time.time(), 6),
            "call": call,
            "sock": conn and conn.id,
            **fields,
        }
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
            elif key == "md5":
                sock.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, self.signature(value.encode()))

    def signature(self, key: bytes) -> bytes:
        """A struct tcp_md5sig: what comes from and goes to the other end is signed with this key (RFC 2385)."""
        other = socket.inet_pton(self.family, self.names["server" if self.role == "client" else "client"])
        head = struct.pack("=HH4s", self.family, 0, other if len(other) == 4 else bytes(4))
        address = (head if len(other) == 4 else head + other).ljust(128, b"\0")
        return address + struct.pack("=BBHi80s", 0, 0, len(key), 0, key)

    def new_socket(self, options: Mapping[str, str]) -> socket.socket:
        return socket.socket(self.family, socket.SOCK_STREAM, IPPROTO_MPTCP if "mptcp" in options else 0)

    def do_listen(self, command: Command) -> None:
        options = command.options
        if self.listener:
            self.listener.close()
        self.listener = sock = self.new_socket(options)
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
        sock = self.new_socket(options)
        conn = self.adopt(sock, options.get("as", f"c{len(self.conns) + 1}"))
        peer = (
            options.get("to", self.names["server" if self.role == "client" else "client"]),
            int(options.get("port", PORT)),
        )
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.set_options(sock, options)
        sock.bind((self.names[self.role], int(options.get("bind", 0))))
        self.record(conn, "socket", local=list(sock.getsockname()[:2]), peer=list(peer), label=conn.label)
        return conn, peer

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
        status, size = (command.args + ["200", "12"][len(command.args) :])[:2]
        self.send(b"HTTP/1.1 %d Lab\r\nContent-Length: %d\r\n\r\n" % (int(status), int(size)) + payload(size))

    def send(self, data: bytes) -> bool:
        """One send() after another until all is written; False when one failed."""
        conn = self.usable()
        if not conn:
            return False
        with self.calling(conn, "send", args=len(data)) as outcome:
            outcome["sent"] = 0
            while outcome["sent"] < len(data):
                outcome["sent"] += conn.sock.send(data[outcome["sent"] :])
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
        """shutdown [read|both]: of the sending side, if nothing is said."""
        how = {"": "SHUT_WR", "read": "SHUT_RD", "both": "SHUT_RDWR"}["".join(command.args)]
        if conn := self.usable():
            with self.calling(conn, f"shutdown({how})"):
                conn.sock.shutdown(getattr(socket, how))

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

    def do_sh(self, command: Command) -> None:
        done = subprocess.run(command.args[0], shell=True, text=True, capture_output=True)
        self.record(None, "sh", args=command.args[0], result=done.returncode, note=done.stderr.strip())
