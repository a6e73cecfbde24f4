// A test as a stranger writes it for Jest, which runs it in a vm context: Node's errors are of other classes there.
import { codeOfStart, deliver, type Errand } from "./deliver.js";

declare const test: (name: string, run: () => Promise<void>, timeoutMs: number) => void;
declare const expect: (value: unknown) => { toBe(expected: unknown): void };

export interface Refusal extends Pick<Errand, "options"> {
  readonly title: string;
  readonly code: string;
}

const { errands, refusals }: { errands: Errand[]; refusals: Refusal[] } = JSON.parse(
  process.env.STREAMLL_SMOKE ?? "",
);

for (const errand of errands) {
  test(`delivers to ${errand.options.amqpUrl}`, async () => void (await deliver(errand)), 30_000);
}
for (const { title, options, code } of refusals) {
  test(
    `${title} of ${options.amqpUrl} is ${code}`,
    async () => expect(await codeOfStart(options)).toBe(code),
    30_000,
  );
}
