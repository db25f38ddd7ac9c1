//! What Linux says, of sockets that are no TCP too, and what TLS libraries do.

use super::*;

pub(super) const SYSTEM: &[Saying] = &[
    says!(
        "Unix socket",
        "connect() to unix:/run/PROGRAM.sock failed",
        ["AF_UNIX"],
        [],
        "This is a socket of the host itself, in no capture, and its errnos mean other things: ECONNREFUSED that the file is there and nobody listens on it, ENOENT that there is no file, EACCES its rights, EAGAIN (\"Resource temporarily unavailable\") that the accept queue is full, ECONNRESET that the program behind it closed or was killed."
    ),
    says!(
        "Linux",
        "Cannot assign requested address",
        ["Cannot assign requested address", "EADDRNOTAVAIL"],
        [],
        "EADDRNOTAVAIL (99): no packet was sent. From connect(): no local port is free towards this address and port, mostly because those of before are in TIME_WAIT: keep connections alive and reuse them, or widen net.ipv4.ip_local_port_range; `ss -s` counts. From bind(), or with a source address of its own: this host has not that address."
    ),
    says!(
        "Linux",
        "Address already in use",
        ["Address already in use", "EADDRINUSE"],
        [],
        "EADDRINUSE (98), from bind() or listen(): another socket has this port. `ss -ltnp` names its process; where there is none, set SO_REUSEADDR. Whoever connects meanwhile is answered by that other process."
    ),
    says!(
        "Linux",
        "Too many open files",
        ["Too many open files", "EMFILE", "ENFILE"],
        [],
        "EMFILE (24): the process has as many descriptors as it may (LimitNOFILE, ulimit -n). From accept() the connections stay in the accept queue, which the kernel fills without it: then `tcpwhy explain backlog_overflow`."
    ),
    says!(
        "Linux",
        "nf_conntrack: table full, dropping packet",
        ["nf_conntrack: table full"],
        [ETIMEDOUT],
        "The host forwards or filters, and drops each packet of a new connection: raise net.netfilter.nf_conntrack_max, or shorten its timeouts. Clients repeat their SYN: `tcpwhy explain syn_unanswered`."
    ),
    says!(
        "Linux",
        "Possible SYN flooding on port N. Sending cookies.",
        ["Possible SYN flooding on port"],
        [],
        "The queue of handshakes of this listener is full: a flood, or more connections in a moment than its backlog and net.core.somaxconn allow. With cookies they are accepted all the same: `tcpwhy explain backlog_overflow`."
    ),
    says!(
        "Linux",
        "Out of memory: Killed process N (NAME)",
        ["Out of memory: Killed process", "Memory cgroup out of memory: Killed process"],
        [ECONNREFUSED, ECONNRESET, EPIPE],
        "The kernel closed all sockets of the process: by a FIN, or by a RST where it had not read everything. Who connects before it is back is refused: `tcpwhy explain service_stopped`."
    ),
    says!(
        "TLS",
        "error:0A000418:SSL routines::tlsv1 alert unknown ca",
        [
            "tlsv1 alert",
            "tlsv13 alert",
            "sslv3 alert",
            "SSL alert number",
            "remote error: tls",
            "remote error: tls: bad certificate",
            "remote error: tls: unknown certificate",
            "remote error: tls: unknown certificate authority",
            "remote error: tls: certificate required",
            "remote error: tls: handshake failure",
            "remote error: tls: protocol version not supported"
        ],
        [],
        "The other end refused the handshake and said why in a TLS alert, whose name follows: unknown ca, bad certificate and certificate unknown mean that it does not trust this end's certificate, certificate required that it wants one, protocol version and handshake failure that both have no version or cipher in common. `tcpwhy explain tls_failure`."
    ),
    says!(
        "TLS",
        "certificate verify failed: self-signed certificate",
        [
            "certificate verify failed",
            "SSL certificate problem",
            "DEPTH_ZERO_SELF_SIGNED_CERT",
            "SELF_SIGNED_CERT_IN_CHAIN",
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
            "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
            "CERT_HAS_EXPIRED",
            "ERR_TLS_CERT_ALTNAME_INVALID",
            "x509: certificate signed by unknown authority",
            "x509: certificate has expired",
            "x509: certificate is valid for",
            "x509: cannot validate certificate",
            "PKIX path building failed",
            "no alternative certificate subject name matches"
        ],
        [],
        "This end does not trust the other's certificate: self-signed, expired, for another name, or an intermediate one is missing. It closed by itself; the other end may log an alert, an end of file or ECONNRESET. `tcpwhy explain tls_failure`."
    ),
    says!(
        "OpenSSL",
        "error:0A00009C:SSL routines::http request",
        [
            "SSL routines::http request",
            "client sent an HTTP request to an HTTPS server",
            "client sent plain HTTP request to HTTPS port"
        ],
        [],
        "A client speaks plain HTTP to a port that speaks TLS. `tcpwhy explain wrong_protocol`."
    ),
];
