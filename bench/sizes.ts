// `npm run bench -- sizes`: what an `up` costs as a gate grows, in routes and in consumers: calls to AWS, by count, and its time, as a
// ratio: with the time that an answer of AWS takes, and with answers at once, as the local cloud gives them. All sizes take turns in
// one run, without the proof, which calls each route. With AI_GATE_TRUTH_RIG also with the real provider, at the distance of AWS alone.
import { setTimeout as sleep } from "node:timers/promises";
import { type Rig, startRig } from "../__tests__/fixtures/action-rig.ts";
import { bothPlugins } from "../__tests__/fixtures/plugins.ts";
import type { Found, Measure } from "./figures.ts";
import { answer } from "./limits.ts";
import { median } from "./statistics.ts";

const rounds = 3;

const routeCounts = [1, 10, 100, 250] as const;
const consumerCounts = [10, 10_000] as const;

interface Size {
  readonly name: string;
  /** The config file; a changed gate has one route more. */
  readonly config: (changed: boolean) => string;
}

interface Sample {
  /** Seconds. */
  readonly wall: number;
  readonly calls: number;
  /** Of them to API Gateway. */
  readonly gateway: number;
}

const gate = (routes: number, consumers: number, changed: boolean): string =>
  [
    "upstreams:",
    "  service: { url: https://api.openai.com/v1 }",
    "routes:",
    ...Array.from(
      { length: routes },
      (_, at) => `  - { path: /r${at}, upstream: service, methods: [POST] }`,
    ),
    ...(changed ? ["  - { path: /one-more, upstream: service }"] : []),
    "consumers:",
    ...Array.from({ length: consumers }, (_, at) => {
      const sha256 = (at + 1).toString(16).padStart(64, "0");
      return `  - { id: team-${at}, token: { sha256: "${sha256}" } }`;
    }),
  ].join("\n");

const sizeOf = (routes: number, consumers: number): Size => ({
  name: `r${routes}-c${consumers}`,
  config: (changed) => gate(routes, consumers, changed),
});

const byRoutes = routeCounts.map((count) => sizeOf(count, 1));
const byConsumers = consumerCounts.map((count) => sizeOf(1, count));

/** Seconds that a call to AWS takes here at least. */
const answers = { far: answer, near: 0 } as const;

type Place = keyof typeof answers;

type Kind = `${"first" | "changed"}, ${Place}`;

type Samples = Map<Kind, Sample[]>;

export async function benchSizes(): Promise<Found> {
  const all: Found[] = [];
  for (const [name, plugin] of bothPlugins) {
    const places =
      plugin === undefined ? (["far", "near"] as const) : (["far"] as const);
    const suffix = plugin === undefined ? "" : `, with ${name}`;
    all.push(found(await sizesWith(plugin, places), places, suffix));
  }
  const [{ lines } = {}] = all;
  return {
    measures: all.flatMap(({ measures }) => measures),
    ...(lines && { lines }),
  };
}

async function sizesWith(
  plugin: string | undefined,
  places: readonly Place[],
): Promise<ReadonlyMap<Size, Samples>> {
  const rig = await startRig({ plugin });
  const samples = new Map<Size, Samples>();
  try {
    for (let round = 0; round < rounds; round += 1)
      for (const size of [...byRoutes, ...byConsumers]) {
        const of: Samples = samples.get(size) ?? new Map<Kind, Sample[]>();
        samples.set(size, of);
        for (const where of places) {
          delayAnswers(rig, answers[where]);
          const stack = `${size.name}-${where}-${round}`;
          for (const what of ["first", "changed"] as const) {
            const config = size.config(what === "changed");
            const kind: Kind = `${what}, ${where}`;
            const sample = await measureUp(rig, stack, config);
            of.set(kind, [...(of.get(kind) ?? []), sample]);
          }
        }
      }
    return samples;
  } finally {
    await rig.cloud.stop();
  }
}

const delayAnswers = (rig: Rig, seconds: number): void =>
  rig.cloud.gateway.authorizeBy(
    seconds === 0
      ? undefined
      : async () => {
          await sleep(seconds * 1000);
          return undefined;
        },
  );

async function measureUp(
  rig: Rig,
  stack: string,
  config: string,
): Promise<Sample> {
  const { ledger } = rig.cloud.gateway;
  const before = ledger.length;
  const started = performance.now();
  const { code, stdout } = await rig.run("up", stack, {
    inputs: { proof: "false", comment: "false" },
    files: { "ai-gate.yml": config },
  });
  const wall = (performance.now() - started) / 1000;
  if (code !== 0) throw new Error(stdout.slice(-3000));
  const calls = ledger.slice(before);
  const gateway = calls.filter(({ service }) => service === "apigateway");
  return { wall, calls: calls.length, gateway: gateway.length };
}

function found(
  samples: ReadonlyMap<Size, Samples>,
  places: readonly Place[],
  suffix: string,
): Found {
  const of = (size: Size, kind: Kind, key: keyof Sample): number =>
    median((samples.get(size)?.get(kind) ?? []).map((sample) => sample[key]));
  const growth = (
    what: string,
    sizes: readonly Size[],
    most: number,
  ): Measure[] =>
    (["first", "changed"] as const).flatMap((kind) => {
      const all = (where: Place, key: keyof Sample) =>
        sizes.map((one) => of(one, `${kind}, ${where}`, key));
      const calls = all("far", "calls");
      const growthOf = (where: Place): number => {
        const walls = all(where, "wall");
        return (walls.at(-1) ?? NaN) / (walls[0] ?? NaN);
      };
      const up = kind === "first" ? "first `up`" : "`up` of a change";
      const time = `${up}, ${what}: time of the largest over the smallest`;
      const measures: Measure[] = [
        {
          what: `${up}, ${what}: calls to AWS, at most${suffix}`,
          value: Math.max(...calls),
          unit: "calls",
        },
        {
          what: `${up}, ${what}: calls more than with the fewest${suffix}`,
          value: Math.max(...calls) - Math.min(...calls),
          unit: "calls",
          bound: { most: 5 },
        },
        {
          what: `${time}, each call answered in ${answer} s${suffix}`,
          value: growthOf("far"),
          unit: "times",
          bound: { most },
        },
      ];
      if (places.includes("near"))
        measures.push({
          what: `${time}, answered at once`,
          value: growthOf("near"),
          unit: "times",
        });
      return measures;
    });
  return {
    measures: [
      ...growth("1 to 250 routes", byRoutes, 1.3),
      ...growth("10 to 10,000 consumers", byConsumers, 1.2),
    ],
    lines: {
      "this action": routeCounts.map((count, at) => {
        const size = byRoutes[at];
        return [count, size ? of(size, "first, far", "gateway") : NaN];
      }),
    },
  };
}
