// The answer to API Gateway: its policy, and what the gate's routes can read of it.
import { buildResult } from "../../../authorizer/context.ts";
import type { Decision } from "../../../authorizer/decide.ts";
import { InternalFailure } from "../../../authorizer/failure.ts";
import {
  parse,
  secretArn,
  stageArn,
  upstreamSecret,
} from "../../fixtures/authorizer.ts";

const [openai] = parse().upstreams;
const caller = { mode: "jwt", issuer: "staff", name: "team-a" } as const;
const allow = {
  kind: "allow",
  caller,
  resource: `${stageArn}GET/*`,
  upstream: openai!,
} satisfies Decision;
const read = () => Promise.resolve(upstreamSecret);

test("2.4 #36 the principal is mode, issuer and name; a plan's key goes beside the context", async () => {
  const usageKey = "a".repeat(64);
  const decision = { ...allow, caller: { ...caller, usageKey } };
  expect(await buildResult(decision, read)).toMatchObject({
    principalId: "jwt:staff:team-a",
    usageIdentifierKey: usageKey,
    context: { consumer: "team-a", mode: "jwt" },
  });
  const { principalId } = await buildResult(
    { ...allow, caller: { mode: "token", name: "b" } },
    read,
  );
  expect(principalId).toBe("token:b");
});

test("2.4 #35 every value is a non-empty string", async () => {
  const { context } = await buildResult(allow, read);
  expect(Object.keys(context)).toEqual(["consumer", "mode", "credential"]);
  for (const value of Object.values(context))
    expect(value).toMatch(/^[\x20-\x7e]+$/);
});

test.each(["x", "a b", "x".repeat(8192)])(
  "a secret that can stand in a header follows its prefix (%#)",
  async (secret) => {
    const { context } = await buildResult(allow, () => Promise.resolve(secret));
    expect(context["credential"]).toBe(`Bearer ${secret}`);
  },
);

test.each([
  "a\r\nX-Evil: 1",
  "a\nb",
  "a\0b",
  "a\tb",
  "a\u007fb",
  "é",
  "\u{1f600}",
  "",
  " ",
  " a",
  "a ",
  "a\n",
  "x".repeat(8193),
])(
  "2.4 #34 a secret like %.20j is our failure and is not quoted",
  async (secret) => {
    const failure = await buildResult(allow, () =>
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
  await expect(buildResult(allow, () => Promise.reject(failure))).rejects.toBe(
    failure,
  );
});
