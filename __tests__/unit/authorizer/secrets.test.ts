// The cache of upstream secrets over a fake source and a fake clock.
import { createSecretReader } from "../../../authorizer/aws/secrets.ts";
import type { SecretReference } from "../../../contract/authorizer-settings.ts";
import { Unavailable } from "../../../authorizer/failure.ts";
import { secretArn, upstreamSecret } from "../../fixtures/authorizer.ts";

const reference: SecretReference = { store: "secrets-manager", arn: secretArn };
const minute = 60_000;
const unavailable = { reason: "upstream-secret-unavailable" };

/** A source that gives its answers in turn, the last one for ever, and counts its calls. */
function setUp(...answers: (string | Error)[]) {
  const clock = { now: 1_000_000 };
  const calls: SecretReference[] = [];
  const read = createSecretReader(
    (asked) => {
      const answer = answers[Math.min(calls.push(asked), answers.length) - 1]!;
      return typeof answer === "string"
        ? Promise.resolve(answer)
        : Promise.reject(answer);
    },
    () => clock.now,
  );
  return { clock, calls, read };
}

const outage = new Unavailable("ETIMEDOUT", "passing");
const gone = new Unavailable("ResourceNotFoundException", "gone");

test("a secret is read once in five minutes, then again: a rotation needs no deploy", async () => {
  const { clock, calls, read } = setUp("first", "second");
  expect([await read(reference), await read(reference)]).toEqual([
    "first",
    "first",
  ]);
  clock.now += 5 * minute - 1;
  expect(await read(reference)).toBe("first");
  clock.now += 1;
  expect(await read(reference)).toBe("second");
  expect(calls).toHaveLength(2);
});

test("2.4 #42 concurrent reads share one call", async () => {
  const { calls, read } = setUp("value");
  expect(
    await Promise.all(Array.from({ length: 50 }, () => read(reference))),
  ).toEqual(Array(50).fill("value"));
  expect(calls).toHaveLength(1);
});

test("secrets are kept apart by reference", async () => {
  const { calls, read } = setUp("one", "two");
  expect(await read(reference)).toBe("one");
  expect(await read({ store: "ssm", name: secretArn })).toBe("two");
  expect(calls).toHaveLength(2);
});

test("an outage is ridden out with the last value for a day, asking again every five seconds", async () => {
  const { clock, calls, read } = setUp("value", outage);
  await read(reference);
  clock.now += 5 * minute;
  expect([await read(reference), await read(reference)]).toEqual([
    "value",
    "value",
  ]);
  expect(calls).toHaveLength(2);
  clock.now += 5_000;
  expect(await read(reference)).toBe("value");
  expect(calls).toHaveLength(3);
  clock.now += 24 * 60 * minute - 5 * minute - 5_000 - 1;
  expect(await read(reference)).toBe("value");
  clock.now += 1;
  await expect(read(reference)).rejects.toMatchObject(unavailable);
});

test("2.4 #39 without a value the read fails, at once for five seconds, and then recovers", async () => {
  const { clock, calls, read } = setUp(outage, "value");
  const failure = { ...unavailable, detail: `${secretArn}: ETIMEDOUT` };
  await expect(read(reference)).rejects.toMatchObject(failure);
  await expect(read(reference)).rejects.toMatchObject(failure);
  expect(calls).toHaveLength(1);
  clock.now += 5_000;
  expect(await read(reference)).toBe("value");
});

test("a secret that is gone, or no longer ours to read, is not used any longer", async () => {
  const { clock, read } = setUp("value", gone);
  await read(reference);
  clock.now += 5 * minute;
  await expect(read(reference)).rejects.toMatchObject({
    ...unavailable,
    detail: `${secretArn}: ResourceNotFoundException`,
  });
});

test("of an unforeseen error nothing is logged", async () => {
  const { read } = setUp(new Error(`failed on ${upstreamSecret}`));
  await expect(read(reference)).rejects.toMatchObject({
    ...unavailable,
    detail: `${secretArn}: error`,
  });
});

test("a source that throws at once is asked again later", async () => {
  const clock = { now: 0 };
  let calls = 0;
  const read = createSecretReader(
    () => {
      calls += 1;
      if (calls === 1) throw outage;
      return Promise.resolve("value");
    },
    () => clock.now,
  );
  await expect(read(reference)).rejects.toMatchObject(unavailable);
  clock.now += 5_000;
  expect(await read(reference)).toBe("value");
});

test.each([
  ["value\n", "value"],
  ["value\r\n", "value"],
  ["value\n\n", "value\n"],
  ["of two\nlines\n", "of two\nlines"],
  ["value ", "value "],
])("%j is taken as %j", async (text, secret) => {
  const { read } = setUp(text);
  expect(await read(reference)).toBe(secret);
});

test.each(["", "\n", "\r\n"])("%j is no secret", async (text) => {
  const { read } = setUp(text);
  await expect(read(reference)).rejects.toMatchObject({
    ...unavailable,
    detail: `${secretArn}: empty`,
  });
});

test("a clock that was set back makes nothing fresh, and nothing last", async () => {
  const { clock, calls, read } = setUp("first", "second", outage);
  await read(reference);
  clock.now -= minute;
  expect(await read(reference)).toBe("second");
  clock.now -= minute;
  await expect(read(reference)).rejects.toMatchObject(unavailable);
  expect(calls).toHaveLength(3);
});

test("a clock that goes back while a secret is read makes it too old", async () => {
  let time = 0;
  const read = createSecretReader(
    () => Promise.resolve("value"),
    () => (time -= 1),
  );
  await expect(read(reference)).rejects.toMatchObject({
    ...unavailable,
    detail: `${secretArn}: too old`,
  });
});

test("only the source itself can say that a secret is gone", async () => {
  const foreign = Object.assign(new Error("x"), { kind: "gone" });
  const { clock, read } = setUp("value", foreign);
  await read(reference);
  clock.now += 5 * minute;
  expect(await read(reference)).toBe("value");
});

test("secrets of SSM are kept apart by name, and reported by it", async () => {
  const { read } = setUp("one", "two", outage);
  expect(await read({ store: "ssm", name: "/a" })).toBe("one");
  expect(await read({ store: "ssm", name: "/b" })).toBe("two");
  // Without the store a name could be an ARN, and the failure would not say where to look.
  await expect(read({ store: "ssm", name: "/c" })).rejects.toMatchObject({
    detail: "ssm:/c: ETIMEDOUT",
  });
});

test("a secret that was emptied is not used any longer", async () => {
  const { clock, read } = setUp("value", "\n");
  await read(reference);
  clock.now += 5 * minute;
  await expect(read(reference)).rejects.toMatchObject(unavailable);
});

describe("a key of a JSON secret", () => {
  const keyed = (key: string): SecretReference => ({ ...reference, key });
  const invalid = (detail: string) => ({
    reason: "upstream-secret-invalid",
    detail: `${secretArn} ${detail}`,
  });
  const json = JSON.stringify({
    api_key: upstreamSecret,
    other: "two",
    empty: "",
    port: 443,
    deep: { api_key: "x" },
  });

  test("is read, and all keys of one secret share a call", async () => {
    const { calls, read } = setUp(json);
    expect(await read(keyed("api_key"))).toBe(upstreamSecret);
    expect(await read(keyed("other"))).toBe("two");
    expect(calls).toHaveLength(1);
  });

  test("of another version is another call", async () => {
    const { calls, read } = setUp(json, JSON.stringify({ api_key: "old" }));
    expect(await read(keyed("api_key"))).toBe(upstreamSecret);
    const previous = { ...keyed("api_key"), version: "AWSPREVIOUS" };
    expect(await read(previous)).toBe("old");
    expect(calls).toHaveLength(2);
  });

  test.each([
    ["a key that is not there", json, "missing"],
    ["an empty value", json, "empty"],
    ["a number", json, "port"],
    ["a mapping", json, "deep"],
    ["a name that every object has", json, "constructor"],
    ["a name that every object has", json, "__proto__"],
    ["a list", `["${upstreamSecret}"]`, "0"],
  ])("%s is never sent", async (_, secret, key) => {
    const { read } = setUp(secret);
    await expect(read(keyed(key))).rejects.toMatchObject(
      invalid("has no text under the key"),
    );
  });

  test.each([upstreamSecret, `"${upstreamSecret}"`, "{broken", "123"])(
    "of a secret that is not JSON (%#) is never sent",
    async (secret) => {
      const { read } = setUp(secret);
      await expect(read(keyed("api_key"))).rejects.toMatchObject(
        invalid("is not JSON, so it has no keys"),
      );
    },
  );

  test.each([json, "{}", "[]", `\n ${json} \n`])(
    "that is not named (%#): the JSON as a whole is never sent",
    async (secret) => {
      const { read } = setUp(secret);
      await expect(read(reference)).rejects.toMatchObject(
        invalid("is JSON, and no key of it is named"),
      );
    },
  );

  test("a secret that only looks like JSON is sent as it is", async () => {
    const { read } = setUp("{not-json}");
    expect(await read(reference)).toBe("{not-json}");
  });
});
