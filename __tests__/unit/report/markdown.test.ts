import { fc } from "../../fixtures/fast-check.ts";
import { anyText } from "../../fixtures/any-text.ts";
import {
  code,
  counted,
  label,
  link,
  oneLine,
  prose,
} from "../../../src/report/markdown.ts";
import { hostile } from "../../fixtures/runs.ts";

const anything = fc.oneof(
  fc.constantFrom(...hostile),
  anyText({ maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom(
      ...Array.from("`*_<>&|@#:/\\[](){}!~$-+.=\"'%;\n GH1aw"),
    ),
    maxLength: 40,
  }),
);

/** What a reader (and GitHub's filters after rendering) sees of entities. */
const decode = (text: string) =>
  text.replaceAll(/&#(\d+);/g, (_, digits: string) =>
    String.fromCodePoint(Number(digits)),
  );

test.each([
  ["a\nb\r\n\tc", "a b c"],
  ["a  b \u200B c", "a b c"],
  ["  a  ", "a"],
  ["a\u202Eb\u200Bc\u0000d", "a b c d"],
  ["\uD800a", "a"],
  ["grün 日本", "grün 日本"],
])("%j on one line is %j", (text, expected) => {
  expect(oneLine(text)).toBe(expected);
});

test.each([
  ["abcdef", 6, "abcdef"],
  ["abcdefg", 6, "abcde…"],
  ["ab𝒳𝒳", 4, "ab…"],
  ["ab𝒳𝒳", 5, "ab𝒳…"],
])("%s cut to %s is %s, no character halved", (text, limit, expected) => {
  expect(oneLine(text, limit)).toBe(expected);
});

test.each([
  ["/score", "<code>/score</code>"],
  ["team-a", "<code>team-a</code>"],
  ["/openai/{proxy+}", "<code>/openai/&#123;proxy&#43;&#125;</code>"],
  ["<b>|`@x", "<code>&#60;b&#62;&#124;&#96;&#64;x</code>"],
])("%s as code is %s", (text, expected) => {
  expect(code(text)).toBe(expected);
});

test.each([
  ["3 to create, 1 to update", "3 to create, 1 to update"],
  ["raise `throttle` now", "raise <code>throttle</code> now"],
  ["one ` tick", "one &#96; tick"],
  ["- item", "&#45; item"],
  ["@me #1", "&#64;\u200bme &#35;\u200b1"],
  ["see https://x.example", "see https&#58;\u200b//x&#46;example"],
  ["gh-1", "gh\u200b-1"],
  ["is $x$", "is <span>&#36;</span>x<span>&#36;</span>"],
  ["so :smile:", "so <span>&#58;</span>smile&#58;"],
  [
    ":+1: :a_b-2:",
    "<span>&#58;</span>&#43;1&#58; <span>&#58;</span>a&#95;b-2&#58;",
  ],
  ["aws:iam: no", "aws<span>&#58;</span>iam&#58; no"],
  ["so: 1 of: 2", "so&#58; 1 of&#58; 2"],
])("%s as prose is %s", (text, expected) => {
  expect(prose(text)).toBe(expected);
});

test("prose and code are cut before they are made safe, so that no entity is halved", () => {
  expect(code("<<<<", 3)).toBe("<code>&#60;&#60;&#8230;</code>");
  expect(prose("<<<<", 3)).toBe("&#60;&#60;&#8230;");
});

test("what stands as code in prose is cut at 200 characters, or where it is wanted", () => {
  const long = `\`${"x".repeat(201)}\``;
  expect(prose(long)).toBe(`<code>${"x".repeat(199)}&#8230;</code>`);
  expect(prose(long, 1000, 201)).toBe(`<code>${"x".repeat(201)}</code>`);
  expect(prose("y".repeat(1001))).toBe(`${"y".repeat(999)}&#8230;`);
});

test("code is one element of letters and entities, whatever is in it", () => {
  fc.assert(
    fc.property(anything, (text) => {
      const inner = /^<code>(.*)<\/code>$/s.exec(code(text))?.[1];
      expect(inner).toMatch(/^(?:[\p{L}\p{N} /,-]|&#\d+;)*$/u);
      expect(decode(inner ?? "?")).toBe(oneLine(text, 200));
    }),
  );
});

test("prose holds no syntax, and shows no mention, reference or address", () => {
  fc.assert(
    fc.property(anything, (text) => {
      const outside = prose(text).replaceAll(/<code>[^<]*<\/code>/g, "");
      const nodes = outside.split(/<span>(&#(?:36|58);)<\/span>/);
      expect(nodes.join("")).toMatch(/^(?:[\p{L}\p{N} \u200b/,;'-]|&#\d+;)*$/u);
      // GitHub looks for these in one text at a time.
      for (const node of nodes)
        expect(decode(node)).not.toMatch(/\$.|.\$|:[\w+-]+:/u);
      expect(outside).not.toMatch(/^-/);
      expect(decode(nodes.join(""))).not.toMatch(
        /@[\p{L}\p{N}]|#\d|:\/\/|GH-\d/iu,
      );
    }),
  );
});

test("a label is letters, harmless signs and Mermaid entities", () => {
  fc.assert(
    fc.property(anything, (text) => {
      expect(label(text)).toMatch(/^(?:[\p{L}\p{N} /,.+{}-]|#\d+;)*$/u);
    }),
  );
});

test.each([
  [
    "https://github.com/o/r/actions/runs/1",
    "[run](<https://github.com/o/r/actions/runs/1>)",
  ],
  ["http://localhost:3000/x?y=1#z", "[run](<http://localhost:3000/x?y=1#z>)"],
  ["javascript:alert(1)", undefined],
  ["https://x/>) <b>", undefined],
  ["https://x/\ny", undefined],
  ["javascript:alert(1)//https://x.example", undefined],
  ["", undefined],
  [undefined, undefined],
])("a link to %s", (url, expected) => {
  expect(link("run", url)).toBe(expected);
});

test.each([
  [0, "0 routes"],
  [1, "1 route"],
  [2, "2 routes"],
])("%s counted", (count, expected) => {
  expect(counted(count, "route")).toBe(expected);
});
