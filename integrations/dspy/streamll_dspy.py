"""Sends the events of a DSPy program to `streamll listen`.

    import dspy, streamll_dspy
    dspy.configure(callbacks=[streamll_dspy.StreamllCallback()])

One file without dependencies, for Python 3.10 and later. It never raises into the program and never blocks it: events
wait in a bounded queue for a thread that posts them; what does not fit is dropped, and counted.
"""

import asyncio
import atexit
import collections
import datetime
import http.client
import json
import logging
import math
import os
import threading
import time
import traceback
import urllib.error
import urllib.request
import uuid

from dspy.utils.callback import ACTIVE_CALL_ID, BaseCallback

__all__ = ["StreamllCallback"]

_log = logging.getLogger("streamll")

_MOST_OPEN = 10_000
_BATCH_EVENTS = 200
_BATCH_BYTES = 1024 * 1024
_SECRETS = {"api_key", "apikey", "authorization", "password", "secret", "access_token", "azure_ad_token"}
_CANCELLED = (asyncio.CancelledError, GeneratorExit)
_DEPTH = 8


class _Values:
    """Makes JSON of values, of at most so many characters."""

    def __init__(self, most):
        self.left = most

    def plain(self, value, depth=0):
        if self.left <= 0 or depth > _DEPTH:
            return "[Truncated]"
        self.left -= 8
        if value is None or isinstance(value, (bool, int)):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return self._fields(value, depth)
        if isinstance(value, (list, tuple, set, frozenset)):
            return self._items(value, depth)
        for name in ("toDict", "model_dump"):
            made = getattr(value, name, None)
            if callable(made) and not isinstance(value, type):
                return self.plain(made(), depth + 1)
        return f"[{type(value).__name__}]"

    def _text(self, value):
        kept = value if len(value) <= self.left else f"{value[: self.left]}…[Truncated]"
        self.left -= len(kept)
        return kept

    def _fields(self, value, depth):
        fields = {}
        for key, one in value.items():
            if self.left <= 0:
                break
            name = self._text(str(key))
            fields[name] = "[Redacted]" if name.lower() in _SECRETS else self.plain(one, depth + 1)
        return fields

    def _items(self, value, depth):
        items = []
        for one in value:
            if self.left <= 0:
                items.append("[Truncated]")
                break
            items.append(self.plain(one, depth + 1))
        return items


class _Poster:
    """A bounded queue, and the thread that posts what is in it."""

    def __init__(self, url, token, max_queue):
        self._url = url
        self._headers = {"content-type": "application/x-ndjson"}
        if token:
            self._headers["authorization"] = f"Bearer {token}"
        self._max_queue = max_queue
        self.dropped = 0
        self._said = set()
        self.reset()

    def reset(self):
        self._changed = threading.Condition()
        self._queue = collections.deque()
        self._posting = 0
        self._thread = None
        self._hurry_until = None

    def put(self, event):
        line = json.dumps(event, allow_nan=False).encode()
        with self._changed:
            if len(self._queue) >= self._max_queue:
                self.dropped += 1
                self._say("full", f"more than {self._max_queue} events wait for {self._url}; further ones are dropped")
                return
            self._queue.append(line)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="streamll", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, timeout):
        """Whether all that was put is posted."""
        deadline = time.monotonic() + timeout
        with self._changed:
            self._hurry_until = deadline
            self._changed.notify_all()
            while self._queue or self._posting:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
            return True

    def _run(self):
        while True:
            try:
                self._post(self._next())
            except Exception as error:  # A fault of this file must not end the thread.
                with self._changed:
                    self.dropped += self._posting
                self._say("fault", f"events could not be posted: {type(error).__name__}")
            finally:
                with self._changed:
                    self._posting = 0
                    self._changed.notify_all()

    def _next(self):
        with self._changed:
            while not self._queue:
                self._changed.wait()
            batch, size = [], 0
            while self._queue and len(batch) < _BATCH_EVENTS and (not batch or size + len(self._queue[0]) < _BATCH_BYTES):
                batch.append(self._queue.popleft())
                size += len(batch[-1])
            self._posting = len(batch)
            return batch

    def _post(self, batch):
        """Tries until the batch is taken, or never will be. Until then the queue fills, and is bounded."""
        pause = 0.2
        while True:
            status, retry_after = self._try(batch)
            if status is not None and status < 300:
                return
            if status == 413 and len(batch) > 1:
                self._post(batch[: len(batch) // 2])
                batch = batch[len(batch) // 2 :]
                continue
            if status is not None and status not in (429, 500, 502, 503, 504):
                with self._changed:
                    self.dropped += len(batch)
                self._say(f"status {status}", f"{self._url} answered {status}; events were dropped")
                return
            self._say("retry", f"{self._url} {f'answered {status}' if status else 'cannot be reached'}; trying again")
            self._wait(min(max(pause, retry_after), 30))
            pause = min(pause * 2, 10)

    def _wait(self, seconds):
        """Less long while somebody waits for the end."""
        until = time.monotonic() + seconds
        with self._changed:
            while (left := until - time.monotonic()) > 0:
                if self._hurry_until is not None and time.monotonic() < self._hurry_until:
                    self._changed.wait(min(left, 0.2))
                    return
                self._changed.wait(left)

    def _try(self, batch):
        request = urllib.request.Request(self._url, b"\n".join(batch) + b"\n", self._headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                response.read()
                return response.status, 0
        except urllib.error.HTTPError as error:
            with error:
                given = error.headers.get("retry-after", "")
                return error.code, int(given) if given.isdigit() else 0
        except (OSError, http.client.HTTPException):
            return None, 0

    def _say(self, about, message):
        """Once each: a program that runs for weeks is not told each time."""
        if about not in self._said:
            self._said.add(about)
            _log.warning("%s (logged once)", message)


class _Call:
    __slots__ = ("began", "event", "execution_id", "instance", "kind", "started")

    def __init__(self, kind, instance, event):
        self.kind = kind
        self.instance = instance
        self.event = event
        self.execution_id = event["execution_id"]
        self.began = time.time()
        self.started = time.perf_counter()


class StreamllCallback(BaseCallback):
    """Records modules, calls of models, adapters, tools, evaluations and compilations.

    url: where `streamll listen` listens. Default: STREAMLL_LISTEN_URL, else http://127.0.0.1:4318.
    token: what it requires. Default: STREAMLL_LISTEN_TOKEN.
    capture_inputs, capture_outputs: whether events show what calls were given and gave.
    max_chars: at most so much of each.
    max_queue: at most so many events wait to be posted.
    flush_timeout: at most so many seconds the end of the program waits for them.
    """

    def __init__(
        self,
        url=None,
        token=None,
        capture_inputs=True,
        capture_outputs=True,
        max_chars=8192,
        max_queue=10_000,
        flush_timeout=5.0,
    ):
        base = url or os.environ.get("STREAMLL_LISTEN_URL") or "http://127.0.0.1:4318"
        token = token or os.environ.get("STREAMLL_LISTEN_TOKEN")
        if not base.startswith(("http://", "https://")):
            raise ValueError('url: write one such as "http://127.0.0.1:4318"')
        self._poster = _Poster(f"{base.rstrip('/')}/v1/events", token, max_queue)
        self._capture_inputs = capture_inputs
        self._capture_outputs = capture_outputs
        self._max_chars = max_chars
        self._flush_timeout = flush_timeout
        self._reset()
        atexit.register(self._at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._in_child)

    def _reset(self):
        self._lock = threading.Lock()
        self._open = collections.OrderedDict()

    def _in_child(self):
        """A forked child has neither the thread, nor the calls and events, which its parent tells."""
        self._reset()
        self._poster.reset()

    @property
    def dropped(self):
        """How many events never reached `streamll listen`."""
        return self._poster.dropped

    def flush(self, timeout=5.0):
        """Waits until the events so far are posted. Whether they are."""
        return self._poster.flush(timeout)

    def _at_exit(self):
        try:
            with self._lock:
                calls = list(self._open.values())
                self._open.clear()
            for call in reversed(calls):
                self._cancel(call, "stop")
            if not self._poster.flush(self._flush_timeout):
                _log.warning("the program ended before all of its events were posted")
        except Exception as error:
            _log.warning("events could not be flushed: %s", type(error).__name__)

    def _start(self, kind, call_id, instance, inputs):
        parent_id = ACTIVE_CALL_ID.get()
        with self._lock:
            parent = self._open.get(parent_id)
        module_name, method_name, operation = _names(kind, instance)
        event = {
            "event_id": call_id,
            "execution_id": parent.execution_id if parent else uuid.uuid4().hex,
            "module_name": module_name,
            "method_name": method_name,
            "operation": operation,
            **({"parent_id": parent_id} if parent else {}),
        }
        call = _Call(kind, instance, event)
        with self._lock:
            self._open[call_id] = call
            oldest = self._open.popitem(last=False)[1] if len(self._open) > _MOST_OPEN else None
        if oldest is not None:
            self._cancel(oldest, "limit")
        data = {}
        if kind == "lm":
            data["model"] = str(getattr(instance, "model", "unknown"))
        if self._capture_inputs:
            data["inputs"] = [self._shown(inputs)]
        self._poster.put({**event, "event_type": "llm_start" if kind == "lm" else "start", "timestamp": _now(), "data": data})

    def _end(self, kind, call_id, outputs, exception):
        with self._lock:
            call = self._open.pop(call_id, None)
        if call is None:
            return
        if isinstance(exception, _CANCELLED):
            return self._cancel(call, None)
        data = self._learnt(call, outputs)
        if exception is not None:
            lines = traceback.format_exception(type(exception), exception, exception.__traceback__)
            data["error_type"] = type(exception).__name__
            data["error_message"] = _Values(self._max_chars).plain(str(exception))
            data["traceback"] = "".join(lines)[-self._max_chars :]
            return self._tell(call, "error", data)
        if self._capture_outputs:
            data["outputs"] = self._shown(outputs)
        self._tell(call, "llm_end" if kind == "lm" else "end", data)

    def _cancel(self, call, by):
        data = {"cancelled": True, **({"cancelled_by": by} if by else {})}
        self._tell(call, "llm_end" if call.kind == "lm" else "end", data)

    def _tell(self, call, event_type, data):
        data["duration_ms"] = round((time.perf_counter() - call.started) * 1000, 3)
        start = call.event
        own = {"event_id": f"{start['event_id']}-{event_type}", "parent_id": start["event_id"]}
        self._poster.put({**start, **own, "event_type": event_type, "timestamp": _now(), "data": data})

    def _shown(self, value):
        try:
            return _Values(self._max_chars).plain(value)
        except Exception as error:
            return f"[Cannot be read: {type(error).__name__}]"

    def _learnt(self, call, outputs):
        """Model, usage and finish reason of a call of a model, from the history that DSPy keeps."""
        if call.kind != "lm":
            return {}
        try:
            entry = _entry_of(call.instance, outputs)
            learnt = {"model": str(entry.get("response_model") or entry.get("model") or call.instance.model)}
            usage = _usage_of(entry.get("usage"))
            if usage:
                learnt["usage"] = usage
            choices = getattr(entry.get("response"), "choices", None)
            reason = getattr(choices[0], "finish_reason", None) if choices else None
            if isinstance(reason, str):
                learnt["finish_reason"] = reason
            return learnt
        except Exception:
            return {}


def _entry_of(instance, outputs):
    """The newest entry with these outputs: other threads may have called the same model since."""
    for entry in reversed(list(getattr(instance, "history", None) or [])[-50:]):
        if outputs is not None and entry.get("outputs") == outputs:
            return entry
    return {}


def _field(holder, name):
    return holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)


def _usage_of(usage):
    if not usage:
        return {}
    names = {
        "input_tokens": ("prompt_tokens", "input_tokens"),
        "output_tokens": ("completion_tokens", "output_tokens"),
        "total_tokens": ("total_tokens",),
    }
    found = {}
    for name, theirs in names.items():
        values = [_field(usage, one) for one in theirs]
        found[name] = next((value for value in values if isinstance(value, int)), None)
    found["cache_read_tokens"] = _field(_field(usage, "prompt_tokens_details"), "cached_tokens")
    found["reasoning_tokens"] = _field(_field(usage, "completion_tokens_details"), "reasoning_tokens")
    return {name: value for name, value in found.items() if isinstance(value, int)}


def _names(kind, instance):
    """Module, method and operation of a call."""
    owner = type(instance).__name__
    if kind == "lm":
        provider, slash, _ = str(getattr(instance, "model", "")).partition("/")
        return provider if slash else owner, "__call__", str(getattr(instance, "model_type", None) or "chat")
    if kind == "tool":
        return "tool", "__call__", str(getattr(instance, "name", None) or owner)
    method = {"module": "forward", "adapter_format": "format", "adapter_parse": "parse"}.get(kind, kind)
    return owner, method, method


def _now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")


def _quietly(act):
    """A callback that fails must not be the program's concern."""
    try:
        act()
    except Exception as error:
        _log.debug("an event could not be recorded: %s", type(error).__name__)


def _handlers(kind):
    def on_start(self, call_id, instance, inputs):
        _quietly(lambda: self._start(kind, call_id, instance, inputs))

    def on_end(self, call_id, outputs, exception=None):
        _quietly(lambda: self._end(kind, call_id, outputs, exception))

    return on_start, on_end


for _kind in ("module", "lm", "adapter_format", "adapter_parse", "tool", "evaluate", "compile"):
    for _when, _handler in zip(("start", "end"), _handlers(_kind)):
        setattr(StreamllCallback, f"on_{_kind}_{_when}", _handler)
