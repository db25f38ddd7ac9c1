//! What databases, message brokers, SSH, gRPC and Windows say.

use super::*;

pub(super) const SERVICES: &[Saying] = &[
    says!(
        "psql",
        "connection to server at \"HOST\", port PORT failed: {message}",
        ["Is the server running on that host"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EACCES],
        ""
    ),
    says!(
        "psql",
        "server closed the connection unexpectedly",
        ["server closed the connection unexpectedly"],
        [ECONNRESET, EPIPE, ETIMEDOUT],
        end_of_file,
        "libpq says this both for a RST and for an end of file; psycopg 3 also where connect() timed out in the kernel."
    ),
    says!(
        "PostgreSQL",
        "FATAL: terminating connection due to administrator command",
        ["terminating connection due to"],
        [EPIPE],
        end_of_file,
        "\
        Also \"... due to idle-session timeout\" and \"... due to idle-in-transaction timeout\". The server sent this \
        and closed with a FIN. A client that reads gets the message; one that writes first loses that write, and the \
        next fails with EPIPE."
    ),
    says!(
        "PostgreSQL",
        "FATAL: sorry, too many clients already",
        ["sorry, too many clients already"],
        [],
        "\
        max_connections is reached. The server answers the connection with this and closes it with a FIN: TCP worked \
        as it should."
    ),
    says!(
        "PostgreSQL",
        "FATAL: the database system is shutting down",
        ["the database system is"],
        [],
        "\
        Also \"starting up\" and \"in recovery mode\". The server answers the connection with this and closes it with \
        a FIN: wait and retry."
    ),
    says!(
        "PostgreSQL",
        "FATAL: connection to client lost",
        ["connection to client lost", "could not send data to client"],
        [ECONNRESET, EPIPE],
        "The client closed while the server was sending its result: `tcpwhy explain client_gave_up`."
    ),
    says!(
        "MySQL",
        "ERROR 2003: Can't connect to MySQL server on 'HOST:PORT' ({number})",
        ["Can't connect to MySQL server", "mysql 2003", "ERROR 2003"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        "The number in brackets is the errno."
    ),
    says!(
        "MySQL",
        "ERROR 2013: Lost connection to MySQL server during query",
        ["Lost connection to MySQL server during query", "mysql 2013", "ERROR 2013"],
        [ECONNRESET, ETIMEDOUT],
        end_of_file,
        "PyMySQL says \"during query\" also of a server that closed before the login was done."
    ),
    says!(
        "MySQL",
        "ERROR 2006: MySQL server has gone away",
        ["MySQL server has gone away", "mysql 2006", "ERROR 2006"],
        [EPIPE, ECONNRESET, ETIMEDOUT],
        end_of_file,
        "Usually a pooled connection that the server closed after wait_timeout."
    ),
    says!(
        "MySQL",
        "ERROR 1040: Too many connections",
        ["Too many connections", "mysql 1040", "ERROR 1040"],
        [],
        "\
        max_connections is reached. The server answers the connection with this and closes it: TCP worked as it \
        should."
    ),
    says!(
        "MySQL",
        "Aborted connection N to db: ... (Got timeout reading communication packets)",
        ["Got timeout reading communication packets"],
        [],
        "\
        wait_timeout or net_read_timeout ran out, and the server closed. MariaDB does so with a RST: its client then \
        gets ECONNRESET at the next query."
    ),
    says!(
        "MySQL",
        "Aborted connection N to db: ... (Got an error reading communication packets)",
        ["Got an error reading communication packets"],
        [ECONNRESET, EPIPE],
        "The client left without COM_QUIT, with a FIN (its process ended, or it forgot to close) or a RST."
    ),
    says!(
        "MySQL",
        "Aborted connection N to db: 'unconnected' ... (This connection closed normally without authentication)",
        ["closed normally without authentication"],
        [],
        "\
        The client got the greeting and closed with a FIN before it logged in: a health check, a scan, or a client \
        whose host is not allowed."
    ),
    says!(
        "MySQL",
        "Got an error writing communication packets",
        ["Got an error writing communication packets"],
        [EPIPE, ECONNRESET],
        "\
        The client had gone when the server wrote its answer, or the server had shut down the connection itself \
        (KILLED)."
    ),
    says!(
        "ssh",
        "ssh: connect to host HOST port 22: {message}",
        ["ssh: connect to host"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        ""
    ),
    says!(
        "ssh",
        "kex_exchange_identification: read: Connection reset by peer",
        ["kex_exchange_identification", "ssh_exchange_identification: Connection closed by remote host"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "\
        \"Connection closed by remote host\" means end of file. Before the banner: sshd's MaxStartups was reached, a \
        ban or a filter (fail2ban, TCP wrappers) applies, or the listener is not sshd."
    ),
    says!(
        "ssh",
        "Connection to HOST closed by remote host.",
        ["closed by remote host"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "\
        End of file without an SSH disconnect message: the server process of this session was killed, or its host shut \
        down."
    ),
    says!(
        "ssh",
        "Exceeded MaxStartups",
        ["Exceeded MaxStartups", "past MaxStartups"],
        [],
        "\
        sshd already has as many unauthenticated connections as MaxStartups allows, sends this and closes with a FIN."
    ),
    says!(
        "redis",
        "ConnectionError: Connection closed by server.",
        ["Connection closed by server", "redis.exceptions.ConnectionError: Connection closed by server"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file: the server was stopped or killed, its `timeout` ran out, or somebody used CLIENT KILL."
    ),
    says!(
        "redis",
        "TimeoutError: Timeout reading from socket",
        ["Timeout reading from socket"],
        [ETIMEDOUT],
        or_own_timeout,
        "The program's own timeout (socket_timeout), or the kernel's, if there is none: ETIMEDOUT is a TimeoutError as well."
    ),
    says!(
        "mosquitto",
        "Client NAME closed its connection.",
        ["closed its connection"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "The client left without DISCONNECT, with a FIN (its process was killed) or a RST. Its will is published."
    ),
    says!(
        "gRPC",
        "DEADLINE_EXCEEDED: Deadline Exceeded",
        ["DEADLINE_EXCEEDED"],
        own_timeout,
        "The call's own deadline. The connection stays open: the client cancels the call with a RST_STREAM."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: failed to connect to all addresses; last error: ...",
        ["failed to connect to all addresses"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        "The last error contains the errno."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: Stream removed (Socket closed)",
        ["Stream removed (Socket closed)"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The server's FIN or RST came in the middle of the call: its process died."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: Too many pings; GOAWAY ... too_many_pings",
        ["Too many pings", "too_many_pings", "ENHANCE_YOUR_CALM"],
        [],
        "\
        The server ends connections on which keep-alive pings come more often than it allows \
        (grpc.http2.min_ping_interval_without_data_ms, five minutes by default). Raise the client's keepalive_time, or \
        let the server allow it."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: max connection age",
        ["max connection age"],
        [],
        "\
        The server's grpc.max_connection_age and its grace period ran out: it sent GOAWAY, and ended the calls still \
        running. Retry on a new connection."
    ),
    says!(
        "gRPC",
        "UNAVAILABLE: Cancelling all calls",
        ["Cancelling all calls"],
        [],
        "\
        The server was stopped with a grace period shorter than the call needed. Retry on a new connection if the call \
        is idempotent."
    ),
    says!(
        "Windows",
        "WSAECONNREFUSED (10061): No connection could be made because the target machine actively refused it.",
        ["WSAECONNREFUSED", "10061", "target machine actively refused it"],
        [ECONNREFUSED],
        ""
    ),
    says!(
        "Windows",
        "WSAECONNRESET (10054): An existing connection was forcibly closed by the remote host.",
        ["WSAECONNRESET", "10054", "forcibly closed by the remote host"],
        [ECONNRESET],
        ""
    ),
    says!(
        "Windows",
        "WSAECONNABORTED (10053): An established connection was aborted by the software in your host machine.",
        ["WSAECONNABORTED", "10053", "aborted by the software in your host machine"],
        [ECONNABORTED],
        "The local end gave up, often after unanswered retransmissions."
    ),
    says!(
        "Windows",
        "WSAETIMEDOUT (10060): A connection attempt failed because the connected party did not properly respond ...",
        ["WSAETIMEDOUT", "10060", "connected party did not properly respond"],
        [ETIMEDOUT],
        ""
    ),
    says!(
        "Windows",
        "WSAEHOSTUNREACH (10065): A socket operation was attempted to an unreachable host.",
        ["WSAEHOSTUNREACH", "10065", "attempted to an unreachable host"],
        [EHOSTUNREACH],
        ""
    ),
    says!(
        "Windows",
        "WSAENETUNREACH (10051): A socket operation was attempted to an unreachable network.",
        ["WSAENETUNREACH", "10051", "attempted to an unreachable network"],
        [ENETUNREACH],
        ""
    ),
    says!(
        "Windows",
        "WSAEACCES (10013): An attempt was made to access a socket in a way forbidden by its access permissions.",
        ["WSAEACCES", "10013", "forbidden by its access permissions"],
        [EACCES],
        ""
    ),
    says!(
        "ssh",
        "Timeout, server HOST not responding.",
        ["Timeout, server HOST not responding"],
        own_timeout,
        "\
        ssh's own timeout: ServerAliveCountMax (3) times ServerAliveInterval without an answer. The host or the path \
        is gone."
    ),
    says!(
        "ssh",
        "client_loop: send disconnect: Broken pipe",
        ["client_loop: send disconnect", "packet_write_wait"],
        [EPIPE, ETIMEDOUT, ECONNRESET],
        "\
        The connection had ended while the session was open: usually a NAT or a firewall forgot it while it was idle. \
        ServerAliveInterval keeps it alive."
    ),
    says!(
        "ssh",
        "Connection timed out during banner exchange",
        ["during banner exchange"],
        own_timeout,
        "\
        ssh's own ConnectTimeout. The connection was established, but no SSH banner came: the listener is stuck, or is \
        not sshd."
    ),
    says!(
        "PostgreSQL",
        "FATAL: remaining connection slots are reserved for non-replication superuser connections",
        ["remaining connection slots are reserved"],
        [],
        "\
        max_connections less superuser_reserved_connections is reached. The server answers the connection with this \
        and closes it with a FIN: TCP worked as it should."
    ),
    says!(
        "PostgreSQL",
        "LOG: unexpected EOF on client connection with an open transaction",
        ["unexpected EOF on client connection"],
        [],
        "\
        The client closed with a FIN in the middle of a transaction, without libpq's Terminate: its process ended, or \
        it forgot to close. `tcpwhy explain client_gave_up`."
    ),
    says!(
        "PostgreSQL",
        "LOG: could not receive data from client: {message}",
        ["could not receive data from client"],
        [ECONNRESET, ETIMEDOUT],
        "In the server: the client reset the connection, or its host is gone."
    ),
    says!(
        "PostgreSQL",
        "LOG: invalid length of startup packet",
        ["invalid length of startup packet"],
        [],
        "\
        What came was not the PostgreSQL protocol but HTTP or another one, a scan, or a health check that sends \
        something."
    ),
    says!(
        "redis",
        "-ERR max number of clients reached",
        ["max number of clients reached"],
        [],
        "\
        maxclients is reached. The server answers the connection with this and closes it; a client that has already \
        sent something may get a RST instead of the answer."
    ),
    says!(
        "redis",
        "ConnectionError: Error 111 connecting to HOST:PORT. Connection refused.",
        ["redis.exceptions.ConnectionError", "Could not connect to Redis at"],
        [ECONNREFUSED, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH],
        ""
    ),
    says!(
        "ssh",
        "Connection reset by HOST port 22",
        ["Connection reset by HOST port"],
        [ECONNRESET],
        "After the banner, in the key exchange: sshd, or whatever listens there, closed with unread data."
    ),
    says!(
        "ssh",
        "Connection closed by HOST port 22",
        ["Connection closed by HOST port"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "\
        End of file before the login was complete; sshd's log has the reason. Before the banner, see \
        kex_exchange_identification."
    ),
    says!(
        "glibc",
        "getaddrinfo(): Temporary failure in name resolution; Name or service not known",
        ["Temporary failure in name resolution", "Name or service not known"],
        [],
        "\
        The name was not resolved, so no connection was opened. Temporary failure: the name server did not answer; not \
        known: it knows no such name."
    ),
    says!(
        "MySQL",
        "Error while reading greeting packet.",
        ["Error while reading greeting packet"],
        [EPIPE, ECONNRESET, ETIMEDOUT],
        end_of_file,
        "PHP: the connection was established, and no greeting came: the server closed (host blocked, a proxy without a server behind it), or mysqlnd's own timeout."
    ),
];
