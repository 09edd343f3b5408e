import type { OutputMap } from "@pulumi/pulumi/automation";
import { proofKeyFrom } from "../../../src/action/stack/prove.ts";
import { createProofKey } from "../../../src/proof/credential.ts";

const secret = (value: unknown) => ({ value, secret: true });
const open = (value: unknown) => ({ value, secret: false });

/** Reads the key of a stack with these outputs, and counts how often the secret ones were asked for. */
async function read(outputs: OutputMap, secrets: OutputMap = {}) {
  const masked: string[] = [];
  const secretOutputs = jest.fn(() => Promise.resolve(secrets));
  const key = await proofKeyFrom({ outputs, secretOutputs }, (text) =>
    masked.push(text),
  );
  return { key, masked, secretOutputs };
}

test("the private part is decrypted when it is needed, and masked", async () => {
  const { privateKey, publicKey } = await createProofKey();
  const { key, masked, secretOutputs } = await read(
    { proofPublicKey: open(publicKey) },
    { proofKey: secret(JSON.stringify(privateKey)) },
  );
  expect(key.publicKey).toEqual(publicKey);
  expect([secretOutputs.mock.calls.length, masked]).toEqual([0, []]);
  expect(await key.privateKey()).toEqual(privateKey);
  expect(masked).toEqual([privateKey.d]);
});

test.each([
  { what: "without the public part", publicKey: undefined },
  { what: "with a public part of another kind", publicKey: { kty: "RSA" } },
  { what: "with a public part that is a text", publicKey: "x" },
])("a stack $what keeps its key", async ({ publicKey: stored }) => {
  const { privateKey, publicKey } = await createProofKey();
  const { key, masked } = await read(
    stored === undefined ? {} : { proofPublicKey: open(stored) },
    { proofKey: secret(JSON.stringify(privateKey)) },
  );
  expect(masked).toEqual([privateKey.d]);
  expect(key.publicKey).toEqual(publicKey);
  expect(await key.privateKey()).toEqual(privateKey);
});

test("a new stack gets a key of its own", async () => {
  const [one, other] = [await read({}), await read({})];
  const { d, x } = await one.key.privateKey();
  expect(one.masked).toEqual([d]);
  expect(one.key.publicKey.x).toBe(x);
  expect(other.key.publicKey.x).not.toBe(x);
});

test("a private part that is gone is one sentence that says what to do", async () => {
  const { publicKey } = await createProofKey();
  const { key } = await read({ proofPublicKey: open(publicKey) });
  await expect(key.privateKey()).rejects.toMatchObject({
    reason: "engine",
    message: expect.stringContaining("run `up` again, which makes a new key"),
  });
});
