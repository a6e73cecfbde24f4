import {
  ConfigurationError,
  type Endpoint,
  type Transport,
  type TransportFactory,
  type TransportOptions,
} from "@streamll/core";
import { describe, expect, it, vi } from "vitest";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";
import { recorder } from "./recorder.js";

type Create = (options: TransportOptions, endpoints: readonly Endpoint[]) => Transport;

const factory = (own: Partial<TransportFactory> = {}) => ({
  schemes: ["mine"],
  create: vi.fn<Create>(() => recorder()),
  ...own,
});

const problemsOf = (options: RabbitMQSinkOptions): string[] => {
  try {
    new RabbitMQSink(options);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems.map(({ option, message }) => `${option}: ${message}`);
  }
};

const made = (
  amqpUrl: string | string[],
  own: Partial<TransportFactory> = {},
  more: RabbitMQSinkOptions = {},
) => {
  const one = factory(own);
  new RabbitMQSink({ amqpUrl, transports: [one], ...more });
  const [options, endpoints] = vi.mocked(one.create).mock.calls[0]!;
  return { options, endpoints };
};

describe("the schemes of a factory", () => {
  it.each([
    [["UP"], "up"],
    [["mine", "Mine"], "mine"],
    [["mine:"], "mine"],
    [["mine://"], "mine"],
    [["my_own"], "my-own"],
    [[""], undefined],
    [["1st"], undefined],
    [["mine "], undefined],
    [[7], undefined],
  ])("%j are refused where no URL can ask for them", (schemes, meant) => {
    const wrong = factory({ schemes: schemes as string[] });
    for (const given of [{ transports: [wrong] }, { transport: wrong }]) {
      const [problem = ""] = problemsOf({ ...given, amqpUrl: "up:" });
      expect(problem).toMatch(/^transports?: .*is not a scheme of a URL/);
      if (meant === undefined) expect(problem).not.toContain("write");
      else expect(problem).toContain(`: write ${JSON.stringify(meant)}`);
    }
  });

  it("are refused among tlsSchemes too, and where two factories have the same", () => {
    expect(problemsOf({ transports: [factory({ tlsSchemes: ["MINES"] })] })).toEqual([
      expect.stringContaining('write "mines"'),
    ]);
    expect(problemsOf({ transports: [factory(), factory()], amqpUrl: "mine:" })).toEqual([
      'transports: two factories have the scheme "mine"',
    ]);
  });

  it.each(["mine", "m", "redis-streams", "a+b", "a.b2"])("%s is taken", (scheme) => {
    expect(made(`${scheme}://h/`, { schemes: [scheme] }).endpoints).toHaveLength(1);
  });
});

describe("create", () => {
  it("gets the endpoints that connect will get, all of a cluster", () => {
    const { endpoints } = made(["mine://u:p@h1:7/a?x=1", "mine://h2/a?x=2"], { query: ["x"] });
    expect(endpoints).toMatchObject([
      { scheme: "mine", host: "h1", port: 7, username: "u", password: "p", path: "a", query: { x: "1" } },
      { scheme: "mine", host: "h2", query: { x: "2" } },
    ]);
  });

  it("gets none where the transport is given without a URL", () => {
    const transport = factory();
    const sink = new RabbitMQSink({ transport });
    expect(vi.mocked(transport.create).mock.calls[0]![1]).toEqual([]);
    expect(sink.explain().endpoints).toEqual(["recorder"]);
  });

  it("refuses a URL at construction", () => {
    const create: Create = (_options, [endpoint]) => {
      if (Number.isInteger(Number(endpoint?.query.maxlen))) return recorder();
      throw new ConfigurationError([{ option: "maxlen", message: "is no number" }]);
    };
    const own = factory({ query: ["maxlen"], create });
    expect(problemsOf({ amqpUrl: "mine://h/?maxlen=abc", transports: [own] })).toEqual([
      "maxlen: is no number",
    ]);
    expect(problemsOf({ amqpUrl: "mine://h/?maxlen=10", transports: [own] })).toEqual([]);
  });

  it.each([undefined, Promise.resolve(recorder()), {}, { connect: () => {} }])(
    "is told that what it gave is no transport: %s",
    (given) => {
      const own = factory({ create: () => given as never });
      expect(problemsOf({ amqpUrl: "mine:", transports: [own] })).toEqual([
        expect.stringContaining("create() of the transport mine returned no transport"),
      ]);
    },
  );
});

describe("TLS of a transport of one's own", () => {
  const tls = { ca: "pem", servername: "name" };

  it("reaches it by a scheme of its tlsSchemes", () => {
    const own = { tlsSchemes: ["mines"] };
    expect(made("mines://h/", own).options.tls).toEqual({ rejectUnauthorized: true });
    expect(made("mines://h/", own, { tls }).options.tls).toEqual({ ...tls, rejectUnauthorized: true });
    expect(made("mines://h/", own, { sslVerify: false }).options.tls).toEqual({ rejectUnauthorized: false });
    expect(made("mine://h/", own, { ssl: true }).options.tls).toEqual({ rejectUnauthorized: true });
    expect(made("mine://h/", own).options.tls).toBeUndefined();
  });

  it.each<[RabbitMQSinkOptions]>([[{ ssl: true }], [{ ssl: true, tls }], [{ tls }], [{ sslVerify: false }]])(
    "is refused where it has none: %j",
    (options) => {
      const problems = problemsOf({ amqpUrl: "mine://h/", transports: [factory()], ...options });
      expect(problems).toContainEqual(
        expect.stringContaining("the transport mine has no TLS: its factory names no tlsSchemes"),
      );
    },
  );

  it("is asked for by its scheme, where tls is set and the scheme is the plain one", () => {
    const transports = [factory({ tlsSchemes: ["mines"] })];
    expect(problemsOf({ amqpUrl: "mine://h/", transports, tls })).toEqual([
      "tls: needs TLS: use mines://, or ssl: true",
    ]);
  });

  it("is not switched off against the scheme", () => {
    const transports = [factory({ tlsSchemes: ["mines"] })];
    expect(problemsOf({ amqpUrl: "mines://u:secret@h/", transports, ssl: false })).toEqual([
      "ssl: is false, but mines://u:***@h/ asks for TLS: leave it out",
    ]);
  });
});

describe("what a transport of one's own would ignore", () => {
  it("in the query of its URL is refused, with the closest name", () => {
    const transports = [factory({ query: ["maxlen", "group"] })];
    expect(problemsOf({ amqpUrl: "mine://h/?maxlne=5&group=a", transports })).toEqual([
      'amqpUrl: the transport mine does not know the query parameter "maxlne"; allowed are maxlen, group; did you mean maxlen?',
    ]);
    expect(problemsOf({ amqpUrl: "mine://h/?a=b", transports: [factory()] })).toEqual([
      expect.stringContaining("allowed are none: its factory names none in query"),
    ]);
    expect(problemsOf({ amqpUrl: "memory:x?a=b" })).toEqual([expect.stringContaining('query parameter "a"')]);
  });

  const special: RabbitMQSinkOptions[] = [
    { sessionId: "{execution_id}" },
    { partitionKey: "{execution_id}" },
    { webSocket: true },
    { authProvider: "azure_managed_identity" },
    { credential: { getToken: async () => null } },
    { streamFilter: true },
    { streamAddressResolver: (address) => address },
    { stream: "s" },
    { streamMaxAgeHours: 1 },
    { streamMaxBytes: 1000 },
    { streamMaxSegmentSize: 1000 },
    { superStreamPartitions: 2 },
    { amqpVersion: "1.0" },
    { publisherName: "me" },
  ];

  it.each(special)("among the options is refused: %j", (options) => {
    const problems = problemsOf({ amqpUrl: "mine:", transport: factory(), ...options });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${Object.keys(options)[0]}: the transport (mine|recorder) `));
  });

  it("is taken where its broker deduplicates", () => {
    const create: Create = () => recorder({ deduplication: true });
    expect(problemsOf({ amqpUrl: "mine:", transports: [factory({ create })], publisherName: "me" })).toEqual(
      [],
    );
  });
});
