import { setTimeout as sleep } from "node:timers/promises";
import { unreadable } from "@streamll/brokers";
import { circumstances, commandLine, endWith, UsageError, writeBetween } from "@streamll/evidence";
import { chaosText } from "./chaos-text.js";
import { bringAbout, brokerFaults, brokerKinds, networkFaults, networkKinds } from "./faults.js";
import { fleet } from "./fleet.js";
import { wrongs } from "./judge.js";
import { watched } from "./progress.js";
import { Random } from "./random.js";
import { Rig } from "./rig.js";
import { paces, track } from "./schedule.js";
import { seenOf } from "./seen.js";

const HELP = `Random faults, one after another and two at a time, over the load of several sinks; then every event is accounted for.

  npm run chaos -- [options]

  --minutes 10   how long (default 10)
  --seed 7       the same faults again (default: a new one, which is printed)
  --on 4.0       the broker's version begins so (default: the newest)
  --rate 2000-8000
                 events a second, of all sinks together
  --timeline     show all that happened, also where nothing was wrong
  --record       write what came out to docs/evidence/endurance.md
  --help`;

const { values } = commandLine({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    on: { type: "string", default: "" },
    rate: { type: "string", default: "2000-8000" },
    timeline: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const PAGE = "evidence/endurance.md";

/** Of the program with its four sinks. */
const RSS_LIMIT = 400e6;

if (values.help) console.log(HELP);
else await endWith(chaos);

async function chaos(): Promise<number> {
  const reason = unreadable();
  if (reason !== undefined) throw new Error(`chaos ${reason}`);
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  const [least = Number.NaN, most = least] = values.rate.split("-").map(Number);
  if (!(minutes > 0 && Number.isInteger(seed) && least > 0 && most >= least))
    throw new UsageError("--minutes, --seed or --rate is no number that fits");
  const ms = minutes * 60_000;
  const random = new Random(seed);
  const network = track(networkKinds, { random, ms, sinks: fleet.length });
  const broker = track(brokerKinds, { random, ms, sinks: fleet.length });
  const pace = paces(random, ms, [least, most]);
  console.error(`seed ${seed}, ${minutes} minutes, ${least} to ${most} events a second`);

  const rig = await Rig.with(fleet, values.on);
  try {
    await rig.start(pace[0]!.perSecond);
    const startMs = rig.now;
    const shift = <T extends { readonly atMs: number }>(plan: T): T => ({
      ...plan,
      atMs: plan.atMs + startMs,
    });
    const current = new Map<string, string>();
    using _ = watched(
      rig,
      (line) => console.error(line),
      () => `; now: ${[...current.values()].join(", ")}`,
    );
    const until = startMs + ms;
    const tell = (track: string) => (plan: { readonly kind: string } | undefined) =>
      void current.set(track, plan?.kind ?? "calm");
    const [ofNetwork, ofBroker] = await Promise.all([
      bringAbout(rig, network.map(shift), networkFaults, { until, now: tell("network") }),
      bringAbout(rig, broker.map(shift), brokerFaults, { until, now: tell("broker") }),
      (async () => {
        for (const { atMs, perSecond } of pace.map(shift)) {
          await sleep(Math.max(0, atMs - rig.now));
          rig.note(`load: ${perSecond} events/s`);
          rig.do({ do: "rate", perSecond });
        }
        await sleep(Math.max(0, until - rig.now));
      })(),
    ]);
    const seconds = (rig.now - startMs) / 1000;
    console.error("no more load");
    await rig.settle();
    console.error("stopping, and reading what is left");
    const exit = await rig.finish();
    const run = seenOf(rig, exit);
    const wrong = wrongs(run, RSS_LIMIT);
    const text = chaosText(run, {
      seconds,
      faults: { ...ofNetwork, ...ofBroker },
      loop: rig.sample.loop,
      rssLimit: RSS_LIMIT,
      command: `npm run chaos -- --minutes ${minutes} --seed ${seed}${values.on && ` --on ${values.on}`}`,
      version: rig.broker.version,
    });
    if (wrong.length > 0 || values.timeline) console.log(rig.timeline.join("\n"));
    console.log(text);
    for (const one of wrong) console.log(`WRONG ${one}`);
    if (wrong.length > 0) console.log(`seed ${seed}`);
    else if (values.record) await writeBetween(PAGE, "chaos", `${circumstances()}\n\n${text}`);
    return wrong.length === 0 ? 0 : 1;
  } catch (error) {
    console.log(rig.timeline.join("\n"));
    console.log(`seed ${seed}: ${error}`);
    return 1;
  } finally {
    await rig[Symbol.asyncDispose]();
  }
}
