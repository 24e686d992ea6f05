"""One question to a server that speaks the OpenAI chat-completions protocol; standard library only.

Nothing that a server sends is trusted: bytes and time are bounded, no redirect is followed, and
what is shown of its words is cut short and can't hold the key. No proxy is used: what is asked goes
to the host of the base URL and nowhere else.
"""

import contextlib
import http.client
import io
import ipaddress
import json
import math
import os
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Struct

from readout_diff import __version__
from readout_diff.errors import InputError, ModelError

KEYS = ("READOUT_DIFF_API_KEY", "OPENAI_API_KEY")
"""Where the key is looked for; the first that is set is used, and none if that one is empty."""
MAX_BYTES = 1 << 20
"""Of one answer; a model that thinks aloud stays far below it."""
_MAX_WORDS = 160
"""Characters shown of what a server says is wrong."""
_MAX_PAUSE = 60.0
"""Seconds that a server may ask to wait before it is asked again."""
_SHORTEST_SECRET = 4
_REFUSED_FORM = {400, 415, 422, 501}
"""What servers answer to a setting that they don't know."""
_AGAIN = {408, 409, 425, 429, 500, 502, 503, 504, 529}
_FORMS = ("json_schema", "json_object", None)
"""Ways to ask for JSON, the strictest first."""

Message = Mapping[str, str]


class ServerError(ModelError):
    """The server gave no answer at all. `reason` is a clause that says why."""

    def __init__(self, server: str, reason: str, advice: str, *, lasting: bool = False) -> None:
        super().__init__(f"The server at {server} {reason}; {advice}.")
        self.reason = f"the server {reason}"
        self.lasting = lasting
        """Whether to ask again is of no use, whatever the question."""


class AnswerError(Exception):
    """An answer that can't be used; the text is a clause that says why."""


class _PassingError(Exception):
    """What may work the next time, and after how many seconds, where the server says so."""

    def __init__(self, error: ServerError, pause: float = 0.0) -> None:
        self.error = error
        self.pause = pause


class _FormError(Exception):
    """The server does not take the request as it is put."""

    def __init__(self, error: ServerError, words: str) -> None:
        self.error = error
        self.words = words


class Deadline(Struct, frozen=True):
    """A moment that nothing may last beyond."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """So many seconds from now."""
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Seconds left; TimeoutError if there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Said(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Said
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]


class Chat:
    """Asks one model at one address.

    `timeout` bounds one request in seconds, from the first byte sent to the last one read;
    `retries` is how often a request that failed in passing is sent again, after `backoff` seconds,
    then twice as many.
    """

    def __init__(
        self, model: str, base_url: str, *, timeout: float, retries: int, backoff: float
    ) -> None:
        self.model = _checked_model(model)
        url = _checked_url(base_url)
        self.server = f"{url.scheme}://{url.netloc}{url.path.rstrip('/')}"
        self._key = _key(url)
        self._url = url
        self._path = f"{url.path.rstrip('/')}/chat/completions"
        self._timeout = timeout
        self._retries = retries
        self._backoff = backoff
        self._form = 0
        self._temperature = True
        self._settled = False

    def ask(self, messages: Sequence[Message], schema: Mapping[str, Any], until: Deadline) -> str:
        """What the model says to `messages`; `schema` is the JSON Schema of what it should say.

        Raises AnswerError for an answer that is empty or cut off, and ServerError where there is
        none, be it that `until` has come.
        """
        while True:
            try:
                said = self._patiently(self._request(messages, schema), until)
            except _FormError as refused:
                if not self._plainer(refused.words):
                    raise refused.error from refused
            else:
                self._settled = True
                return said

    def _plainer(self, words: str) -> bool:
        """Put the next request in a form that more servers take; False where there is none."""
        if self._settled:
            return False
        if self._temperature and "temperature" in words:
            self._temperature = False
            return True
        if self._form + 1 < len(_FORMS):
            self._form += 1
            return True
        self._form = 0
        return False

    def _request(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> bytes:
        request: dict[str, Any] = {"model": self.model, "messages": messages, "stream": False}
        if self._temperature:
            request["temperature"] = 0
        form = _FORMS[self._form]
        if form == "json_schema":
            named = {"name": "judgement", "strict": True, "schema": schema}
            request["response_format"] = {"type": form, form: named}
        elif form:
            request["response_format"] = {"type": form}
        return json.dumps(request).encode("ascii")

    def _patiently(self, request: bytes, until: Deadline) -> str:
        """Send a request, and again where that may help."""
        tries = 0
        while True:
            try:
                return self._once(request, until)
            except _PassingError as failed:
                pause = max(failed.pause, self._backoff * 2**tries)
                if tries == self._retries:
                    raise failed.error from failed
                if pause > _MAX_PAUSE or time.monotonic() + pause >= until.at:
                    failed.error.lasting = True
                    raise failed.error from failed
                time.sleep(pause)
                tries += 1

    def _once(self, request: bytes, until: Deadline) -> str:
        deadline = Deadline(min(time.monotonic() + self._timeout, until.at))
        try:
            with self._connection(deadline) as connection:
                connection.request("POST", self._path, request, self._headers())
                response = connection.getresponse()
                if response.status == http.client.OK:
                    return self._said(_body(response))
                raise self._refusal(response)
        except TimeoutError as error:
            over = time.monotonic() >= until.at
            raise self._error(
                "has not answered in time",
                "ask a faster server or a smaller model",
                lasting=over,
            ) from error
        except _SizeError as error:
            raise self._error(
                f"answers with more than {MAX_BYTES >> 20} MB", "give another base URL"
            ) from error
        except ssl.SSLError as error:
            raise self._error(
                f"can't be talked to in private ({_plain(error.reason or 'TLS failed')})",
                "give the base URL of a server with a valid certificate, or http for one on this "
                "machine",
                lasting=True,
            ) from error
        except UnicodeError as error:
            raise self._error(
                "has a name that no host has", "give another base URL", lasting=True
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise _PassingError(
                self._error(
                    f"can't be reached ({_what(error)})",
                    "start it, or give another base URL",
                    lasting=isinstance(error, ConnectionRefusedError | socket.gaierror),
                )
            ) from error

    @contextlib.contextmanager
    def _connection(self, deadline: Deadline) -> Iterator[http.client.HTTPConnection]:
        """An open connection on which nothing lasts beyond the deadline."""
        host, left = self._url.hostname or "", deadline.left()
        connection = (
            http.client.HTTPSConnection(
                host, self._url.port or 443, timeout=left, context=ssl.create_default_context()
            )
            if self._url.scheme == "https"
            else http.client.HTTPConnection(host, self._url.port or 80, timeout=left)
        )
        connection.set_debuglevel(0)  # whoever has set it for all: it prints the key
        with contextlib.closing(connection):
            connection.connect()
            with contextlib.closing(connection.sock) as plain:
                connection.sock = cast(socket.socket, _TimedSocket(plain, deadline))
                yield connection

    def _headers(self) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "Connection": "close",
            "Content-Type": "application/json",
            "User-Agent": f"readout-diff/{__version__}",
        }
        return headers | ({"Authorization": f"Bearer {self._key}"} if self._key else {})

    def _said(self, body: bytes) -> str:
        try:
            completion = msgspec.json.decode(body, type=_Completion)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise self._error(
                "answers with something else than a chat completion",
                "check the base URL, which most often ends in /v1",
            ) from error
        if not completion.choices:
            raise AnswerError("it is empty")
        choice = completion.choices[0]
        if choice.finish_reason == "length":
            raise AnswerError("it is cut off")
        if choice.message.refusal or choice.finish_reason == "content_filter":
            raise AnswerError("the model refuses to answer")
        if not (choice.message.content or "").strip():
            raise AnswerError("it is empty")
        return choice.message.content or ""

    def _refusal(self, response: http.client.HTTPResponse) -> Exception:
        """What a status other than 200 means."""
        status = response.status
        if 300 <= status < 400:
            return self._error(
                f"sends elsewhere (status {status}), which is not followed",
                "give the address that it leads to as base URL",
                lasting=True,
            )
        if status in (401, 403):
            # Such answers like to quote the key.
            return self._error(
                f"{'refuses the key' if self._key else 'wants a key'} (status {status})",
                f"set {KEYS[0]} to one that it takes",
                lasting=True,
            )
        words = self._words(_body(response))
        shown = f" ({words})" if words else ""
        error = self._error(
            f"answers with status {status}{shown}",
            "check the base URL and the model's name"
            if status < 500 and status not in _AGAIN
            else "try again later",
            lasting=status in (404, 405, 410),
        )
        if status in _AGAIN:
            return _PassingError(error, _pause(response.getheader("Retry-After")))
        return _FormError(error, words.lower()) if status in _REFUSED_FORM else error

    def _words(self, body: bytes) -> str:
        """What the server says is wrong, harmless to show; empty if it holds any of the key."""
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            return ""
        found = found.get("error", found) if isinstance(found, dict) else found
        found = found.get("message") if isinstance(found, dict) else found
        words = _plain(found) if isinstance(found, str) else ""
        key = self._key.casefold()
        size = min(_SHORTEST_SECRET, len(key))
        pieces = {key[at : at + size] for at in range(len(key) - size + 1)} if key else set()
        return "" if any(piece in words.casefold() for piece in pieces) else words

    def _error(self, reason: str, advice: str, *, lasting: bool = False) -> ServerError:
        return ServerError(self.server, reason, advice, lasting=lasting)


class _SizeError(Exception):
    """More bytes than are read."""


class _TimedSocket:
    """What `http.client` uses of a socket; every wait ends at the deadline."""

    def __init__(self, plain: socket.socket, deadline: Deadline) -> None:
        self._plain = plain
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._plain.settimeout(self._deadline.left())
        self._plain.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedBytes(self._plain, self._deadline))

    def close(self) -> None:
        """Nothing: the one who opened the socket closes it, when the answer is read."""


class _TimedBytes(io.RawIOBase):
    def __init__(self, plain: socket.socket, deadline: Deadline) -> None:
        self._plain = plain
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._plain.settimeout(self._deadline.left())
        return self._plain.recv_into(buffer)


def _body(response: http.client.HTTPResponse) -> bytes:
    """All of it, if it is no more than MAX_BYTES."""
    body = b""
    while part := response.read(1 << 16):
        body += part
        if len(body) > MAX_BYTES:
            raise _SizeError
    if response.length:
        raise http.client.IncompleteRead(body, response.length)
    return body


def _checked_model(model: str) -> str:
    if not model.strip() or not model.isprintable() or len(model) > 200:
        raise InputError(
            "The name of the reader's model is empty, too long or holds odd characters; give the "
            "name that the server knows it by, as in openai:MODEL."
        )
    return model.strip()


def _checked_url(base_url: str) -> SplitResult:
    """The base URL in parts, if it is one that questions may go to; InputError."""
    advice = "give one such as http://localhost:8080/v1."
    try:
        # Parsers pass over white space and control characters, each over others.
        if not base_url.isascii() or not base_url.isprintable() or " " in base_url:
            raise ValueError
        url = urlsplit(base_url)
        _ = url.port
    except ValueError:
        raise InputError(f"The base URL is no address; {advice}") from None
    if url.scheme not in ("http", "https"):
        raise InputError(f"The base URL does not begin with http:// or https://; {advice}")
    if not url.hostname:
        raise InputError(f"The base URL names no host; {advice}")
    if "@" in url.netloc:
        raise InputError(
            f"The base URL holds a user or a password; leave it out and set {KEYS[0]} to the key."
        )
    if url.query or url.fragment:
        raise InputError(f"The base URL goes on after its path; {advice}")
    return url


def _key(url: SplitResult) -> str:
    """The key from the environment, empty if there is none; InputError if it can't be sent."""
    name = next((name for name in KEYS if name in os.environ), KEYS[0])
    key = os.environ.get(name, "").strip()
    if not key:
        return ""
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InputError(f"{name} holds characters that no key has; set it to the key alone.")
    if url.scheme == "http" and not _is_loopback(url.hostname or ""):
        raise InputError(
            f"The key in {name} would cross the network for all to read; give an https base URL, "
            f"or set {KEYS[0]} to nothing for a server that needs no key."
        )
    return key


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _pause(given: str | None) -> float:
    """Seconds that the server asks to wait; a date is passed over."""
    try:
        pause = float(given or 0)
    except ValueError:
        return 0.0
    return pause if math.isfinite(pause) and pause > 0 else 0.0


def _what(error: Exception) -> str:
    if isinstance(error, http.client.HTTPException):
        return "what it sends is no HTTP, or breaks off"
    return _plain(getattr(error, "strerror", None) or "the connection broke")


def _plain(words: str) -> str:
    """One short line without characters that could act on a terminal."""
    line = "".join(char if char.isprintable() else " " for char in words[: 4 * _MAX_WORDS])
    line = " ".join(line.split()).rstrip(".")
    return line if len(line) <= _MAX_WORDS else f"{line[: _MAX_WORDS - 1]}…"
