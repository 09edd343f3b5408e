// Who a token stands for: hashes, expiry, and the proof beside them.
import {
  decideToken,
  now,
  parse,
  proofClaims,
  score,
  settingsFile,
  sha256,
  signProof,
  stageArn,
  tokenA,
  tokenA2,
  tokenB,
  unauthorized,
} from "../../fixtures/authorizer.ts";

const settings = parse();

test.each([
  [tokenA, "team-a"],
  [tokenA2, "team-a"],
  [tokenB, "team-b"],
])("2.5 #43 token %# passes as its consumer", async (token, id) => {
  expect(await decideToken(token, settings, now)).toMatchObject({
    kind: "allow",
    caller: { mode: "token", name: id },
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
])("2.5 #43 %s is refused", async (_, token) => {
  expect(await decideToken(token, settings, now)).toEqual(
    unauthorized("token-unknown"),
  );
});

test.each([
  ["2027-06-30T00:00:00.000Z", "allow"],
  ["2027-06-30T23:59:59.999Z", "allow"],
  ["2027-07-01T00:00:00.000Z", "unauthorized"],
  ["2030-01-01T00:00:00.000Z", "unauthorized"],
])("a token that expires on 2027-06-30 at %s: %s", async (time, kind) => {
  const decision = await decideToken(tokenB, settings, Date.parse(time));
  expect(decision).toMatchObject(
    kind === "allow" ? { kind } : unauthorized("consumer-expired"),
  );
});

test("an expired consumer passes by no proof either", async () => {
  const later = Date.parse("2027-07-01T00:00:00Z");
  const times = { iat: later / 1000, exp: later / 1000 + 300 };
  expect(
    await decideToken(signProof({ ...times, sub: "team-b" }), settings, later),
  ).toEqual(unauthorized("consumer-expired"));
  expect(
    await decideToken(signProof({ ...times, sub: "team-a" }), settings, later),
  ).toMatchObject({ kind: "allow", caller: { mode: "proof" } });
});

test("without a public key no proof passes", async () => {
  expect(await decideToken(signProof(), parse({ proof: null }), now)).toEqual(
    unauthorized("token-unknown"),
  );
});

test.each([
  ["another gate", { gate: "ai-gate/dev" }, "claim-audience"],
  [
    "a gate without this consumer",
    { consumers: settingsFile.consumers.slice(1) },
    "consumer-unknown",
  ],
])(
  "2.3 #21 a proof made for this gate is refused at %s",
  async (_, changes, reason) => {
    expect(await decideToken(signProof(), parse(changes), now)).toEqual(
      unauthorized(reason),
    );
  },
);

test("2.3 #21 a proof made for another stage is refused", async () => {
  const event = { methodArn: `${stageArn.replace("v1", "v2")}GET/score` };
  const call = { ...score, event: { ...event, requestContext: {} } };
  expect(
    await decideToken(signProof(), parse({ stage: "v2" }), now, call),
  ).toEqual(unauthorized("claim-stage"));
});

test("a static token may look like a JWT, and is still only its hash", async () => {
  const token = signProof({ iss: "someone" });
  const consumers = [{ ...settingsFile.consumers[0], hashes: [sha256(token)] }];
  expect(await decideToken(token, parse({ consumers }), now)).toMatchObject({
    kind: "allow",
    caller: { mode: "token" },
  });
  expect(
    await decideToken(
      signProof({ iss: "someone", run: "2" }),
      parse({ consumers }),
      now,
    ),
  ).toEqual(unauthorized("claim-issuer"));
});

test("a proof is good until the second it names", async () => {
  const end = proofClaims.exp * 1000;
  expect(await decideToken(signProof(), settings, end - 1)).toMatchObject({
    kind: "allow",
  });
  expect(await decideToken(signProof(), settings, end)).toEqual(
    unauthorized("claim-expired"),
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
    decideToken(signProof(), { ...settings, issuers }, now),
  ).rejects.toThrow(TypeError);
});

test.each(["at+jwt", undefined])(
  "2.3 #21 a proof of typ %s is refused for that",
  async (typ) => {
    expect(await decideToken(signProof({}, { typ }), settings, now)).toEqual(
      unauthorized("jws-header"),
    );
  },
);

test.each([
  ["r".repeat(256), { kind: "allow" }],
  ["r".repeat(257), unauthorized("claim-run")],
  ["", unauthorized("claim-run")],
  [1, unauthorized("claim-run")],
  [undefined, unauthorized("claim-run")],
])("2.3 #21 a proof of a run (%#)", async (run, decision) => {
  expect(await decideToken(signProof({ run }), settings, now)).toMatchObject(
    decision,
  );
});
