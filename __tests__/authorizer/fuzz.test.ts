// Mutated credentials never pass, and every failure is exactly `Unauthorized`. FUZZ_RUNS sets the number of cases.
import fc from "fast-check";
import {
  createTestHandler,
  encode,
  proofClaims,
  proofHeader,
  proofKeys,
  signJws,
  signProof,
  tokenA,
  tokenB,
  tokenEvent,
} from "./fixtures.ts";

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
  const outcome = await handler(tokenEvent(value)).catch(
    (error: unknown) => error,
  );
  expect(outcome).toEqual(new Error("Unauthorized"));
  expect(JSON.parse(lines.pop() ?? "")).toMatchObject({ decision: "refuse" });
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
