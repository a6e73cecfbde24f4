"""Takes out what comes into a queue, until its standard input ends and the queue is empty, whatever happens to the broker.
Prints a line for each event, and only then acknowledges its message. Shares nothing with the sink."""
import gzip
import json
import sys
import threading
import time

import pika

url, queue = sys.argv[1:]
parameters = pika.URLParameters(url)
# A broker that is stopped for seconds is none that is gone.
parameters.heartbeat = 0
parameters.socket_timeout = 5
# What a reader that is paused holds beyond its queue.
PREFETCH = 300
last_call = threading.Event()


def wait_for_the_last_call():
    sys.stdin.read()
    last_call.set()


def lines_of(method, properties, body):
    headers = properties.headers or {}
    stamp = headers.get("timestamp_in_ms", 0)
    end = f"{stamp} {int(method.redelivered)}\n"
    if properties.content_encoding == "gzip":
        body = gzip.decompress(body)
    content = json.loads(body)
    if isinstance(content, list):
        if len(content) != headers.get("streamll_batch"):
            return [f"? ? {end}"]
        return [f"{event['event_id']} {event['execution_id']} {end}" for event in content]
    identifier = properties.message_id
    if content.get("event_id") != identifier:
        identifier = "?"
    return [f"{identifier} {properties.correlation_id} {end}"]


def drain(connection):
    """Returns once the queue is empty after the last call."""
    channel = connection.channel()
    channel.basic_qos(prefetch_count=PREFETCH)
    lines = []
    tag = None

    def take(_, method, properties, body):
        nonlocal tag
        lines.extend(lines_of(method, properties, body))
        tag = method.delivery_tag

    channel.basic_consume(queue, take)
    while True:
        connection.process_data_events(time_limit=0.2)
        if lines:
            sys.stdout.write("".join(lines))
            sys.stdout.flush()
            lines.clear()
            channel.basic_ack(tag, multiple=True)
        elif last_call.is_set():
            # What was delivered and not acknowledged goes back with the channel: zero then is none at all.
            channel.close()
            channel = connection.channel()
            if channel.queue_declare(queue, passive=True).method.message_count == 0:
                return
            channel.basic_qos(prefetch_count=PREFETCH)
            channel.basic_consume(queue, take)


threading.Thread(target=wait_for_the_last_call, daemon=True).start()
while True:
    try:
        connection = pika.BlockingConnection(parameters)
        drain(connection)
        break
    except (pika.exceptions.AMQPError, OSError) as error:
        # It is not there, or not yet.
        print(f"reader of {queue}: {error!r}", file=sys.stderr)
        time.sleep(0.2)
