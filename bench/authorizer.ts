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

export async function benchAuthorizer(): Promise<void> {
  console.log(`bundle: ${statSync(bundle).size} bytes`);
  await benchVerify();
  const scratch = mkdtempSync(path.join(tmpdir(), "ai-gate-bench-"));
  const services = await startServices(tableSize);
  try {
    const call = caller(scratch, services);
    await benchStart(call, services);
    await benchDecisions(call);
  } finally {
    services.close();
    rmSync(scratch, { recursive: true });
  }
}

async function benchStart(call: Call, services: Services): Promise<void> {
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
  console.log(
    `cold start, median of 21 fresh processes: an empty handler ${empty.toFixed(1)} ms; the bundle ${(loaded - empty).toFixed(1)} ms more; with a secret and an issuer's keys fetched from this machine ${(ready - empty).toFixed(1)} ms more`,
  );
}

async function benchDecisions(call: Call): Promise<void> {
  const small = await call(settingsOf({ consumers: 10 }), 10, 1000);
  report("10 consumers, bundled", small.samples.flat(), small);
  const large = await call(settingsOf({ consumers: 10_000 }), 10_000, 2);
  report("10,000 consumers, bundled", large.samples.flat(), large);
  const table = settingsOf({ consumers: 1, table: true });
  const huge = await call(table, 5000, 2);
  const [first = [], again = []] = huge.samples;
  report("1,000,000 in the table, asked each time", first, huge);
  report("1,000,000 in the table, known for 30 s", again, huge);
}

function report(
  name: string,
  times: readonly number[],
  { init, memory }: Measured,
): void {
  // The first calls also compile the code.
  const warm = times.slice(Math.min(1000, times.length / 2));
  const figures = [0.5, 0.99].map((part) => quantile(warm, part).toFixed(0));
  console.log(
    `${name}: a decision takes ${figures[0] ?? ""} µs (p50), ${figures[1] ?? ""} µs (p99); INIT ${init.toFixed(0)} ms; ${(memory / 1e6).toFixed(0)} MB on top of Node`,
  );
}

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
