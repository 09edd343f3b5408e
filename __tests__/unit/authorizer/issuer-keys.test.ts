// The keys of issuers over a simulated clock and a fake endpoint: floods, outages, rotation and withdrawal.
import { decide } from "../../../authorizer/decide.ts";
import { gather } from "../../../authorizer/gather.ts";
import { createKeyReader } from "../../../authorizer/jwt/issuer-keys.ts";
import type { HttpRequest } from "../../../authorizer/aws/transport.ts";
import { Unavailable } from "../../../authorizer/failure.ts";
import {
  foreignKeys,
  functionArn,
  headerEvent,
  now,
  parse,
  toJwk,
  tokenA,
  unauthorized,
} from "../../fixtures/authorizer.ts";
import {
  auth0,
  auth0Url,
  issuersFile,
  rsaJwk,
  sign,
} from "../../fixtures/issuers.ts";

const uri = "https://example.eu.auth0.com/.well-known/jwks.json";
const second = 1000;
const minute = 60 * second;
const keyB = { ...toJwk(foreignKeys), kid: "b" };
const set = (...keys: unknown[]) => JSON.stringify({ keys });
const outage = new Unavailable("ETIMEDOUT", "passing");

/** An endpoint whose answer can be changed; it counts its calls. */
function setUp(answer: string | { status: number; body: string } | Error) {
  const state = { now, answer };
  const requests: HttpRequest[] = [];
  const warnings: string[] = [];
  const readKeys = createKeyReader({
    now: () => state.now,
    onStale: (detail) => void warnings.push(detail),
    send: (request) => {
      requests.push(request);
      const { answer: given } = state;
      if (given instanceof Error) return Promise.reject(given);
      const answered =
        typeof given === "string" ? { status: 200, body: given } : given;
      return Promise.resolve({ headers: {}, ...answered });
    },
  });
  return { state, requests, warnings, readKeys };
}

const unavailable = { reason: "issuer-keys-unavailable" };

test("one GET a ten minutes, and the same object as long as the text is the same", async () => {
  const { state, requests, readKeys } = setUp(set(rsaJwk));
  const first = await readKeys(uri, "rsa-1");
  state.now += 10 * minute - 1;
  expect(await readKeys(uri, "rsa-1")).toBe(first);
  expect(requests).toEqual([
    {
      method: "GET",
      url: new URL(uri),
      headers: { accept: "application/json" },
      limit: 262_144,
    },
  ]);
  state.now += 1;
  expect(await readKeys(uri, "rsa-1")).toBe(first);
  expect(requests).toHaveLength(2);
  state.now += 10 * minute;
  state.answer = set(keyB);
  expect((await readKeys(uri, undefined)).keys).toEqual([keyB]);
});

test("2.1 #7 a thousand unknown kids are one call in thirty seconds, and a new key waits no longer", async () => {
  const { state, requests, readKeys } = setUp(set(rsaJwk));
  const flood = async () => {
    for (let index = 0; index < 1000; index += 1)
      await readKeys(uri, `kid-${index}`);
  };
  await flood();
  expect(requests).toHaveLength(1);
  state.answer = set(rsaJwk, keyB);
  state.now += 30 * second - 1;
  expect((await readKeys(uri, "b")).keys).toHaveLength(1);
  state.now += 1;
  expect((await readKeys(uri, "b")).keys).toHaveLength(2);
  expect(requests).toHaveLength(2);
  await flood();
  expect(requests).toHaveLength(2);
});

test("2.4 #42 concurrent callers share one call", async () => {
  const { requests, readKeys } = setUp(set(rsaJwk));
  await Promise.all(Array.from({ length: 50 }, () => readKeys(uri, "rsa-1")));
  expect(requests).toHaveLength(1);
});

test("2.4 #39 down from cold: one call in five seconds, and it recovers", async () => {
  const { state, requests, readKeys } = setUp(outage);
  for (let index = 0; index < 100; index += 1)
    await expect(readKeys(uri, "rsa-1")).rejects.toMatchObject(unavailable);
  expect(requests).toHaveLength(1);
  state.now += 5 * second;
  state.answer = set(rsaJwk);
  expect((await readKeys(uri, "rsa-1")).keys).toHaveLength(1);
});

test("an outage is ridden out with old keys for a day, and logged each time it is found", async () => {
  const { state, requests, warnings, readKeys } = setUp(set(rsaJwk));
  await readKeys(uri, "rsa-1");
  state.answer = outage;
  state.now += 10 * minute;
  for (let index = 0; index < 10; index += 1) await readKeys(uri, "rsa-1");
  expect(requests).toHaveLength(2);
  expect(warnings).toEqual([`${uri}: ETIMEDOUT`]);
  state.now = now + 24 * 60 * minute - 1;
  await readKeys(uri, "rsa-1");
  expect(warnings).toHaveLength(2);
  state.now += 1;
  await expect(readKeys(uri, "rsa-1")).rejects.toMatchObject(unavailable);
});

test("a failed look for an unknown kid leaves fresh keys alone and logs no warning", async () => {
  const { state, warnings, readKeys } = setUp(set(rsaJwk));
  await readKeys(uri, "rsa-1");
  state.answer = outage;
  state.now += minute;
  expect((await readKeys(uri, "b")).keys).toHaveLength(1);
  expect(warnings).toEqual([]);
});

test("a withdrawn key is trusted for ten minutes and no longer", async () => {
  const { state, readKeys } = setUp(set(rsaJwk));
  await readKeys(uri, "rsa-1");
  state.answer = set();
  state.now += 10 * minute;
  expect((await readKeys(uri, "rsa-1")).keys).toEqual([]);
});

test.each<[string, string | { status: number; body: string }, string]>([
  ["a redirect", { status: 302, body: set(rsaJwk) }, "HTTP 302"],
  ["an error", { status: 500, body: set(rsaJwk) }, "HTTP 500"],
  ["no content", { status: 204, body: "" }, "HTTP 204"],
  ["HTML", "<html>", "no key set"],
  ["null", "null", "no key set"],
  ["a list", "[]", "no key set"],
  ["no keys", "{}", "no key set"],
  ["keys that are no list", '{"keys":{}}', "no key set"],
])("%s is no key set", async (_, answer, cause) => {
  const { readKeys } = setUp(answer);
  await expect(readKeys(uri, undefined)).rejects.toMatchObject({
    ...unavailable,
    detail: `${uri}: ${cause}`,
  });
});

const settings = parse({
  issuers: issuersFile
    .filter(({ name }) => name === "auth0")
    .map((item) => ({ ...item, keys: { uri } })),
  consumers: [
    {
      id: "machine",
      hashes: [],
      identities: [{ issuer: "auth0", conditions: [] }],
      access: "*",
    },
  ],
});
const noTable = () => Promise.reject(new Error("not expected to be asked"));
const ask = async (
  token: string,
  { state, readKeys }: ReturnType<typeof setUp>,
) => {
  const request = { event: headerEvent(`Bearer ${token}`), functionArn };
  const sources = { readKeys, readEntry: noTable, askCustom: noTable };
  return decide(request, await gather(request, settings, sources), state.now);
};

test.each([
  ["beside a malformed entry", set(null, 1, { kty: "XYZ" }, rsaJwk), "allow"],
  ["twice", set(rsaJwk, rsaJwk), "unauthorized"],
  [
    "with new material under the old kid",
    set({ ...keyB, kid: "rsa-1" }),
    "unauthorized",
  ],
  ["as an encryption key", set({ ...rsaJwk, use: "enc" }), "unauthorized"],
])("a token whose key is there %s: %s", async (_, answer, kind) => {
  expect(await ask(sign(auth0), setUp(answer))).toMatchObject({ kind });
});

test("rotation: the next key passes after it is published, the old one until it is withdrawn", async () => {
  const endpoint = setUp(set(rsaJwk));
  const next = sign(auth0, { kid: "next" });
  expect(await ask(sign(auth0), endpoint)).toMatchObject({ kind: "allow" });
  expect(await ask(next, endpoint)).toEqual(unauthorized("jws-key"));
  endpoint.state.answer = set(rsaJwk, { ...rsaJwk, kid: "next" });
  endpoint.state.now += 31 * second;
  expect(await ask(next, endpoint)).toMatchObject({ kind: "allow" });
  expect(await ask(sign(auth0), endpoint)).toMatchObject({ kind: "allow" });
});

test.each([
  ["a token", tokenA],
  [
    "2.3 #19 another issuer's",
    sign({ ...auth0, iss: "http://169.254.169.254/" }),
  ],
  ["2.3 #19 one that looks like it", sign({ ...auth0, iss: `${auth0Url}x` })],
  ["2.3 #19 the place of the keys as issuer", sign({ ...auth0, iss: uri })],
  ["2.1 #1 a wrong algorithm", sign(auth0, { alg: "HS256" })],
  ["2.1 #6 jwk", sign(auth0, { jwk: rsaJwk })],
  ["2.1 #7 a kid of 257 characters", sign(auth0, { kid: "k".repeat(257) })],
  ["2.1 #8 crit", sign(auth0, { crit: ["x"] })],
  ["malformed JSON", sign(auth0).replace(".", ".AA")],
])("%s causes no request for keys", async (_, token) => {
  const endpoint = setUp(set(rsaJwk));
  await ask(token, endpoint).catch(() => undefined);
  expect(endpoint.requests).toEqual([]);
});

test("2.1 #6 a token's word for where its keys are is not followed: the settings say it", async () => {
  const endpoint = setUp(set(rsaJwk));
  for (const name of ["jku", "x5u"])
    await ask(sign(auth0, { [name]: "https://evil.example.com" }), endpoint);
  expect(endpoint.requests.map(({ url }) => url.href)).toEqual([uri]);
});

test("a kid among unusable entries is still found, and need not be looked for again", async () => {
  const { state, requests, readKeys } = setUp(set(null, 1, rsaJwk));
  await readKeys(uri, "rsa-1");
  state.now += minute;
  await readKeys(uri, "rsa-1");
  await readKeys(uri, undefined);
  expect(requests).toHaveLength(1);
  await readKeys(uri, "other");
  expect(requests).toHaveLength(2);
});

test("after an outage the reason of the last attempt is logged, and a success forgets it", async () => {
  const { state, requests, warnings, readKeys } = setUp(outage);
  await expect(readKeys(uri, "rsa-1")).rejects.toMatchObject(unavailable);
  state.now += 5 * second - 1;
  await expect(readKeys(uri, "rsa-1")).rejects.toMatchObject(unavailable);
  expect(requests).toHaveLength(1);
  state.now += 1;
  state.answer = set(rsaJwk);
  await readKeys(uri, "rsa-1");
  // An outage that is over must not hold back the next read, whatever the clock does.
  state.now -= 1;
  await readKeys(uri, "rsa-1");
  expect(requests).toHaveLength(3);
  expect(warnings).toEqual([]);
});
