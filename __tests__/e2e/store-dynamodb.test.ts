// Tokens in a table of the gate's own: those of the file are kept in step with it, others may be put and deleted by hand
// who may write to the table, and neither needs a deployment or adds a resource.
import { createHash } from "node:crypto";
import {
  callAws,
  nameOf,
  type Rig,
  type Run,
  startRig,
} from "../fixtures/action-rig.ts";
import {
  deployedFile,
  callEvent,
  startWarm,
  type WarmFunction,
} from "../fixtures/warm.ts";

jest.setTimeout(180_000);

const tokenA = "team-a.0123456789abcdefghijklmnopqrstuvwxyz";
const tokenA2 = "team-a.zyxwvutsrqponmlkjihgfedcba9876543210";
const tokenB = "team-b.0123456789abcdefghijklmnopqrstuvwxyz";
const table = `${nameOf("store")}-tokens`;
const sha256 = (text: string) =>
  createHash("sha256").update(text).digest("hex");
/** A token of no file. */
const foreign = (name: string) => `foreign.${name}.0123456789abcdefghijklmnop`;

const config = (consumers: readonly string[]) => `
store: dynamodb
upstreams:
  plain: { url: https://upstream.example.com/score }
routes:
  - { path: /a, methods: [POST], upstream: plain }
  - { path: /b, methods: [POST], upstream: plain }
consumers:
${consumers.map((consumer) => `  - ${consumer}`).join("\n")}
`;
const teamA = "{ id: team-a, token: { env: TOKEN_A }, routes: [/a] }";
const teamB = "{ id: team-b, token: { env: TOKEN_B }, routes: [/b] }";
const partners = "{ id: partners, routes: [/b] }";

let rig: Rig;
let gate: Run;

beforeAll(async () => {
  rig = await startRig();
  gate = await up([teamA, teamB, partners]);
});
afterAll(() => rig.cloud.stop());

const up = (
  consumers: readonly string[],
  tokens: Record<string, string> = {},
) =>
  rig.up("store", {
    files: { "ai-gate.yml": config(consumers) },
    environment: { TOKEN_A: tokenA, TOKEN_B: tokenB, ...tokens },
  });
const dynamodb = (operation: string, body: object) =>
  callAws(rig.cloud, {
    service: "dynamodb",
    target: `DynamoDB_20120810.${operation}`,
    body: { TableName: table, ...body },
  });
const put = (token: string, item: object) =>
  dynamodb("PutItem", { Item: { hash: { S: sha256(token) }, ...item } });
const items = async () => {
  const { Items } = (await dynamodb("Scan", {})) as {
    Items: { hash: { S: string } }[];
  };
  return Items;
};
const tokenItems = async () =>
  (await items()).filter(({ hash }) => !hash.S.startsWith("managed#"));
const statusOf = async (token: string, path = "/b") =>
  (await rig.call(gate, path, token)).status;

test("tokens of the file pass to their own routes, and only their hashes are anywhere", async () => {
  expect(await statusOf(tokenA, "/a")).toBe(200);
  expect(await statusOf(tokenA, "/b")).toBe(403);
  expect(await statusOf(tokenB, "/b")).toBe(200);
  expect(await statusOf(foreign("unknown"))).toBe(401);
  expect((await tokenItems()).map(({ hash }) => hash.S).sort()).toEqual(
    [sha256(tokenA), sha256(tokenB)].sort(),
  );
  expect(JSON.stringify(await items())).not.toContain(tokenA);
});

test("the authorizer may get one item and nothing else of the table, and its own files hold no hash", () => {
  const policies = rig.cloud.gateway.ledger
    .filter(({ operation }) => operation === "PutRolePolicy")
    .map(({ requestBody }) => decodeURIComponent(requestBody));
  expect(policies).toHaveLength(1);
  const actions = [...policies.join().matchAll(/"dynamodb:[A-Za-z*]+"/g)];
  expect(actions.map(([action]) => action)).toEqual(['"dynamodb:GetItem"']);
  expect(policies.join()).toContain(`:table/${table}"`);
  const settings = deployedFile(
    rig.cloud,
    `${nameOf("store")}-authorizer`,
    "settings.json",
  );
  expect(settings).toContain(table);
  expect(settings).not.toContain(sha256(tokenA));
});

describe("an item put by hand", () => {
  test("passes at once, under its own name, to the routes of its consumer", async () => {
    const token = foreign("partner-7");
    await put(token, {
      consumer: { S: "partners" },
      caller: { S: "partner-7" },
    });
    rig.cloud.upstream.clear();
    expect(await statusOf(token, "/b")).toBe(200);
    expect(await statusOf(token, "/a")).toBe(403);
    expect(
      rig.cloud.upstream
        .requests()
        .map(({ headers }) => headers["x-gate-consumer"]),
    ).toEqual(["partner-7"]);
  });

  const past = { N: String(Math.floor(Date.now() / 1000) - 1) };
  const consumer = { S: "partners" };
  test.each([
    [
      "of a consumer that is not in the file",
      { consumer: { S: "ghost" } },
      401,
    ],
    ["that is disabled", { consumer, disabled: { BOOL: true } }, 401],
    [
      "that has expired but was not yet swept",
      { consumer, expires: past },
      401,
    ],
    ["without a consumer", {}, 500],
    ["whose consumer is no text", { consumer: { N: "1" } }, 500],
    ["whose expiry is text", { consumer, expires: { S: "2027-01-01" } }, 500],
    [
      "whose expiry is text, however far",
      { consumer, expires: { S: "4000000000" } },
      500,
    ],
    ["whose disabling is text", { consumer, disabled: { S: "true" } }, 500],
    [
      "whose caller would break a header",
      { consumer, caller: { S: "a\r\nX-Admin: 1" } },
      500,
    ],
  ])("%s never passes", async (what, item, status) => {
    const token = foreign(what.replace(/[^a-z]/g, ""));
    await put(token, item);
    rig.cloud.upstream.clear();
    expect(await statusOf(token)).toBe(status);
    expect(rig.cloud.upstream.requests()).toEqual([]);
  });
});

test("a bookkeeping item's key is not a token", async () => {
  for (const key of ["managed#0", "managed#f"])
    expect(await statusOf(key)).toBe(401);
});

describe("in one warm process", () => {
  let warm: WarmFunction;
  beforeAll(() => {
    warm = startWarm(rig.cloud, `${nameOf("store")}-authorizer`);
  });
  afterAll(() => warm.stop());
  const ask = async (token: string) => {
    const asked = callEvent(gate, { path: "/b", token });
    return (await warm.invoke(asked)).error ?? "allowed";
  };
  const reads = () =>
    rig.cloud.gateway.ledger.filter(({ operation }) => operation === "GetItem")
      .length;

  test("one read serves a token for thirty seconds; a deletion holds after that", async () => {
    const token = foreign("revoked");
    await put(token, { consumer: { S: "partners" } });
    await ask(tokenB);
    const before = reads();
    expect(await ask(token)).toBe("allowed");
    expect(await ask(token)).toBe("allowed");
    expect(reads() - before).toBe(1);
    await dynamodb("DeleteItem", { Key: { hash: { S: sha256(token) } } });
    warm.advance(31_000);
    expect(await ask(token)).toBe("Unauthorized");
  });

  test("a token that was unknown is asked about again after thirty seconds, not before", async () => {
    const token = foreign("late");
    const before = reads();
    expect(await ask(token)).toBe("Unauthorized");
    expect(await ask(token)).toBe("Unauthorized");
    expect(reads() - before).toBe(1);
    await put(token, { consumer: { S: "partners" } });
    warm.advance(31_000);
    expect(await ask(token)).toBe("allowed");
  });
});

test("through API Gateway a deleted item is refused as soon as nothing remembers it", async () => {
  const token = foreign("partner-7");
  expect(await statusOf(token)).toBe(200);
  await dynamodb("DeleteItem", { Key: { hash: { S: sha256(token) } } });
  await rig.makeCold(gate, "store");
  expect(await statusOf(token)).toBe(401);
});

test("a second up writes nothing, to AWS or to the table", async () => {
  const { code, writes } = await up([teamA, teamB, partners]);
  expect(code).toBe(0);
  expect(writes.map(({ operation }) => operation)).toEqual([]);
});

test("a token that is replaced in the file is replaced in the table; items of others stay", async () => {
  const kept = foreign("kept");
  await put(kept, { consumer: { S: "partners" } });
  gate = await up([teamA, partners], { TOKEN_A: tokenA2 });
  expect(await statusOf(tokenA, "/a")).toBe(401);
  expect(await statusOf(tokenA2, "/a")).toBe(200);
  expect(await statusOf(tokenB)).toBe(401);
  expect(await statusOf(kept)).toBe(200);
  const hashes = (await tokenItems()).map(({ hash }) => hash.S);
  expect(hashes).toContain(sha256(tokenA2));
  expect(hashes).not.toContain(sha256(tokenA));
  expect(hashes).not.toContain(sha256(tokenB));
});

describe("load-tokens", () => {
  const load = (...lines: readonly object[]) =>
    rig.run("load-tokens", "store", {
      inputs: { "tokens-file": "tokens.jsonl" },
      files: {
        "tokens.jsonl": lines.map((line) => JSON.stringify(line)).join("\n"),
      },
    });
  const item = (name: string, more: object = {}) => ({
    hash: sha256(foreign(name)),
    consumer: "partners",
    ...more,
  });

  test("puts and removes, and deploys nothing", async () => {
    await put(foreign("left"), { consumer: { S: "partners" } });
    const { code, outputs, writes } = await load(
      item("loaded-1", { caller: "loaded-1" }),
      item("loaded-2", { disabled: true }),
      { hash: sha256(foreign("left")), remove: true },
    );
    expect({ code, verdict: outputs["verdict"] }).toEqual({
      code: 0,
      verdict: "Tokens loaded: 2 put, 1 removed",
    });
    expect(writes.map(({ operation }) => operation)).toEqual([
      "BatchWriteItem",
    ]);
    expect(await statusOf(foreign("loaded-1"))).toBe(200);
    expect(await statusOf(foreign("loaded-1"), "/a")).toBe(403);
    expect(await statusOf(foreign("loaded-2"))).toBe(401);
    expect(await statusOf(foreign("left"))).toBe(401);
  });

  test("puts nothing of a file with a wrong line, and names that", async () => {
    const { annotations, code, outputs, writes } = await load(
      item("loaded-3"),
      { hash: sha256(foreign("x")), consumer: "ghost" },
      { hash: sha256(tokenA2), remove: true },
    );
    expect({ code, reason: outputs["failure-reason"] }).toEqual({
      code: 1,
      reason: "invalid-input",
    });
    expect(annotations.map(({ properties }) => properties)).toEqual(
      expect.arrayContaining([
        "file=tokens.jsonl,line=2,col=1",
        "file=tokens.jsonl,line=3,col=1",
      ]),
    );
    expect(writes).toEqual([]);
    expect(await statusOf(foreign("loaded-3"))).toBe(401);
    expect(await statusOf(tokenA2, "/a")).toBe(200);
  });
});

test("200 consumers are not one resource more", async () => {
  const many = Array.from(
    { length: 200 },
    (_, index) =>
      `{ id: caller-${index}, token: { sha256: "${sha256(foreign(`caller-${index}`))}" }, routes: [/b] }`,
  );
  const preview = (consumers: readonly string[]) =>
    rig.run("preview", "store-many", {
      files: { "ai-gate.yml": config(consumers) },
      environment: { TOKEN_A: tokenA, TOKEN_B: tokenB },
    });
  const [few, all] = [await preview([teamA, teamB]), await preview(many)];
  expect(few.outputs["create-count"]).toBe("10");
  expect(all.outputs["create-count"]).toBe(few.outputs["create-count"]);
  const { outputs, writes } = await up([teamA, ...many], { TOKEN_A: tokenA2 });
  expect(outputs["create-count"]).toBe("0");
  expect(await statusOf(foreign("caller-199"))).toBe(200);
  const created = writes.filter(({ operation }) =>
    /^Create|^PutRole/.test(operation),
  );
  expect(created.map(({ operation }) => operation)).toEqual([]);
});

test("destroy takes the table with it", async () => {
  const { code, writes } = await rig.run("destroy", "store");
  expect(code).toBe(0);
  expect(writes.map(({ operation }) => operation)).toContain("DeleteTable");
  await expect(dynamodb("DescribeTable", {})).rejects.toThrow(
    "ResourceNotFoundException",
  );
});
