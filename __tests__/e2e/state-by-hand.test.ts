// The commands of docs/state.md, as they stand there, with the real engine's CLI: only names, endpoint and version are put in. After each
// an `up` has nothing to do. `aws` is a stand-in (fixtures/aws-cli.ts).
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { createAws } from "../../src/deploy/aws.ts";
import { provideEngine } from "../../local/tools/engine.ts";
import { silentProgress } from "../../local/system/progress.ts";
import {
  callAws,
  type Rig,
  rest,
  restOf,
  type Run,
  startRig,
} from "../fixtures/action-rig.ts";
import type { RunOptions } from "../fixtures/runner.ts";

jest.setTimeout(300_000);

const root = path.join(import.meta.dirname, "../..");
const page = readFileSync(path.join(root, "docs/state.md"), "utf8");
const blocks = new Map(
  [...page.matchAll(/<!-- run: (\w+) -->\n\n```sh\n(.*?)```/gs)].map(
    ([, name = "", text = ""]) => [name, text] as const,
  ),
);

const managed = "ai-gate-state-000000000000-eu-west-1-an";
let rig: Rig;
let bin: string;
let enginePath: string;
let endpoint: string;
const aws = () => createAws(rig.cloud.env);

beforeAll(async () => {
  rig = await startRig();
  endpoint = rig.cloud.gateway.url;
  enginePath = path.join((await provideEngine(silentProgress)).root, "bin");
  bin = mkdtempSync(path.join(rig.cloud.directory, "bin-"));
  const cli = path.join(root, "__tests__/fixtures/aws-cli.ts");
  writeFileSync(
    path.join(bin, "aws"),
    `#!/bin/sh\nexec "${process.execPath}" --no-warnings "${cli}" "$@"\n`,
  );
  chmodSync(path.join(bin, "aws"), 0o755);
  const s3 = new S3Client({ ...aws().config("eu-west-1"), endpoint });
  for (const Bucket of ["my-states", "other-states"])
    await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(() => rig.cloud.stop());

const urlOf = (bucket: string) =>
  `s3://${bucket}?region=eu-west-1&endpoint=${encodeURIComponent(endpoint)}&s3ForcePathStyle=true`;

/** Commands of the page, one block after the other in one shell, in an empty directory. */
async function byHand(
  stack: string,
  names: readonly string[],
  put: Readonly<Record<string, string>> = {},
): Promise<string> {
  const replaced: Readonly<Record<string, string>> = {
    111122223333: "000000000000",
    prod: stack,
    ...put,
  };
  const text = names
    .map((name) => blocks.get(name) ?? `exit 1 # ${name} is not on the page\n`)
    .join("\n");
  const script = Object.entries(replaced)
    .reduce((all, [from, to]) => all.replaceAll(from, to), text)
    // The local cloud is not where the real buckets are.
    .replaceAll(
      /s3:\/\/([\w-]+)\?region=eu-west-1'/g,
      (_, bucket: string) => `${urlOf(bucket)}'`,
    );
  const { stdout } = await promisify(execFile)("bash", ["-euc", script], {
    cwd: mkdtempSync(path.join(rig.cloud.directory, "by-hand-")),
    env: {
      ...rig.cloud.env,
      HOME: mkdtempSync(path.join(rig.cloud.directory, "home-")),
      PATH: `${bin}:${enginePath}:${process.env["PATH"] ?? ""}`,
      PULUMI_SKIP_UPDATE_CHECK: "true",
    },
  });
  return stdout;
}

const given = (inputs: Readonly<Record<string, string>> = {}): RunOptions => ({
  inputs: {
    // The managed bucket.
    backend: "",
    path: "score",
    upstream: "https://upstream.example.com/echo",
    tokens: "team-a=team-a.0123456789abcdefghijklmnopqrstuvwxyz",
    ...inputs,
  },
  environment: { PULUMI_CONFIG_PASSPHRASE: "" },
});

/** The state and its key are not the gate's resources. */
const restOfGate = (run: Run) =>
  restOf({
    ...run,
    writes: run.writes.filter(
      ({ service }) => !["kms", "s3", "ssm"].includes(service),
    ),
  });

test("every block of commands that is to be run is run here", () => {
  expect([...blocks.keys()]).toEqual([
    "open",
    "versions",
    "back",
    "move",
    "forget",
    "provider",
  ]);
  expect(page.match(/```sh/g)).toHaveLength(blocks.size);
});

test("back to an earlier version of the state; drift, refresh and up, and then nothing is to do", async () => {
  const first = await rig.up("back", given());
  const changed = given({ upstream: "https://upstream.example.com/other" });
  await rig.up("back", changed);
  const versions = (await byHand("back", ["versions"])).trim().split("\n");
  const file = ".pulumi/stacks/ai-gate.acme.app/back.json";
  const ids = versions
    .map((line) => line.split("\t"))
    .filter(([, , key]) => key === file)
    .map(([, id = ""]) => id);
  expect(ids.length).toBeGreaterThan(2);
  // Of the first `up`.
  const middle = await versionBefore(file, ids, "upstream.example.com/other");
  await byHand("back", ["versions", "back"], {
    "versionId=ID": `versionId=${middle}`,
  });
  const drift = await rig.run("drift", "back", changed);
  expect(drift.outputs["changed"]).toBe("true");
  const refreshed = await rig.run("refresh", "back", changed);
  expect(refreshed.code).toBe(0);
  const up = await rig.up("back", changed);
  expect(up.outputs["base-url"]).toBe(first.outputs["base-url"]);
  expect(restOfGate(await rig.up("back", changed))).toEqual(rest);
});

/** Of the versions, newest first, the newest that does not have the text. */
async function versionBefore(
  Key: string,
  ids: readonly string[],
  text: string,
): Promise<string> {
  const { GetObjectCommand } = await import("@aws-sdk/client-s3");
  const s3 = new S3Client({ ...aws().config("eu-west-1"), endpoint });
  for (const VersionId of ids) {
    const command = new GetObjectCommand({ Bucket: managed, Key, VersionId });
    const { Body } = await s3.send(command);
    if (!(await Body?.transformToString())?.includes(text)) return VersionId;
  }
  throw new Error("no earlier version");
}

test("from the managed bucket to another one, and the former place forgets it", async () => {
  const first = await rig.up("moved", given());
  expect(await byHand("moved", ["open"])).toContain("moved");
  await byHand("moved", ["open", "move"]);
  const there = given({ backend: urlOf("my-states") });
  const up = await rig.up("moved", there);
  expect(restOfGate(up)).toEqual(rest);
  expect(up.outputs["base-url"]).toBe(first.outputs["base-url"]);
  await byHand("moved", ["open", "forget"]);
  expect(await byHand("moved", ["open"])).not.toContain("moved");
  const still = await rig.up("moved", there);
  expect(restOfGate(still)).toEqual(rest);
  const bearer = "team-a.0123456789abcdefghijklmnopqrstuvwxyz";
  expect((await rig.call(still, "/score", bearer)).status).toBe(200);
});

test("from a directory to S3, and from there to another bucket", async () => {
  const url = `file://${rig.cloud.directory}/moving`;
  await rig.up("far", given({ backend: url }));
  const open = (from: string) => ({
    [`s3://${managed}?region=eu-west-1'`]: `${from}'`,
  });
  await byHand("far", ["open", "move"], open(url));
  const middle = given({ backend: urlOf("my-states") });
  expect(restOfGate(await rig.up("far", middle))).toEqual(rest);
  await byHand("far", ["open", "move"], {
    "my-states": "other-states",
    ...open(urlOf("my-states")),
  });
  const end = given({ backend: urlOf("other-states") });
  expect(restOfGate(await rig.up("far", end))).toEqual(rest);
});

test("a KMS key in place of the passphrase", async () => {
  await rig.up("keyed", given());
  const { KeyMetadata } = (await callAws(rig.cloud, {
    service: "kms",
    target: "TrentService.CreateKey",
    body: {},
  })) as { KeyMetadata: { KeyId: string } };
  await byHand("keyed", ["open", "provider"], {
    "alias/ai-gate": KeyMetadata.KeyId,
  });
  const provider = `awskms://${KeyMetadata.KeyId}?region=eu-west-1`;
  const up = await rig.up("keyed", given({ "secrets-provider": provider }));
  expect(restOfGate(up)).toEqual(rest);
});
