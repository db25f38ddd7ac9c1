"""TLS: failed handshakes, the wrong protocol on the port, and clean endings."""

from model import OK, Scenario, fail

PLAIN_ANSWER = "send 'HTTP/1.1 400 Bad Request\\r\\nContent-Length: 0\\r\\n\\r\\n'"

SCENARIOS = [
    Scenario(
        "tls_served",
        "a TLS connection with close_notify from either side",
        needs=("openssl",),
        server="listen; accept; tls server; recv; answer; recv; close_notify; close",
        client="connect; tls client; get; recv; close_notify; sleep .1; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "tls_close_notify_then_reset",
        "the server ends a TLS connection; the client's close_notify finds it closed",
        needs=("openssl",),
        server="listen; accept; tls server; recv; answer; close_notify; close; sleep .3",
        client="connect; tls client; get; recv; recv; sleep .1; close_notify; close; sleep .2",
        expect=fail("broken_pipe", "peer_closed", or_kinds=(None,)),
    ),
    Scenario(
        "tls_certificate_refused",
        "the client does not trust the certificate: an alert, and a close with bytes unread",
        needs=("openssl",),
        server="listen; accept; tls server; sleep .2; recv; close",
        client="connect; tls client verify=1; close; sleep .3",
        expect=fail("reset", "tls_failure", "unread_data", "client_gave_up", by="client"),
    ),
    Scenario(
        "tls_certificate_refused_reset",
        "the client does not trust the certificate: an alert, then a RST",
        needs=("openssl",),
        server="listen; accept; tls server; recv; recv; sleep .1",
        client="connect; tls client verify=1; abort; sleep .3",
        expect=fail("reset", "tls_failure", "abortive_close", by="client"),
    ),
    Scenario(
        "tls_reset_after_client_hello",
        "the server resets the connection when it has read the ClientHello",
        server="listen; accept; recv; abort",
        client="connect; client_hello; recv",
        expect=fail("reset", "tls_failure", "abortive_close", by="server"),
    ),
    Scenario(
        "tls_to_plain_port_reset",
        "a TLS client at a plain port: an answer in plain text, bytes of the hello unread",
        server=f"listen; accept; recv 64; {PLAIN_ANSWER}; close; sleep .2",
        client="connect; client_hello; sleep .2; recv; recv",
        expect=fail("reset", "wrong_protocol", "tls_failure", "unread_data", by="server"),
    ),
    Scenario(
        "tls_to_plain_port",
        "a TLS client at a plain port: the client gives up when the answer is plain text",
        server=f"listen; accept; recv; {PLAIN_ANSWER}; sleep .2; recv; close",
        client="connect; tls client; close; sleep .3",
        expect=fail("reset", "wrong_protocol", "tls_failure", "unread_data", "client_gave_up", by="client"),
    ),
    Scenario(
        "tls_to_plain_port_closed",
        "a TLS client at a plain port: the server reads the hello and closes",
        server="listen; accept; recv; close; sleep .2",
        client="connect; client_hello; recv; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "plain_to_tls_port",
        "a plain client at a TLS port: the server sends an alert and aborts",
        needs=("openssl",),
        server="listen; accept; tls server; abort",
        client="connect; get; sleep .1; recv; recv",
        # Some versions of OpenSSL send no alert: then nothing tells that the port wanted TLS.
        expect=fail("reset", "wrong_protocol", "tls_failure", "abortive_close", "unread_data", by="server"),
    ),
]
