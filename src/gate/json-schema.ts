// The JSON Schema of ai-gate.yml, for editors. Generated from the shape that the action itself holds the file against. Pure.
import * as z from "zod";
import { configShape } from "./read/config.ts";

/** The JSON Schema of ai-gate.yml (draft 7, which editors know best), as plain data. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(configShape, {
    target: "draft-07",
    io: "input",
  });
  return {
    $schema,
    $id: "https://raw.githubusercontent.com/org/ai-gate-action/v1/ai-gate.schema.json",
    title: "ai-gate.yml",
    description: "Configuration of one gate deployed by ai-gate-action",
    ...rest,
  };
}
