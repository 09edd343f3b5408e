// The strict JSON reader against JSON.parse: never more liberal, and stricter only where it says so.
import { fc } from "../../fixtures/fast-check.ts";
import { parseStrictObject } from "../../../authorizer/json.ts";

const runs = { numRuns: Number(process.env["FUZZ_RUNS"] ?? 100), seed: 3 };
jest.setTimeout(30_000 + 20 * runs.numRuns);

test.each([
  '{"a":1,"a":2}',
  '{"a":1,"\\u0061":2}',
  '{"a":{"b":1,"b":1}}',
  '{"a":[[{"b":1,"b":1}]]}',
  '{"":1,"":2}',
  '{"__proto__":1,"__proto__":2}',
  '{"a":"\\ud800"}',
  '{"\\udfff":1}',
  '{"a":1e309}',
  '{"a":[-1e309]}',
  `{"a":${"[".repeat(16)}${"]".repeat(16)}}`,
  "[]",
  "null",
  '"{}"',
  "",
  "{",
  "}",
  "]{}",
  '{"a":1}}',
  '{"a":1}{"a":1}',
  ':{"a":1}',
  '{"a"}',
  '{"a":1,}',
  "{a:1}",
  '{"a":"\n"}',
  '{"a":01}',
  '{"a":"\\x"}',
  '{"a":"',
  '\ufeff{"a":1}',
])("%j is refused", (text) => {
  expect(() => parseStrictObject(text)).toThrow(Error);
});

test.each([
  "{}",
  ' { "a" : [ ] } \n',
  '{"a":{"a":{"a":1}},"b":{"a":1}}',
  '{"a":"\\"a\\":1,\\\\","b":"{[:]}"}',
  '{"a":"\\ud83d\\ude00é"}',
  `{"a":${"[".repeat(15)}${"]".repeat(15)}}`,
  '{"a":1e308,"b":-0.5,"c":true,"d":null}',
  '{"constructor":1,"toString":2}',
])("%j is read as JSON.parse reads it", (text) => {
  expect(parseStrictObject(text)).toEqual(JSON.parse(text));
});

test("a member __proto__ stays data", () => {
  const value = parseStrictObject('{"__proto__":{"iss":"evil"}}');
  expect(value["iss"]).toBeUndefined();
});

test("whatever JSON.stringify writes of an object is read back", () => {
  const value = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 8 }));
  fc.assert(
    fc.property(value, (object) => {
      const text = JSON.stringify(object);
      expect(parseStrictObject(text)).toEqual(JSON.parse(text));
    }),
    runs,
  );
});

test("text that JSON.parse refuses is refused", () => {
  const piece = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    '"',
    ":",
    ",",
    "a",
    "1",
    "\\",
    " ",
    '"a"',
    "null",
    "\u0000",
    "é",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const text = `{${pieces.join("")}}`;
      if (!isJson(text)) expect(() => parseStrictObject(text)).toThrow();
    }),
    runs,
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
