"""As much of DSPy as the scene calls."""

from types import SimpleNamespace

from dspy.utils.callback import told_as

settings = SimpleNamespace(callbacks=[])


def configure(callbacks):
    settings.callbacks = callbacks


class Prediction:
    def __init__(self, **fields):
        self._fields = fields

    def toDict(self):
        return dict(self._fields)


class LM:
    def __init__(self, model, answers):
        self.model, self.model_type, self.history = model, "chat", []
        self.answers, self.key = answers, "s3cret"

    @told_as("lm")
    def __call__(self, prompt=None, messages=None, **kwargs):
        answer = self.answers(messages)
        usage = {"prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}
        choice = SimpleNamespace(finish_reason="stop")
        entry = {"outputs": [answer], "usage": usage, "response_model": f"{self.model}-2026"}
        self.history.append({**entry, "response": SimpleNamespace(choices=[choice])})
        return [answer]


class ChatAdapter:
    @told_as("adapter_format")
    def format(self, question):
        return [{"role": "user", "content": question}]

    @told_as("adapter_parse")
    def parse(self, completion):
        return {"answer": completion}


class Tool:
    def __init__(self, name, func):
        self.name, self.func = name, func

    @told_as("tool")
    def __call__(self, **kwargs):
        return self.func(**kwargs)


class Predict:
    def __init__(self, lm):
        self.lm, self.adapter = lm, ChatAdapter()

    @told_as("module")
    def __call__(self, **kwargs):
        messages = self.adapter.format(kwargs["question"])
        completion = self.lm(messages=messages, api_key=self.lm.key)[0]
        return Prediction(**self.adapter.parse(completion))


class Evaluate:
    @told_as("evaluate")
    def __call__(self, program, questions):
        return [program(question=question) for question in questions]
