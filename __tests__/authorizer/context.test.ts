// What the gate's routes can read of a decision.
import { buildContext } from "../../authorizer/context.ts";
import { InternalFailure } from "../../authorizer/failure.ts";
import type { SecretReference } from "../../authorizer/secrets.ts";
import { parse, secretArn, upstreamSecret } from "./fixtures.ts";

const { upstreams, consumers } = parse();
const callerOf = (id: string) => ({
  name: id,
  mayUse: (upstream: string) => consumers.get(id)!.upstreams.includes(upstream),
});
const teamA = callerOf("team-a");
const teamB = callerOf("team-b");
const read = () => Promise.resolve(upstreamSecret);

test("a permitted upstream gets prefix and secret, every other one the dummy", async () => {
  expect(await buildContext(teamA, upstreams, read)).toEqual({
    consumer: "team-a",
    upstream_openai: `Bearer ${upstreamSecret}`,
    upstream_an_thropic: "none",
  });
});

test("a consumer without upstreams gets dummies only, and nothing is read for it", async () => {
  const references: SecretReference[] = [];
  const context = await buildContext(teamB, upstreams, (reference) => {
    references.push(reference);
    return read();
  });
  expect(context).toEqual({
    consumer: "team-b",
    upstream_openai: "none",
    upstream_an_thropic: "none",
  });
  expect(references).toEqual([]);
});

test("only the secrets it may use are read", async () => {
  const references: SecretReference[] = [];
  await buildContext(teamA, upstreams, (reference) => {
    references.push(reference);
    return read();
  });
  expect(references).toEqual([{ store: "secrets-manager", arn: secretArn }]);
});

test("2.4 #35 every value is a non-empty string", async () => {
  for (const value of Object.values(await buildContext(teamA, upstreams, read)))
    expect(value).toMatch(/^[\x20-\x7e]+$/);
});

test.each([
  "a\r\nX-Evil: 1",
  "a\nb",
  "a\0b",
  "a\tb",
  "a\u007fb",
  "é",
  "\u{1f600}",
  "",
  " a",
  "a ",
  "a\n",
])(
  "2.4 #34 a secret like %j is our failure and is not quoted",
  async (secret) => {
    const failure = await buildContext(teamA, upstreams, () =>
      Promise.resolve(secret),
    ).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      reason: "upstream-secret-invalid",
      detail: "upstream openai: the secret cannot stand in a header",
    });
  },
);

test("2.4 #39 a secret that cannot be read is our failure, never a missing key", async () => {
  const failure = new InternalFailure("upstream-secret-unavailable", secretArn);
  await expect(
    buildContext(teamA, upstreams, () => Promise.reject(failure)),
  ).rejects.toBe(failure);
});
