// Conditions on claims: what holds, what does not, and that no text makes the matcher run long.
import { holdAll } from "../../../authorizer/jwt/condition.ts";
import type { Condition } from "../../../contract/authorizer-settings.ts";
import type { JsonObject } from "../../../contract/readers.ts";

const holds = (condition: Condition, value: unknown, claim = condition.claim) =>
  holdAll([condition], { [claim]: value });
const any = (...anyOf: (string | number | boolean)[]): Condition => ({
  claim: "c",
  anyOf,
});

test.each<[string | number | boolean, unknown]>([
  ["a", "a"],
  ["a*", "a"],
  ["a*", "abc"],
  ["*a", "cba"],
  ["a*c", "ac"],
  ["a*c", "abc"],
  ["a*b*c", "aXbYc"],
  ["a*b*c", "abbc"],
  ["a**c", "abc"],
  ["*a*", "bab"],
  ["*a*", "ab"],
  ["a*ab", "aab"],
  ["refs/tags/v*", "refs/tags/v1.0"],
  ["a.c", "a.c"],
  ["a", ["b", "a"]],
  [1, 1],
  [true, true],
  [false, [false]],
  ["é*", "éa"],
])("%j holds for %j", (wanted, value) => {
  expect(holds(any(wanted), value)).toBe(true);
});

test.each<[string | number | boolean, unknown]>([
  ["a", "A"],
  ["a", "ab"],
  ["a", ""],
  ["a", "a "],
  ["a*", "ba"],
  ["*a", "ab"],
  ["ab*ba", "aba"],
  ["a*b*c", "acb"],
  ["a*x*c", "abc"],
  ["a*bc*c", "abc"],
  ["a.c", "abc"],
  ["a?c", "abc"],
  ["[ab]", "a"],
  ["1", 1],
  [1, "1"],
  [1, 1.5],
  [true, "true"],
  [true, 1],
  ["a", ["b"]],
  ["a", [["a"]]],
  ["a", []],
  ["a", {}],
  ["a", { a: "a" }],
  ["a", null],
  ["a*", ["b", 1, null]],
])("%j does not hold for %j", (wanted, value) => {
  expect(holds(any(wanted), value)).toBe(false);
});

test("one of several is enough; all conditions must hold; none is no hurdle", () => {
  expect(holds(any("x", "a"), "a")).toBe(true);
  expect(
    holdAll([any("a"), { claim: "d", anyOf: ["b"] }], { c: "a", d: "b" }),
  ).toBe(true);
  expect(
    holdAll([any("a"), { claim: "d", anyOf: ["b"] }], { c: "a", d: "c" }),
  ).toBe(false);
  expect(holdAll([], {})).toBe(true);
});

test.each(["scope", "scp"])("%s is a list written as text", (claim) => {
  const condition = { claim, anyOf: ["gate:call"] };
  expect(holdAll([condition], { [claim]: "openid gate:call x" })).toBe(true);
  expect(holdAll([condition], { [claim]: ["gate:call"] })).toBe(true);
  expect(holdAll([condition], { [claim]: "gate:caller" })).toBe(false);
  expect(holdAll([condition], { [claim]: "openid,gate:call" })).toBe(false);
  expect(
    holds({ claim: "other", anyOf: ["gate:call"] }, "openid gate:call"),
  ).toBe(false);
});

test.each(["constructor", "toString", "__proto__", "hasOwnProperty"])(
  "no token has a claim %s that it does not name",
  (claim) => {
    expect(holdAll([{ claim, anyOf: ["x", "*a"] }], {})).toBe(false);
  },
);

test("a claim that is only inherited is not there", () => {
  const claims = Object.create({ c: "a" }) as Record<string, unknown>;
  expect(holdAll([any("a")], claims)).toBe(false);
});

test("2.3 #22 a pattern of many stars over a long text ends at once", () => {
  const started = process.cpuUsage().user;
  expect(holds(any(`${"a*".repeat(500)}b`), "a".repeat(8000))).toBe(false);
  expect(process.cpuUsage().user - started).toBeLessThan(1_000_000);
});

test.each(["scope", "scp"])(
  "a %s that is no text is taken as it is",
  (claim) => {
    expect(holdAll([{ claim, anyOf: [1] }], { [claim]: 1 })).toBe(true);
    expect(holdAll([{ claim, anyOf: ["x"] }], { [claim]: null })).toBe(false);
  },
);

test.each([
  ["9007199254740993", 9007199254740992],
  ["9007199254740993", 9007199254740993],
  ["9007199254740992", 9007199254740992],
  ["-9007199254740993", -9007199254740992],
  ["123456789012345678789", 123456789012345678788],
  ["1e400", Infinity],
])(
  "the number %s of a token matches nothing, its neighbour %d least of all",
  (text, wanted) => {
    const claims = JSON.parse(`{"c":${text},"d":[${text}]}`) as JsonObject;
    expect(holdAll([any(wanted)], claims)).toBe(false);
    expect(holdAll([{ claim: "d", anyOf: [wanted] }], claims)).toBe(false);
  },
);

test("the largest numbers that are exact match", () => {
  for (const value of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0.5])
    expect(holds(any(value), value)).toBe(true);
});

test("a claim named __proto__ is a claim like others", () => {
  const condition = { claim: "__proto__", anyOf: ["a"] };
  const read = (text: string) => JSON.parse(text) as JsonObject;
  expect(holdAll([condition], read('{"__proto__":"a"}'))).toBe(true);
  expect(holdAll([condition], read('{"__proto__":"b"}'))).toBe(false);
  expect(holdAll([condition], read("{}"))).toBe(false);
});
