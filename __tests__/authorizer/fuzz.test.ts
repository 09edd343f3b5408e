// Mutated credentials never pass, and every failure is exactly `Unauthorized`. FUZZ_RUNS sets the number of cases.
import fc from "fast-check";
import { holdAll } from "../../authorizer/jwt/condition.ts";
import { askCustom } from "../../authorizer/aws/custom-function.ts";
import { decide } from "../../authorizer/decide.ts";
import { createTokenTable } from "../../authorizer/aws/token-table.ts";
import {
  createTestHandler,
  encode,
  now,
  parse,
  proofClaims,
  proofHeader,
  proofKeys,
  settingsFile,
  sha256,
  signJws,
  signProof,
  tokenA,
  tokenB,
  headerEvent,
} from "./fixtures.ts";
import { auth0, issuerSettings, sign } from "./issuers.ts";

const runs = { numRuns: Number(process.env["FUZZ_RUNS"] ?? 500) };
jest.setTimeout(30_000 + 20 * runs.numRuns);
const proof = signProof();
const goods = [tokenA, tokenB, proof].map((token) => `Bearer ${token}`);
const accepted = new Set([
  ...goods,
  ...goods.map((value) => value.replace("Bearer", "bearer")),
]);

const { handler, lines } = createTestHandler();

async function expectUnauthorized(value: unknown): Promise<void> {
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
  fc.string({ unit: "binary", minLength: 1, maxLength: 2 }),
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
    .filter((value) => !accepted.has(value));
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

test("anything at all in place of a credential", async () => {
  await fc.assert(fc.asyncProperty(fc.anything(), expectUnauthorized), runs);
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
      expect(await decide(token, issuerSettings, now)).toMatchObject({
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

test("no item of the table but a sound one of a known consumer lets anybody pass", async () => {
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

test("whatever a user's authorizer returns, what comes through is a policy and our own context", async () => {
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
  const settings = parse({
    consumers: [],
    proof: null,
    custom: { function: "custom" },
  });
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
      const outcome = await front(headerEvent("x")).catch(
        (error: unknown) => (error as Error).message,
      );
      if (typeof outcome === "string") {
        expect(outcome).toMatch(/^(custom-invalid|result-too-large)$/);
        return;
      }
      expect(Object.keys(outcome.context).sort()).toEqual([
        "consumer",
        "upstream_an_thropic",
        "upstream_openai",
      ]);
      expect(outcome.context["consumer"]).toMatch(/^[\x21-\x7e]{1,128}$/);
      for (const { Effect } of outcome.policyDocument.Statement)
        expect(Effect).toMatch(/^(Allow|Deny)$/);
    }),
    runs,
  );
});
