"""NATS for docs/compare.sh: a subject in memory and the same subject kept by JetStream. Its protocol is
text, so sockets are enough. `with_nats.py fill` publishes all events as lines, `with_nats.py measure`
does the rest.
"""

import itertools
import json
import os
import socket
import sys

from rig import (
    VIEWS, Arrivals, MemoryPeak, Words, folder_size, follow, median_of, now, tell, tell_burst, tell_follow,
)

WORK, PROBES, BURST = os.environ["WORK"], int(os.environ["PROBES"]), int(os.environ["BURST"])
CORE, KEPT = "NATS, in memory", "NATS JetStream"
RARE_SEEN = os.environ["RARE_SEEN"].encode()
FREQUENT_SEEN = os.environ["FREQUENT_SEEN"].encode()


def connect():
    """A connection that the server has greeted."""
    host, port = os.environ["NATS_ADDRESS"].rsplit(":", 1)
    link = socket.create_connection((host, int(port)), 60)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.sendall(b'CONNECT {"verbose":false,"pedantic":false,"headers":false}\r\n')
    settle(link)
    return link


def receive(link):
    """The next bytes."""
    piece = link.recv(1 << 20)
    if not piece:
        raise RuntimeError("nats-server has closed the connection")
    return piece


def settle(link):
    """Waits until the server has done all that it was told so far."""
    link.sendall(b"PING\r\n")
    seen = b""
    while b"PONG\r\n" not in seen:
        seen += receive(link)


def publication(subject, payload, reply=""):
    """The bytes that publish."""
    return f"PUB {subject} {reply + ' ' if reply else ''}{len(payload)}\r\n".encode() + payload + b"\r\n"


class Requests:
    """Questions to the server's API and publications that are acknowledged, on a connection of their own."""

    def __init__(self):
        self.link = connect()
        self.link.sendall(b"SUB _INBOX.compare 1\r\n")
        settle(self.link)
        self.rest, self.surplus = b"", 0

    def acknowledged(self, count):
        """Waits for so many acknowledgements. What comes beyond them counts the next time."""
        self.surplus -= count
        while self.surplus < 0:
            self.rest += receive(self.link)
            if b'"error"' in self.rest:
                raise RuntimeError(self.rest.decode(errors="replace"))
            # An acknowledgement has one `"seq":`, and the last may be here in part only.
            whole, line, tail = self.rest.rpartition(b"\r\n")
            self.surplus += (whole + line).count(b'"seq":')
            self.rest = tail

    def ask(self, subject, question):
        """An answer of the API."""
        self.link.sendall(publication(f"$JS.API.{subject}", json.dumps(question).encode(), "_INBOX.compare"))
        seen = b""
        while not (b"}" in seen and seen.endswith(b"\r\n")):
            seen += receive(self.link)
        if b'"error"' in seen:
            raise RuntimeError(seen.decode(errors="replace"))
        return json.loads(seen[seen.index(b"{") :])

    def publish(self, text):
        """One event, acknowledged."""
        self.link.sendall(publication("events", text.encode(), "_INBOX.compare"))
        self.acknowledged(1)


class Subscription(Arrivals):
    """What arrives on a subject."""

    def __init__(self, subject):
        self.started = now()
        self.link = connect()
        self.link.sendall(f"SUB {subject} 1\r\n".encode())
        settle(self.link)
        self.link.settimeout(None)
        super().__init__(self.link.fileno())

    def heard(self, piece):
        if b"PING\r\n" in piece:
            self.link.sendall(b"PONG\r\n")

    def end(self):
        """Hangs up."""
        VIEWS.remove(self)
        self.link.shutdown(socket.SHUT_RDWR)


def consumer(requests, subject, **start):
    """Has the stream deliver to a subject."""
    config = {"deliver_subject": subject, "ack_policy": "none", "replay_policy": "instant", **start}
    requests.ask("CONSUMER.CREATE.events", {"stream_name": "events", "config": config})


def fill():
    """All lines, a thousand of them on their way at a time."""
    requests = Requests()
    requests.ask(
        "STREAM.CREATE.events",
        {"name": "events", "subjects": ["events"], "storage": "file", "retention": "limits"},
    )
    begun = now()
    with open(os.path.join(WORK, "lines"), "rb") as lines:
        while batch := [line.rstrip(b"\n") for line in itertools.islice(lines, 1000)]:
            requests.link.sendall(b"".join(publication("events", line, "_INBOX.compare") for line in batch))
            requests.acknowledged(len(batch))
    tell(KEPT, store_s=now() - begun, syncs=os.environ["NATS_SYNCS"])
    requests.link.close()


def core():
    """A subject without a stream: nothing is kept."""
    view, writer = Subscription("live"), connect()
    took = follow(view, lambda text: writer.sendall(publication("live", text.encode())), PROBES, 7)
    tell_follow(CORE, took)
    begun, mark = now(), view.mark()
    for n in range(BURST):
        writer.sendall(publication("live", f"Where is my parcel number {n}".encode()))
    ended = now()
    seen = view.wait_after(lambda text: writer.sendall(publication("live", text.encode())), mark)
    tell_burst(CORE, BURST, begun, ended, seen)
    view.end()


def read_all(requests, count):
    """Reads every event and looks for the words, which is the only way to find any."""
    link = connect()
    link.sendall(b"SUB all 1\r\n")
    settle(link)
    begun = now()
    consumer(requests, "all", deliver_policy="all")
    read, rest, rare, frequent = 0, b"", 0, 0
    while read < count:
        rest += receive(link)
        whole, end, rest = rest.rpartition(b"\r\n")
        # Where the reply to a delivered message would go is part of its head, and of nothing else.
        read += (whole + end).count(b" 1 $JS.ACK.events.")
        rare += whole.count(RARE_SEEN)
        frequent += whole.count(FREQUENT_SEEN)
    took = now() - begun
    if not rare or not frequent:
        raise RuntimeError("a word was not found")
    tell(KEPT, rare_s=took, frequent_s=took)
    link.close()


def kept():
    """The stream."""
    server = int(os.environ["NATS_PID"])
    peak = MemoryPeak(server=server)
    requests, loads = Requests(), []
    newest = Words(KEPT).next()
    requests.publish(newest)
    state = requests.ask("STREAM.INFO.events", {})["state"]
    last = state["last_seq"]
    for n in range(5):
        view = Subscription(f"view.{n}")
        consumer(requests, f"view.{n}", deliver_policy="by_start_sequence", opt_start_seq=max(1, last - 49))
        loads.append(view.wait(newest) - view.started)
        view.end()
    tell(KEPT, load_s=median_of(loads))
    read_all(requests, state["messages"])
    view = Subscription("live.kept")
    consumer(requests, "live.kept", deliver_policy="new")
    tell_follow(KEPT, follow(view, requests.publish, PROBES, 8))
    begun, mark = now(), view.mark()
    # Sixteen on their way at any time, as from sixteen writers.
    requests.link.sendall(b"".join(publication("events", b"Where is my parcel", "_INBOX.compare") for _ in range(16)))
    for n in range(16, BURST):
        requests.acknowledged(1)
        requests.link.sendall(publication("events", f"Where is my parcel number {n}".encode(), "_INBOX.compare"))
    requests.acknowledged(16)
    tell_burst(KEPT, BURST, begun, now(), view.wait_after(requests.publish, mark))
    tell(KEPT, server_mb=peak.end()["server"], disk_mb=folder_size(os.path.join(WORK, "nats")))
    view.end()


if sys.argv[1] == "fill":
    fill()
else:
    core()
    kept()
