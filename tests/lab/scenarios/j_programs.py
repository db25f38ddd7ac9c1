"""Real programs, as people run them; what they print is in truth.json under `messages`."""
from model import OK, Scenario, fail

CURL = ("strace", "curl")
NGINX = ("strace", "nginx")
NODE = ("strace", "node")
POSTGRES = ("strace", "postgres", "psql")
PYTHON = ("strace",)
REQUESTS = ("strace", "requests")

SCENARIOS = [
    Scenario(
        "curl_refused", "curl to a closed port",
        needs=CURL, client="run curl 'curl -sS http://{host}:8080/item'",
        expect=fail("refused", "no_listener", by="server"),
    ),
    Scenario(
        "curl_reset", "curl, and a server that aborts without an answer",
        needs=CURL, server="listen; accept; recv; abort",
        client="run curl 'curl -sS http://{host}:8080/item'",
        expect=fail("reset", "abortive_close", by="server"),
    ),
    Scenario(
        "curl_empty_reply", "curl, and a server that closes without an answer",
        needs=CURL, server="listen; accept; recv; close; sleep .3",
        client="run curl 'curl -sS http://{host}:8080/item'",
        expect=OK,
    ),
    Scenario(
        "curl_connect_timeout", "curl whose SYNs are dropped and its own limit of 2.4 s",
        needs=CURL, firewall={"router": "tcp flags & (syn|ack) == syn drop"}, tail=1.6,
        client="run curl 'curl -sS --connect-timeout 2.4 http://{host}:8080/item'",
        expect=fail("timed_out", "syn_unanswered", by="network unknown", at={"server": "none"}),
    ),
    Scenario(
        "curl_max_time", "curl's own limit ends the wait for a slow answer",
        needs=CURL, server="listen; accept; recv; sleep 1.4; answer; sleep .2; send more; sleep .1",
        client="run curl 'curl -sS --max-time 1 http://{host}:8080/item'",
        expect=fail("broken_pipe", "client_gave_up", "peer_closed", by="client"),
    ),
    Scenario(
        "curl_untrusted_certificate", "curl does not trust the server's certificate",
        needs=(*CURL, "openssl"), server="listen; accept; tls server; sleep .3; recv; close",
        client="run curl 'curl -sS https://{host}:8080/item'",
        expect=fail("reset", "tls_failure", "unread_data", "client_gave_up", by="client", or_kinds=(None,)),
    ),
    Scenario(
        "curl_https_to_nginx_http", "curl speaks TLS to a plain nginx",
        needs=(*CURL, *NGINX), server="nginx 'return 200;'",
        client="run curl 'curl -sSk https://{host}:8080/item'",
        expect=fail("reset", "wrong_protocol", "tls_failure", "unread_data", or_kinds=(None,)),
    ),
    Scenario(
        "curl_nginx_served", "curl gets a file from nginx",
        needs=(*CURL, *NGINX), server="nginx 'return 200 hello;'",
        client="run curl 'curl -sS http://{host}:8080/item'",
        expect=OK,
    ),
    Scenario(
        "curl_upload_nginx_413", "an upload too large for nginx, which reads on for a while after its 413 (lingering close)",
        needs=(*CURL, *NGINX), server="nginx 'client_max_body_size 1k; lingering_time 5s; return 200;'",
        setup={"client": "head -c 3000000 /dev/zero > {work}/upload"},
        client="run curl 'curl -sS -H Expect: --data-binary @{work}/upload http://{host}:8080/item'",
        expect=OK,
    ),
    Scenario(
        "http_client_nginx_444", "an upload to an nginx that drops it (return 444): it closes with the rest unread",
        needs=NGINX, delay=0.02, server="nginx 'lingering_close off; return 444;'",
        client="run http.client '{python} {programs}/http_client.py {server} 8080 upload'",
        expect=fail("reset", "unread_data", "abortive_close", by="server"),
    ),
    Scenario(
        "nginx_upstream_refused", "nginx as a proxy to a closed port (502)",
        needs=(*CURL, *NGINX), tail=.8,
        client="nginx 'proxy_pass http://{host}:8080;' port=80; sh 'curl -sS http://127.0.0.1/'; log nginx error.log",
        expect=fail("refused", "no_listener", by="server"),
    ),
    Scenario(
        "nginx_upstream_reset", "nginx as a proxy, and an upstream that aborts (502)",
        needs=(*CURL, *NGINX), server="listen; accept; recv; abort",
        client="nginx 'proxy_pass http://{host}:8080;' port=80; sh 'curl -sS http://127.0.0.1/'; log nginx error.log",
        expect=fail("reset", "abortive_close", by="server"),
    ),
    Scenario(
        "nginx_upstream_closed", "nginx as a proxy, and an upstream that closes without an answer (502)",
        needs=(*CURL, *NGINX), server="listen; accept; recv; close; sleep .3",
        client="nginx 'proxy_pass http://{host}:8080;' port=80; sh 'curl -sS http://127.0.0.1/'; log nginx error.log",
        expect=OK,
    ),
    Scenario(
        "nginx_upstream_timeout", "nginx as a proxy whose limit for the answer passes (504)",
        needs=(*CURL, *NGINX), server="listen; accept; recv; sleep 1.4; answer; sleep .2; send more; sleep .1",
        client="nginx 'proxy_read_timeout 1s; proxy_pass http://{host}:8080;' port=80; sh 'curl -sS http://127.0.0.1/'; "
               "log nginx error.log; sleep 1",
        expect=fail("broken_pipe", "client_gave_up", "peer_closed", by="client"),
    ),
    Scenario(
        "http_client_refused", "Python's http.client to a closed port",
        needs=PYTHON, client="run http.client '{python} {programs}/http_client.py {server} 8080 get'",
        expect=fail("refused", "no_listener", by="server"),
    ),
    Scenario(
        "http_client_reset", "Python's http.client, and a server that aborts without an answer",
        needs=PYTHON, server="listen; accept; recv; abort",
        client="run http.client '{python} {programs}/http_client.py {server} 8080 get'",
        expect=fail("reset", "abortive_close", by="server"),
    ),
    Scenario(
        "http_client_stale", "Python's http.client uses a connection again that the server closed a second ago",
        needs=PYTHON, server="listen; accept; recv; answer; sleep .3; close; sleep 2",
        client="run http.client '{python} {programs}/http_client.py {server} 8080 get 1.5 get'",
        expect=fail("broken_pipe", "stale_connection", "peer_closed", by="server"),
    ),
    Scenario(
        "http_client_upload_413", "Python's http.client uploads on while the server has answered and closed",
        needs=PYTHON, server="listen; accept; recv 50; sleep .2; answer 413 40; close; sleep .3",
        client="run http.client '{python} {programs}/http_client.py {server} 8080 upload'",
        expect=fail("reset", "unread_data", by="server"),
    ),
    Scenario(
        "requests_refused", "Python's requests to a closed port",
        needs=REQUESTS, client="run requests '{requests_python} {programs}/requests_client.py http://{host}:8080/ 0'",
        expect=fail("refused", "no_listener", by="server"),
    ),
    Scenario(
        "requests_pool_checked", "Python's requests finds its pooled connection closed and opens another",
        needs=REQUESTS,
        server="listen; accept; message; answer; sleep .3; close; accept; message; answer; recv; close",
        client="run requests '{requests_python} {programs}/requests_client.py http://{host}:8080/ 0 1.5'",
        expect=OK,
    ),
    Scenario(
        "requests_reset", "Python's requests, and a server that resets the second request",
        needs=REQUESTS, server="listen; accept; message; answer; message; abort; sleep .3",
        client="run requests '{requests_python} {programs}/requests_client.py http://{host}:8080/ 0 .5'",
        expect=fail("reset", "abortive_close", by="server"),
    ),
    Scenario(
        "node_refused", "Node's http to a closed port",
        needs=NODE, client="run node 'node {programs}/node_client.js http://{host}:8080/ 0'",
        expect=fail("refused", "no_listener", by="server"),
    ),
    Scenario(
        "node_keepalive_served", "Node's keep-alive agent within the server's keepAliveTimeout",
        needs=NODE, server="spawn node-server 'node {programs}/node_server.js 8080 3000'; wait_port 8080",
        client="run node 'node {programs}/node_client.js http://{host}:8080/ 0 300 300'",
        expect=OK,
    ),
    Scenario(
        "node_keepalive_race", "a request of Node's agent crosses the FIN of the server's keep-alive timer",
        needs=NODE, delay=0.06, server="listen; accept; message; answer; sleep 1.06; close; sleep .3",
        client="run node 'node {programs}/node_client.js http://{host}:8080/ 0 1000'",
        expect=fail("broken_pipe", "keepalive_race", by="server"),
    ),
    Scenario(
        "node_keepalive_hint", "Node's agent heeds the server's Keep-Alive header and closes first",
        needs=NODE, server="spawn node-server 'node {programs}/node_server.js 8080 1500'; wait_port 8080",
        client="run node 'node {programs}/node_client.js http://{host}:8080/ 0 2200'",
        expect=OK,
    ),
    Scenario(
        "node_reset", "Node's http, and a server that aborts without an answer",
        needs=NODE, server="listen; accept; recv; abort",
        client="run node 'node {programs}/node_client.js http://{host}:8080/ 0'",
        expect=fail("reset", "abortive_close", by="server"),
    ),
    Scenario(
        "psql_refused", "psql to a PostgreSQL that is stopped",
        needs=POSTGRES, client="run psql 'psql -h {server} -U postgres -c \"select 1\"'",
        expect=fail("refused", "no_listener", by="server"),
    ),
    Scenario(
        "psql_served", "psql asks PostgreSQL a question",
        needs=POSTGRES, setup={"server": "{initdb}"}, server="spawn postgres '{postgres}'; wait_port 5432",
        client="run psql 'psql -h {server} -U postgres -c \"select 1\"'",
        expect=OK,
    ),
    Scenario(
        "psql_server_stopped", "PostgreSQL is stopped (fast shutdown) while psql waits for an answer",
        needs=POSTGRES, setup={"server": "{initdb}"},
        server="spawn postgres '{postgres}'; wait_port 5432; await asked; sleep 1.2; stop postgres INT",
        client="mark asked; run psql 'psql -h {server} -U postgres -c \"select pg_sleep(20)\"'",
        expect=OK,
    ),
    Scenario(
        "psql_server_killed", "PostgreSQL is killed while psql waits for an answer",
        needs=POSTGRES, setup={"server": "{initdb}"},
        server="spawn postgres '{postgres}'; wait_port 5432; await asked; sleep 1.2; stop postgres KILL",
        client="mark asked; run psql 'psql -h {server} -U postgres -c \"select pg_sleep(20)\"'",
        expect=OK,
    ),
]
