//! What Linux says, of sockets that are no TCP too, and what TLS libraries do.

use super::*;

pub(super) const SYSTEM: &[Saying] = &[
    says!(
        "Unix socket",
        "connect() to unix:/run/PROGRAM.sock failed",
        ["AF_UNIX", "HY000 2002 No such file or directory"],
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
            "tlsv1 alert protocol version",
            "tlsv1 alert unknown ca",
            "tlsv1 alert internal error",
            "tlsv1 alert access denied",
            "tlsv1 alert decrypt error",
            "tlsv13 alert",
            "tlsv13 alert certificate required",
            "sslv3 alert handshake failure",
            "sslv3 alert bad certificate",
            "sslv3 alert certificate unknown",
            "sslv3 alert certificate expired",
            "sslv3 alert",
            "SSL alert number",
            "Received fatal alert",
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
    says!(
        "GnuTLS",
        "The TLS connection was non-properly terminated.",
        ["The TLS connection was non-properly terminated"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file in TLS without a close_notify, or a RST: GnuTLS says this of both. In a handshake, the other end does not speak TLS here, or has no version or cipher in common."
    ),
    says!(
        "curl",
        "SSL_connect: SSL_ERROR_SYSCALL in connection to HOST:PORT",
        ["SSL_ERROR_SYSCALL in connection to", "SSL_ERROR_SYSCALL"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file in the TLS handshake; with a RST it would name the errno. The server does not speak TLS here, has no version or cipher in common, or a device between them closed."
    ),
    says!(
        "NFS",
        "nfs: server HOST not responding, still trying",
        ["nfs: server HOST not responding"],
        own_timeout,
        "The kernel's client: a request had no answer within `timeo`, as often as `retrans` says. The server may be slow rather than gone. \"Still trying\" (a hard mount): programs wait until it is back (\"server HOST OK\"); \"timed out\" (a soft one): their calls fail."
    ),
    says!(
        "CIFS",
        "CIFS VFS: has not responded in 180 seconds. Reconnecting...",
        ["CIFS: has not responded. Reconnecting"],
        [ETIMEDOUT],
        "The kernel's client: nothing came for three echo intervals (60 s each), and it ends the connection and opens another. The server is stuck, or the path to it is gone."
    ),
    says!(
        "iSCSI",
        "connection1:0: detected conn error (1020); ISCSI_ERR_TCP_CONN_CLOSE",
        ["detected conn error (1020)", "ISCSI_ERR_TCP_CONN_CLOSE"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The target, or a device between them, closed the connection: the target's log has the reason."
    ),
    says!(
        "iSCSI",
        "connection1:0: ping timeout of 5 secs expired; detected conn error (1022)",
        ["detected conn error (1022)", "ISCSI_ERR_NOP_TIMEDOUT", "iSCSI: ping timeout expired"],
        own_timeout,
        "The initiator's own timer (node.conn[0].timeo.noop_out_timeout): the target did not answer a ping in time, and it ends the connection. The target is stuck, or the path is gone."
    ),
    says!(
        "systemd",
        "Main process exited, code=killed, status=13/PIPE",
        ["status=13/PIPE"],
        [EPIPE],
        "SIGPIPE ended the program: it wrote to a connection (or a pipe) whose other end had closed, and does not ignore the signal (signal(SIGPIPE, SIG_IGN), MSG_NOSIGNAL)."
    ),
    says!(
        "curl",
        "schannel: server closed abruptly (missing close_notify); failed to receive handshake",
        ["schannel: server closed abruptly", "schannel: failed to receive handshake"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "On Windows: end of file in TLS. In the handshake, the server does not speak TLS here, has no version or cipher in common, or a device between them closed."
    ),
    says!(
        "Ceph",
        "libceph: osd3 HOST:PORT socket closed (con state OPEN)",
        ["Ceph: libceph socket closed"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The kernel's client: the daemon closed the connection. In state OPEN often because it was idle, which is no failure: the client connects again."
    ),
    says!(
        "Linux",
        "Transport endpoint is not connected",
        ["ENOTCONN", "errno 107", "os error 107", "Transport endpoint is not connected"],
        [ECONNRESET],
        end_of_file,
        "ENOTCONN (107), from shutdown() or getpeername(): the connection is over already, by a RST or because both ends closed it; the next read tells (ECONNRESET, or 0). In a server right after accept(): the client had gone. From recv(): the socket was never connected. libldap and Mojolicious say it where connect() failed, with any errno."
    ),
    says!(
        "Linux",
        "Resource temporarily unavailable",
        ["EAGAIN", "EWOULDBLOCK", "errno 11", "os error 11", "Resource temporarily unavailable"],
        own_timeout,
        "EAGAIN (11), from recv() or send(): SO_RCVTIMEO or SO_SNDTIMEO ran out. On a non-blocking socket it is no failure: nothing is there yet. From other calls (fork(), a lock, a Unix socket) it has nothing to do with TCP."
    ),
    says!(
        "Linux",
        "Operation now in progress",
        ["EINPROGRESS", "errno 115", "os error 115", "Operation now in progress"],
        own_timeout,
        "EINPROGRESS (115) from connect(): SO_SNDTIMEO ran out, or the program did not wait until a non-blocking socket was connected. Usually nothing answered the SYN: `tcpwhy explain syn_unanswered`."
    ),
    says!(
        "Linux",
        "Network is down",
        ["ENETDOWN", "errno 100", "os error 100", "Network is down"],
        [],
        "ENETDOWN (100): no packet was sent, since the interface is down: `ip link`."
    ),
    says!(
        "macOS",
        "Operation timed out",
        ["Operation timed out"],
        [ETIMEDOUT],
        or_own_timeout,
        "The text of ETIMEDOUT on macOS and the BSDs (60 there). Many programs say it of a timeout of their own."
    ),
    says!(
        "Many programs",
        "Request timed out; The operation timed out; connection timeout",
        [
            "Request timed out",
            "The operation timed out",
            "Request timeout",
            "connection timeout",
            "timeout exceeded",
            "timeout expired"
        ],
        own_timeout,
        ""
    ),
    says!(
        "Linux",
        "Operation already in progress",
        ["EALREADY", "errno 114", "os error 114", "Operation already in progress"],
        [EHOSTUNREACH, ENETUNREACH, ECONNREFUSED],
        or_own_timeout,
        "EALREADY (114), from a second connect() on a socket that is still connecting. Ruby's and Perl's libraries call it to learn how the first one ended: if an ICMP error came at once (a firewall that rejects, on this host or in a container's namespace), they say this, and the errno is in SO_ERROR. Otherwise the program waited no longer. `tcpwhy explain rejected_by_policy`."
    ),
];
