// Mutated credentials and calls never pass, and what passes is in the consumer's list. FUZZ_RUNS sets the number of cases.
import { fc } from "../../fixtures/fast-check.ts";
import { anyText } from "../../fixtures/any-text.ts";
import { askCustom } from "../../../authorizer/aws/custom-function.ts";
import { createTokenTable } from "../../../authorizer/aws/token-table.ts";
import { holdAll } from "../../../authorizer/jwt/condition.ts";
import {
  createTestHandler,
  customGate,
  decideCall,
  decideToken,
  encode,
  eventOf,
  headerEvent,
  now,
  overwritten,
  parse,
  proofClaims,
  proofHeader,
  proofKeys,
  score,
  settingsFile,
  sha256,
  signJws,
  signProof,
  tokenA,
  tokenAdmin,
  tokenB,
  tokenC,
  withBearer,
} from "../../fixtures/authorizer.ts";
import { auth0, issuerSettings, sign } from "../../fixtures/issuers.ts";

const runs = { numRuns: Number(process.env["FUZZ_RUNS"] ?? 100) };
jest.setTimeout(30_000 + 20 * runs.numRuns);
const proof = signProof();
const goods = [tokenA, tokenB, proof].map((token) => `Bearer ${token}`);
const isGood = (value: string): boolean =>
  goods.includes(value.replace(/^bearer /i, "Bearer "));

const { handler, lines } = createTestHandler();

async function expectUnauthorized(value: string): Promise<void> {
  const outcome = await handler(headerEvent(value)).catch(
    (error: unknown) => error,
  );
  expect(outcome).toEqual(new Error("Unauthorized"));
  expect(JSON.parse(lines.pop() ?? "")).toMatchObject({
    decision: "unauthorized",
  });
  lines.length = 0;
}

const position = fc.nat(1000);
const character = fc.oneof(
  fc.constantFrom(..."AZaz09-_=.+/~ \t\n,;\0".split("")),
  anyText({ minLength: 1, maxLength: 2 }),
);

/** One edit of a text at a place taken modulo its length. */
const edit = fc.oneof(
  fc.tuple(position, character).map(
    ([at, text]) =>
      (value: string) =>
        splice(value, at, 1, text),
  ),
  fc.tuple(position, character).map(
    ([at, text]) =>
      (value: string) =>
        splice(value, at, 0, text),
  ),
  fc.tuple(position, fc.integer({ min: 1, max: 40 })).map(
    ([at, count]) =>
      (value: string) =>
        splice(value, at, count, ""),
  ),
  position.map((at) => (value: string) => value.slice(0, at % value.length)),
  position.map(
    (at) => (value: string) => value + value.slice(at % value.length),
  ),
  fc.constant((value: string) => value.toUpperCase()),
  fc.constant((value: string) => value.split(".").reverse().join(".")),
);

function splice(
  value: string,
  at: number,
  count: number,
  text: string,
): string {
  const start = at % Math.max(value.length, 1);
  return value.slice(0, start) + text + value.slice(start + count);
}

test("edited credentials", async () => {
  const mutated = fc
    .tuple(
      fc.constantFrom(...goods),
      fc.array(edit, { minLength: 1, maxLength: 4 }),
    )
    .map(([value, edits]) => edits.reduce((text, apply) => apply(text), value))
    .filter((value) => !isGood(value));
  await fc.assert(fc.asyncProperty(mutated, expectUnauthorized), runs);
});

test("flipped bits in each part of a proof", async () => {
  const flipped = fc
    .tuple(fc.nat(2), position, fc.integer({ min: 1, max: 255 }))
    .map(([index, at, mask]) => {
      const parts = proof
        .split(".")
        .map((part) => Buffer.from(part, "base64url"));
      const part = parts[index]!;
      part[at % part.length]! ^= mask;
      return `Bearer ${parts.map((bytes) => bytes.toString("base64url")).join(".")}`;
    });
  await fc.assert(fc.asyncProperty(flipped, expectUnauthorized), runs);
});

test("well-signed proofs with one wrong claim", async () => {
  const name = fc.constantFrom(
    "iss",
    "aud",
    "sub",
    "iat",
    "exp",
    "stage",
    "run",
  );
  const good: readonly unknown[] = [...Object.values(proofClaims), "team-b"];
  const wrong = fc
    .tuple(name, fc.jsonValue({ maxDepth: 2 }))
    .filter(([, value]) => !good.includes(value))
    .filter(
      ([claim, value]) =>
        claim !== "run" || typeof value !== "string" || value === "",
    )
    .filter(
      ([claim, value]) =>
        !["iat", "exp"].includes(claim) || typeof value !== "number",
    )
    .map(([claim, value]) => `Bearer ${signProof({ [claim]: value })}`);
  await fc.assert(fc.asyncProperty(wrong, expectUnauthorized), runs);
});

test("well-signed headers and payloads of any JSON", async () => {
  const part = fc.oneof(fc.json({ maxDepth: 3 }), fc.string());
  const token = fc
    .tuple(fc.option(part), fc.option(part))
    .filter(([header, payload]) => header !== null || payload !== null)
    .map(([header, payload]) =>
      signJws(
        header ?? proofHeader,
        payload ?? proofClaims,
        proofKeys.privateKey,
      ),
    );
  await fc.assert(
    fc.asyncProperty(
      token.map((text) => `Bearer ${text}`),
      expectUnauthorized,
    ),
    runs,
  );
});

test("unsigned tokens with any header", async () => {
  const header = fc.dictionary(
    fc.constantFrom("alg", "typ", "kid", "jwk", "jku", "crit", "b64", "x5c"),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const token = fc
    .tuple(header, fc.base64String())
    .map(([given, signature]) => {
      return `Bearer ${encode({ ...proofHeader, ...given })}.${encode(proofClaims)}.${encode(signature)}`;
    });
  await fc.assert(fc.asyncProperty(token, expectUnauthorized), runs);
});

test("anything at all in place of the headers", async () => {
  const headers = fc.oneof(
    fc.anything(),
    fc.dictionary(
      fc.constantFrom("authorization", "Authorization", "x-api-key", "x"),
      fc.oneof(fc.anything(), fc.array(fc.anything())),
    ),
  );
  await fc.assert(
    fc.asyncProperty(headers, async (multiValueHeaders) => {
      const event = { ...eventOf(score), multiValueHeaders };
      await expect(handler(event)).rejects.toThrow(
        /^(Unauthorized|event-unexpected)$/,
      );
      lines.length = 0;
    }),
    runs,
  );
});

test("anything at all in place of an event ends without access", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.anything({ withNullPrototype: true }),
      async (event) => {
        await expect(handler(event)).rejects.toThrow(
          /^(Unauthorized|event-unexpected)$/,
        );
        lines.length = 0;
      },
    ),
    runs,
  );
});

test("well-signed tokens of an issuer with one wrong claim", async () => {
  const asked = ["iss", "aud", "exp", "iat", "nbf", "sub", "gty"] as const;
  const wrong = fc
    .tuple(fc.constantFrom(...asked), fc.jsonValue({ maxDepth: 2 }))
    .filter(([claim, value]) => !isSound(claim, value))
    .map(([claim, value]) => sign({ ...auth0, [claim]: value }));
  await fc.assert(
    fc.asyncProperty(wrong, async (token) => {
      expect(await decideToken(token, issuerSettings)).toMatchObject({
        kind: "unauthorized",
      });
    }),
    runs,
  );
});

/** What a token may say without being refused for it. */
function isSound(claim: string, value: unknown): boolean {
  if (claim === "sub")
    return typeof value === "string" && /^[^\0-\x1f\x7f-\x9f]+$/.test(value);
  if (claim === "gty")
    return [value]
      .flat()
      .some((text) => typeof text === "string" && text.startsWith("client-"));
  if (claim === "aud")
    return [value].flat().includes("https://gate.example.com");
  if (["exp", "iat", "nbf"].includes(claim))
    return typeof value === "number" && value >= 0;
  return false;
}

test("the matcher says what a regular expression would, for any text", () => {
  const letters = fc.string({
    unit: fc.constantFrom("a", "b", "*"),
    maxLength: 8,
  });
  const text = fc.string({
    unit: fc.constantFrom("a", "b", "\n"),
    maxLength: 12,
  });
  fc.assert(
    fc.property(letters, text, (wanted, value) => {
      const expected = new RegExp(`^${wanted.replaceAll("*", "[^]*")}$`).test(
        value,
      );
      expect(holdAll([{ claim: "c", anyOf: [wanted] }], { c: value })).toBe(
        expected,
      );
    }),
    runs,
  );
});

test("no item of the table but a sound one of a known consumer lets a caller pass", async () => {
  const hash = sha256(tokenB);
  const attribute = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.dictionary(fc.constantFrom("S", "N", "BOOL", "NULL"), fc.jsonValue()),
    fc.constantFrom({ S: hash }, { S: "team-a" }, { N: "1" }, { BOOL: true }),
  );
  const item = fc.dictionary(
    fc.constantFrom("hash", "consumer", "caller", "expires", "disabled", "x"),
    attribute,
  );
  const settings = parse({
    consumers: settingsFile.consumers.map((consumer) => ({
      ...consumer,
      hashes: [],
    })),
    store: { table: "tokens" },
  });
  await fc.assert(
    fc.asyncProperty(item, async (Item) => {
      const readEntry = createTokenTable({
        table: "tokens",
        now: () => now,
        callAws: () =>
          Promise.resolve({
            status: 200,
            headers: {},
            body: JSON.stringify({ Item }),
          }),
      });
      const { handler: withTable } = createTestHandler({ settings, readEntry });
      const outcome: unknown = await withTable(
        headerEvent(`Bearer ${tokenB}`),
      ).catch((error: unknown) => (error as Error).message);
      if (typeof outcome === "string")
        expect(outcome).toMatch(/^(Unauthorized|token-entry-invalid)$/);
      else
        expect(Item).toMatchObject({
          hash: { S: hash },
          consumer: { S: expect.stringMatching(/^team-[ab]$/) },
        });
    }),
    runs,
  );
});

/** What of a URL an attacker varies: separators and dots in their encodings, names of the gate, and other text. */
const piece = fc.oneof(
  fc.constantFrom(
    ..."/ // \\ . .. ... ; %2f %2F %5c %2e %2E%2e %252e %25 %00 %c0%ae %6f %".split(
      " ",
    ),
    ..."openai models v1 usage score admin x acme chat a:b a%3Ab a%20b é".split(
      " ",
    ),
  ),
  anyText({ maxLength: 3 }),
);
const path = fc
  .array(piece, { maxLength: 9 })
  .map((pieces) => `/${pieces.join("")}`);

/** The path as servers read it who decode it, as often as they like. */
function readingsOf(text: string): string[] {
  const readings = [text];
  for (let round = 0; round < 12; round += 1)
    readings.push(
      readings[round]!.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
        String.fromCharCode(parseInt(hex, 16)),
      ),
    );
  return readings;
}

/** Without its dot segments, as servers walk it. */
function walk(reading: string): string {
  const done: string[] = [];
  for (const segment of reading.split(/[/\\]/)) {
    const name = segment.split(/[;?#]/)[0]!.trim();
    if (name === "..") done.pop();
    else if (name !== ".") done.push(segment);
  }
  return done.join("/");
}

type Grants = (typeof settingsFile.consumers)[number]["access"];
interface Grant {
  readonly route: string;
  readonly methods?: readonly string[];
  readonly below?: string;
  readonly exactly?: string;
}

/** An independent reading of a consumer's list. */
function isGranted(
  access: Grants,
  {
    resource,
    method,
    path: called,
  }: { resource: string; method: string; path: string },
): boolean {
  if (typeof access === "string") return true;
  return (access as readonly Grant[]).some((grant) => {
    const plain =
      called.length > 1 && called.endsWith("/") ? called.slice(0, -1) : called;
    if (grant.route !== resource) return false;
    if (grant.methods && !grant.methods.includes(method)) return false;
    if (grant.exactly !== undefined) return plain === grant.exactly;
    if (grant.below === undefined) return true;
    return (
      [grant.below, ""].join("/") ===
      `${plain}/`.slice(0, grant.below.length + 1)
    );
  });
}

const tokens = [tokenA, tokenB, tokenC, tokenAdmin];
const resources = [
  ...settingsFile.routes.map((route) => route.path),
  "/unknown",
  "__proto__",
];
const methods = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"];

test("what is allowed is in the consumer's list by route and method, and no reading of its path leaves the part", async () => {
  const call = fc.record({
    token: fc.constantFrom(...tokens),
    resource: fc.constantFrom(...resources),
    method: fc.constantFrom(...methods),
    path: fc.oneof(
      path,
      path.map((rest) => `/openai${rest}`),
      path.map((rest) => `/openai/v1${rest}`),
      fc.constantFrom("/openai/x", "/openai/v1", "/score", "/openai/v1/a"),
    ),
    seen: fc.option(path, { freq: 1 }),
    rawPath: fc.option(path, { freq: 1 }),
  });
  const seen = { allow: 0, forbidden: 0, unauthorized: 0 };
  await fc.assert(
    fc.asyncProperty(
      call,
      async ({ token, seen: other, rawPath, ...parts }) => {
        const event = eventOf(parts);
        const { requestContext, pathParameters } = event;
        const decision = await decideCall(
          withBearer(token, {
            ...parts,
            event: {
              ...(rawPath !== null && {
                requestContext: { ...requestContext, path: rawPath },
              }),
              ...(other !== null && {
                pathParameters: { ...pathParameters, proxy: other.slice(1) },
              }),
            },
          }),
        );
        seen[decision.kind] += 1;
        const route = settingsFile.routes.find(
          (one) =>
            one.path === parts.resource && one.methods.includes(parts.method),
        );
        const consumer = settingsFile.consumers[tokens.indexOf(token)]!;
        if (decision.kind !== "allow") {
          // A known caller of a route of the gate is never unauthorized.
          expect(decision.kind).toBe(route ? "forbidden" : "unauthorized");
          return;
        }
        expect(route).toBeDefined();
        expect(isGranted(consumer.access, parts)).toBe(true);
        for (const view of [parts.path, rawPath ?? "", other ?? ""])
          for (const reading of readingsOf(view))
            expect(walk(reading)).toBe(reading);
        if (token === tokenC && parts.resource === "/openai/{proxy+}")
          for (const reading of readingsOf(parts.path))
            expect(reading).toMatch(/^\/openai\/(v1(\/|$)|x\/?$)/);
      },
    ),
    runs,
  );
  // Random calls that are all refused would show nothing.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
});

test("a credential in any place that is not overwritten never passes", async () => {
  const name = fc.oneof(
    fc.constantFrom(...overwritten, "cookie", "x-key", "Referer", "x_key"),
    fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/),
  );
  const around = fc.tuple(fc.string(), fc.string());
  const headers = fc.dictionary(name, around, { maxKeys: 4 });
  await fc.assert(
    fc.asyncProperty(headers, fc.boolean(), async (others, isEncoded) => {
      const text = isEncoded
        ? Buffer.from(tokenA).toString("hex").replaceAll(/../g, "%$&")
        : tokenA;
      const given = Object.fromEntries(
        Object.entries(others)
          .filter(
            ([key]) => !/^(authorization|x-api-key|.*method.*)$/i.test(key),
          )
          .map(([key, [before, behind]]) => [key, `${before}${text}${behind}`]),
      );
      const travels = Object.keys(given).some(
        (key) => !overwritten.includes(key.toLowerCase()),
      );
      const { kind } = await decideCall(withBearer(tokenA, { headers: given }));
      expect(kind).toBe(travels ? "forbidden" : "allow");
    }),
    runs,
  );
});

test("several credentials pass only when they are one", async () => {
  const value = fc.constantFrom(tokenA, tokenB, `${tokenA} `, "", "x");
  const given = fc.array(
    fc.tuple(
      fc.constantFrom(
        "Authorization",
        "authorization",
        "x-api-key",
        "X-API-KEY",
      ),
      value,
    ),
    { maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(given, async (pairs) => {
      const multiValueHeaders: Record<string, string[]> = {};
      for (const [name, token] of pairs)
        (multiValueHeaders[name] ??= []).push(
          /^a/i.test(name) ? `Bearer ${token}` : token,
        );
      const { kind } = await decideCall({
        ...score,
        event: { multiValueHeaders },
      });
      const names = pairs.map(([name]) => name.toLowerCase());
      const isOne =
        new Set(pairs.map(([, token]) => token)).size === 1 &&
        new Set(names).size === names.length &&
        [tokenA, tokenB].includes(pairs[0]![1]);
      expect(kind).toBe(isOne ? "allow" : "unauthorized");
    }),
    runs,
  );
});

test("whatever a user's authorizer returns, what comes through is a name and our own context", async () => {
  const statement = fc.record(
    {
      Effect: fc.oneof(fc.constantFrom("Allow", "Deny"), fc.jsonValue()),
      Action: fc.oneof(fc.string(), fc.array(fc.string()), fc.jsonValue()),
      Resource: fc.oneof(fc.string(), fc.array(fc.string()), fc.jsonValue()),
      Condition: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const answer = fc.oneof(
    fc.jsonValue(),
    fc.record({
      principalId: fc.oneof(fc.string(), fc.jsonValue()),
      policyDocument: fc.record({
        Version: fc.constant("2012-10-17"),
        Statement: fc.oneof(statement, fc.array(statement)),
      }),
      context: fc.jsonValue(),
    }),
  );
  const settings = parse(customGate());
  await fc.assert(
    fc.asyncProperty(answer, async (value) => {
      const callAws = () =>
        Promise.resolve({
          status: 200,
          headers: {},
          body: JSON.stringify(value),
        });
      const { handler: front } = createTestHandler({
        settings,
        askCustom: (event, name) => askCustom(event, name, callAws),
      });
      const outcome = await front(
        eventOf({ headers: { Authorization: "x" } }),
      ).catch((error: unknown) => (error as Error).message);
      if (typeof outcome === "string") {
        expect(outcome).toBe("custom-invalid");
        return;
      }
      const { Effect } = outcome.policyDocument.Statement[0];
      expect(Object.keys(outcome.context)).toEqual([
        "consumer",
        Effect === "Allow" ? "credential" : "reason",
      ]);
      expect(outcome.context["consumer"]).toMatch(/^[\x21-\x7e]{1,128}$/);
    }),
    runs,
  );
});
