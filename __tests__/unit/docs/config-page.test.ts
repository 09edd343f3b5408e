// The config files of docs/config.md and examples/configs are ones that the action takes.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Ajv } from "ajv";
import { load } from "js-yaml";
import { configJsonSchema } from "../../../src/config/schema.ts";
import { binaryTypes } from "../../../src/gate/openapi/binary-types.ts";
import {
  fewInputs,
  gateOf,
  pythonHandler,
  sourceOf,
  token,
  workspaceOf,
} from "../../fixtures/sources.ts";

const root = path.join(import.meta.dirname, "../../..");
const read = (name: string) => readFileSync(path.join(root, name), "utf8");

const shown = [...read("docs/config.md").matchAll(/```yaml\n(.*?)```/gs)]
  .map(([, text = ""]) => text)
  .filter((text) => !text.includes("uses:"))
  .map((text, index) => [`example ${index + 1}`, text] as const);
const examples = [
  ...shown,
  ...readdirSync(path.join(root, "examples/configs")).map(
    (name) => [name, read(`examples/configs/${name}`)] as const,
  ),
];
// `examples` is an annotation that this version of Ajv knows; `strict` refuses keywords it does not.
const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(
  configJsonSchema(),
);

test("there are examples, the smallest first", () => {
  expect(shown.length).toBeGreaterThanOrEqual(8);
  expect(shown[0]![1].length).toBeLessThan(250);
});

test("the types that pass as bytes are those that the gate declares", () => {
  const uploads = read("docs/config.md").split("## Uploads")[1] ?? "";
  const named = uploads.split("Limits of API Gateway")[0] ?? "";
  expect(
    [...named.matchAll(/`([a-z]+\/[a-z0-9-]+)`/g)].map(([, type]) => type),
  ).toEqual(binaryTypes);
});

test.each(examples)("%s fits the schema", (_name, text) => {
  expect([validate(load(text)), validate.errors]).toEqual([true, null]);
});

test.each(examples)("%s is a gate", (_name, text) => {
  const inputs = text.includes("upstreams")
    ? fewInputs
    : { ...fewInputs, upstream: "https://a.example.com", tokens: `a=${token}` };
  const source = sourceOf(inputs, text, {
    environment: (name) => `${name}.0123456789abcdefghijklmnop`,
    ...workspaceOf({ "authorizer/authorizer.py": pythonHandler }),
  });
  expect(gateOf(source).routes).not.toEqual([]);
});

test.each(examples)("%s is in block style", (_name, text) => {
  expect(text).not.toMatch(/[{]\s|: [{]/);
});
