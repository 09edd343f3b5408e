// Who a token stands for: hashes, expiry, and the proof beside them.
import { decide } from "../../authorizer/decide.ts";
import {
  now,
  parse,
  proofClaims,
  settingsFile,
  sha256,
  signProof,
  tokenA,
  tokenA2,
  tokenB,
} from "./fixtures.ts";

const settings = parse();
const refused = (reason: string) => ({ kind: "refuse", reason });

test.each([
  [tokenA, "team-a"],
  [tokenA2, "team-a"],
  [tokenB, "team-b"],
])("2.5 #43 token %# passes as its consumer", async (token, id) => {
  expect(await decide(token, settings, now)).toMatchObject({
    kind: "allow",
    mode: "token",
    consumer: { id },
  });
});

test.each([
  ["a wrong token", `${tokenA.slice(0, -1)}B`],
  ["a prefix", tokenA.slice(0, -1)],
  ["more than the token", `${tokenA}A`],
  ["two tokens", tokenA + tokenB],
  ["another case", tokenA.toLowerCase()],
  ["the hash itself", sha256(tokenA)],
  ["the hash in capitals", sha256(tokenA).toUpperCase()],
  ["the consumer's id", "team-a"],
  ["2.5 #45 __proto__", "__proto__"],
  ["2.5 #45 constructor", "constructor"],
  ["2.5 #45 hasOwnProperty", "hasOwnProperty"],
  ["nothing", ""],
])("2.5 #43 %s is refused", async (_, token) => {
  expect(await decide(token, settings, now)).toEqual(refused("token-unknown"));
});

test.each([
  ["2027-06-30T00:00:00.000Z", "allow"],
  ["2027-06-30T23:59:59.999Z", "allow"],
  ["2027-07-01T00:00:00.000Z", "refuse"],
  ["2030-01-01T00:00:00.000Z", "refuse"],
])("a token that expires on 2027-06-30 at %s: %s", async (time, kind) => {
  const decision = await decide(tokenB, settings, Date.parse(time));
  expect(decision).toMatchObject(
    kind === "allow" ? { kind } : refused("consumer-expired"),
  );
});

test("an expired consumer passes by no proof either", async () => {
  const later = Date.parse("2027-07-01T00:00:00Z");
  const times = { iat: later / 1000, exp: later / 1000 + 300 };
  expect(
    await decide(signProof({ ...times, sub: "team-b" }), settings, later),
  ).toEqual(refused("consumer-expired"));
  expect(
    await decide(signProof({ ...times, sub: "team-a" }), settings, later),
  ).toMatchObject({ kind: "allow", mode: "proof" });
});

test("without a public key no proof passes", async () => {
  expect(await decide(signProof(), parse({ proof: null }), now)).toEqual(
    refused("token-unknown"),
  );
});

test.each([
  ["another gate", { gate: "ai-gate/dev" }, "claim-audience"],
  ["another stage", { stage: "v2" }, "claim-stage"],
  [
    "a gate without this consumer",
    { consumers: settingsFile.consumers.slice(1) },
    "consumer-unknown",
  ],
])(
  "2.3 #21 a proof made for this gate is refused at %s",
  async (_, changes, reason) => {
    expect(await decide(signProof(), parse(changes), now)).toEqual(
      refused(reason),
    );
  },
);

test("a static token may look like a JWT, and is still only its hash", async () => {
  const token = signProof({ iss: "someone" });
  const consumers = [{ ...settingsFile.consumers[0], hashes: [sha256(token)] }];
  expect(await decide(token, parse({ consumers }), now)).toMatchObject({
    kind: "allow",
    mode: "token",
  });
  expect(
    await decide(
      signProof({ iss: "someone", run: "2" }),
      parse({ consumers }),
      now,
    ),
  ).toEqual(refused("claim-issuer"));
});

test("a proof is good until the second it names", async () => {
  const end = proofClaims.exp * 1000;
  expect(await decide(signProof(), settings, end - 1)).toMatchObject({
    kind: "allow",
  });
  expect(await decide(signProof(), settings, end)).toEqual(
    refused("claim-expired"),
  );
});

test("2.5 #43 a digest that does not match its own key in the map is refused", async () => {
  const entry = settings.tokens.get(sha256(tokenA))!;
  const tokens = new Map([
    [sha256(tokenA), { ...entry, digest: Buffer.alloc(32) }],
  ]);
  expect(await decide(tokenA, { ...settings, tokens }, now)).toEqual(
    refused("token-unknown"),
  );
});

test("an error that is no refusal is not taken for one", async () => {
  const [issuer] = [...settings.issuers.values()];
  const broken = () => {
    throw new TypeError("broken");
  };
  const issuers = new Map([
    [issuer!.issuer, { ...issuer!, findConsumer: broken }],
  ]);
  await expect(
    decide(signProof(), { ...settings, issuers }, now),
  ).rejects.toThrow(TypeError);
});

test.each(["at+jwt", undefined])(
  "2.3 #21 a proof of typ %s is refused for that",
  async (typ) => {
    expect(await decide(signProof({}, { typ }), settings, now)).toEqual(
      refused("jws-header"),
    );
  },
);

test.each([
  ["r".repeat(256), { kind: "allow" }],
  ["r".repeat(257), refused("claim-run")],
  ["", refused("claim-run")],
  [1, refused("claim-run")],
  [undefined, refused("claim-run")],
])("2.3 #21 a proof of a run (%#)", async (run, decision) => {
  expect(await decide(signProof({ run }), settings, now)).toMatchObject(
    decision,
  );
});
