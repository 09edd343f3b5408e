import { showValue } from "../../../src/report/property-values.ts";

const secretMark = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: "[secret]",
};
const archiveMark = {
  "4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7",
  hash: "abc",
};
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const show = (
  path: string,
  before: object | null | undefined,
  after: object | null | undefined,
) =>
  showValue(
    path,
    {
      ...(before !== undefined && { old: before }),
      ...(after !== undefined && { new: after }),
    },
    ["masked-by-us", "", "first-line\nsecond-line"],
  );
const inputs = (value: unknown) => ({
  inputs: value as Record<string, unknown>,
});

test.each<[string, unknown, unknown, string | undefined, string | undefined]>([
  ["a text", "a", "b", "a", "b"],
  ["a number", 0, 1.5, "0", "1.5"],
  ["a truth", false, true, "false", "true"],
  ["nothing before", undefined, "b", undefined, "b"],
  ["null before", null, "b", undefined, "b"],
  ["nothing after", "a", undefined, "a", undefined],
  ["an empty text", "a", "", "a", ""],
  ["100 characters", "a b ".repeat(25), "b", "a b ".repeat(25), "b"],
  ["31 characters of a name", "a".repeat(31), "b", "a".repeat(31), "b"],
  ["32 with a break", `${"a".repeat(31)} b`, "b", `${"a".repeat(31)} b`, "b"],
  ["an address", "https://x/y", "b", "https://x/y", "b"],
  [
    "an address with long words",
    "https://hooks.example.com/a-rather-long-name-of-a-route/v1",
    "b",
    "https://hooks.example.com/a-rather-long-name-of-a-route/v1",
    "b",
  ],
  [
    "an address with 19 characters and a digit",
    "https://x/model-of-2025-10-01",
    "b",
    "https://x/model-of-2025-10-01",
    "b",
  ],
  [
    "a long host",
    "https://abcdefghij0123456789.execute-api.eu-west-1.amazonaws.com/v1",
    "b",
    "https://abcdefghij0123456789.execute-api.eu-west-1.amazonaws.com/v1",
    "b",
  ],
  [
    "a long word before a colon",
    `${"a".repeat(32)}:x`,
    "b",
    `${"a".repeat(32)}:x`,
    "b",
  ],
  [
    "a long word behind a colon",
    `x:${"a".repeat(32)}`,
    "b",
    `x:${"a".repeat(32)}`,
    "b",
  ],
  [
    "an account",
    "arn:aws:iam::111122223333:role/a",
    "arn:aws:iam::111122223333:role/b",
    "arn:aws:iam::***:role/a",
    "arn:aws:iam::***:role/b",
  ],
  ["an account's number", undefined, 111122223333, undefined, "***"],
  ["not known yet: a text", "a", unknown, "a", "known later"],
  [
    "not known yet: a number",
    1,
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "1",
    "known later",
  ],
  [
    "not known yet: a truth",
    true,
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "true",
    "known later",
  ],
  [
    "not known yet: a list",
    "a",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "a",
    "known later",
  ],
  [
    "not known yet: an object",
    "a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    "a",
    "known later",
  ],
  [
    "not known yet: a file",
    "a",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "a",
    "known later",
  ],
  [
    "not known yet: an archive",
    "a",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "a",
    "known later",
  ],
])("%s is shown", (_, before, after, was, is) => {
  expect(show("p", inputs({ p: before }), inputs({ p: after }))).toEqual({
    before: was,
    after: is,
  });
});

test.each<[string, unknown, unknown]>([
  ["the same", "a", "a"],
  ["nothing at all", undefined, null],
  ["a marked secret", secretMark, "b"],
  ["a marked secret after", "a", secretMark],
  ["two marked secrets", secretMark, secretMark],
  ["an archive", archiveMark, "b"],
  ["the engine's word for a secret", "a", "key=[secret]"],
  ["a list", ["a"], ["b"]],
  ["an object", { a: 1 }, { a: 2 }],
  ["101 characters", "a b".padEnd(101), "b"],
  ["what looks like a key", "sk-abcdefghijklmnopqrstuvwxyz0123456", "b"],
  ["32 characters without a break", "a".repeat(32), "b"],
  ["what looks like base64", "abcdefghijklmnop+/abcdefghijklmnop==", "b"],
  ["a key in a sentence", `Bearer ${"a".repeat(32)} it is`, "b"],
  [
    "a key in an address",
    "https://hooks.slack.com/services/T0/B0/XXXXXXXXXXXXXXXXXXXXXXXX",
    "b",
  ],
  [
    "a key in an address, with digits alone",
    "see https://x/abcdefghij-123456789/y",
    "b",
  ],
  ["another account alone", "111122223333", "444455556666"],
  ["a line of what the log masks", "a", "a second-line b"],
  ["credentials in an address", "https://me:pw@x", "b"],
  ["a query in an address", "https://x/y?sig=1", "b"],
  ["what the log masks", "a", "a masked-by-us b"],
])("%s is not shown", (_, before, after) => {
  expect(show("p", inputs({ p: before }), inputs({ p: after }))).toBe(
    undefined,
  );
});

test.each([
  "password",
  "masterPassword",
  "passphrase",
  "secret",
  "clientSecret",
  "token",
  "GITHUB_TOKEN",
  "credentials",
  "privateKey",
  "environment.variables.X",
  "variables.X",
  "stageVariables.X",
  "authorization",
  "cookie",
  "signature",
  "apiKey",
  "api_key",
  "accessKeyId",
  "usageKey",
  "licenseKey",
  "keyValue",
  "settings.json",
  "settings",
  "settings.throttlingRateLimits",
  "settings.x.throttlingRateLimit",
  "a.settings.throttlingRateLimit",
  "key",
  "keys[0]",
  "value",
  "Values",
  "a.value.b",
  'a["the secret"].b',
])("nothing under %s is shown", (path) => {
  const names = path.split(/[.[\]"]+/).filter(Boolean);
  const at = (text: string) =>
    inputs(
      names.reduceRight<unknown>((value, name) => ({ [name]: value }), text),
    );
  expect(show(path, at("a"), at("b"))).toBe(undefined);
});

test.each<[string, object, object]>([
  ["a", { a: 1 }, { a: 2 }],
  ["a.b", { a: { b: 1 } }, { a: { b: 2 } }],
  ["a[1].b", { a: [{}, { b: 1 }] }, { a: [{}, { b: 2 }] }],
  ['a["b.c"].d', { a: { "b.c": { d: 1 } } }, { a: { "b.c": { d: 2 } } }],
  ['a["b\\"c"]', { a: { 'b"c': 1 } }, { a: { 'b"c': 2 } }],
  [
    "settings.throttlingRateLimit",
    { settings: { throttlingRateLimit: 1 } },
    { settings: { throttlingRateLimit: 2 } },
  ],
  [
    "settings.throttlingBurstLimit",
    { settings: { throttlingBurstLimit: 1 } },
    { settings: { throttlingBurstLimit: 2 } },
  ],
  ["keyspace", { keyspace: 1 }, { keyspace: 2 }],
  ["monkey", { monkey: 1 }, { monkey: 2 }],
  ["minValue", { minValue: 1 }, { minValue: 2 }],
  ["valuesFrom", { valuesFrom: 1 }, { valuesFrom: 2 }],
  ["a[12]", { a: { 12: 1 } }, { a: { 12: 2 } }],
  [
    "throttleSettings.rateLimit",
    { throttleSettings: { rateLimit: 1 } },
    { throttleSettings: { rateLimit: 2 } },
  ],
])("the path %s is followed", (path, before, after) => {
  expect(show(path, inputs(before), inputs(after))).toEqual({
    before: "1",
    after: "2",
  });
});

test.each<[string, string]>([
  ["into a marked value", "p.hash"],
  ["into a text", "t.length"],
  ["past an end", "p.q.r"],
  ["to what every object has", "constructor.name"],
])("no path leads %s", (_, path) => {
  expect(
    show(
      path,
      inputs({ p: archiveMark, t: "abc" }),
      inputs({ p: { ...archiveMark, hash: "def" }, t: "abcdef" }),
    ),
  ).toBe(undefined);
});

test("what was given comes before what the cloud made of it", () => {
  const at = (given: string, made: string) => ({
    inputs: { p: given },
    outputs: { p: made },
  });
  expect(show("p", at("a", "x"), at("b", "y"))).toEqual({
    before: "a",
    after: "b",
  });
  // Changed by hand: only the outputs tell.
  expect(show("p", at("a", "x"), at("a", "y"))).toEqual({
    before: "x",
    after: "y",
  });
  expect(show("p", { outputs: { p: "x" } }, { outputs: { p: "y" } })).toEqual({
    before: "x",
    after: "y",
  });
  // A secret that was given is not shown as what became of it either.
  expect(
    show(
      "p",
      { inputs: { p: secretMark }, outputs: { p: "x" } },
      { inputs: { p: secretMark }, outputs: { p: "y" } },
    ),
  ).toBe(undefined);
});

test.each<[object | null | undefined]>([
  [undefined],
  [null],
  [{}],
  [{ inputs: null, outputs: null }],
])("a resource that is not there (%j) has nothing", (nothing) => {
  expect(show("p", nothing, inputs({ p: "b" }))).toEqual({
    before: undefined,
    after: "b",
  });
});

test("no path leads to what a list and an object have by themselves", () => {
  expect(show("p.constructor.name", inputs({ p: [] }), inputs({ p: {} }))).toBe(
    undefined,
  );
});
