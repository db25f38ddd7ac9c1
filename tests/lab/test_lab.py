"""Tests of the lab itself, without a network: `python3 -m unittest` in this folder."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import packets
import pcapio
import scenarios
import script
import truth
import variants
import verdicts
from model import OK, Expect, fail
from packets import Segment
from verdicts import Place, Recorded

CLIENT, SERVER = ("10.1.9.2", 40000), ("10.2.9.2", 8080)
PLAIN = variants.Variant("", "")


def end(local: tuple, peer: tuple, errno: str | None = None, **rest) -> dict:
    common = {"own_timeout": False, "sent": 10, "received": 5, "measured": True, "probed": True, "tls": False}
    return {"label": "c1", "local": list(local), "peer": list(peer), "errno": errno, **common, **rest}


def place(expect: Expect, client_errno: str | None = None, server_errno: str | None = None) -> Place:
    connection = {
        "label": "c1",
        "client": end(CLIENT, SERVER, client_errno),
        "server": end(SERVER, CLIENT, server_errno),
        "expect": truth.expect_as_dict(expect),
    }
    return Place(Recorded("x", {"scenario": "x", "family": 4, "connections": [connection]}, Path()), "client", PLAIN)


def failure(kind: str, cause: str, client_errno: str | None = None, **rest) -> dict:
    return {
        "ts": "2026-01-01T00:00:00Z",
        "kind": kind,
        "cause": cause,
        "confidence": "likely",
        "ended_by": "server",
        "client": {"ip": CLIENT[0], "port": CLIENT[1], "errno": client_errno},
        "server": {"ip": SERVER[0], "port": SERVER[1], "errno": None},
        "retry": {"verdict": "unknown"},
        **rest,
    }


def results(where: Place, *failures: dict) -> list[str]:
    return [row.result for row in verdicts.compare(where, list(failures), [])]


class Judging(unittest.TestCase):
    refused = fail("refused", "no_listener", "rejected_by_policy", by="server")

    def test_the_right_verdict(self) -> None:
        right = failure("refused", "no_listener", "ECONNREFUSED")
        self.assertEqual(results(place(self.refused, "ECONNREFUSED"), right), ["right"])

    def test_no_verdict(self) -> None:
        self.assertEqual(results(place(self.refused, "ECONNREFUSED")), ["wrong"])

    def test_another_kind(self) -> None:
        self.assertEqual(
            results(place(self.refused, "ECONNREFUSED"), failure("reset", "unread_data", "ECONNRESET")), ["wrong"]
        )

    def test_another_errno(self) -> None:
        self.assertEqual(
            results(place(self.refused, "ECONNREFUSED"), failure("refused", "no_listener", None)), ["wrong"]
        )

    def test_certain_of_a_cause_that_is_not_the_true_one(self) -> None:
        said = failure("refused", "rejected_by_policy", "ECONNREFUSED", confidence="certain")
        self.assertEqual(results(place(self.refused, "ECONNREFUSED"), said), ["wrong"])

    def test_false_alarm(self) -> None:
        self.assertEqual(results(place(OK), failure("reset", "unread_data")), ["wrong"])

    def test_one_connect_is_one_failure(self) -> None:
        said = failure("refused", "no_listener", "ECONNREFUSED")
        self.assertEqual(results(place(self.refused, "ECONNREFUSED"), said, dict(said)), ["right", "wrong"])

    def test_a_failure_of_no_connection(self) -> None:
        stray = failure("reset", "unread_data")
        stray["client"]["port"] = 1
        self.assertEqual(results(place(OK), stray), ["right", "wrong"])

    def test_a_vantage_that_sees_nothing(self) -> None:
        hidden = fail("refused", "no_listener", at={"client": "none"})
        self.assertEqual(results(place(hidden, "ECONNREFUSED")), ["cannot tell"])

    def test_a_promise_that_was_broken(self) -> None:
        where = place(fail("broken_pipe", "peer_closed"), "EPIPE")
        where.run.data["connections"][0]["server"]["received"] = 10
        said = failure("broken_pipe", "peer_closed", "EPIPE", retry={"verdict": "not_delivered"})
        self.assertEqual(results(where, said), ["wrong"])


class Scripts(unittest.TestCase):
    def test_blocks_options_and_quotes(self) -> None:
        commands = script.parse('listen backlog=4\nrepeat 2 { send "a; b"; recv }')
        self.assertEqual([c.name for c in commands], ["listen", "repeat"])
        self.assertEqual(commands[0].options, {"backlog": "4"})
        self.assertEqual([(c.name, c.args) for c in commands[1].body], [("send", ["a; b"]), ("recv", [])])

    def test_every_scenario_can_be_read(self) -> None:
        for scenario in scenarios.load():
            for role in ("server", "client", "router"):
                script.parse(getattr(scenario, role))


class Captures(unittest.TestCase):
    def setUp(self) -> None:
        syn = Segment(*CLIENT[:1], *SERVER[:1], CLIENT[1], SERVER[1], 1, 0, packets.SYN, 1000, 0, 64)
        frame = bytes(12) + b"\x08\x00" + packets.build(syn)
        self.capture = pcapio.Capture(
            pcapio.ETHERNET, [pcapio.Packet(10**18 + i, frame, 54) for i in range(0, 9000, 1000)]
        )

    def test_a_pcap_survives_writing_and_reading(self) -> None:
        with tempfile.NamedTemporaryFile() as file:
            Path(file.name).write_bytes(pcapio.pcap(self.capture))
            self.assertEqual(pcapio.read(Path(file.name)), self.capture)

    def test_the_segment_in_a_frame(self) -> None:
        segment = variants.segment_of(self.capture.packets[0], self.capture.link)
        self.assertEqual((segment.src, segment.dport, segment.flags), (CLIENT[0], 8080, packets.SYN))

    def test_every_variant_can_be_made(self) -> None:
        for variant in variants.VARIANTS:
            with self.subTest(variant.name):
                self.assertTrue(variant.make(self.capture, CLIENT[0]))


if __name__ == "__main__":
    unittest.main()
