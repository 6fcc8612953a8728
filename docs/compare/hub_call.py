"""Two calls of the hub from the standard library: a customer writes (`Sandbox.SendMessage`), and the
index is searched (`Operator.History`).

The verb `switchboard sim message` writes too, but a process for each event would be measured with it.
gRPC-Web needs nothing but HTTP/1.1, a frame of five bytes and a few fields of protobuf, whose numbers
are those of proto/switchboard/v1/sandbox.proto and operator.proto.
"""

import http.client
import os
import selectors
import socket
import struct
import urllib.parse


def field(number, value):
    """A field of protobuf: a number, or bytes, text and messages with their length."""
    if isinstance(value, int):
        return bytes([number << 3]) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return bytes([number << 3 | 2]) + varint(len(value)) + value


def varint(value):
    """An integer of protobuf, seven bits to a byte."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def message_body(text, phone):
    """A `PhoneMessage` by sms, from this telephone."""
    telco, sms = 2, 1
    return (
        field(1, os.environ["SWITCHBOARD_ORG"])
        + field(2, field(1, telco) + field(2, phone))
        + field(3, field(1, sms) + field(2, "40404"))
        + field(4, field(1, text))
    )


class Hub:
    """A connection to the hub that stays open."""

    def __init__(self):
        address = urllib.parse.urlsplit(os.environ["SWITCHBOARD_ENDPOINT"])
        self.connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        self.headers = {
            "content-type": "application/grpc-web+proto",
            "x-grpc-web": "1",
            "origin": os.environ["COMPARE_ORIGIN"],
            "auth-token": os.environ["COMPARE_TOKEN"],
        }

    def call(self, method, body):
        """The first message of the reply, as bytes."""
        frame = struct.pack(">BI", 0, len(body)) + body
        self.connection.request("POST", f"/switchboard.v1.{method}", frame, self.headers)
        reply = self.connection.getresponse()
        answer = reply.read()
        # A frame begins with 0 if it has a message, and with 128 if it has the trailers.
        if reply.status != 200 or answer[:1] != b"\0":
            raise RuntimeError(f"the hub answered {reply.status} {dict(reply.headers)} {answer!r}")
        return answer[5 : 5 + struct.unpack(">I", answer[1:5])[0]]

    def message(self, text):
        """A customer writes. Returns when the hub has answered, and by then it is on disk."""
        answer = self.call("Sandbox/SendMessage", message_body(text, "+254799000001"))
        if answer[:2] != b"\x08\x01":  # the field `ok`, which is true
            raise RuntimeError(f"the hub refused a message: {answer!r}")

    def history(self, words, limit):
        """The newest entries that have these words, as they are stored."""
        return self.call(
            "Operator/History", field(1, os.environ["SWITCHBOARD_ORG"]) + field(3, limit) + field(5, words)
        )


def write_many(count, writers):
    """So many messages by so many customers at once, each of whom waits for an answer before the next."""
    hub, waiting = Hub(), selectors.DefaultSelector()
    where = (hub.connection.host, hub.connection.port)
    head = "POST /switchboard.v1.Sandbox/SendMessage HTTP/1.1\r\nhost: {}:{}\r\n".format(*where)
    head += "".join(f"{name}: {value}\r\n" for name, value in hub.headers.items())
    sent = answered = 0

    def send(link, phone):
        nonlocal sent
        body = message_body(f"Where is my parcel number {sent}", phone)
        frame = struct.pack(">BI", 0, len(body)) + body
        link.sendall(f"{head}content-length: {len(frame)}\r\n\r\n".encode() + frame)
        sent += 1

    for n in range(writers):
        link = socket.create_connection(where, 60)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waiting.register(link, selectors.EVENT_READ, [f"+2547980000{n:02d}", b""])
        send(link, f"+2547980000{n:02d}")
    while answered < count:
        for ready, _ in waiting.select(60):
            phone, seen = ready.data
            piece = ready.fileobj.recv(65536)
            seen += piece
            if not piece or b"HTTP/1.1 200" not in seen[:12]:
                raise RuntimeError(f"the hub answered {seen!r}")
            if not seen.endswith(b"\r\n0\r\n\r\n"):
                ready.data[1] = seen
                continue
            if b"grpc-status:0" not in seen:
                raise RuntimeError(f"the hub answered {seen!r}")
            ready.data[1] = b""
            answered += 1
            if sent < count:
                send(ready.fileobj, phone)
    for ready in list(waiting.get_map().values()):
        ready.fileobj.close()
