// A process of `npm run test:tokens`: loads a file as the action does, and says how far it is and what memory it took.
import { createReadStream } from "node:fs";
import { createAws } from "../../src/deploy/aws.ts";
import { loadTokens } from "../../src/deploy/tokens/load-tokens.ts";
import { createTokenCalls } from "../../src/deploy/tokens/token-calls.ts";

export interface Said {
  /** MB at most, until now. */
  readonly memory: number;
  readonly line?: string;
  /** In the end. */
  readonly put?: number;
  readonly seconds?: number;
}

const say = (said: Omit<Said, "memory">) =>
  process.send?.({
    ...said,
    memory: (process.resourceUsage().maxRSS * 1024) / 1e6,
  } satisfies Said);

async function load(file: string, table: string): Promise<void> {
  const aws = createAws(process.env);
  const started = performance.now();
  const calls = createTokenCalls(aws, { region: "eu-west-1", table });
  const { put } = await loadTokens(calls, {
    file,
    open: () => createReadStream(file),
    consumers: new Set(["customers"]),
    gateId: "acme.app/prod",
    log: (line) => say({ line }),
    signal: new AbortController().signal,
    now: Date.now,
  });
  say({ put, seconds: (performance.now() - started) / 1000 });
  process.disconnect();
}

const [, , file, table] = process.argv;
if (process.send && file && table) await load(file, table);
