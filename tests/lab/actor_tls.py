"""The commands of an actor that speak TLS."""

from __future__ import annotations

import ssl

from script import Command


class TlsCommands:
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
