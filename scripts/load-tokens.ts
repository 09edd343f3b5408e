// `npm run test:tokens [-- LINES]`: a file of so many tokens (1,000,000 unless told) into a table of the local DynamoDB, by a process that is killed in the
// middle and one that goes on; then all must be there. Neither may take more than 200 MB on top of a process that loads 1,000 tokens.
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { build } from "esbuild";
import { startMinistack } from "../local/ministack/ministack.ts";
import { printedProgress } from "../local/system/progress.ts";
import { createAws } from "../src/deploy/aws.ts";
import type { Said } from "./load-tokens/worker.ts";

const lines = Number(process.argv[2] ?? 1_000_000);
/** MB: of Node's heap, which grows to about 130 MB before it is collected, and 36 MB of what tells two lines with the same hash. */
const mostGrowth = 200;
const fewLines = 1000;
const directory = mkdtempSync(path.join(tmpdir(), "ai-gate-tokens-"));
const table = "tokens";
const worker = path.join(directory, "worker.mjs");

/** As the action runs: Node takes 35 MB to read TypeScript. */
async function bundleWorker(): Promise<void> {
  const { dirname } = import.meta;
  await build({
    entryPoints: [path.join(dirname, "load-tokens/worker.ts")],
    outfile: worker,
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "node24",
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
}

function writeTokens(name: string, lines: number): string {
  const file = path.join(directory, name);
  const handle = openSync(file, "w");
  for (let at = 0; at < lines; at += 1000) {
    const some = Array.from({ length: Math.min(1000, lines - at) }, (_, more) =>
      JSON.stringify({
        hash: createHash("sha256")
          .update(`token ${at + more}`)
          .digest("hex"),
        consumer: "customers",
        caller: `customer-${at + more}`,
      }),
    );
    writeSync(handle, `${some.join("\n")}\n`);
  }
  closeSync(handle);
  return file;
}

/** @param killAt lines written after which the process is killed; 0 for never. @returns what it said last. */
function load(file: string, url: string, killAt = 0): Promise<Said> {
  const child = fork(worker, [file, table], {
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    },
  });
  return new Promise((resolve) => {
    let last: Said = { memory: 0 };
    child.on("message", (said: Said) => {
      last = said;
      if (said.line === undefined) return;
      console.log(said.line);
      const written = Number(
        /^(\d+) of \d+ lines written/.exec(said.line)?.[1],
      );
      if (killAt > 0 && written >= killAt) child.kill("SIGKILL");
    });
    child.once("exit", () => resolve(last));
  });
}

async function makeTable(url: string): Promise<DynamoDBClient> {
  process.env["AWS_ENDPOINT_URL"] = url;
  const aws = createAws({
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  });
  const client = new DynamoDBClient(aws.config("eu-west-1"));
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "hash", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "hash", AttributeType: "S" }],
    }),
  );
  return client;
}

await bundleWorker();
const few = writeTokens("few.jsonl", fewLines);
const all = writeTokens("all.jsonl", lines);
const ministack = await startMinistack({
  progress: printedProgress(),
  region: "eu-west-1",
});
try {
  const { url } = ministack;
  const client = await makeTable(url);
  const small = await load(few, url);
  const killed = await load(all, url, lines / 2);
  const done = await load(all, url);
  const { Table } = await client.send(
    new DescribeTableCommand({ TableName: table }),
  );
  const items = Table?.ItemCount ?? 0;
  const growth = Math.max(killed.memory, done.memory) - small.memory;
  const rounded = (value = 0) => Math.round(value);
  console.log(
    `${items} of ${lines} tokens in the table; after the kill ${done.put ?? 0} in ${rounded(done.seconds)} s. MB at most: ${rounded(small.memory)} with ${fewLines} tokens, ${rounded(killed.memory)} until the kill, ${rounded(done.memory)} after it`,
  );
  const isWhole =
    items === lines && done.put !== undefined && small.put === fewLines;
  if (!isWhole || growth > mostGrowth) process.exitCode = 1;
} finally {
  await ministack.stop();
  rmSync(directory, { recursive: true });
}
