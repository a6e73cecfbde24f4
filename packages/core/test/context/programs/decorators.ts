import { configure, instrument, type StreamllEvent } from "../../../src/index.js";
import { nothing } from "./nothing.js";

const events: StreamllEvent[] = [];
configure({
  sinks: [
    {
      handleEvent: (event) => events.push(event as StreamllEvent) > 0,
      flush: async () => nothing,
      stop: async () => nothing,
    },
  ],
});

@instrument()
class RAG {
  static made = 0;
  readonly #documents = ["a"];

  constructor() {
    RAG.made++;
  }

  async answer(question: string): Promise<string> {
    return `${question}: ${await this.retrieve()}`;
  }

  @instrument({ operation: "look_up", tags: { step: "retrieve" } })
  async retrieve(): Promise<string> {
    return this.#documents.join();
  }
}

class Plain {
  // The decorator also works without parentheses.
  @instrument
  twice(n: number): number {
    return this.#double(n);
  }

  @instrument({ capture: { inputs: false } })
  #double(n: number): number {
    return 2 * n;
  }

  untold(): void {}
}

const rag = new RAG();
const answer = await rag.answer("why?");
const plain = new Plain();
plain.untold();
const twice = plain.twice(2);
console.log(
  JSON.stringify({
    answer,
    twice,
    same: rag instanceof RAG && RAG.name === "RAG" && RAG.made === 1,
    starts: events
      .filter(({ eventType }) => eventType === "start")
      .map(({ moduleName, methodName, operation, data, tags }) => [
        moduleName,
        methodName,
        operation,
        data.inputs,
        tags.step,
      ]),
  }),
);
