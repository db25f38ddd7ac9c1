#!/usr/bin/env python3
"""How a live capture behaves as a service: signals, slow and absent readers, full disks, interfaces that go away.

    sudo python3 tests/live/service.py          TCPWHY=path names another program than target/debug/tcpwhy
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from bed import TCPWHY, Wire, running, unable, wait_until
from load import ACK, RST, conversation, frame

NOT_ROOT = 65534
README = Path(__file__).parents[2] / "README.md"


def unit() -> str:
    """The systemd unit in the README."""
    text = README.read_text().split("`/etc/systemd/system/tcpwhy.service`:\n\n")[1]
    lines = itertools.takewhile(lambda line: not line or line.startswith("    "), text.splitlines())
    return "\n".join(line.strip() for line in lines)


def calls_in(group: str) -> set[str]:
    """The system calls of a group of systemd's, or the one that is named."""
    if not group.startswith("@"):
        return {group}
    listed = subprocess.run(["systemd-analyze", "syscall-filter", group], check=True, capture_output=True, text=True)
    members = [line.strip() for line in listed.stdout.splitlines()[1:]]
    return set().union(*(calls_in(member) for member in members if member and not member.startswith("#")))


# A client whose SYN, and the one after it, get no answer, and which then gives up without a word.
GIVE_UP = """
import socket, subprocess
subprocess.run("ip neigh replace 10.77.0.9 lladdr 02:00:00:00:00:09 dev va nud permanent".split(), check=True)
with socket.socket() as client:
    client.settimeout(4)
    try:
        client.connect(("10.77.0.9", 80))
    except OSError:
        pass
"""


class Service(unittest.TestCase):
    wire: Wire

    @classmethod
    def setUpClass(cls) -> None:
        cls.wire = Wire().__enter__()
        cls.addClassCleanup(cls.wire.__exit__)

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="tcpwhy-live-")
        self.addCleanup(folder.cleanup)
        self.work = Path(folder.name)

    def live(self, *arguments: str, **rest):
        return running(self.wire, self.work, *arguments, **rest)

    def test_a_failure_is_printed_within_two_seconds_and_not_at_the_end(self) -> None:
        with self.live() as live:
            begun = time.monotonic()
            self.wire.refuse(1)
            wait_until(lambda: live.failures() == 1, "the failure is printed")
            self.assertLess(time.monotonic() - begun, 2.5)
            self.assertEqual(live.lines()[0]["cause"], "no_listener")

    def test_signals_stop_it_with_all_that_the_ring_holds(self) -> None:
        for how in (signal.SIGINT, signal.SIGTERM):
            with self.live() as live:
                self.wire.refuse(50)
                self.assertEqual(live.stop(how), 0, live.said())
                self.assertEqual(live.failures(), 50)
                summary = live.lines()[-1]
                self.assertEqual(summary["type"], "summary")
                self.assertEqual((summary["dropped_kernel"], summary["output_lost"]), (0, 0))

    def test_silence_is_final_while_nothing_else_comes(self) -> None:
        with self.live() as live:
            silent = ["ip", "netns", "exec", self.wire.a, "python3", "-c", GIVE_UP]
            subprocess.run(silent, check=True)
            wait_until(lambda: live.failures() == 1, "the timeout is printed", timeout=30)
            self.assertEqual(live.lines()[0]["kind"], "timed_out")

    def test_privileges_are_given_up(self) -> None:
        with self.live() as live:
            self.assertEqual(set(live.status("Uid") + live.status("Gid")), {str(NOT_ROOT)}, live.said())
            self.assertEqual(live.status("Groups"), [])
            self.assertEqual(int(live.status("CapEff")[0], 16), 0)
            self.assertEqual(int(live.status("CapPrm")[0], 16), 1 << 13, "CAP_NET_RAW, to open the interface again")
            self.assertEqual(live.status("NoNewPrivs"), ["1"])
            self.assertEqual(live.status("Seccomp"), ["2"])
            tasks = list(Path(f"/proc/{live.process.pid}/task").iterdir())
            self.assertGreater(len(tasks), 1)
            for task in tasks:
                self.assertIn(f"Uid:\t{NOT_ROOT}\t{NOT_ROOT}", (task / "status").read_text())

    def test_no_right_is_left_where_none_is_needed(self) -> None:
        with self.live(interface="any") as live:
            self.assertEqual(int(live.status("CapPrm")[0], 16), 0, live.said())

    def test_hangup_opens_the_file_again(self) -> None:
        os.chmod(self.work, 0o777)
        path, moved = self.work / "log.json", self.work / "log.json.1"
        with self.live("-o", str(path)) as live:
            self.assertEqual(path.stat().st_uid, NOT_ROOT)
            self.wire.refuse(3)
            wait_until(lambda: live.failures(path) == 3, "three are written")
            path.rename(moved)
            live.process.send_signal(signal.SIGHUP)
            wait_until(path.exists, "the file is there again")
            self.wire.refuse(2)
            self.assertEqual(live.stop(), 0, live.said())
            self.assertEqual((live.failures(moved), live.failures(path)), (3, 2))

    def test_hangups_during_load_lose_nothing(self) -> None:
        os.chmod(self.work, 0o777)
        path = self.work / "log.json"
        with self.live("-o", str(path)) as live:
            for number in range(5):
                self.wire.refuse(100)
                path.rename(self.work / f"old{number}.json")
                live.process.send_signal(signal.SIGHUP)
                wait_until(path.exists, "the file is there again")
            self.assertEqual(live.stop(), 0, live.said())
            self.assertEqual(sum(live.failures(each) for each in self.work.glob("*.json")), 500)

    def test_usr1_prints_a_summary_beside_the_report(self) -> None:
        with self.live() as live:
            self.wire.refuse(1)
            wait_until(lambda: live.failures() == 1, "the failure is printed")
            live.process.send_signal(signal.SIGUSR1)
            wait_until(lambda: '"type":"summary"' in live.said(), "a summary on standard error")
            self.assertEqual(len(live.lines()), 1)

    def test_a_full_disk_is_told_and_counted(self) -> None:
        with self.live("-o", "/dev/full") as live:
            self.wire.refuse(3)
            self.assertEqual(live.stop(), 2)
            self.assertIn("/dev/full: No space left on device", live.said())
            # Three failures, their episode and the summary.
            self.assertIn("5 pieces of the report could not be written", live.said().replace("\u00a0", " "))

    def test_an_interface_that_is_deleted_is_waited_for(self) -> None:
        with self.live() as live:
            self.wire.refuse(1)
            wait_until(lambda: live.failures() == 1, "the failure is printed")
            self.wire.unplug()
            wait_until(lambda: "waiting for it to come back" in live.said(), "it says so")
            self.wire.plug()
            wait_until(lambda: "is up, capturing" in live.said(), "it says so")
            self.assertEqual(int(live.status("CapEff")[0], 16), 0, "the right was used for a moment only")
            self.wire.refuse(1)
            wait_until(lambda: live.failures() == 2, "the failure is printed")
            self.assertEqual(live.said().count("waiting for it to come back"), 1)
            self.wire.unplug()
            wait_until(lambda: live.said().count("waiting for it to come back") == 2, "it says so")
            self.assertEqual(live.stop(), 0)
            self.wire.plug()

    def test_an_interface_that_is_down_is_waited_for(self) -> None:
        with self.live() as live:
            Wire.ip(f"-n {self.wire.b} link set vb down")
            wait_until(lambda: "is down; waiting" in live.said(), "it says so")
            Wire.ip(f"-n {self.wire.b} link set vb up")
            self.wire.refuse(1)
            wait_until(lambda: live.failures() == 1, "the failure is printed")
            self.assertIn("is up again", live.said())

    def test_an_interface_that_is_down_at_the_start_is_waited_for(self) -> None:
        Wire.ip(f"-n {self.wire.b} link set vb down")
        with self.live() as live:
            wait_until(lambda: "vb: is down; waiting" in live.said(), "it says so")
            Wire.ip(f"-n {self.wire.b} link set vb up")
            wait_until(lambda: "vb: is up, capturing" in live.said(), "it says so")
            self.wire.refuse(1)
            wait_until(lambda: live.failures() == 1, "the failure is printed")
            self.assertEqual(live.stop(), 0)

    def test_a_reader_that_does_not_read_stops_nothing(self) -> None:
        pipe = self.work / "pipe"
        os.mkfifo(pipe)
        with self.live("-o", str(pipe)) as live:
            self.wire.refuse(300)
            # The first reader takes a part and is gone, the second takes the rest.
            first = subprocess.Popen(["head", "-c", "20000", pipe], stdout=subprocess.PIPE)
            first_part, _ = first.communicate()
            self.assertIsNone(live.process.poll())
            self.wire.refuse(50)
            with (self.work / "rest").open("wb") as rest:
                second = subprocess.Popen(["cat", pipe], stdout=rest)
            self.assertEqual(live.stop(), 0, live.said())
            second.wait(10)
            text = (first_part + (self.work / "rest").read_bytes()).decode()
            # What `head` had read beyond its 20000 bytes went with it: at most what it reads at once.
            self.assertGreater(text.count('"type":"failure"'), 330)
            self.assertEqual(text.count('"type":"summary"'), 1)
            self.assertIn('"output_lost":0', text)

    def test_a_reader_that_does_not_read_stops_no_capture_on_a_terminal(self) -> None:
        master, terminal = pty.openpty()
        read, write = os.pipe()
        os.set_blocking(master, False)
        shown = b""

        def shows(words: bytes) -> bool:
            nonlocal shown
            with contextlib.suppress(BlockingIOError):
                shown += os.read(master, 1 << 16)
            return words in shown

        command = [TCPWHY, "-i", "vb", "--netns", self.wire.b, "--format", "json"]
        environment = {**os.environ, "TERM": "xterm"}
        process = subprocess.Popen(command, stdout=write, stderr=terminal, env=environment)
        try:
            os.close(terminal), os.close(write)
            wait_until(lambda: shows(b" packets, "), "there is a status line")
            self.wire.refuse(200)
            wait_until(lambda: shows(b" 200 failures, "), "the status line counts what nobody reads")
            # As `head` does: it has read some of it and is gone.
            os.close(read)
            self.assertEqual(process.wait(10), 0)
        finally:
            process.kill()
            os.close(master)

    def test_the_reader_of_a_pipe_that_is_killed_ends_it_quietly(self) -> None:
        read, write = os.pipe()
        reader = subprocess.Popen(["cat"], stdin=read, stdout=subprocess.DEVNULL)
        with self.live(stdout=write) as live:
            os.close(read), os.close(write)
            self.wire.refuse(1)
            reader.kill()
            reader.wait()
            self.assertEqual(live.process.wait(5), 0, live.said())

    @unittest.skipUnless(shutil.which("systemd-analyze"), "a unit is checked by systemd-analyze")
    def test_systemd_understands_the_unit(self) -> None:
        path = self.work / "tcpwhy.service"
        path.write_text(unit().replace("/usr/local/bin/tcpwhy", TCPWHY))
        done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    @unittest.skipUnless(shutil.which("systemd-analyze") and shutil.which("strace"), "it takes systemd-analyze and strace")
    def test_the_unit_allows_every_system_call_that_a_capture_makes(self) -> None:
        allowed = re.search(r"^SystemCallFilter=(.*)$", unit(), re.MULTILINE).group(1)
        allowed = set().union(*(calls_in(group) for group in allowed.split()))
        trace = self.work / "trace"
        service = "--reuid 65533 --regid 65533 --clear-groups --inh-caps +net_raw --ambient-caps +net_raw --no-new-privs"
        command = ["strace", "-f", "-qq", "-o", trace, "setpriv", *service.split()]
        os.chmod(self.work, 0o777)
        command += [TCPWHY, "-i", "any", "--duration", "1", "--format", "json", "-o", self.work / "log.json"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        made = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(errors="replace"), re.MULTILINE))
        self.assertIn("landlock_create_ruleset", made)
        self.assertEqual(made - allowed, set())

    def test_it_stops_by_itself(self) -> None:
        begun = time.monotonic()
        with self.live("--duration", "2") as live:
            self.wire.refuse(1)
            self.assertEqual(live.process.wait(10), 0)
            self.assertAlmostEqual(time.monotonic() - begun, 2, delta=1)
            self.assertEqual(live.failures(), 1)
        with self.live("-c", "4") as live:
            self.wire.refuse(10)
            self.assertEqual(live.process.wait(10), 0)
            self.assertEqual(live.lines()[-1]["packets"], 4)

    def test_tags_do_not_hide_anything(self) -> None:
        """Frames made by hand: not every kernel has devices for VLANs."""
        plain = conversation(1)
        refused = [plain[0], frame(1, 1, 0, 7920, RST | ACK, 0)]
        for tags in (b"", b"\x81\x00\x00\x07", b"\x88\xa8\x00\x07\x81\x00\x00\x08"):
            for name in ("vb", "any"):
                for options in ((), ("-f", "tcp port 80"), ("--tunnels",), ("--light",)):
                    if name == "any" and len(tags) > 4:
                        continue  # From 6.11 on, kernels say of cooked frames what is behind the second tag, and give the tag.
                    with self.live(*options, interface=name) as live:
                        self.wire.inject([each[:12] + tags + each[12:] for each in refused])
                        self.assertEqual(live.stop(), 0)
                        self.assertEqual(live.failures(), 1, (tags, name, options, live.lines()[-1]))

    def test_tunnels_are_looked_into_when_asked(self) -> None:
        for namespace, device, host, remote in ((self.wire.a, "va", 1, 2), (self.wire.b, "vb", 2, 1)):
            ends = f"remote 10.77.0.{remote} local 10.77.0.{host}"
            Wire.ip(f"-n {namespace} link add vx type vxlan id 5 dev {device} dstport 4789 {ends}")
            Wire.ip(f"-n {namespace} addr add 10.83.0.{host}/24 dev vx")
            Wire.ip(f"-n {namespace} link set vx up")
        for options, expected in (((), 0), (("--tunnels",), 1)):
            with self.live(*options) as live:
                self.wire.refuse(1, host="10.83.0.2")
                self.assertEqual(live.stop(), 0)
                self.assertEqual(live.failures(), expected)
        for namespace in (self.wire.a, self.wire.b):
            Wire.ip(f"-n {namespace} link del vx")

    def test_of_payload_that_was_not_captured_nothing_is_made_up(self) -> None:
        with self.live("--light") as live:
            self.wire.inject(conversation(1, resets=1))
            self.assertEqual(live.stop(), 0)
            failure = live.lines()[0]
            self.assertEqual((failure["kind"], failure["confidence"]), ("reset", "possible"), failure)
            self.assertIsNone(failure["timing"]["idle_before_ms"])
            self.assertNotIn(0, [packet["frame"] for packet in failure["evidence"]])

    def test_a_reset_before_a_word_was_said_needs_no_acknowledgment(self) -> None:
        with self.live("--light") as live:
            talk = conversation(1)
            self.wire.inject([*talk[:3], frame(1, 1, 104730, 7920, RST | ACK, 0)])
            self.assertEqual(live.stop(), 0)
            failure = live.lines()[0]
            self.assertEqual((failure["type"], failure.get("kind")), ("failure", "reset"), failure)
            self.assertEqual((failure["client"]["errno"], failure["confidence"]), ("ECONNRESET", "possible"), failure)

    def test_root_of_a_user_namespace_that_has_no_other_user_can_capture(self) -> None:
        alone = ["unshare", "--user", "--map-root-user", "--net"]
        if subprocess.run([*alone, "true"], capture_output=True).returncode:
            self.skipTest("user namespaces cannot be made here")
        command = ["ip link set lo up && exec " + shlex.join([TCPWHY, "-i", "lo", "-v", "--duration", "1"])]
        done = subprocess.run([*alone, "sh", "-c", *command], capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("user 0 as before in a user namespace without another, no capability in effect", done.stderr)
        self.assertNotIn("did not start", done.stderr)

    def test_what_opens_and_closes_is_enough_for_a_refusal(self) -> None:
        with self.live("--light") as live:
            self.wire.refuse(2)
            self.assertEqual(live.stop(), 0)
            self.assertEqual(live.failures(), 2)
            self.assertTrue(live.lines()[-1]["light"])
            self.assertIn("--light", live.said())


if __name__ == "__main__":
    if reason := unable():
        print(f"skipped: {reason}")
        sys.exit(0)
    unittest.main(verbosity=2)
