// Whatever the inputs and the config file hold: it is a gate, or every problem names the input or the line. FUZZ_RUNS sets the cases.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { inputs as contract } from "../../../src/action/inputs/contract.ts";
import { readInputs } from "../../../src/action/inputs/inputs.ts";
import {
  simpleInputs,
  type SimpleInputs,
} from "../../../src/config/gate-source.ts";
import { parseGate } from "../../../src/config/parse-gate.ts";
import type { Problem } from "../../../src/gate/failure.ts";
import { fc } from "../../fixtures/fast-check.ts";
import {
  fewInputs,
  fullConfig,
  goodInputs,
  otherToken,
  pythonHandler,
  sourceOf,
  token,
  workspaceOf,
} from "../../fixtures/sources.ts";

const runs = { numRuns: Number(process.env["FUZZ_RUNS"] ?? 300) };
jest.setTimeout(30_000 + 10 * runs.numRuns);

const examples = path.join(import.meta.dirname, "../../../examples/configs");
const configs = [
  fullConfig,
  ...readdirSync(examples).map((name) =>
    readFileSync(path.join(examples, name), "utf8"),
  ),
];

/** What has a meaning somewhere: in YAML, in a path, a URL, an ARN, a header, a template, or in JavaScript. */
const pieces = [
  ...Array.from("{}[]:,&*!|>'\"%@`#?-~ \t\n\r\0\u2028\u{1f600}/\\.+=$"),
  "__proto__",
  "constructor",
  "{proxy+}",
  "..",
  "//",
  "ANY",
  "https://",
  "ssm:/",
  "arn:aws:",
  "true",
  "null",
  "1e309",
  "0x1f",
  ".inf",
  "2027-06-30",
  "<<: *a",
  "&a [*a]",
  "!!binary x",
  "- ",
  "  ",
  "key: ",
  "eu-west-1",
  "sha256",
];
const piece = fc.oneof(
  fc.constantFrom(...pieces),
  fc.string({ unit: "binary", maxLength: 3 }),
);
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  take: fc.nat(20),
  put: fc.oneof(
    piece,
    fc.array(piece, { maxLength: 4 }).map((all) => all.join("")),
  ),
  times: fc.oneof(
    { weight: 20, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.integer({ min: 2, max: 2000 }) },
  ),
});
const edits = fc.array(edit, { minLength: 1, maxLength: 6 });

type Edit = typeof edit extends fc.Arbitrary<infer One> ? One : never;

const edited = (text: string, changes: readonly Edit[]): string =>
  changes.reduce((made, { at, put, take, times }) => {
    const start = Math.floor(at * made.length);
    return made.slice(0, start) + put.repeat(times) + made.slice(start + take);
  }, text);

const inputNames: readonly string[] = Object.keys(contract);

function expectUsable(problems: readonly Problem[], hasFile: boolean): void {
  expect(problems.length).toBeGreaterThan(0);
  for (const { message, position, where } of problems) {
    // A key of the file, or one of those that an input stands for; of a file, with its line.
    if (position === undefined && !hasFile) expect(inputNames).toContain(where);
    if (position !== undefined) {
      expect(position.line).toBeGreaterThan(0);
      expect(position.column).toBeGreaterThan(0);
    }
    expect(message).not.toBe("");
    expect(message.length).toBeLessThan(2000);
    expect(`${where}${message}`).not.toMatch(/[\r\n\0]/);
    for (const secret of [token, otherToken])
      expect(message).not.toContain(secret);
  }
}

const files = workspaceOf({ "authorizer/authorizer.py": pythonHandler });

test("any text in the config file", () => {
  fc.assert(
    fc.property(fc.constantFrom(...configs), edits, (text, changes) => {
      const parsed = parseGate(
        sourceOf(fewInputs, edited(text, changes), files),
      );
      if ("problems" in parsed) expectUsable(parsed.problems, true);
      else expect(parsed.gate.routes.length).toBeGreaterThan(0);
    }),
    runs,
  );
});

const given: SimpleInputs = {
  ...goodInputs,
  methods: "GET,POST",
  "token-header": "x-api-key",
  "strip-headers": "x-team",
  "stage-name": "live",
  tags: "team=ai",
};
const simple = simpleInputs.map(([name]) => name);

test("any text in the inputs", () => {
  const change = fc.record({ name: fc.constantFrom(...simple), edits });
  const changes = fc.array(change, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(changes, (all) => {
      const inputs = { ...given };
      for (const { edits: those, name } of all)
        inputs[name] = edited(inputs[name] ?? "", those);
      const parsed = parseGate(sourceOf(inputs, undefined, files));
      if ("problems" in parsed) expectUsable(parsed.problems, false);
      else expect(parsed.gate.routes).toHaveLength(1);
    }),
    runs,
  );
});

test("any text in the inputs of the run", () => {
  const change = fc.record({ name: fc.constantFrom(...inputNames), edits });
  const changes = fc.array(change, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(changes, (all) => {
      const texts: Record<string, string> = {};
      for (const { edits: those, name } of all) {
        const text = texts[name] ?? contract[name as "command"].default ?? "";
        texts[name] = edited(text, those);
      }
      const read = readInputs({
        getInput: (name) => texts[name],
        setSecret: () => undefined,
      });
      if (read.problems.length > 0) expectUsable(read.problems, false);
    }),
    runs,
  );
});
