"""The little language of the scenarios: commands separated by `;` or newlines, `repeat N { … }` for loops.

    listen backlog=4; accept; recv; send 500; close

A command is a name, plain arguments and key=value arguments; quotes as in a shell, with \\r, \\n and \\xNN understood.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field


@dataclass
class Command:
    name: str
    args: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    body: list[Command] = field(default_factory=list)


def parse(text: str) -> list[Command]:
    commands, rest = _block(_tokens(text))
    if rest:
        raise ValueError(f"unexpected }} in {text!r}")
    return commands


def _tokens(text: str) -> list[str]:
    lexer = shlex.shlex(text.replace("\n", ";"), posix=True, punctuation_chars=";{}")
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.escape = ""
    tokens: list[str] = []
    for token in lexer:
        # Punctuation in a row comes as one token.
        tokens.extend(token if token and set(token) <= set(";{}") else [token])
    return tokens


def _block(tokens: list[str]) -> tuple[list[Command], list[str]]:
    commands: list[Command] = []
    words: list[str] = []
    while tokens:
        token, tokens = tokens[0], tokens[1:]
        if token == "{":
            command = _command(words)
            command.body, tokens = _block_until_close(tokens)
            commands.append(command)
            words = []
        elif token in (";", "}"):
            if words:
                commands.append(_command(words))
                words = []
            if token == "}":
                return commands, ["}", *tokens]
        else:
            words.append(token)
    if words:
        commands.append(_command(words))
    return commands, []


def _block_until_close(tokens: list[str]) -> tuple[list[Command], list[str]]:
    body, rest = _block(tokens)
    if not rest:
        raise ValueError("missing }")
    return body, rest[1:]


def _command(words: list[str]) -> Command:
    command = Command(words[0])
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if equals and key.isidentifier():
            command.options[key] = value
        else:
            command.args.append(word)
    return command
