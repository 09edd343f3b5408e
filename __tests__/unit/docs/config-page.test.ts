// The examples of docs/config.md are files that the action takes.
import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { configJsonSchema } from "../../../src/config/schema.ts";
import {
  fewInputs,
  gateOf,
  otherToken,
  pythonHandler,
  sourceOf,
  token,
  workspaceOf,
} from "../../fixtures/sources.ts";

const page = readFileSync(
  path.join(import.meta.dirname, "../../../docs/config.md"),
  "utf8",
);
const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)]
  .map(([, text = ""]) => text)
  .filter((text) => !text.includes("uses:"))
  .map((text, index) => [index + 1, text] as const);
// `examples` is an annotation that this version of Ajv knows; `strict` refuses keywords it does not.
const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(
  configJsonSchema(),
);

test("there are examples, the smallest first", () => {
  expect(examples.length).toBeGreaterThanOrEqual(8);
  expect(examples[0]![1].length).toBeLessThan(250);
});

test.each(examples)("example %i fits the schema", (_number, text) => {
  expect([validate(parse(text)), validate.errors]).toEqual([true, null]);
});

test.each(examples)("example %i is a gate", (_number, text) => {
  const inputs = text.includes("upstreams")
    ? fewInputs
    : { ...fewInputs, upstream: "https://a.example.com", tokens: `a=${token}` };
  const environment: Record<string, string> = {
    TEAM_A_TOKEN: token,
    CI_TOKEN: otherToken,
  };
  const source = sourceOf(inputs, text, {
    environment: (name) => environment[name],
    ...workspaceOf({ "authorizer/authorizer.py": pythonHandler }),
  });
  expect(gateOf(source).routes).not.toEqual([]);
});

test.each(examples)("example %i is in block style", (_number, text) => {
  expect(text).not.toMatch(/[{]\s|: [{]/);
});
