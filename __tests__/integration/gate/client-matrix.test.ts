// Every client of the matrix through one gate, whole and streamed, refused, throttled, too slow, and with a file. What the table
// in docs/clients.md says of a client is what these tests found.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runInThisContext } from "node:vm";
import { usageKeysOf } from "../../../src/gate/usage-keys.ts";
import { upstreamKind } from "../../../src/gate/upstream-kinds.ts";
import { servicesOf, urlOf } from "../../fixtures/ai-services.ts";
import { chromium, describeInBrowser } from "../../fixtures/chromium.ts";
import type { Call, Driver, Outcome } from "../../fixtures/clients/driver.ts";
import {
  type ClientName,
  type ClientRow,
  clients,
} from "../../fixtures/clients/matrix.ts";
import {
  openOrigins,
  openPage,
  type PageClient,
} from "../../fixtures/clients/page.ts";
import {
  type PythonClients,
  startPythonClients,
} from "../../fixtures/clients/python.ts";
import { bedrockModels, packages } from "../../fixtures/clients/sdks.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { createMcpServer } from "../../fixtures/mcp-server.ts";
import { consumer, everything, source, tokens } from "../../fixtures/gates.ts";
import {
  patch,
  type RunningGate,
  startGate,
  stopAll,
} from "../../fixtures/local-gate.ts";
import { sha256 } from "../../fixtures/sources.ts";

const upstreams = {
  openai: "kind: openai, secret: ssm:/ai/openai",
  anthropic: "kind: anthropic, secret: ssm:/ai/anthropic",
  "azure-openai":
    'kind: azure-openai, url: https://r.openai.azure.com/openai, secret: "ssm:/ai/azure#api_key"',
  gemini: "kind: gemini, secret: ssm:/ai/gemini",
  bedrock: `kind: bedrock, region: us-east-1, models: ["${Object.values(bedrockModels).join('", "')}"]`,
  mcp: "kind: mcp, url: https://mcp.example.com, secret: ssm:/ai/openai",
} satisfies Record<ClientRow["speaks"], string>;
const kinds = Object.keys(upstreams) as ClientRow["speaks"][];

const names = Object.keys(clients) as ClientName[];

/** A service of another name gets no key of Bedrock. */
const slowKind = (kind: ClientRow["speaks"]): string =>
  `kind: ${kind === "bedrock" ? "http" : kind}`;

/** Three routes for each client: the service as it is, throttled, and one that never answers. */
const config = (origin: string) => `
cors: { origins: ["${origin}"] }
upstreams:
${kinds
  .map(
    (kind) => `  ${kind}: { ${upstreams[kind]} }
  slow-${kind}: { ${slowKind(kind)}, url: https://slow.example.com }`,
  )
  .join("\n")}
routes:
${names
  .map(
    (
      name,
    ) => `  - { path: "/${name}/{proxy+}", methods: [POST], upstream: ${clients[name].speaks} }
  - { path: "/throttled/${name}/{proxy+}", methods: [POST], upstream: ${clients[name].speaks} }
  - { path: "/slow/${name}/{proxy+}", methods: [POST], upstream: slow-${clients[name].speaks}, stream: false, timeout: 1 }`,
  )
  .join("\n")}
  - { path: /else, methods: [POST], upstream: openai }
consumers:
${consumer("admin")}
${consumer("team-b", '["/else"]')}
${consumer("scores", undefined, ", plan: spent")}
plans: { spent: { rate: 1000, burst: 1000, quota: { limit: 1, period: month } } }
`;

const mcp = createMcpServer(() => Promise.resolve());

let gate: RunningGate;
let python: PythonClients;
let page: PageClient | undefined;
let drivers: Readonly<Partial<Record<ClientName, Driver>>>;
const scratch = mkdtempSync(path.join(tmpdir(), "ai-gate-clients-"));
const file = path.join(scratch, "speech.wav");
const bytes = randomBytes(100_000);

beforeAll(async () => {
  writeFileSync(file, bytes);
  // Google's SDK looks for the dispatcher of Node's own fetch, which Jest's globals lack; Node makes it with the first fetch.
  await fetch("data:,").then((answer) => answer.text());
  const dispatcher = Symbol.for("undici.globalDispatcher.1");
  const outer = runInThisContext("globalThis") as typeof globalThis;
  Object.defineProperty(globalThis, dispatcher, {
    value: Reflect.get(outer, dispatcher) as unknown,
  });
  const origins = await openOrigins();
  // What comes at once is one piece to a page.
  const services = servicesOf(() => gate, {
    chunkMs: 20,
    mcp,
    headers: { "access-control-allow-origin": origins.origin },
  });
  [gate, python, page] = await Promise.all([
    startGate(source(config(origins.origin)), services),
    startPythonClients(),
    chromium === "" ? undefined : openPage(origins),
  ]);
  drivers = {
    ...packages,
    ...python.drivers,
    ...(page && { page: page.driver }),
  };
  await waitAll();
  expectNoLeak();
}, 180_000);

afterAll(async () => {
  await page?.stop();
  await python.stop();
  await mcp.stop();
  await stopAll();
  rmSync(scratch, { recursive: true });
});

interface Waited {
  readonly outcome: Outcome;
  /** How often the gate was asked. */
  readonly attempts: number;
  readonly seconds: number;
}

const waited: Partial<
  Record<ClientName, Readonly<Record<"throttled" | "slow" | "spent", Waited>>>
> = {};

/** What the deployed program makes beside the document. */
async function makePlans(): Promise<void> {
  for (const { plan, value } of usageKeysOf(gate.gate, sha256)) {
    const name = plan ?? "all others";
    const { id } = await gate.control("POST", "//usageplans", {
      name,
      apiStages: [{ apiId: gate.apiId, stage: "v1" }],
      ...(plan !== undefined && { quota: { limit: 1, period: "MONTH" } }),
    });
    const key = { name, value, enabled: true };
    const { id: keyId } = await gate.control("POST", "//apikeys", key);
    const keys = `//usageplans/${String(id)}/keys`;
    await gate.control("POST", keys, { keyId, keyType: "API_KEY" });
  }
}

/** Clients mostly wait in these calls, so all make them at once. */
async function waitAll(): Promise<void> {
  await makePlans();
  // The one call of the quota.
  const first = await packages.openai({
    task: "whole",
    url: urlOf("/openai", gate),
    token: tokens.scores,
  });
  expect(first.error).toBeUndefined();
  gate.asked.splice(0);
  await Promise.all(names.map((name) => limit(name, 0)));
  await Promise.all(
    names.map(async (name) => {
      const driver = drivers[name];
      if (driver === undefined) return;
      const spent = await timed(driver, `/${name}`, {
        token: tokens.scores,
      });
      const [throttled, slow] = await Promise.all([
        timed(driver, `/throttled/${name}`, {
          afterFirst: () => limit(name, 10),
        }),
        timed(driver, `/slow/${name}`),
      ]);
      waited[name] = { throttled, slow, spent };
    }),
  );
}

async function timed(
  driver: Driver,
  route: string,
  {
    afterFirst = () => Promise.resolve({}),
    token = tokens.admin,
  }: {
    readonly afterFirst?: () => Promise<object>;
    readonly token?: string;
  } = {},
): Promise<Waited> {
  const asked = () =>
    gate.asked.filter(({ event }) =>
      event.methodArn.includes(`/POST${route}/`),
    );
  const answer = driver({ task: "whole", url: urlOf(route, gate), token });
  await eventually(() => asked().length > 0);
  await afterFirst();
  const outcome = await answer;
  const times = asked().map(({ event }) =>
    Number(event.requestContext?.requestTimeEpoch),
  );
  const seconds = ((times.at(-1) ?? NaN) - (times[0] ?? NaN)) / 1000;
  return { outcome, attempts: times.length, seconds };
}

function limit(name: ClientName, rate: number) {
  const key = `/~1throttled~1${name}~1{proxy+}/POST/throttling`;
  return gate.control(
    "PATCH",
    "/stages/v1",
    patch(
      ["replace", `${key}/rateLimit`, String(rate)],
      ["replace", `${key}/burstLimit`, String(rate)],
    ),
  );
}

beforeEach(() => {
  gate.seen.splice(0);
  gate.asked.splice(0);
});

/** No credential of a caller ever reaches an upstream. */
function expectNoLeak(): void {
  const seen = everything(gate.seen);
  for (const secret of [...Object.values(tokens), ownKey])
    expect(seen).not.toContain(secret);
}

afterEach(expectNoLeak);

const ownKey = "sk-own-key-of-the-caller-0123456789";

/** Headers of other services' keys, in which the route reads none. */
const otherHeaders = (kind: ClientRow["speaks"]): string[] =>
  [
    ...["authorization", "x-api-key", "api-key", "x-goog-api-key"],
    "ocp-apim-subscription-key",
  ].filter(
    (name) =>
      !upstreamKind(kind)
        .tokenHeaders.map((one) => one.toLowerCase())
        .includes(name),
  );

/** What the service was asked, without what an MCP client sends around a call. */
const callsOf = (name: ClientName) =>
  gate.seen.filter(
    ({ body }) => clients[name].speaks !== "mcp" || body.includes("tools/call"),
  );

/** The tests of one row of the table. */
function testClient(name: ClientName): void {
  const row: ClientRow = clients[name];
  const { speaks } = row;
  const call = (task: Call["task"], more: Partial<Call> = {}) => {
    const driver = drivers[name];
    if (driver === undefined) throw new Error(`no driver of ${name}`);
    const url = urlOf(`/${name}`, gate);
    return driver({ task, url, token: tokens.admin, ...more });
  };
  const [unauthorized, forbidden] =
    row.errors === "json" ? ["", ""] : row.errors;

  test("gets a whole answer", async () => {
    const { pieces, error } = await call("whole");
    expect(error).toBeUndefined();
    expect(pieces.join("")).toContain("Say hello");
    expect(callsOf(name)).toHaveLength(1);
    const { headers = {} } = gate.asked[0]?.event ?? {};
    const carrying = Object.entries(headers)
      .filter(([, value]) => value.includes(tokens.admin))
      .map(([header]) => header.toLowerCase());
    expect(carrying).toEqual([row.tokenIn.toLowerCase()]);
  });

  test("gets a stream in pieces", async () => {
    const { pieces, error } = await call("stream");
    expect(error).toBeUndefined();
    expect(pieces.join("")).toContain("Say hello");
    expect(pieces.length).toBeGreaterThan(2);
  });

  test("reads 401 and 403 of the gate, and does not repeat them", async () => {
    expect((await call("whole", { token: tokens.unknown })).error).toEqual({
      name: unauthorized,
      status: 401,
      message: expect.stringContaining("The gate does not know"),
    });
    expect((await call("whole", { token: tokens["team-b"] })).error).toEqual({
      name: forbidden,
      status: 403,
      message: expect.stringContaining("in the list of this consumer"),
    });
    expect(gate.asked).toHaveLength(2);
    expect(gate.seen).toEqual([]);
  });

  test(`${row.throttled} a throttled call`, () => {
    const { outcome, attempts, seconds } = waited[name]!.throttled;
    if (row.throttled === "raises") {
      expect(outcome.error).toMatchObject({
        status: 429,
        message: expect.stringContaining("Too many requests"),
      });
      expect(attempts).toBe(1);
      return;
    }
    expect(outcome.error).toBeUndefined();
    expect(outcome.pieces.join("")).toContain("Say hello");
    expect(attempts).toBe(2);
    // The gate says `Retry-After: 1`.
    expect(seconds).toBeGreaterThan(0.9);
  });

  test(`${row.spent} a call whose quota is used up`, () => {
    const { outcome, attempts } = waited[name]!.spent;
    expect(outcome.error).toMatchObject({
      status: 429,
      message: expect.stringContaining("quota of this credential is used up"),
    });
    expect(attempts).toBe(row.spent === "raises" ? 1 : 2);
  });

  test(`${row.tooLong} a call that took too long`, () => {
    const { outcome, attempts } = waited[name]!.slow;
    expect(outcome.error).toMatchObject({
      status: 504,
      message: expect.stringContaining("A route that streams"),
    });
    expect(attempts).toBe(row.tooLong === "raises" ? 1 : 2);
  });

  if (row.uploads)
    test("sends a file byte for byte", async () => {
      const { error } = await call("upload", { file });
      expect(error).toBeUndefined();
      expect(gate.seen.map((seen) => seen.bytes.includes(bytes))).toEqual([
        true,
      ]);
    });

  test("cannot hand its credential to the service", async () => {
    const headers = (value: string) =>
      Object.fromEntries(otherHeaders(speaks).map((one) => [one, value]));
    const own = await call("whole", { headers: headers(ownKey) });
    expect(own.error).toBeUndefined();
    expect(callsOf(name)).toHaveLength(1);
    expectNoLeak();
    gate.seen.splice(0);
    for (const elsewhere of ["x-mine", ...(name === "page" ? [] : ["cookie"])])
      expect(
        (
          await call("whole", {
            headers: { [elsewhere]: `key=${tokens.admin}` },
          })
        ).error,
      ).toMatchObject({ name: forbidden, status: 403 });
    expect(gate.seen).toEqual([]);
  });
}

describe.each(names.filter((name) => name !== "page"))("%s", testClient);

describeInBrowser("page", () => {
  testClient("page");

  const ask = (path: string, more: Partial<Call> = {}, from?: "other") =>
    page!.ask(
      { task: "whole", url: urlOf(path, gate), token: tokens.admin, ...more },
      from,
    );

  test("gets a stream while it comes", async () => {
    const { chunks } = await ask("/page", { task: "stream" });
    expect(chunks).toBeGreaterThan(2);
  });

  test("reads the headers of the gate's errors", async () => {
    expect(await ask("/page", { token: tokens.unknown })).toMatchObject({
      headers: {
        "x-ai-gate-error": expect.stringContaining("UNAUTHORIZED"),
        "www-authenticate": "Bearer",
      },
    });
    await limit("page", 0);
    expect(await ask("/throttled/page")).toMatchObject({
      status: 429,
      headers: { "retry-after": "1" },
    });
  });

  test("of another origin is refused before it asks", async () => {
    await expect(ask("/page", {}, "other")).rejects.toThrow("Failed to fetch");
    expect(gate.asked).toEqual([]);
    expect(gate.seen).toEqual([]);
  });
});
