"""The commands of an actor that run real programs."""

from __future__ import annotations

import ipaddress
import json
import os
import shlex
import subprocess
import time
from pathlib import Path

import realprograms
import tracing
from script import Command


class ProgramCommands:
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
        traced = [*tracing.STRACE, "-o", trace, *shlex.split(line)]
        return subprocess.Popen(
            traced,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            cwd=self.names["work"],
            env=environment,
        )

    def record_trace(self, name: str) -> None:
        """The sockets of a program in the log, as if the actor had held them; their errors were not probed for."""
        for traced in tracing.read(Path(self.names["work"]), f"{self.role}-{name}.trace"):
            if ipaddress.ip_address(traced.peer[0]).is_loopback:
                continue
            self.traced_sockets += 1
            number, own = -self.traced_sockets, None if traced.opening == "socket" else [self.names[self.role], 0]
            entry = {
                "mono": 0,
                "call": traced.opening,
                "sock": number,
                "local": own,
                "peer": traced.peer,
                "label": name,
                "program": True,
            }
            for line in (entry, *({**call, "sock": number} for call in traced.calls)):
                os.write(self.log, (json.dumps(line) + "\n").encode())

    def do_nginx(self, command: Command) -> None:
        """nginx 'DIRECTIVES' [port=N]: nginx with these directives for its only location."""
        port = int(command.options.get("port", 8080))
        realprograms.write_nginx(Path(self.names["work"]), port, command.args[0])
        self.do_spawn(Command("spawn", ["nginx", "nginx -p . -c nginx.conf -e error.log"]))
        self.do_wait_port(Command("wait_port", [str(port)]))

    def do_wait_port(self, command: Command) -> None:
        """wait_port N [FILE WORD]: wait until something listens on a port of this host, and FILE holds WORD."""
        port = f":{int(command.args[0]):04X} "
        file, word = command.args[1:] or ("/dev/null", "")
        state = Path(self.names["work"], file)
        for _ in range(1000):
            tables = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
            listens = any(port in line and " 0A " in line for line in tables.splitlines())
            if listens and state.exists() and word in state.read_text():
                break
            time.sleep(0.02)
        self.marks.set(f"{self.role}-ready")

    def do_log(self, command: Command) -> None:
        """log NAME FILE: what a program wrote to a file is its message."""
        text = Path(self.names["work"], command.args[1]).read_text(errors="replace")
        self.record(None, "message", program=command.args[0], text=text.strip(), status=None)
