"""Receives or sends with Qpid Proton, which shares no code with rhea.

argv: URL with user and password, "receive" or "send", the address; for "receive", how many messages.
Receives: a JSON line for each message. Sends: what stdin holds, a JSON line for each message.
"""
import json
import sys

from proton import Message
from proton.handlers import MessagingHandler
from proton.reactor import Container
from urllib.parse import unquote, urlsplit

url, verb, address, *rest = sys.argv[1:]


class Peer(MessagingHandler):
    def on_start(self, event):
        parts = urlsplit(url)
        connection = event.container.connect(
            f"amqp://{parts.hostname}:{parts.port}",
            user=unquote(parts.username),
            password=unquote(parts.password),
            allowed_mechs="PLAIN",
            allow_insecure_mechs=True,
            reconnect=False,
        )
        self.open_link(event.container, connection)

    def on_link_error(self, event):
        fail(event.link.remote_condition)

    def on_transport_error(self, event):
        fail(event.transport.condition)


class Receiver(Peer):
    left = int(rest[0]) if rest else 0

    def open_link(self, container, connection):
        container.create_receiver(connection, address)

    def on_message(self, event):
        message = event.message
        print(json.dumps({
            "body": text(message.body),
            "id": message.id,
            "correlationId": message.correlation_id,
            "subject": message.subject,
            "contentType": symbol(message.content_type),
            "groupId": message.group_id,
            "durable": message.durable,
            "ttl": message.ttl,
            "properties": message.properties,
            "annotations": {str(key): value for key, value in (message.annotations or {}).items()},
        }))
        self.left -= 1
        if self.left == 0:
            event.connection.close()


class Sender(Peer):
    def __init__(self):
        super().__init__()
        self.waiting = [json.loads(line) for line in sys.stdin]
        self.unsettled = len(self.waiting)

    def open_link(self, container, connection):
        container.create_sender(connection, address)

    def on_sendable(self, event):
        while self.waiting and event.sender.credit:
            fields = self.waiting.pop(0)
            fields["body"] = fields["body"].encode()
            event.sender.send(Message(inferred=True, **fields))

    def on_accepted(self, event):
        self.unsettled -= 1
        if self.unsettled == 0:
            event.connection.close()

    def on_rejected(self, event):
        fail(event.delivery.remote.condition)

    def on_released(self, event):
        fail("released")


def symbol(value):
    # Proton makes "None" of none.
    return None if str(value) == "None" else str(value)


def text(body):
    return bytes(body).decode() if isinstance(body, (bytes, memoryview)) else body


def fail(why):
    sys.exit(f"proton: {why}")


Container({"receive": Receiver, "send": Sender}[verb]()).run()
