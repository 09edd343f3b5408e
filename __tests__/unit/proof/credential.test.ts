import { importJWK, jwtVerify } from "jose";
import {
  createProofKey,
  credentialHeader,
  proofLifetime,
  signProof,
  wrongToken,
} from "../../../src/proof/credential.ts";

const now = new Date("2026-03-01T12:00:00.900Z");
const claims = {
  gate: "ai-gate/prod",
  stage: "v1",
  consumer: "team-a",
  run: "42",
  now,
};

const verify = async (token: string, publicKey: object) =>
  jwtVerify(token, await importJWK(publicKey, "EdDSA"), {
    algorithms: ["EdDSA"],
    currentDate: now,
  });

test("the key pair is Ed25519, its public half without the private one, and new each time", async () => {
  const [one, two] = [await createProofKey(), await createProofKey()];
  expect(Object.keys(one.publicKey).sort()).toEqual(["crv", "kty", "x"]);
  expect(one.publicKey).toMatchObject({ kty: "OKP", crv: "Ed25519" });
  expect(Buffer.from(one.publicKey.x, "base64url")).toHaveLength(32);
  expect(Buffer.from(one.privateKey.d, "base64url")).toHaveLength(32);
  expect(one.privateKey.x).toBe(one.publicKey.x);
  expect(two.privateKey.d).not.toBe(one.privateKey.d);
});

test("a proof says who, where and for how long, and nothing else", async () => {
  const { publicKey, privateKey } = await createProofKey();
  const { payload, protectedHeader } = await verify(
    await signProof(privateKey, claims),
    publicKey,
  );
  const issued = Date.UTC(2026, 2, 1, 12) / 1000;
  expect(protectedHeader).toEqual({ alg: "EdDSA", typ: "JWT" });
  expect(payload).toEqual({
    iss: "ai-gate-action",
    aud: "ai-gate/prod",
    sub: "team-a",
    stage: "v1",
    run: "42",
    iat: issued,
    exp: issued + 300,
  });
  expect(proofLifetime).toBeLessThanOrEqual(300);
});

test("another key does not verify it", async () => {
  const { privateKey } = await createProofKey();
  const other = await createProofKey();
  await expect(
    verify(await signProof(privateKey, claims), other.publicKey),
  ).rejects.toThrow("signature verification failed");
});

test("the wrong token has the shape of a token, so that the authorizer must look it up", () => {
  expect(wrongToken).toMatch(/^[A-Za-z0-9._~+/=-]{32,4096}$/);
  expect(new Set(wrongToken).size).toBeGreaterThanOrEqual(10);
});

test.each([
  ["Authorization", { Authorization: "Bearer t" }],
  ["authorization", { authorization: "Bearer t" }],
  ["x-api-key", { "x-api-key": "t" }],
])("a token in %s", (header, expected) => {
  expect(credentialHeader(header, "t")).toEqual(expected);
});
