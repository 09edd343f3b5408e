import { diffSummaries } from "../../../src/diff/diff-summaries.ts";
import { joinWords, quoteList, quoteShort } from "../../../src/diff/wording.ts";
import { any, consumer, gate } from "../../fixtures/summaries.ts";

test.each([
  [[], ""],
  [["a"], "`a`"],
  [["a", "b"], "`a` and `b`"],
  [["a", "b", "c"], "`a`, `b` and `c`"],
  [["a`b"], "`a'b`"],
])("the names %j", (names, words) => {
  expect(quoteList(names)).toBe(words);
});

test.each([
  ["x".repeat(100), "x".repeat(100)],
  ["x".repeat(101), `${"x".repeat(60)}…${"x".repeat(35)}`],
  [
    `${"a".repeat(60)}${"b".repeat(60)}*${"c".repeat(35)}`,
    `${"a".repeat(60)}…*…${"c".repeat(35)}`,
  ],
  [
    `*${"a".repeat(159)}${"c".repeat(34)}*`,
    `*${"a".repeat(59)}…${"c".repeat(34)}*`,
  ],
])("the value %s", (value, shown) => {
  expect(quoteShort(value)).toBe(`\`${shown}\``);
});

const words = (count: number, length: number) =>
  Array.from({ length: count }, (_, index) => `${index}`.padEnd(length, "x"));

test.each([
  [
    "ends with the last word that fits",
    words(6, 50),
    /^0x+, .*4x+ and 1 more$/,
  ],
  ["has every word of 250 characters", words(5, 50), /^0x+, .*3x+ and 4x+$/],
  ["has its first word, however long", words(9, 300), /^0x+ and 8 more$/],
  [
    "counts the rest once one does not fit",
    ["a", "x".repeat(300), "b"],
    /^a and 2 more$/,
  ],
])("a list %s", (_, list, shown) => {
  expect(joinWords(list)).toMatch(shown);
});

test("a sentence with two long lists fits a line of the report", () => {
  const long = (name: string) => words(50, 150).map((one) => name + one);
  const identities = long("i").map((issuer) => ({
    issuer: "staff",
    conditions: long(issuer).map((claim) => any(claim, ...long("v"))),
  }));
  const web = consumer("web", {
    tokenIds: [],
    identities,
    access: long("/").map((path) => ({ route: path })),
  });
  const [found, ...more] = diffSummaries(
    gate({ consumers: [] }),
    gate({ consumers: [web] }),
  );
  expect(more).toEqual([]);
  expect(found!.sentence).toMatch(/ and 48 more; .* and 49 more$/);
  expect(found!.sentence.length).toBeLessThan(1000);
});
