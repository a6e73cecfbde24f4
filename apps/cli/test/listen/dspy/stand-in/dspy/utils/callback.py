"""Stands for the module of DSPy 3, as its documentation describes it: who is called when, with which names.

Handlers are called by keyword. A start is told while ACTIVE_CALL_ID is still the call around; what a handler raises is
logged. A coroutine's end is told also when it is cancelled.
"""

import contextvars
import functools
import inspect
import logging
import uuid

ACTIVE_CALL_ID = contextvars.ContextVar("active_call_id", default=None)

KINDS = ("module", "lm", "adapter_format", "adapter_parse", "tool", "evaluate", "compile")


class BaseCallback:
    pass


def _ignored(self, call_id, **told):
    return None


for _kind in KINDS:
    setattr(BaseCallback, f"on_{_kind}_start", _ignored)
    setattr(BaseCallback, f"on_{_kind}_end", _ignored)


class _Told:
    """Tells the callbacks of one call; a context manager around it."""

    def __init__(self, kind, instance, inputs):
        import dspy

        self.kind, self.instance, self.inputs = kind, instance, inputs
        self.callbacks = [*dspy.settings.callbacks, *getattr(instance, "callbacks", [])]
        self.outputs = None

    def __enter__(self):
        self.id = uuid.uuid4().hex
        self._tell("start", instance=self.instance, inputs=self.inputs)
        self.around = ACTIVE_CALL_ID.get()
        ACTIVE_CALL_ID.set(self.id)
        return self

    def __exit__(self, kind, exception, trace):
        ACTIVE_CALL_ID.set(self.around)
        self._tell("end", outputs=self.outputs, exception=exception)

    def _tell(self, when, **told):
        for callback in self.callbacks:
            try:
                getattr(callback, f"on_{self.kind}_{when}")(call_id=self.id, **told)
            except Exception as error:
                logging.getLogger("dspy").warning("RAISED %s", error)


def told_as(kind):
    def decorate(method):
        def inputs_of(instance, args, kwargs):
            given = inspect.getcallargs(method, instance, *args, **kwargs)
            given.pop("self")
            return given

        @functools.wraps(method)
        def call(self, *args, **kwargs):
            with _Told(kind, self, inputs_of(self, args, kwargs)) as told:
                told.outputs = method(self, *args, **kwargs)
                return told.outputs

        @functools.wraps(method)
        async def acall(self, *args, **kwargs):
            with _Told(kind, self, inputs_of(self, args, kwargs)) as told:
                told.outputs = await method(self, *args, **kwargs)
                return told.outputs

        return acall if inspect.iscoroutinefunction(method) else call

    return decorate
