"""Prints the messages of a stream, a JSON line each, until so many were there. Shares nothing with the transport."""
import json
import sys

import pika

url, stream, count = sys.argv[1:]
connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
channel.basic_qos(prefetch_count=500)
left = int(count)
for method, properties, body in channel.consume(stream, inactivity_timeout=20, arguments={"x-stream-offset": "first"}):
    if method is None:
        sys.exit(f"{left} messages of {stream} did not come")
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
                "timestamp": properties.timestamp,
                "headers": properties.headers,
                "body": body.decode(),
            }
        )
    )
    channel.basic_ack(method.delivery_tag)
    left -= 1
    if left == 0:
        break
connection.close()
