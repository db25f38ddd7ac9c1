"""The words of scripts and logs: addresses put in, payloads, and how a call failed."""

from __future__ import annotations

import errno
import ssl
from collections.abc import Mapping


def fill(text: str, names: Mapping[str, str]) -> str:
    """Put the addresses of the run in place of {server}, {client} and so on; other braces stay."""
    for key, value in names.items():
        text = text.replace("{" + key + "}", value)
    return text


def payload(word: str) -> bytes:
    """A number of bytes, or a text with its escapes."""
    if word.isdigit():
        line = b"0123456789abcdefghijklmnopqrstuvwxyz the quick brown fox jumps\n"
        return (line * (int(word) // len(line) + 1))[: int(word)]
    return word.encode().decode("unicode_escape").encode("latin-1")


def describe(error: OSError) -> dict[str, object]:
    """How a call failed: with an errno from the kernel, or by the program's own timeout."""
    if isinstance(error, ssl.SSLError):
        return {"tls_error": str(error)}
    if error.errno is None:
        return {"own_timeout": True, "message": str(error)}
    if error.errno == errno.EINPROGRESS:
        return {"result": "EINPROGRESS"}
    return {"errno": errno.errorcode[error.errno], "message": error.strerror, "exception": type(error).__name__}
