// The bundle as it ships: written beside a settings file and called by Node in a process of its own, as Lambda does.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  settingsFile,
  sha256,
  signProof,
  tokenA,
  tokenB,
  tokenEvent,
  upstreamSecret,
} from "./fixtures.ts";

const root = join(__dirname, "..", "..");

/** Builds through Node itself: the build script is an ES module with `import.meta`, which Jest does not load. */
const buildScript = `
  import { buildAuthorizer } from ${JSON.stringify(join(root, "scripts", "build-authorizer.ts"))};
  process.stdout.write(await buildAuthorizer());`;

const runScript = `
  import { handler } from "./index.mjs";
  const events = JSON.parse(process.env.EVENTS);
  const outcomes = [];
  for (const event of events) outcomes.push(await handler(event).catch((error) => error.message));
  process.stdout.write(JSON.stringify({ outcomes, parameters: handler.length }) + "\\n");`;

interface Run {
  readonly code: number | null;
  readonly output: string;
  readonly lines: readonly string[];
}

function run(
  args: readonly string[],
  directory: string,
  environment: Record<string, string> = {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: directory,
      env: environment,
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ code, output, lines: output.trimEnd().split("\n") }),
    );
  });
}

let directory: string;
let bundle: string;
let store: Server;
let requests: { target: unknown; body: string }[];
let storeStatus: number;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "authorizer-"));
  await writeFile(join(directory, "build.mjs"), buildScript);
  bundle = (await run([join(directory, "build.mjs")], root)).output;
  await writeFile(join(directory, "index.mjs"), bundle);
  await writeFile(join(directory, "run.mjs"), runScript);
  store = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      requests.push({ target: request.headers["x-amz-target"], body });
      response.writeHead(storeStatus).end(
        JSON.stringify({
          SecretString: `${upstreamSecret}\n`,
          Parameter: { Value: "ssm-canary" },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => store.listen(0, "127.0.0.1", resolve));
});

afterAll(async () => {
  store.closeAllConnections();
  store.close();
  await rm(directory, { recursive: true });
});

beforeEach(async () => {
  requests = [];
  storeStatus = 200;
  await writeFile(
    join(directory, "settings.json"),
    JSON.stringify(settingsFile),
  );
});

const invoke = (...events: unknown[]) =>
  run(["run.mjs"], directory, {
    EVENTS: JSON.stringify(events),
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "AKID",
    AWS_SECRET_ACCESS_KEY: "secret-key-canary",
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(store.address() as AddressInfo).port}`,
  });

const outcomesOf = ({ lines }: Run) =>
  (JSON.parse(lines.at(-1) ?? "") as { outcomes: unknown[] }).outcomes;

test("it is small, and the same every time", async () => {
  expect(Buffer.byteLength(bundle)).toBeGreaterThan(10_000);
  expect(Buffer.byteLength(bundle)).toBeLessThanOrEqual(30_720);
  expect((await run([join(directory, "build.mjs")], root)).output).toBe(bundle);
});

test("it imports nothing statically, least of all node:http", () => {
  expect(bundle).not.toMatch(/(?:^|[;}\n])import[\s*{"'(]/);
  expect(bundle).not.toMatch(/\bfrom\s*["']/);
  expect(bundle).not.toContain("undici");
  expect(bundle).not.toContain(root);
});

test("it decides, with secrets fetched once at the start", async () => {
  const result = await invoke(
    tokenEvent(`Bearer ${tokenA}`),
    tokenEvent(`Bearer ${tokenB}`),
    tokenEvent(`Bearer ${signProof()}`),
    tokenEvent(`Bearer ${tokenA}x`),
    tokenEvent(""),
    { type: "REQUEST" },
  );
  expect(result.code).toBe(0);
  expect(outcomesOf(result)).toEqual([
    expect.objectContaining({
      principalId: "token:team-a",
      context: expect.objectContaining({
        upstream_openai: `Bearer ${upstreamSecret}`,
      }),
    }),
    expect.objectContaining({
      principalId: "token:team-b",
      context: expect.objectContaining({ upstream_openai: "none" }),
    }),
    expect.objectContaining({ principalId: "proof:team-a" }),
    "Unauthorized",
    "Unauthorized",
    "event-unexpected",
  ]);
  expect(result.output).toContain('"parameters":1');
  expect(requests.map(({ target }) => target).sort()).toEqual([
    "AmazonSSM.GetParameter",
    "secretsmanager.GetSecretValue",
  ]);
});

test("2.4 #40 it writes one JSON line a decision, without token or secret", async () => {
  const proof = signProof();
  const { lines } = await invoke(
    tokenEvent(`Bearer ${tokenA}`),
    tokenEvent(`Bearer ${proof}`),
    tokenEvent("Bearer wrong-canary"),
  );
  const log = lines.slice(0, -1);
  expect(
    log.map((line) => (JSON.parse(line) as { reason: string }).reason),
  ).toEqual(["ok", "ok", "token-unknown"]);
  for (const canary of [
    tokenA,
    proof,
    upstreamSecret,
    "ssm-canary",
    "secret-key-canary",
    "wrong-canary",
  ]) {
    expect(log.join("\n")).not.toContain(canary);
  }
  expect(log[0]).toContain(sha256(tokenA).slice(0, 12));
});

test("2.4 #39 with the secret store down the cold start goes on, and only who needs the secret gets a 500", async () => {
  storeStatus = 503;
  const result = await invoke(
    tokenEvent(`Bearer ${tokenA}`),
    tokenEvent(`Bearer ${tokenB}`),
    tokenEvent("Bearer x"),
  );
  expect(outcomesOf(result)).toEqual([
    "upstream-secret-unavailable",
    expect.objectContaining({ principalId: "token:team-b" }),
    "Unauthorized",
  ]);
  expect(result.output).toContain("HTTP 503");
});

test.each([
  ["that is missing", undefined],
  [
    "of another version",
    JSON.stringify({ ...settingsFile, version: 2, gate: "canary/canary" }),
  ],
  ["that is no JSON", "{canary"],
])("settings.json %s stops the cold start", async (_, text) => {
  if (text === undefined) await rm(join(directory, "settings.json"));
  else await writeFile(join(directory, "settings.json"), text);
  const { code, lines, output } = await invoke(tokenEvent(`Bearer ${tokenA}`));
  expect(code).not.toBe(0);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    decision: "error",
    reason: "settings-invalid",
  });
  expect(output).not.toContain("canary/");
  expect(output).not.toContain("outcomes");
});
