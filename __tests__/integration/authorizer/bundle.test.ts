// The bundle as it ships: written beside a settings file and called by Node in a process of its own, as Lambda does.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority } from "../../../local/system/certificates.ts";
import {
  customGate,
  eventOf,
  headerEvent,
  invocation,
  settingsFile,
  sha256,
  signProof,
  tokenA,
  tokenB,
  upstreamSecret,
  withBearer,
} from "../../fixtures/authorizer.ts";
import {
  auth0,
  consumersFile,
  issuersFile,
  rsaJwk,
  sign,
} from "../../fixtures/issuers.ts";

const root = join(__dirname, "..", "..", "..");

/** Builds through Node itself: the build script is an ES module with `import.meta`, which Jest does not load. */
const buildScript = `
  import { buildAuthorizer } from ${JSON.stringify(join(root, "scripts", "build-authorizer.ts"))};
  process.stdout.write(await buildAuthorizer());`;

const runScript = `
  import { handler } from "./index.mjs";
  const events = JSON.parse(process.env.EVENTS);
  const context = ${JSON.stringify(invocation)};
  const outcomes = [];
  for (const event of events) outcomes.push(await handler(event, context).catch((error) => error.message));
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

const tableToken = "in-the-table-Zq8Wx7Ec6Rv5Tb4Yn3Um2";
let directory: string;
let bundle: string;
let store: Server;
let requests: { target: unknown; body: string }[];
let storeStatus: number;
let authority: string | undefined;

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
      const target =
        request.headers["x-amz-target"] ??
        request.headers["x-amz-invocation-type"] ??
        request.url;
      requests.push({ target, body });
      response.writeHead(storeStatus).end(
        JSON.stringify({
          SecretString: `${upstreamSecret}\n`,
          Parameter: { Value: "ssm-canary" },
          ...(body.includes(sha256(tableToken)) && {
            Item: {
              hash: { S: sha256(tableToken) },
              consumer: { S: "team-a" },
            },
          }),
          principalId: "user",
          policyDocument: {
            Statement: { Action: "*", Effect: "Allow", Resource: "*" },
          },
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
    ...(authority && { NODE_EXTRA_CA_CERTS: authority }),
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
  expect(Buffer.byteLength(bundle)).toBeLessThanOrEqual(60 * 1024);
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
    eventOf(withBearer(tokenA)),
    headerEvent(`Bearer ${tokenB}`),
    headerEvent(`Bearer ${signProof()}`),
    headerEvent(`Bearer ${tokenA}x`),
    headerEvent(""),
    { type: "TOKEN" },
  );
  expect(result.code).toBe(0);
  expect(outcomesOf(result)).toEqual([
    expect.objectContaining({
      principalId: "token:team-a",
      context: {
        consumer: "team-a",
        mode: "token",
        credential: `Bearer ${upstreamSecret}`,
      },
    }),
    expect.objectContaining({
      principalId: "token:team-b",
      context: { consumer: "team-b", mode: "token" },
    }),
    expect.objectContaining({ principalId: "proof:ai-gate-action:team-a" }),
    "Unauthorized",
    "Unauthorized",
    "event-unexpected",
  ]);
  expect(result.output).toContain('"parameters":2');
  expect(requests.map(({ target }) => target).sort()).toEqual([
    "AmazonSSM.GetParameter",
    "secretsmanager.GetSecretValue",
  ]);
});

test("2.4 #40 it writes one JSON line a decision, without token or secret", async () => {
  const proof = signProof();
  const { lines } = await invoke(
    eventOf(withBearer(tokenA)),
    headerEvent(`Bearer ${proof}`),
    headerEvent("Bearer wrong-canary"),
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
    eventOf(withBearer(tokenA)),
    headerEvent(`Bearer ${tokenB}`),
    headerEvent("Bearer x"),
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
    JSON.stringify({ ...settingsFile, version: 1, gate: "canary/canary" }),
  ],
  ["that is no JSON", "{canary"],
])("settings.json %s stops the cold start", async (_, text) => {
  if (text === undefined) await rm(join(directory, "settings.json"));
  else await writeFile(join(directory, "settings.json"), text);
  const { code, lines, output } = await invoke(eventOf(withBearer(tokenA)));
  expect(code).not.toBe(0);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    decision: "error",
    reason: "settings-invalid",
  });
  expect(output).not.toContain("canary/");
  expect(output).not.toContain("outcomes");
});

const writeSettings = (changes: object) =>
  writeFile(
    join(directory, "settings.json"),
    JSON.stringify({ ...settingsFile, ...changes }),
  );

test("it reads the table over a connection opened at the start", async () => {
  await writeSettings({
    store: { table: "gate-tokens" },
    consumers: settingsFile.consumers.map((consumer) => ({
      ...consumer,
      hashes: [],
    })),
  });
  const result = await invoke(
    headerEvent(`Bearer ${tableToken}`),
    headerEvent(`Bearer ${tableToken}`),
    eventOf(withBearer(tokenA)),
  );
  expect(outcomesOf(result)).toMatchObject([
    { principalId: "token:team-a" },
    { principalId: "token:team-a" },
    "Unauthorized",
  ]);
  const gets = requests.filter(({ target }) =>
    String(target).includes("GetItem"),
  );
  expect(gets.map(({ body }) => body.includes("0".repeat(64)))).toEqual([
    true,
    false,
    false,
  ]);
});

test("in front of a custom authorizer it invokes it once a call, and not at the start", async () => {
  await writeSettings(customGate());
  const result = await invoke(
    eventOf({ headers: { Authorization: "anything" } }),
  );
  expect(outcomesOf(result)).toEqual([
    expect.objectContaining({
      principalId: "custom:user",
      context: {
        consumer: "user",
        mode: "custom",
        credential: `Bearer ${upstreamSecret}`,
      },
    }),
  ]);
  expect(requests.map(({ target }) => target).sort()).toEqual([
    "/2015-03-31/functions/gate-custom/invocations",
    "AmazonSSM.GetParameter",
    "DryRun",
    "secretsmanager.GetSecretValue",
  ]);
});

test("it fetches an issuer's keys once, at the start, over TLS", async () => {
  const certificates = await createAuthority();
  authority = join(directory, "authority.pem");
  await writeFile(authority, certificates.certificate);
  const { certificate, key } = await certificates.issue("localhost");
  let fetched = 0;
  const keys = createTlsServer({ cert: certificate, key }, (_, response) => {
    fetched += 1;
    response.end(JSON.stringify({ keys: [rsaJwk] }));
  });
  await new Promise<void>((resolve) => keys.listen(0, "127.0.0.1", resolve));
  const { port } = keys.address() as AddressInfo;
  await writeSettings({
    issuers: issuersFile.map((issuer) =>
      issuer.name === "auth0"
        ? { ...issuer, keys: { uri: `https://localhost:${port}/jwks` } }
        : issuer,
    ),
    consumers: consumersFile,
  });
  const result = await invoke(
    headerEvent(`Bearer ${sign(auth0)}`),
    headerEvent(`Bearer ${sign({ ...auth0, jti: "2" })}`),
    headerEvent(`Bearer ${sign(auth0, { kid: "x" })}`),
  );
  keys.closeAllConnections();
  keys.close();
  authority = undefined;
  expect(outcomesOf(result)).toMatchObject([
    { principalId: "jwt:auth0:machine" },
    { principalId: "jwt:auth0:machine" },
    "Unauthorized",
  ]);
  expect(fetched).toBe(1);
});
