// `npm run test:tokens [-- LINES]`: a file of so many tokens (1,000,000 unless told) into a table of the local DynamoDB, by a process that is killed in the
// middle and one that goes on; then all must be there, within 150 MB.
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
import { startMinistack } from "../local/ministack/ministack.ts";
import { printedProgress } from "../local/system/progress.ts";
import { createAws } from "../src/deploy/aws.ts";
import type { Said } from "./load-tokens/worker.ts";

const lines = Number(process.argv[2] ?? 1_000_000);
const mostMemory = 150;
const directory = mkdtempSync(path.join(tmpdir(), "ai-gate-tokens-"));
const file = path.join(directory, "tokens.jsonl");
const table = "tokens";
const worker = path.join(import.meta.dirname, "load-tokens/worker.ts");

function writeTokens(): void {
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
}

type Done = Extract<Said, { put: number }>;

/** @param killAt lines written after which the process is killed; 0 for never. */
function load(url: string, killAt: number): Promise<Done | undefined> {
  const child = fork(worker, [file, table], {
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    },
  });
  return new Promise((resolve) => {
    let done: Done | undefined;
    child.on("message", (said: Said) => {
      if ("put" in said) {
        done = said;
        return;
      }
      console.log(said.line);
      const written = Number(
        /^(\d+) of \d+ lines written/.exec(said.line)?.[1],
      );
      if (killAt > 0 && written >= killAt) child.kill("SIGKILL");
    });
    child.once("exit", () => resolve(done));
  });
}

writeTokens();
const ministack = await startMinistack({
  progress: printedProgress(),
  region: "eu-west-1",
});
try {
  process.env["AWS_ENDPOINT_URL"] = ministack.url;
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
  await load(ministack.url, lines / 2);
  const done = await load(ministack.url, 0);
  const { Table } = await client.send(
    new DescribeTableCommand({ TableName: table }),
  );
  const items = Table?.ItemCount ?? 0;
  console.log(
    `${items} of ${lines} tokens in the table; after the kill ${done?.put ?? 0} in ${Math.round(done?.seconds ?? 0)} s, at most ${Math.round(done?.memory ?? 0)} MB, of which ${Math.round(done?.memoryBefore ?? 0)} before the first line`,
  );
  const isGood = done !== undefined && items === lines;
  if (!isGood || done.memory > mostMemory) process.exitCode = 1;
} finally {
  await ministack.stop();
  rmSync(directory, { recursive: true });
}
