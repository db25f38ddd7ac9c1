"""Namespaces, links and captures of one run."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
SIOCETHTOOL = 0x8946
# Frames of at most this size, so that the ring of a capture holds many of them.
SNAPLEN, GSO_MAX = 16384, 16000
END_OF_CAPTURE = b"the capture went on until here"
MAC = {"c0": "02:00:00:00:01:02", "r2c": "02:00:00:00:01:01", "r2s": "02:00:00:00:02:01", "s0": "02:00:00:00:02:02"}
ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO = 0x17, 0x1F, 0x24

_libc = ctypes.CDLL(None, use_errno=True)


def enter(ns: str) -> None:
    """Move this process into a named network namespace."""
    with open(f"/run/netns/{ns}") as handle:
        if _libc.setns(handle.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {ns}")


def die_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def fork_in(ns: str, action: Callable[[], None]) -> int:
    """Run `action` in a child process inside a namespace; the child never returns."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        die_with_parent()
        enter(ns)
        action()
        status = 0
    finally:
        os._exit(status)


def call_in(ns: str, action: Callable[[], None]) -> None:
    """Run `action` inside a namespace and wait for it."""
    _, status = os.waitpid(fork_in(ns, action), 0)
    if status:
        raise RuntimeError(f"a set-up step failed in {ns}")


def ip_batch(lines: Iterable[str], ns: str = "") -> None:
    command = ["ip", *(["-n", ns] if ns else []), "-batch", "-"]
    done = subprocess.run(command, input="\n".join(lines) + "\n", text=True, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")


def veth(device: str, ns: str, peer: str, peer_ns: str) -> str:
    def end(name: str) -> str:
        return f"{name} {'address ' + MAC[name] if name in MAC else ''}"

    return f"link add {end(device)} netns {ns} type veth peer name {end(peer)} netns {peer_ns}"


def set_offload(device: str, on: bool) -> None:
    """Segmentation and checksum offload of a device of the current namespace, as `ethtool -K` does it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for setter in (ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO):
            value = ctypes.create_string_buffer(struct.pack("II", setter, on))
            request = struct.pack("16sP", device.encode(), ctypes.addressof(value))
            fcntl.ioctl(control, SIOCETHTOOL, request)


def write_sysctl(settings: Mapping[str, str | int]) -> None:
    for key, value in settings.items():
        Path("/proc/sys", key.replace(".", "/")).write_text(f"{value}\n")


@dataclass(frozen=True)
class Net:
    """Namespaces and addresses of one run: client (c) - [wire (w) -] router (r) - server (s)."""

    prefix: str
    number: int
    family: int
    wired: bool

    def ns(self, role: str) -> str:
        return f"{self.prefix}{role[0]}"

    @property
    def roles(self) -> tuple[str, ...]:
        return ("client", "router", "server", "wire") if self.wired else ("client", "router", "server")

    def _address(self, side: int, host: int) -> str:
        if self.family == 4:
            block, network = divmod(self.number, 255)
            return f"10.{side + 10 * block}.{network}.{host}"
        return f"fd00:{side}:{self.number:x}::{host:x}"

    @property
    def client(self) -> str:
        return self._address(1, 2)

    @property
    def server(self) -> str:
        return self._address(2, 2)

    @property
    def names(self) -> dict[str, str]:
        """The addresses that scripts may name in braces."""
        return {
            "client": self.client,
            "server": self.server,
            "nobody": self._address(2, 9),
            "nowhere": self._address(3, 9),
            "client_gw": self._address(1, 1),
            "server_gw": self._address(2, 1),
            "host": self.server if self.family == 4 else f"[{self.server}]",
        }

    def build(self, offload: bool) -> None:
        ip_batch(f"netns add {self.ns(role)}" for role in self.roles)
        for role in self.roles:
            call_in(self.ns(role), lambda: write_sysctl(self._base_sysctl()))
        ip_batch(self._links())
        for role, lines in self._addressing().items():
            ip_batch(lines, self.ns(role))
        for role in self.roles:
            call_in(self.ns(role), lambda role=role: self._tune(role, offload))

    def _base_sysctl(self) -> dict[str, str | int]:
        base: dict[str, str | int] = {
            "net.ipv6.conf.default.accept_dad": 0,
            "net.ipv6.conf.all.accept_dad": 0,
            "net.ipv6.conf.default.router_solicitations": 0,
        }
        if self.family == 4:
            base["net.ipv6.conf.default.disable_ipv6"] = 1
        return base

    def _links(self) -> list[str]:
        c, r, s, w = (self.ns(role) for role in ("client", "router", "server", "wire"))
        lines = [veth("s0", s, "r2s", r)]
        if not self.wired:
            return [*lines, veth("c0", c, "r2c", r)]
        return [*lines, veth("c0", c, "w2c", w), veth("r2c", r, "w2r", w)]

    def _addressing(self) -> dict[str, list[str]]:
        """Addresses, routes, and neighbours known from the start: no run has to wait for ARP or ND."""
        length, nodad = (24, "") if self.family == 4 else (64, " nodad")
        names = self.names

        def up(device: str, address: str, neighbour: str, neighbour_device: str) -> list[str]:
            return [
                f"addr add {address}/{length} dev {device}{nodad}",
                f"link set {device} up gso_max_size {GSO_MAX}",
                f"neigh replace {neighbour} lladdr {MAC[neighbour_device]} dev {device} nud permanent",
            ]

        lo = "link set lo up"
        lines = {
            "router": [
                lo,
                *up("r2c", names["client_gw"], self.client, "c0"),
                *up("r2s", names["server_gw"], self.server, "s0"),
            ],
            "client": [
                lo,
                *up("c0", self.client, names["client_gw"], "r2c"),
                f"route add default via {names['client_gw']}",
            ],
            "server": [
                lo,
                *up("s0", self.server, names["server_gw"], "r2s"),
                f"route add default via {names['server_gw']}",
            ],
        }
        if self.wired:
            lines["wire"] = ["link set w2c up", "link set w2r up"]
        return lines

    def _tune(self, role: str, offload: bool) -> None:
        if role == "router":
            write_sysctl({"net.ipv4.ip_forward": 1} if self.family == 4 else {"net.ipv6.conf.all.forwarding": 1})
            write_sysctl({"net.ipv4.icmp_ratelimit": 0, "net.ipv6.icmp.ratelimit": 0})
        if not offload:
            for device in {"client": ["c0"], "server": ["s0"], "router": ["r2c", "r2s"]}.get(role, []):
                set_offload(device, on=False)

    def destroy(self) -> None:
        destroy_namespaces(self.ns(role) for role in self.roles)


def send_datagram(address: str, data: bytes) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.sendto(data, (address, 9))


def write_certificate(path: str) -> None:
    """A self-signed certificate with its key in one file."""
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=lab.example",
            "-keyout",
            path,
            "-out",
            f"{path}.crt",
        ],
        check=True,
        capture_output=True,
    )
    with open(path, "a") as both, open(f"{path}.crt") as certificate:
        both.write(certificate.read())


def set_firewall(role: str, rules: str) -> None:
    """Replace the firewall of this namespace: one rule a line; on a host they filter what comes in, or after a line
    `output:` what goes out."""
    hook = "forward" if role == "router" else "input"
    if rules.lstrip().startswith("output:"):
        hook, rules = "output", rules.replace("output:", "", 1)
    chain = f"chain lab {{\ntype filter hook {hook} priority 0\n{rules}\n}}"
    text = f"table inet lab\ndelete table inet lab\ntable inet lab {{\n{chain}\n}}\n"
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)


def destroy_namespaces(names: Iterable[str]) -> None:
    """Kill whatever runs in the namespaces and delete them; those that are gone already do not matter."""
    for name in names:
        if not Path("/run/netns", name).exists():
            continue
        found = subprocess.run(["ip", "netns", "pids", name], text=True, capture_output=True)
        for pid in found.stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        subprocess.run(["ip", "netns", "del", name], capture_output=True)


class Capture:
    """One tcpdump inside a namespace."""

    def __init__(self, ns: str, device: str, path: Path) -> None:
        self.path = path
        size = ["-s", str(SNAPLEN), "-B", str(2 * SNAPLEN)]
        command = [
            "nice",
            "-n",
            "-10",
            "tcpdump",
            "-i",
            device,
            "-n",
            "-U",
            "--immediate-mode",
            *size,
            "-Z",
            "root",
            "-w",
            str(path),
        ]
        self.process = subprocess.Popen(
            command,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            preexec_fn=lambda: (die_with_parent(), enter(ns)),
        )

    def wait_ready(self) -> None:
        for line in self.process.stderr:
            if "listening on" in line:
                return
        raise RuntimeError(f"tcpdump did not start for {self.path.name}")

    def stop(self) -> dict[str, int]:
        """Stop once the capture has its last packet; how many were captured and dropped."""
        patience = time.monotonic() + 2
        while END_OF_CAPTURE not in self.path.read_bytes()[-4096:] and time.monotonic() < patience:
            time.sleep(0.05)
        self.process.send_signal(signal.SIGINT)
        _, text = self.process.communicate(timeout=10)
        counts = {}
        for line in text.splitlines():
            number, _, what = line.partition(" packets ")
            if number.isdigit():
                counts[what.split()[0]] = int(number)
        return counts

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
