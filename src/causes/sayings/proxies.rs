//! What proxies and load balancers say of what they end or see end.

use super::*;

pub(super) const PROXIES: &[Saying] = &[
    says!(
        "Envoy",
        "upstream connect error or disconnect/reset before headers. reset reason: ...",
        ["upstream connect error or disconnect/reset before headers", "upstream_reset_before_response_started"],
        [ECONNREFUSED, ECONNRESET, EPIPE, ETIMEDOUT],
        end_of_file,
        "503. The reason follows. \"Connection termination\": the server ended the connection before an answer. \"Connection failure\": connect() failed."
    ),
    says!(
        "Envoy",
        "upstream connect error or disconnect/reset before headers. reset reason: connection failure (flag UF)",
        [
            "envoy UF",
            "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: connection failure",
            "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure",
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure",
            "upstream connect error or disconnect/reset before headers. reset reason: local connection failure",
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: local connection failure",
            "upstream_reset_before_response_started{connection_failure",
            "upstream_reset_before_response_started{remote_connection_failure"
        ],
        CONNECTING,
        end_of_file,
        "503. connect() failed: the number or text behind \"delayed connect error\" is the errno. \"TLS_error\" or \"TLS error\" behind \"transport failure reason\": it was connected, and the TLS handshake failed. With neither, look at the packets: its own connect_timeout may have run out."
    ),
    says!(
        "Envoy",
        "upstream connect error or disconnect/reset before headers. reset reason: connection timeout (flag UF)",
        [
            "upstream connect error or disconnect/reset before headers. reset reason: connection timeout",
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: connection timeout",
            "upstream_reset_before_response_started{connection_timeout"
        ],
        own_timeout,
        "503. Envoy's own connect_timeout. Usually nothing answered the SYN: `tcpwhy explain syn_unanswered`."
    ),
    says!(
        "Envoy",
        "upstream connect error or disconnect/reset before headers. reset reason: connection termination (flag UC)",
        [
            "envoy UC",
            "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: connection termination",
            "upstream_reset_before_response_started{connection_termination",
            "upstream_reset_after_response_started{connection_termination"
        ],
        [EPIPE, ECONNRESET],
        end_of_file,
        "503. The server ended the connection before an answer, by an end of file or a RST. Usually a keep-alive race: set the cluster's idle_timeout below the server's, or let Envoy retry (reset)."
    ),
    says!(
        "Envoy",
        "upstream connect error or disconnect/reset before headers. reset reason: protocol error",
        [
            "upstream connect error or disconnect/reset before headers. reset reason: protocol error",
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: protocol error",
            "upstream_reset_before_response_started{protocol_error"
        ],
        [],
        "502 or 503. What the server sent was no HTTP of the version that Envoy speaks with it (HTTP/1 and HTTP/2 mixed up, TLS or not), or broke its rules. `tcpwhy explain wrong_protocol`."
    ),
    says!(
        "Envoy",
        "upstream connect error or disconnect/reset before headers. reset reason: overflow (flag UO)",
        [
            "envoy UO",
            "upstream connect error or disconnect/reset before headers. reset reason: overflow",
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: overflow",
            "upstream_reset_before_response_started{overflow"
        ],
        [],
        "503. Envoy's own circuit breaker (max_connections, max_pending_requests): it opened no connection for this request."
    ),
    says!(
        "Envoy",
        "no healthy upstream (flag UH)",
        ["envoy UH", "no healthy upstream", "no_healthy_upstream"],
        [],
        "503. The cluster has no host, or all failed their health checks or were ejected as outliers: nothing was sent. `/clusters` of the admin port tells."
    ),
    says!(
        "Envoy",
        "upstream request timeout (flag UT)",
        ["envoy UT", "upstream request timeout"],
        own_timeout,
        "504. Envoy's own route timeout (15 s). It was connected; the server may be slow rather than gone."
    ),
    says!(
        "Envoy",
        "downstream_remote_disconnect (flag DC)",
        ["envoy DC", "downstream_remote_disconnect"],
        [EPIPE, ECONNRESET],
        "The client closed before it had the answer: `tcpwhy explain client_gave_up`."
    ),
    says!(
        "AWS ALB",
        "elb_status_code 502",
        ["ALB 502"],
        [ECONNREFUSED, ECONNRESET, EPIPE, EHOSTUNREACH],
        end_of_file,
        "The target refused the connection, or ended it by a FIN or RST while a request was outstanding, or what it sent was no valid HTTP. With target_status_code \"-\", mostly a keep-alive race: let the target keep idle connections longer than the load balancer's idle timeout (60 s)."
    ),
    says!(
        "AWS ALB",
        "elb_status_code 503",
        ["ALB 503"],
        [],
        "The target group has no targets, or none that may be used: the load balancer opened no connection."
    ),
    says!(
        "AWS ALB",
        "elb_status_code 504",
        ["ALB 504"],
        [ETIMEDOUT],
        or_own_timeout,
        "The load balancer's own limits: nothing answered its SYN for 10 s (a security group, a network ACL: `tcpwhy explain syn_unanswered`), or the target did not answer within the idle timeout (60 s)."
    ),
    says!(
        "AWS ALB",
        "elb_status_code 460",
        ["ALB 460"],
        [EPIPE, ECONNRESET],
        "The client closed before it had the answer: `tcpwhy explain client_gave_up`."
    ),
    says!(
        "HAProxy",
        "Server b/s is DOWN, reason: Layer4 timeout, check duration: N ms",
        ["Layer4 timeout"],
        own_timeout,
        "A health check: nothing answered its SYN within `timeout check`, or `timeout connect`. `tcpwhy explain syn_unanswered`."
    ),
    says!(
        "HAProxy",
        "Server b/s is DOWN, reason: Layer6 timeout; Layer7 timeout, check duration: N ms",
        ["Layer6 timeout", "Layer7 timeout"],
        own_timeout,
        "A health check: the server accepted the connection and did not answer in time, in the TLS handshake (Layer6) or to the request (Layer7). HAProxy then ends it by a RST."
    ),
    says!(
        "HAProxy",
        "Server b/s is DOWN, reason: Layer4 connection problem, info: \"{message}\"",
        ["Layer4 connection problem"],
        CONNECT,
        "A health check: connect() failed."
    ),
    says!(
        "HAProxy",
        "f/1: SSL handshake failure",
        ["haproxy: SSL handshake failure", "Connection closed during SSL handshake"],
        [ECONNRESET, EPIPE],
        end_of_file,
        "The client ended the TLS handshake, by an alert, an end of file or a RST: it does not trust the certificate, has no version or cipher in common, or is a health check."
    ),
    says!(
        "HAProxy",
        "backend b has no server available!",
        ["has no server available"],
        [],
        "All servers of this backend failed their health checks: the lines before this one have the reason. Clients get 503."
    ),
    says!(
        "nginx",
        "client sent invalid method while reading client request line",
        ["client sent invalid method", "client sent invalid request while reading client request line"],
        [],
        "400. What came was no HTTP/1: TLS (\\x16\\x03 in the access log), HTTP/2 without TLS (PRI * HTTP/2.0), or a scan. `tcpwhy explain wrong_protocol`."
    ),
    says!(
        "nginx",
        "client closed connection while waiting for request",
        ["client closed connection while waiting for request"],
        [],
        "The client connected and closed by a FIN without a request: a health check, a connection opened ahead, or a scan."
    ),
    says!(
        "stunnel",
        "Connection reset: N byte(s) sent to TLS, N byte(s) sent to socket",
        ["byte(s) sent to TLS"],
        [ECONNRESET, EPIPE],
        "stunnel ended both of its connections by a RST, since one of them had failed: the line before this one has the reason. \"Connection closed\" in its place is no failure."
    ),
];
