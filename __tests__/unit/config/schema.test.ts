import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv } from "ajv";
import { load } from "js-yaml";
import { configJsonSchema } from "../../../src/config/schema.ts";
import { fullConfig } from "../../fixtures/sources.ts";

const root = path.join(__dirname, "../../..");
// `examples` is an annotation that this version of Ajv knows; `strict` refuses keywords it does not.
const ajv = new Ajv({ strict: true, allowUnionTypes: true });
const validate = ajv.compile(configJsonSchema());

test("the full config fits the schema", () => {
  expect([validate(load(fullConfig)), validate.errors]).toEqual([true, null]);
});

test.each([
  ["an unknown key", { colour: "red" }],
  ["an unknown mode", { auth: { mode: "open" } }],
  ["a plain token", { consumers: [{ id: "a", token: "x" }] }],
  ["a retention CloudWatch lacks", { logs: { "retention-days": 31 } }],
  ["a long timeout", { routes: [{ path: "/", upstream: "a", timeout: 901 }] }],
])("%s does not fit", (_what, config) => {
  expect(validate(config)).toBe(false);
});

test("every key is described", () => {
  const undescribed: string[] = [];
  const walk = (node: unknown, name: string): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === "properties")
        for (const [property, schema] of Object.entries(value as object))
          if (!("description" in (schema as object)))
            undescribed.push(`${name}.${property}`);
      walk(value, `${name}.${key}`);
    }
  };
  walk(configJsonSchema(), "root");
  expect(undescribed).toEqual([]);
});

test("the committed file is this schema", () => {
  const committed = path.join(root, "ai-gate.schema.json");
  expect(JSON.parse(readFileSync(committed, "utf8"))).toEqual(
    configJsonSchema(),
  );
});
