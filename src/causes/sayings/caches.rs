//! What clients of Redis, and Redis itself, say besides what stands with the services.

use super::*;

pub(super) const CACHES: &[Saying] = &[
    says!(
        "redis",
        "TimeoutError: Timeout connecting to server",
        ["Timeout connecting to server"],
        [ETIMEDOUT],
        or_own_timeout,
        "redis-py's own socket_connect_timeout, or the kernel's, if there is none: ETIMEDOUT is a TimeoutError as well. Usually nothing answered the SYN: `tcpwhy explain syn_unanswered`."
    ),
    says!(
        "Lettuce",
        "RedisConnectionException: Unable to connect to HOST:PORT",
        ["RedisConnectionException: Unable to connect to"],
        CONNECTING,
        "The \"Caused by\" has the errno."
    ),
    says!(
        "Lettuce",
        "RedisCommandTimeoutException: Command timed out after N second(s)",
        ["RedisCommandTimeoutException"],
        own_timeout,
        "Its own command timeout (60 s). The server may be slow, or the connection gone without a FIN or RST: then the commands wait until the kernel gives up."
    ),
    says!(
        "Redisson",
        "RedisTimeoutException: Redis server response timeout (N ms) occured after N retry attempts",
        ["Redis server response timeout"],
        own_timeout,
        "Its own timeout. The server may be slow rather than gone."
    ),
    says!(
        "Jedis",
        "JedisConnectionException: Unexpected end of stream.",
        ["JedisConnectionException: Unexpected end of stream"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "The server was stopped or killed, its `timeout` ran out, or somebody used CLIENT KILL. From a pool: a connection that had ended while it was idle (testWhileIdle)."
    ),
    says!(
        "Jedis",
        "JedisConnectionException: Failed to connect to any host resolved for DNS name.",
        ["Failed to connect to any host resolved for DNS name", "JedisConnectionException: Failed to create socket"],
        CONNECTING,
        "The exceptions that it suppressed, or the \"Caused by\", have the errno."
    ),
    says!(
        "ioredis",
        "MaxRetriesPerRequestError: Reached the max retries per request limit (which is 20).",
        ["MaxRetriesPerRequestError"],
        [ECONNREFUSED, ETIMEDOUT, ECONNRESET, EPIPE, EHOSTUNREACH, ENETUNREACH],
        end_of_file,
        "It connected again and again while the command waited. The 'error' events before it have the errno."
    ),
    says!(
        "node-redis",
        "SocketClosedUnexpectedlyError: Socket closed unexpectedly",
        ["SocketClosedUnexpectedlyError"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file: the server was stopped or killed, its `timeout` ran out, or somebody used CLIENT KILL."
    ),
    says!(
        "StackExchange.Redis",
        "RedisConnectionException: It was not possible to connect to the redis server(s).",
        ["It was not possible to connect to the redis server"],
        [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ECONNRESET],
        end_of_file,
        "connect() failed, its own connectTimeout (5 s) ran out, or TLS or the password was refused: the inner exception tells."
    ),
    says!(
        "StackExchange.Redis",
        "RedisConnectionException: SocketClosed on HOST:PORT/Interactive",
        ["RedisConnectionException: SocketClosed on"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "End of file: the server was stopped or killed, its `timeout` ran out, or somebody used CLIENT KILL."
    ),
    says!(
        "StackExchange.Redis",
        "RedisConnectionException: SocketFailure on HOST:PORT/Interactive",
        ["RedisConnectionException: SocketFailure on"],
        [ECONNRESET, EPIPE, ETIMEDOUT],
        "The inner exception has the errno."
    ),
    says!(
        "StackExchange.Redis",
        "RedisTimeoutException: Timeout performing GET (5000ms)",
        ["RedisTimeoutException: Timeout performing", "RedisTimeoutException: Timeout awaiting response"],
        own_timeout,
        "Its own syncTimeout or asyncTimeout. Before the network, look at the client's thread pool, whose numbers stand at the end of the line, and at SLOWLOG."
    ),
    says!(
        "Ruby",
        "Redis::TimeoutError; RedisClient::ReadTimeoutError: Waited N seconds",
        ["Redis::TimeoutError", "RedisClient::ReadTimeoutError"],
        own_timeout,
        "Its own timeout. The server may be slow rather than gone."
    ),
    says!(
        "phpredis",
        "RedisException: read error on connection to HOST:PORT",
        ["read error on connection to", "Redis server went away"],
        [EPIPE, ECONNRESET, ETIMEDOUT],
        end_of_file,
        "End of file, a RST, or its own read_timeout (\"read error\"); it does not tell them apart. A persistent connection may have ended while it was idle: the server's `timeout`."
    ),
    says!(
        "Predis",
        "ConnectionException: Error while reading line from the server.",
        ["Error while reading line from the server", "Error while reading bytes from the server"],
        [EPIPE, ECONNRESET, ETIMEDOUT],
        end_of_file,
        "End of file, a RST, or its own read_write_timeout; it does not tell them apart."
    ),
    says!(
        "redis",
        "MASTER timeout: no data nor PING received...",
        ["no data nor PING received", "Disconnecting timedout replica"],
        own_timeout,
        "The server's own repl-timeout (60 s), on either end of a replication: the other one is stuck, or the path to it is gone."
    ),
    says!(
        "redis",
        "Client id=N addr=... scheduled to be closed ASAP for overcoming of output buffer limits.",
        ["for overcoming of output buffer limits"],
        [],
        "The client did not read fast enough what it had asked for, and the server closes it: client-output-buffer-limit. `tcpwhy explain reader_stalled`."
    ),
    says!(
        "redis",
        "Connection with replica HOST:PORT lost.",
        ["redis: Connection with replica lost"],
        [EPIPE, ECONNRESET],
        end_of_file,
        "In a primary: the replica's connection ended. It was stopped, or the primary closed it for a limit of its own (client-output-buffer-limit, repl-timeout), which the line before tells."
    ),
    says!(
        "redis",
        "Redis::ConnectionError: Connection lost (ECONNRESET)",
        ["Connection lost (ECONNRESET)"],
        [ECONNRESET],
        end_of_file,
        "redis-rb raises Errno::ECONNRESET itself where it reads end of file: no RST is needed. The server's `timeout` ran out, it was stopped, or somebody used CLIENT KILL."
    ),
    says!(
        "redis",
        "RedisException: Connection lost; Not connected to any server; Error while reading from Redis server",
        [
            "RedisException: Connection lost",
            "Not connected to any server at",
            "Error while reading from Redis server: at"
        ],
        [EPIPE, ECONNRESET],
        end_of_file,
        "PHP and Perl: the connection had ended: the server's `timeout` ran out, it was stopped, or somebody used CLIENT KILL."
    ),
    says!(
        "redis",
        "Connection timed out (Redis::TimeoutError)",
        ["Connection timed out (Redis::TimeoutError)"],
        own_timeout,
        "redis-rb's own timeout (5 s), with the errno's text."
    ),
];
