"""The programs of dspy.test.ts; each prints what it got, as it would without a callback."""

import asyncio
import contextvars
import os
import sys
import threading
import time

import dspy
import streamll_dspy
from dspy.utils.callback import told_as

tried = []


def answer(messages):
    question = messages[0]["content"]
    if question == "fails once" and not tried:
        tried.append(1)
        raise TimeoutError("overloaded")
    time.sleep(0.01)
    return f"on {question}"


def no_books(query):
    raise LookupError(f"nothing on {query}")


class Agent:
    def __init__(self):
        self.predict = dspy.Predict(dspy.LM("openai/gpt-5", answer))
        self.search = dspy.Tool("search", no_books)

    @told_as("module")
    def __call__(self, question):
        try:
            self.search(query=question)
        except LookupError as error:
            print(error)
        for _ in range(2):
            try:
                return self.predict(question=question)
            except TimeoutError:
                pass


class Slow:
    @told_as("module")
    async def __call__(self, question):
        await asyncio.sleep(60)


class Unreadable:
    @told_as("module")
    def __call__(self, question):
        return self

    def toDict(self):
        raise RuntimeError("not now")


async def broken_off():
    task = asyncio.create_task(Slow()(question="slow"))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])


def in_threads(*works):
    threads = [threading.Thread(target=contextvars.copy_context().run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def tree():
    agent = Agent()
    print(agent(question="fails once").toDict()["answer"])
    predict = dspy.Predict(dspy.LM("openai/gpt-5", answer))
    in_threads(*[lambda name=name: predict(question=name) for name in ("one", "other")])
    dspy.Evaluate()(predict, ["first", "second"])
    asyncio.run(broken_off())
    Unreadable()(question=float("nan"))


def many():
    predict = dspy.Predict(dspy.LM("openai/gpt-5", lambda messages: "x" * 1000))
    for number in range(100):
        predict(question=str(number))
    print(f"dropped {callback.dropped}")


def forked():
    predict = dspy.Predict(dspy.LM("openai/gpt-5", answer))
    predict(question="before")
    child = os.fork()
    predict(question="parent" if child else "child")
    if child:
        os.waitpid(child, 0)


callback = streamll_dspy.StreamllCallback(flush_timeout=float(sys.argv[2]), max_queue=int(sys.argv[3]))
dspy.configure(callbacks=[callback])
globals()[sys.argv[1]]()
print("done")
