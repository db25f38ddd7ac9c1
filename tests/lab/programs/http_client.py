"""http.client as people use it: `http_client.py HOST PORT ACTION…`; `get`, `upload`, or a pause in seconds."""

import http.client
import sys
import time


def main(host: str, port: str, *actions: str) -> None:
    connection = http.client.HTTPConnection(host, int(port))
    for action in actions:
        if action == "get":
            connection.request("GET", "/item")
            print(connection.getresponse().read())
        elif action == "upload":
            connection.request("POST", "/item", body=b"x" * 4_000_000)
            print(connection.getresponse().status)
        else:
            time.sleep(float(action))


main(*sys.argv[1:])
