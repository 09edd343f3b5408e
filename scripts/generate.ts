// Writes what follows from the code: action.yml, the tables of README.md and docs/report.md, and the JSON Schemas.
// `--check` writes nothing and fails if a file is not what it would write.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import * as prettier from "prettier";
import { stringify } from "yaml";
import { inputs, outputs } from "../src/action/inputs/contract.ts";
import { configJsonSchema } from "../src/config/schema.ts";
import { findingTable } from "../src/report/fail-on.ts";
import { changesJsonSchema } from "../src/report/outputs.ts";
import { renderSchema } from "./generate-schema.ts";

const root = path.join(import.meta.dirname, "..");

function describe(input: { description: string; fallback?: string }): string {
  return input.fallback === undefined
    ? input.description
    : `${input.description}. Default: ${input.fallback}`;
}

function renderAction(): string {
  const action = {
    name: "AI gate",
    description:
      "Put an AI service behind an API Gateway that only known callers can pass",
    author: "the ai-gate-action authors",
    branding: { icon: "shield", color: "purple" },
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, input]) => [
        name,
        {
          description: describe(input),
          required: input.required ?? false,
          ...(input.default === undefined ? {} : { default: input.default }),
        },
      ]),
    ),
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, description]) => [
        name,
        { description },
      ]),
    ),
    runs: { using: "node24", main: "dist/index.js", post: "dist/index.js" },
  };
  return `# Generated from src/action/inputs/contract.ts by npm run generate.\n${stringify(action, { lineWidth: 0 })}`;
}

function renderInputs(): string {
  const rows = Object.entries(inputs).map(([name, input]) => {
    const value = input.required
      ? "**required**"
      : (input.fallback ??
        (input.default === undefined ? "" : `\`${input.default}\``));
    return `| \`${name}\` | ${value} | ${input.description} |`;
  });
  return ["| Input | Default | Meaning |", "| --- | --- | --- |", ...rows].join(
    "\n",
  );
}

function renderOutputs(): string {
  const rows = Object.entries(outputs).map(
    ([name, description]) => `| \`${name}\` | ${description} |`,
  );
  return ["| Output | Meaning |", "| --- | --- |", ...rows].join("\n");
}

/** Puts `content` between `<!-- name -->` and `<!-- /name -->`. */
function between(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from)
    throw new Error(`the page has no ${start} … ${end}`);
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`;
}

async function render(): Promise<Map<string, string>> {
  const page = (name: string) => readFile(path.join(root, name), "utf8");
  const readme = await page("README.md");
  const report = between(
    await page("docs/report.md"),
    "findings",
    findingTable(),
  );
  const tables = between(
    between(readme, "inputs", renderInputs()),
    "outputs",
    renderOutputs(),
  );
  return new Map([
    ["action.yml", await prettier.format(renderAction(), { parser: "yaml" })],
    ["README.md", await prettier.format(tables, { parser: "markdown" })],
    ["docs/report.md", await prettier.format(report, { parser: "markdown" })],
    ["ai-gate.schema.json", renderSchema(configJsonSchema())],
    ["changes.schema.json", renderSchema(changesJsonSchema())],
  ]);
}

for (const [name, content] of await render()) {
  const file = path.join(root, name);
  const present = await readFile(file, "utf8").catch(() => "");
  if (present === content) continue;
  if (process.argv.includes("--check")) {
    console.error(`${name} is not what the code says: run npm run generate`);
    process.exitCode = 1;
  } else {
    await writeFile(file, content);
    console.log(`wrote ${name}`);
  }
}
