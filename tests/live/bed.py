"""Two network namespaces with a wire between them, for tests of live capture."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

TCPWHY = os.environ.get("TCPWHY", str(Path(__file__).parents[2] / "target" / "debug" / "tcpwhy"))
CLIENT, SERVER = "10.77.0.1", "10.77.0.2"

CONNECT = """
import socket, sys
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for number in range(count):
    with socket.socket() as client:
        client.settimeout(2)
        try:
            client.connect((host, port))
        except OSError:
            pass
"""

INJECT = """
import socket, sys
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
    raw.bind(("va", 0))
    for frame in sys.argv[1:]:
        raw.send(bytes.fromhex(frame))
"""


# Starts a program that is refused sockets of NETLINK_SOCK_DIAG, as by a kernel or a container without them.
WITHOUT_DIAG = """
import ctypes, os, socket, struct, sys
CALL = {"x86_64": 41, "aarch64": 198}[os.uname().machine]
LOAD, EQUAL, RETURN, ALLOW, REFUSE = 0x20, 0x15, 0x06, 0x7FFF0000, 0x00050000 | 93
code = [
    (LOAD, 0, 0, 0), (EQUAL, 0, 5, CALL),
    (LOAD, 0, 0, 16), (EQUAL, 0, 3, socket.AF_NETLINK),
    (LOAD, 0, 0, 32), (EQUAL, 0, 1, 4), (RETURN, 0, 0, REFUSE),
    (RETURN, 0, 0, ALLOW),
]
room = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in code))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code), ctypes.addressof(room)))
libc = ctypes.CDLL(None, use_errno=True)
SET_SECCOMP, FILTER = 22, 2
if libc.prctl(SET_SECCOMP, FILTER, ctypes.c_ulong(ctypes.addressof(program)), 0, 0):
    sys.exit(f"no filter: {os.strerror(ctypes.get_errno())}")
try:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)
except OSError:
    os.execvp(sys.argv[1], sys.argv[1:])
sys.exit("the filter has no effect")
"""


def unable() -> str:
    """Why nothing can run here; empty when it can."""
    if os.geteuid():
        return "live tests make network namespaces and must run as root"
    if absent := [program for program in ("ip", "tcpdump") if not shutil.which(program)]:
        return f"live tests need {', '.join(absent)}"
    return "" if os.access(TCPWHY, os.X_OK) else f"{TCPWHY} is not built; name another with TCPWHY=..."


class Wire:
    """Namespace a with device va, namespace b with device vb."""

    def __init__(self) -> None:
        self.a, self.b = f"live{os.getpid()}a", f"live{os.getpid()}b"

    def __enter__(self) -> Wire:
        for namespace in (self.a, self.b):
            self.ip(f"netns add {namespace}")
            self.ip(f"-n {namespace} link set lo up")
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        for namespace in (self.a, self.b):
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True)

    def plug(self) -> None:
        self.ip(f"link add va netns {self.a} type veth peer name vb netns {self.b}")
        for namespace, device, address in ((self.a, "va", CLIENT), (self.b, "vb", SERVER)):
            self.ip(f"-n {namespace} addr add {address}/24 dev {device}")
            self.ip(f"-n {namespace} link set {device} up")

    def unplug(self) -> None:
        self.ip(f"-n {self.b} link del vb")

    @staticmethod
    def ip(arguments: str) -> None:
        subprocess.run(["ip", *arguments.split()], check=True)

    def refuse(self, count: int, port: int = 99, host: str = SERVER) -> None:
        """So many connections to a port where nobody listens."""
        command = ["ip", "netns", "exec", self.a, "python3", "-c", CONNECT, host, str(port), str(count)]
        subprocess.run(command, check=True)

    def inject(self, frames: list[bytes]) -> None:
        """Frames as they are, out of va."""
        command = ["ip", "netns", "exec", self.a, "python3", "-c", INJECT, *(each.hex() for each in frames)]
        subprocess.run(command, check=True)


class Live:
    """tcpwhy on one end of the wire."""

    def __init__(
        self,
        wire: Wire,
        work: Path,
        *arguments: str,
        stdout: int | None = None,
        interface: str = "vb",
        launcher: tuple[str, ...] = (),
    ) -> None:
        self.out, self.err = work / "out", work / "err"
        namespace = wire.a if interface == "va" else wire.b
        command = [*launcher, TCPWHY, "-i", interface, "--netns", namespace, "-v", "--format", "json", *arguments]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SUDO_")}
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(command, stdout=stdout or out, stderr=err, env=environment)
        wait_until(lambda: "seccomp" in self.said() or self.process.poll() is not None, "it is ready")

    def said(self) -> str:
        return self.err.read_text(errors="replace")

    def lines(self, path: Path | None = None) -> list[dict]:
        return [json.loads(line) for line in (path or self.out).read_text().splitlines()]

    def failures(self, path: Path | None = None) -> int:
        return sum(line["type"] == "failure" for line in self.lines(path))

    def status(self, name: str) -> list[str]:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            key, _, value = line.partition(":")
            if key == name:
                return value.split()
        return []

    def stop(self, how: int = signal.SIGINT) -> int:
        self.process.send_signal(how)
        return self.process.wait(20)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def running(*arguments, **rest) -> Iterator[Live]:
    live = Live(*arguments, **rest)
    try:
        yield live
    finally:
        live.kill()


def wait_until(condition, what: str, timeout: float = 15) -> None:
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout} s in vain until {what}")
        time.sleep(0.02)
