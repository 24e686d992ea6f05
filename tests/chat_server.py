"""A server on loopback that speaks the OpenAI chat-completions protocol, well or badly.

Each test says what it answers: a `Reply` for every request, or a function that makes one of what
was asked. What was asked is kept in `requests`.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Request:
    """What came in."""

    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: dict[str, Any]

    @property
    def question(self) -> dict[str, Any]:
        """The claim and its candidates."""
        found = json.loads(self.body["messages"][1]["content"])
        assert isinstance(found, dict)
        return found

    @property
    def form(self) -> str | None:
        """How JSON was asked for."""
        kind = self.body.get("response_format", {}).get("type")
        return str(kind) if kind else None


@dataclass(frozen=True)
class Reply:
    """What goes out."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    """These bytes instead, without any header."""
    promised: int | None = None
    """Length to announce, where it is another than the body's."""
    drip: bytes = b""
    """Bytes sent without end, a few at a time, until the other side has had enough."""
    hang: bool = False
    """Say nothing until the other side has had enough, or the server is closed."""


Answer = Callable[[Request], Reply]


def completion(content: object, finish_reason: str = "stop", **message: object) -> Reply:
    """A chat completion as servers send it; what is no text is sent as JSON."""
    said = content if isinstance(content, str) or content is None else json.dumps(content)
    choice = {
        "index": 0,
        "finish_reason": finish_reason,
        "message": {"role": "assistant", "content": said, **message},
    }
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    body = {"id": "x", "object": "chat.completion", "choices": [choice], "usage": usage}
    return Reply(json.dumps(body).encode())


def refusal(status: int, words: str = "no", **headers: str) -> Reply:
    """An error as servers send it."""
    body = json.dumps({"error": {"message": words, "type": "some_error", "param": None}})
    return Reply(body.encode(), status, {name.replace("_", "-"): v for name, v in headers.items()})


def judged(
    status: str, missing: list[str] | None = None, matches: list[str] | None = None
) -> Reply:
    """An answer in the form that is asked for."""
    return completion({"matches": matches or [], "missing": missing or [], "status": status})


class ChatServer:
    """Answers while the `with` block lasts."""

    def __init__(self, answer: Answer | Reply) -> None:
        self.answer: Answer = answer if not isinstance(answer, Reply) else lambda _: answer
        self.requests: list[Request] = []
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> "ChatServer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                request = Request(
                    self.path,
                    {name.lower(): value for name, value in self.headers.items()},
                    json.loads(self.rfile.read(size)),
                )
                chat.requests.append(request)
                try:
                    self.send(chat.answer(request))
                except OSError:  # the other side has had enough
                    self.close_connection = True

            def do_GET(self) -> None:
                chat.requests.append(Request(self.path, dict(self.headers.items()), {}))
                self.send(Reply(status=405))

            def send(self, reply: Reply) -> None:
                self.close_connection = True
                if reply.hang:
                    chat._over.wait(60)
                    return
                if reply.raw is not None:
                    self.wfile.write(reply.raw)
                else:
                    length = len(reply.body) if reply.promised is None else reply.promised
                    self.send_response(reply.status)
                    self.send_header("Content-Length", str(length))
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(reply.body)
                while reply.drip and not chat._over.wait(0.005):
                    self.wfile.write(reply.drip)

            def log_message(self, *_: object) -> None:
                """Quietly."""

        return Handler
