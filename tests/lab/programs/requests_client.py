"""A requests session that uses its connection again: `requests_client.py URL PAUSE…`, a request after each pause."""

import sys
import time

import requests


def main(url: str, *pauses: str) -> None:
    with requests.Session() as session:
        for pause in pauses:
            time.sleep(float(pause))
            print(session.get(url, timeout=5).status_code)


main(*sys.argv[1:])
