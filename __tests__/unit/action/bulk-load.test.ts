// `load-tokens` with a file that cannot be read, or no longer: one line, as for every other file of the workspace.
import {
  chmodSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { AwsContext } from "../../../src/action/context.ts";
import { runLoad } from "../../../src/action/stack/bulk-load.ts";
import { sha256 } from "../../../src/deploy/names.ts";
import { summarizeGate } from "../../../src/diff/summary.ts";
import "../../../src/deploy/tokens/load-tokens.ts";
import "../../../src/deploy/tokens/token-calls.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";
import { hostWith } from "../../fixtures/host.ts";
import { consumer, gate } from "../../fixtures/proof-gates.ts";

let workspace: string;
let file: string;
beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), "ai-gate-tokens-"));
  chmodSync(workspace, 0o755);
  file = path.join(workspace, "tokens.jsonl");
  const line = { hash: sha256("a"), consumer: deployed.consumers[0]?.id };
  writeFileSync(file, JSON.stringify(line));
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

const deployed = gate({
  auth: { mode: "built-in", cacheTtl: 0, store: "dynamodb", issuers: [] },
  consumers: [consumer("customers", "*")],
});

/** @param onChecked what happens between the two times that the file is read. */
async function load(onChecked: () => void = () => undefined) {
  const { asked, aws } = fakeAws({
    "dynamodb BatchGetItem": { body: "{}" },
    "dynamodb BatchWriteItem": { body: "{}" },
  });
  const log = (line: string) => {
    if (line.endsWith("all usable")) onChecked();
  };
  const value = summarizeGate(deployed, { sha256 });
  const done = await runLoad({ summary: { value, secret: false } }, {
    aws,
    host: hostWith({ log }),
    inputs: { tokensFile: "tokens.jsonl" },
    job: { workspace, repository: "acme/app" },
    target: { region: "eu-west-1", stack: "prod" },
  } as unknown as AwsContext);
  return { ...done, writes: asked.filter((one) => one.endsWith("WriteItem")) };
}

test("a file that can be read is loaded", async () => {
  const { failure, tokens, writes } = await load();
  expect({ failure, tokens }).toEqual({
    failure: undefined,
    tokens: { put: 1, removed: 0 },
  });
  expect(writes).toHaveLength(1);
});

const refused = (code: string) => ({
  tokens: undefined,
  writes: [],
  failure: {
    reason: "invalid-input",
    problems: [
      {
        where: "tokens-file",
        message: `"tokens.jsonl" cannot be read (${code}): correct its permissions`,
      },
    ],
  },
});

test("a file that the runner's user may not read", async () => {
  chmodSync(file, 0o000);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  const done = await load().finally(() => {
    if (isRoot) process.seteuid?.(0);
  });
  expect(done).toMatchObject(refused("EACCES"));
});

test.each<[string, () => void, string]>([
  ["removed", () => rmSync(file), "ENOENT"],
  [
    "replaced by a link",
    () => {
      renameSync(file, `${file}.1`);
      symlinkSync(`${file}.1`, file);
    },
    "ELOOP",
  ],
])("a file that is %s once it was checked", async (_, change, code) => {
  expect(await load(change)).toMatchObject(refused(code));
});
