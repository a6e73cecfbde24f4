"""Prints every message of a queue, a JSON line each, and takes it out, or of a stream. Shares nothing with the sink."""
import gzip
import json
import sys

import pika

LAST = "the last one"

url, queue, kind = sys.argv[1:]
parameters = pika.URLParameters(url)
parameters.blocked_connection_timeout = 30
connection = pika.BlockingConnection(parameters)
channel = connection.channel()


def messages_of_queue():
    left = channel.queue_declare(queue, passive=True).method.message_count
    for found in channel.consume(queue, auto_ack=True, inactivity_timeout=30) if left else ():
        yield found
        left -= 1
        if left == 0:
            break


def messages_of_stream():
    # How many it holds, a stream tells only nearly.
    channel.confirm_delivery()
    channel.basic_publish("", queue, b"", pika.BasicProperties(message_id=LAST))
    channel.basic_qos(prefetch_count=1000)
    for found in channel.consume(queue, inactivity_timeout=30, arguments={"x-stream-offset": "first"}):
        method, properties, _ = found
        if method:
            channel.basic_ack(method.delivery_tag)
            if properties.message_id == LAST:
                break
        yield found


for method, properties, body in messages_of_stream() if kind == "stream" else messages_of_queue():
    if method is None:
        sys.exit(f"not all messages of {queue} did come")
    if properties.content_encoding == "gzip":
        body = gzip.decompress(body)
    print(
        json.dumps(
            {
                "key": method.routing_key,
                "exchange": method.exchange,
                "messageId": properties.message_id,
                "correlationId": properties.correlation_id,
                "type": properties.type,
                "appId": properties.app_id,
                "contentType": properties.content_type,
                "deliveryMode": properties.delivery_mode,
                "timestamp": properties.timestamp,
                "headers": properties.headers,
                "body": body.decode(),
            }
        )
    )
connection.close()
