"""Prints every message of a queue, a JSON line each, and takes it out. Shares nothing with the sink."""
import json
import sys

import pika

url, queue = sys.argv[1:]
connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
left = channel.queue_declare(queue, passive=True).method.message_count
for method, properties, body in channel.consume(queue, auto_ack=True, inactivity_timeout=30) if left else ():
    if method is None:
        sys.exit(f"{left} messages of {queue} did not come")
    print(
        json.dumps(
            {
                "key": method.routing_key,
                "messageId": properties.message_id,
                "correlationId": properties.correlation_id,
                "type": properties.type,
                "contentType": properties.content_type,
                "deliveryMode": properties.delivery_mode,
                "headers": properties.headers,
                "body": body.decode(),
            }
        )
    )
    left -= 1
    if left == 0:
        break
connection.close()
