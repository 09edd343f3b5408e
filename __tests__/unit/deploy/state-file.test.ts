// What is read of a stack's state without the engine, and what is left to it.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createAws } from "../../../src/deploy/aws.ts";
import { readStateFile } from "../../../src/deploy/state-file.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "ai-gate-state-"));
  mkdirSync(path.join(directory, ".pulumi/stacks/acme"), { recursive: true });
  file = path.join(directory, ".pulumi/stacks/acme/prod.json");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const read = (backend = `file://${directory}`) =>
  readStateFile(
    { backend, project: "acme", stack: "prod", region: "eu-west-1" },
    createAws({}),
  );

const manifest = { time: "2026-12-01T00:00:00Z", version: "v3.259.0" };
const root = {
  type: "pulumi:pulumi:Stack",
  urn: "urn:pulumi:prod::acme::pulumi:pulumi:Stack::acme-prod",
};
const latest = {
  manifest,
  secrets_providers: { type: "passphrase", state: { salt: "v1:x" } },
  resources: [{ ...root, outputs: { region: "eu-west-1" } }],
  pending_operations: [],
};
const stored = (change: object = {}, version: unknown = 3): string =>
  JSON.stringify({
    version,
    checkpoint: { stack: "prod", latest: { ...latest, ...change } },
  });

test("a state comes as the engine would export it", async () => {
  writeFileSync(file, stored());
  expect(await read()).toEqual({ version: 3, deployment: latest });
});

test("one of a stack that has nothing yet, too", async () => {
  const empty = { manifest, metadata: {} };
  const checkpoint = { stack: "prod", latest: empty };
  writeFileSync(file, JSON.stringify({ version: 3, checkpoint }));
  expect(await read()).toEqual({ version: 3, deployment: empty });
});

test.each([
  { what: "none", text: undefined },
  { what: "an empty file", text: "" },
  { what: "half a file", text: stored().slice(0, 100) },
  { what: "a later version", text: stored({}, 4) },
  { what: "a version that is a text", text: stored({}, "3") },
  { what: "no checkpoint", text: '{"version":3}' },
  {
    what: "an export",
    text: JSON.stringify({ version: 3, deployment: latest }),
  },
  {
    what: "a checkpoint with nothing in it",
    text: '{"version":3,"checkpoint":{"stack":"prod"}}',
  },
  { what: "resources that are no list", text: stored({ resources: {} }) },
  {
    what: "a resource without a type",
    text: stored({ resources: [{ urn: "u" }] }),
  },
  { what: "a list", text: "[]" },
])("$what is left to the engine", async ({ text }) => {
  if (text !== undefined) writeFileSync(file, text);
  expect(await read()).toBeUndefined();
});

test.each(["", "https://api.pulumi.com", "gs://bucket", "azblob://container"])(
  'the backend "%s" is left to the engine',
  async (backend) => {
    writeFileSync(file, stored());
    expect(await read(backend)).toBeUndefined();
  },
);

test.each([
  { attributes: "", isKept: false },
  { attributes: '{"user.cache', isKept: false },
  { attributes: '{"md5":"x"}', isKept: true },
])(
  "of the files beside it `$attributes` is kept: $isKept",
  async ({ attributes, isKept }) => {
    writeFileSync(file, stored());
    writeFileSync(`${file}.attrs`, attributes);
    expect(await read()).toBeDefined();
    expect(existsSync(`${file}.attrs`)).toBe(isKept);
  },
);

const inBucket = async (backend: string, reply: object) => {
  const key = "team/.pulumi/stacks/acme/prod.json";
  const { asked, aws, requests } = fakeAws({
    [`s3 GET /states/${key}`]: reply,
  });
  const place = { project: "acme", stack: "prod", region: "eu-west-1" };
  const state = await readStateFile(
    { ...place, backend, owner: "111122223333" },
    aws,
  );
  return { asked, headers: requests[0]?.headers, state };
};

test("one in a bucket is asked for once, of the account that the bucket must be of", async () => {
  const backend = "s3://states/team?region=eu-central-1";
  const { asked, headers, state } = await inBucket(backend, { body: stored() });
  expect(state).toEqual({ version: 3, deployment: latest });
  expect(asked).toHaveLength(1);
  expect(headers).toMatchObject({
    "x-amz-expected-bucket-owner": "111122223333",
    authorization: expect.stringContaining("/eu-central-1/s3/"),
  });
});

test.each(["https://storage.example.com", "storage.example.com"])(
  "a bucket of a service at %s is asked for there",
  async (endpoint) => {
    const backend = `s3://states/team?endpoint=${encodeURIComponent(endpoint)}&s3ForcePathStyle=true`;
    const { headers, state } = await inBucket(backend, { body: stored() });
    expect(state).toBeDefined();
    expect(headers?.["host"]).toBe("storage.example.com");
  },
);

test.each(["NoSuchKey", "AccessDenied"])(
  "a bucket that answers %s is left to the engine",
  async (errorCode) => {
    const reply = { status: errorCode === "NoSuchKey" ? 404 : 403, errorCode };
    const { state } = await inBucket("s3://states/team", reply);
    expect(state).toBeUndefined();
  },
);
