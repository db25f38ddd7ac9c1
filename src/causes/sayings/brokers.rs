//! What clients of message brokers say, gRPC in several languages, git, and clients of directories and monitors.

use super::*;

pub(super) const BROKERS: &[Saying] = &[
    says!(
        "Kafka",
        "Connection to node N (HOST:PORT) could not be established. Broker may not be available.",
        ["could not be established. Broker may not be available"],
        CONNECTING,
        end_of_file,
        "A client. It connects to the addresses that the brokers tell (advertised.listeners), which must be reachable from here. An errno stands nowhere: look at the packets."
    ),
    says!(
        "Kafka",
        "Bootstrap broker HOST:PORT (id: -1 rack: null) disconnected; Node N disconnected.",
        ["Kafka: clientId disconnected", "kafka.common.errors.DisconnectException"],
        [EPIPE, ECONNRESET, ECONNREFUSED, ETIMEDOUT],
        end_of_file,
        "A client. Of a node that it had reached: the broker closes idle connections (connections.max.idle.ms, 10 min), which is no failure, or restarts. For a bootstrap broker at once and again and again: connect() failed, or the listener speaks TLS and the client does not, or the other way round."
    ),
    says!(
        "Kafka",
        "Disconnected from node N due to request timeout; Cancelled in-flight FETCH request",
        ["Kafka: Disconnected due to timeout"],
        own_timeout,
        "The client's own limit (request.timeout.ms, socket.connection.setup.timeout.ms): it closed. The broker may be slow rather than gone."
    ),
    says!(
        "Kafka",
        "Cancelled in-flight FETCH request with correlation id N due to node N being disconnected",
        ["Kafka: Cancelled in-flight request"],
        [EPIPE, ECONNRESET, ETIMEDOUT],
        end_of_file,
        "The client's connection to this broker ended while it waited for an answer: lines before this one tell whether its own request timeout did it."
    ),
    says!(
        "Kafka",
        "Connection to node N terminated during authentication. This may happen due to any of the following reasons",
        ["terminated during authentication. This may happen due to"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The broker closed during the TLS handshake or SASL: wrong listener, protocol or password. Its log has the reason."
    ),
    says!(
        "Kafka",
        "client has run out of available brokers to talk to",
        ["client has run out of available brokers to talk to"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ECONNRESET, EPIPE],
        end_of_file,
        "Sarama: the error of the last broker follows. EOF: a listener that speaks TLS or SASL, and a client that does not."
    ),
    says!(
        "RabbitMQ",
        "(320) CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'",
        ["CONNECTION_FORCED"],
        [],
        "The broker said in its protocol that it closes this connection: it is stopping, or somebody closed it in the management plugin or by rabbitmqctl. Connect again."
    ),
    says!(
        "pika",
        "StreamLostError: Stream connection lost: ...; Transport indicated EOF",
        ["StreamLostError", "Transport indicated EOF"],
        [ECONNRESET, EPIPE, ETIMEDOUT],
        end_of_file,
        "Usually the broker closed for missed heartbeats, since a long job in the thread of the connection kept the client from sending them: the broker's log says so."
    ),
    says!(
        "RabbitMQ",
        "AMQPHeartbeatTimeout; MissedHeartbeatException: Heartbeat missing with heartbeat = N seconds",
        ["AMQPHeartbeatTimeout", "MissedHeartbeatException"],
        own_timeout,
        "The client's own limit: nothing came from the broker for two heartbeat intervals. The broker is stuck, or the path to it is gone."
    ),
    says!(
        "RabbitMQ",
        "BrokerUnreachableException: None of the specified endpoints were reachable",
        ["None of the specified endpoints were reachable", "TCPConnectionFailedForAllHosts"],
        CONNECTING,
        end_of_file,
        "The inner exceptions have the errno. End of file during the login: a wrong port, TLS or password."
    ),
    says!(
        "RabbitMQ",
        "Exception (501) Reason: \"EOF\"",
        ["Exception (501) Reason: \"EOF\""],
        [EPIPE, ECONNRESET],
        end_of_file,
        "A client in Go read end of file without AMQP's close: the broker was killed, a device between them closed, or it is a wrong port."
    ),
    says!(
        "RabbitMQ",
        "closing AMQP connection <...>: {handshake_timeout,frame_header}",
        ["{handshake_timeout,frame_header}", "{handshake_timeout,handshake}"],
        [],
        "The broker's own word: the client connected and did not log in within handshake_timeout (10 s): a health check, a scan, or a client that is stuck."
    ),
    says!(
        "gRPC",
        "rpc error: code = Unavailable desc = transport is closing",
        ["desc = transport is closing", "desc = error reading from server: EOF"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "Go: the connection ended during the call. The server was stopped or killed, or a device between them closed it while it was idle. Retry if the call is idempotent."
    ),
    says!(
        "gRPC",
        "keepalive ping failed to receive ACK within timeout; keepalive watchdog timeout",
        [
            "keepalive ping failed to receive ACK within timeout",
            "keepalive watchdog timeout",
            "Keepalive failed. The connection is likely gone"
        ],
        own_timeout,
        "gRPC's own timer: its ping was not answered, and it closed. The other host, or the path to it, is gone."
    ),
    says!(
        "gRPC",
        "StatusRuntimeException: UNAVAILABLE: io exception",
        ["UNAVAILABLE: io exception"],
        [ECONNREFUSED, ECONNRESET, EPIPE, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        end_of_file,
        "Java: the \"Caused by\" has the errno."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: Network closed for unknown reason; 14 UNAVAILABLE: Connection dropped",
        ["UNAVAILABLE: Network closed for unknown reason", "14 UNAVAILABLE: Connection dropped"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "Java and Node: the connection ended without a GOAWAY: the server was killed, speaks something else on this port, or a device between them closed it."
    ),
    says!(
        "gRPC",
        "14 UNAVAILABLE: No connection established",
        ["14 UNAVAILABLE: No connection established"],
        CONNECTING,
        "Node: the last error may follow (\"Last error: connect ECONNREFUSED\")."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: Connection closed after GOAWAY. HTTP/2 error code: NO_ERROR",
        ["Connection closed after GOAWAY"],
        [],
        "The server, or a proxy, ended the connection with a GOAWAY (a restart, its maximum age). With NO_ERROR, calls above its last stream were not processed: they are safe to send again."
    ),
    says!(
        "git",
        "fatal: the remote end hung up unexpectedly; fatal: early EOF",
        [
            "the remote end hung up unexpectedly",
            "fatal: early EOF",
            "fetch-pack: unexpected disconnect while reading sideband packet"
        ],
        [EPIPE, ECONNRESET, ETIMEDOUT],
        end_of_file,
        "What git talks through ended in the middle of the transfer: the line before this one (\"RPC failed; curl N\", ssh's or the server's own) has the reason. Without one: a proxy's or the server's limit of time or size."
    ),
    says!(
        "rsync",
        "connection unexpectedly closed (N bytes received so far) [sender]",
        ["rsync: connection unexpectedly closed"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file. Over ssh it is that of a pipe: ssh's own message stands before it, or the other rsync ended (killed, not found, disk full). Only with rsync:// is it a connection of rsync's own."
    ),
    says!(
        "rsync",
        "rsync error: timeout in data send/receive (code 30)",
        ["rsync error: timeout in data send/receive"],
        own_timeout,
        "rsync's own --timeout. The other end may be slow rather than gone."
    ),
    says!(
        "LDAP",
        "Can't contact LDAP server (-1)",
        ["Can't contact LDAP server", "ldap.SERVER_DOWN", "'info': 'Transport endpoint is not connected'"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ECONNRESET, EPIPE],
        end_of_file,
        "libldap: connect() failed, the connection had ended while it was idle, or the TLS handshake failed (a certificate that is not trusted). `ldapsearch -d 1` tells which."
    ),
    says!(
        "ZooKeeper",
        "Unable to read additional data from client sessionid 0x..., likely client has closed socket",
        ["likely client has closed socket"],
        [],
        "In the server: end of file from a client, which went without closing its session, or is a health check (session 0x0)."
    ),
    says!(
        "ZooKeeper",
        "Unable to read additional data from server sessionid 0x..., likely server has closed socket",
        ["likely server has closed socket"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file from the server: it is stopping, has no quorum, has reached maxClientCnxns for this host, or listens there with TLS."
    ),
    says!(
        "ZooKeeper",
        "Client session timed out, have not heard from server in N ms",
        ["Client session timed out, have not heard from server"],
        own_timeout,
        "The client's own limit, two thirds of the session's timeout. The server is slow, the client was paused (garbage collection), or the path is gone."
    ),
    says!(
        "ZooKeeper",
        "KeeperErrorCode = ConnectionLoss for /PATH",
        ["KeeperErrorCode = ConnectionLoss", "ConnectionLossException"],
        [ECONNREFUSED, ECONNRESET, EPIPE, ETIMEDOUT],
        end_of_file,
        "The client's connection ended before the answer, or there was none. ClientCnxn's lines before it have the reason."
    ),
    says!(
        "Zabbix",
        "Received empty response from Zabbix Agent at [HOST].",
        ["Received empty response from Zabbix Agent"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The agent accepted and closed without an answer: mostly this address is not in its `Server` setting."
    ),
    says!(
        "Postfix",
        "conversation with HOST[ADDRESS] timed out while receiving the initial server greeting",
        [
            "conversation timed out while",
            "timed out while receiving the initial server greeting",
            "timed out while performing the EHLO handshake",
            "timed out while sending end of data",
            "timeout after CONNECT from",
            "timeout after EHLO from",
            "timeout after STARTTLS from",
            "timeout after AUTH from",
            "timeout after RCPT from",
            "timeout after DATA from",
            "timeout after END-OF-MESSAGE from"
        ],
        own_timeout,
        "Postfix's own limit (smtp_helo_timeout and its like; smtpd_timeout for clients): the connection was established, and the other end did not go on. With end of data or DATA, think of a path that drops large packets: `tcpwhy explain mtu_blackhole`."
    ),
    says!(
        "Exim",
        "SMTP connection from HOST lost while reading message data",
        ["SMTP connection lost while reading"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The client closed in the middle of a message, by an end of file or a RST."
    ),
    says!(
        "Dovecot",
        "imap-login: Disconnected: Connection closed (no auth attempts in N secs)",
        ["Disconnected: Connection closed (no auth attempts"],
        [],
        "The client connected and closed before it logged in: a health check, a scan, or a client that does not trust the certificate."
    ),
    says!(
        "Dovecot",
        "imap-login: Disconnected: Inactivity (no auth attempts in 180 secs)",
        ["Disconnected: Inactivity (no auth attempts"],
        [],
        "Dovecot's own limit: the client did not log in for so long and it closed."
    ),
    says!(
        "FTP",
        "426 Connection closed; transfer aborted.",
        ["426 Connection closed"],
        [EPIPE, ECONNRESET, ETIMEDOUT],
        end_of_file,
        "The server says this of the data connection, a TCP connection of its own: it ended before the file did. The client closed it, or a device between them did."
    ),
    says!(
        "FTP",
        "425 Can't open data connection.",
        ["425 Can't open data connection", "425 Failed to establish connection"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH],
        "The data connection was not established. In active mode the server's connect() to the client failed (a NAT, a firewall: use passive mode); in passive mode nobody connected to the port that it told, so check that its range is open and the address it tells right."
    ),
    says!(
        "SAP",
        "partner 'HOST:PORT' not reached (NIECONN_REFUSED)",
        ["NIECONN_REFUSED", "SAP: partner not reached"],
        CONNECTING,
        "NI's connect() failed; the lines below it (ERRNO, ERRNO TEXT) have the errno."
    ),
    says!(
        "SAP",
        "connection to partner 'HOST:PORT' broken (NIECONN_BROKEN)",
        ["NIECONN_BROKEN", "SAP: connection to partner broken"],
        [EPIPE, ECONNRESET, ETIMEDOUT],
        end_of_file,
        "End of file or an errno, which then stands below it (ERRNO TEXT)."
    ),
    says!(
        "Kafka",
        "FAIL rdkafka ... Disconnected (after N ms in state UP)",
        ["Kafka: rdkafka Disconnected"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "librdkafka: end of file. In state UP: the broker closed an idle connection (connections.max.idle.ms), which is no failure, or restarts. In another state: a listener of another protocol (TLS, SASL), or a password that was refused."
    ),
    says!(
        "Kafka",
        "KafkaJSConnectionError: Connection timeout",
        ["KafkaJSConnectionError: Connection timeout"],
        own_timeout,
        "KafkaJS's own connectionTimeout (1 s). Usually nothing answered the SYN: `tcpwhy explain syn_unanswered`."
    ),
    says!(
        "Kafka",
        "kafka.errors.NoBrokersAvailable: NoBrokersAvailable",
        ["NoBrokersAvailable"],
        CONNECTING,
        end_of_file,
        "kafka-python: no bootstrap server could be connected to, or none went on with the protocol (TLS, SASL). The lines before it have the errno."
    ),
    says!(
        "uWSGI",
        "SIGPIPE: writing to a closed pipe/socket/fd (probably the client disconnected)",
        ["SIGPIPE: writing to a closed pipe"],
        [EPIPE],
        "The client, mostly the proxy in front, had closed before the answer was written: `tcpwhy explain client_gave_up`."
    ),
    says!(
        "Fluent Bit",
        "[upstream] connection #N to HOST:PORT timed out after N seconds",
        ["Fluent Bit: upstream connection timed out"],
        own_timeout,
        "Its own net.connect_timeout (10 s). Usually nothing answered the SYN: `tcpwhy explain syn_unanswered`."
    ),
];
