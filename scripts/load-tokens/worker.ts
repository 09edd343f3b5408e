// A process of `npm run test:tokens`: loads a file as the action does, and says how far it is and what memory it took.
import { createReadStream } from "node:fs";
import { createAws } from "../../src/deploy/aws.ts";
import { loadTokens } from "../../src/deploy/tokens/load-tokens.ts";
import { createTokenCalls } from "../../src/deploy/tokens/token-calls.ts";

export type Said =
  | { readonly line: string }
  | {
      readonly put: number;
      /** MB at most, and those that Node and the SDK had before the first line was read. */
      readonly memory: number;
      readonly memoryBefore: number;
      readonly seconds: number;
    };

const mostMemory = () => process.resourceUsage().maxRSS / 1000;

async function load(file: string, table: string): Promise<void> {
  const aws = createAws(process.env);
  const started = performance.now();
  const calls = createTokenCalls(aws, { region: "eu-west-1", table });
  await calls.read(["none"]);
  const memoryBefore = mostMemory();
  const { put } = await loadTokens(calls, {
    file,
    open: () => createReadStream(file),
    consumers: new Set(["customers"]),
    gateId: "acme.app/prod",
    log: (line) => process.send?.({ line } satisfies Said),
    signal: new AbortController().signal,
    now: Date.now,
  });
  process.send?.({
    put,
    memory: mostMemory(),
    memoryBefore,
    seconds: (performance.now() - started) / 1000,
  } satisfies Said);
  process.disconnect();
}

const [, , file, table] = process.argv;
if (process.send && file && table) await load(file, table);
