// What is done after an up: tokens first, then an end to what API Gateway remembers; a failure is reported, never thrown.
import { finishUp, type Made } from "../../../src/action/stack/after-up.ts";
import { GateFailure } from "../../../src/gate/failure.ts";
import type { BuiltInAuth } from "../../../src/gate/gate.ts";
import { hostWith } from "../../fixtures/host.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";
import {
  consumer,
  customAuth,
  gate as uncached,
} from "../../fixtures/proof-gates.ts";

const read = "dynamodb BatchGetItem";
const record = "dynamodb PutItem";
const change = "dynamodb TransactWriteItems";
const flush = "apigateway DELETE /restapis/abc/stages/v1/cache/authorizers";

const auth = (store: BuiltInAuth["store"]): BuiltInAuth => ({
  mode: "built-in",
  cacheTtl: 60,
  store,
  issuers: [],
});

/** With a cache, which is what there is to empty. */
const gate = (parts: Parameters<typeof uncached>[0] = {}) =>
  uncached({ auth: auth("bundled"), ...parts });

async function finished(
  made: Partial<Made>,
  replies: Parameters<typeof fakeAws>[0] = {},
) {
  const { aws, asked, requests } = fakeAws({
    [read]: { body: "{}" },
    ...replies,
  });
  const lines: string[] = [];
  const host = hostWith({ log: (line) => lines.push(line) });
  const result = await finishUp(
    aws,
    {
      gate: gate({ auth: auth("dynamodb"), consumers: [consumer("a", [])] }),
      name: "ai-gate-prod-12345678",
      outputs: { apiId: { value: "abc", secret: false } },
      changed: false,
      failure: undefined,
      ...made,
    },
    host,
  );
  return { ...result, asked, requests, lines };
}

test("a new token is put into the gate's own table, and the cache is emptied", async () => {
  const { asked, failure, lines, requests, tokens } = await finished({});
  expect(asked).toEqual([read, read, record, change, flush]);
  expect(requests[3]?.body).toContain('"ai-gate-prod-12345678-tokens"');
  expect({ failure, tokens }).toEqual({
    failure: undefined,
    tokens: { put: 1, removed: 0 },
  });
  expect(lines).toEqual(["ai-gate-prod-12345678-tokens: 1 put, 0 removed"]);
});

const nobody = gate({ auth: auth("dynamodb"), consumers: [] });

test.each<[string, Partial<Made>, string[]]>([
  [
    "tokens that are there: no call that changes anything",
    { gate: nobody },
    [read],
  ],
  ["a changed gate: emptied", { gate: nobody, changed: true }, [read, flush]],
  [
    "tokens in the settings, nothing changed: no call at all",
    { gate: gate() },
    [],
  ],
  [
    "tokens in the settings, changed: emptied",
    { gate: gate(), changed: true },
    [flush],
  ],
  [
    "a custom authorizer, changed: emptied",
    {
      gate: uncached({ auth: { ...customAuth, cacheTtl: 60 }, consumers: [] }),
      changed: true,
    },
    [flush],
  ],
  [
    "no cache, changed: nothing to empty",
    { gate: uncached(), changed: true },
    [],
  ],
  [
    "no API: nothing to empty",
    { gate: gate(), changed: true, outputs: {} },
    [],
  ],
])("%s", async (_what, made, expected) => {
  expect((await finished(made)).asked).toEqual(expected);
});

test("an up that failed puts no tokens, but empties what it may have changed", async () => {
  const failure = new GateFailure("engine", "it broke");
  const result = await finished({ failure, changed: true });
  expect(result.asked).toEqual([flush]);
  expect(result).toMatchObject({ failure, tokens: undefined });
});

test("tokens that cannot be put fail the run, and the cache is emptied all the same", async () => {
  const { asked, failure, tokens } = await finished(
    {},
    { [record]: { status: 400, errorCode: "AccessDeniedException" } },
  );
  expect(asked).toEqual([read, read, record, flush]);
  expect(tokens).toBeUndefined();
  expect(failure).toMatchObject({
    reason: "aws-denied",
    message: expect.stringMatching(
      /^The gate is deployed, but its tokens are not all as the config file says: AWS does not let this role/,
    ) as string,
  });
});

test("a bug is not taken for a failure", async () => {
  await expect(
    finished(
      {},
      {
        [read]: () => {
          throw new TypeError("a bug");
        },
      },
    ),
  ).rejects.toThrow("a bug");
});

test("a cache that cannot be emptied is said, with what to allow", async () => {
  const { failure, lines } = await finished(
    { gate: gate(), changed: true },
    { [flush]: { status: 403, errorCode: "AccessDeniedException" } },
  );
  expect(failure).toBeUndefined();
  expect(lines).toEqual([
    expect.stringContaining("a revoked token can still pass for 60 seconds"),
  ]);
});
