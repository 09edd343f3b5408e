// What the authorizer costs: its bundle, its cold start, a signature, and a decision at three sizes of gate.
import { fork } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { environment, settingsOf } from "./authorizer-gate.ts";
import { type Services, startServices } from "./authorizer-services.ts";
import { benchVerify } from "./authorizer-verify.ts";
import type { Found, Measure } from "./figures.ts";
import { median, quantile } from "./statistics.ts";

const bundle = path.join(
  import.meta.dirname,
  "..",
  "dist/authorizer/index.mjs",
);
const tableSize = 1_000_000;

interface Measured {
  readonly init: number;
  /** Microseconds, one list a round. */
  readonly samples: readonly (readonly number[])[];
  readonly memory: number;
}

/** Calls a function in a fresh process. */
type Call = (
  settings: string | undefined,
  distinct?: number,
  rounds?: number,
) => Promise<Measured>;

export async function benchAuthorizer(): Promise<Found> {
  const size: Measure = {
    what: "the authorizer's bundle",
    value: statSync(bundle).size,
    unit: "bytes",
  };
  const verified = await benchVerify();
  const scratch = mkdtempSync(path.join(tmpdir(), "ai-gate-bench-"));
  const services = await startServices(tableSize);
  try {
    const call = caller(scratch, services);
    const started = await benchStart(call, services);
    const decided = await benchDecisions(call);
    return { measures: [...decided, ...started, size, ...verified] };
  } finally {
    services.close();
    rmSync(scratch, { recursive: true });
  }
}

/** Medians of 21 fresh processes each, in turn. */
async function benchStart(call: Call, services: Services): Promise<Measure[]> {
  const plain = settingsOf({ consumers: 10 });
  const fetching = settingsOf({
    consumers: 10,
    issuers: [issuerAt(services.keys)],
    upstreams: { openai: { prefix: "Bearer ", secret } },
  });
  const cases = [undefined, plain, fetching];
  const samples = cases.map((): number[] => []);
  for (let round = 0; round < 21; round += 1)
    for (const [index, settings] of cases.entries())
      samples[index]?.push((await call(settings)).init);
  const [empty = 0, loaded = 0, ready = 0] = samples.map(median);
  return [
    {
      what: "cold start, over an empty handler's",
      value: loaded - empty,
      unit: "ms",
    },
    {
      what: "the same, with a secret and an issuer's keys to fetch",
      value: ready - empty,
      unit: "ms",
    },
  ];
}

async function benchDecisions(call: Call): Promise<Measure[]> {
  const small = await call(settingsOf({ consumers: 10 }), 10, 1000);
  const large = await call(settingsOf({ consumers: 10_000 }), 10_000, 2);
  const table = settingsOf({ consumers: 1, table: true });
  const huge = await call(table, 5000, 2);
  const [first = [], again = []] = huge.samples;
  return [
    ...decision("10 consumers in the file", small.samples.flat()),
    ...loading("10 consumers in the file", small),
    ...decision("10,000 consumers in the file", large.samples.flat()),
    ...loading("10,000 consumers in the file", large),
    ...decision("1,000,000 tokens in the table, one not seen before", first),
    ...decision("1,000,000 tokens in the table, one seen", again),
    ...loading("1,000,000 tokens in the table", huge),
  ];
}

function decision(name: string, times: readonly number[]): Measure[] {
  // The first calls also compile the code.
  const warm = times.slice(Math.min(1000, times.length / 2));
  return ([0.5, 0.99] as const).map((part) => ({
    what: `decision about a call, ${name}: p${part * 100}`,
    value: quantile(warm, part),
    unit: "µs",
  }));
}

const loading = (name: string, { init, memory }: Measured): Measure[] => [
  { what: `loading, ${name}`, value: init, unit: "ms" },
  {
    what: `memory on top of Node, ${name}`,
    value: memory / 1e6,
    unit: "MB",
  },
];

function caller(scratch: string, services: Services): Call {
  const authority = path.join(scratch, "authority.pem");
  writeFileSync(authority, services.authority);
  const env = {
    ...environment,
    PATH: process.env["PATH"],
    NODE_EXTRA_CA_CERTS: authority,
    AWS_ENDPOINT_URL: services.aws,
  };
  let made = 0;
  return (settings, distinct = 0, rounds = 0) => {
    made += 1;
    const directory = path.join(scratch, String(made));
    mkdirSync(directory);
    const file = path.join(directory, "index.mjs");
    if (settings === undefined)
      writeFileSync(file, "export const handler = () => ({});");
    else {
      copyFileSync(bundle, file);
      writeFileSync(path.join(directory, "settings.json"), settings);
    }
    return measure([file, String(distinct), String(rounds)], env);
  };
}

function measure(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Measured> {
  const script = path.join(import.meta.dirname, "authorizer-calls.ts");
  return new Promise((resolve, reject) => {
    // Its log lines go nowhere.
    const child = fork(script, args, {
      env,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    let measured: Measured | undefined;
    child.on("message", (message) => (measured = message as Measured));
    child.on("exit", () => {
      if (measured) resolve(measured);
      else reject(new Error("the authorizer failed, see above"));
    });
  });
}

const secret = {
  store: "secrets-manager",
  arn: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:bench",
};

const issuerAt = (uri: string) => ({
  name: "staff",
  issuer: "https://issuer.example",
  audiences: ["bench"],
  audienceClaim: "aud",
  algorithms: ["RS256"],
  keys: { uri },
  clockSkew: 30,
  conditions: [],
});
