// Writes what follows from the code: action.yml, docs/reference.md, docs/aws-open-questions.md, the table in docs/clients.md, the
// policies of docs/permissions.md and the JSON Schemas; and from bench/results.json the figures of docs/performance.md and docs/scale.md.
// `--check` writes nothing and fails if a file is not what it would write.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import * as prettier from "prettier";
import { dump } from "js-yaml";
import { inputs, outputs } from "../src/action/inputs/contract.ts";
import { configJsonSchema } from "../src/config/schema.ts";
import { changesJsonSchema } from "../src/report/outputs.ts";
import { fillPage } from "../bench/figures.ts";
import { renderPlots } from "../bench/plots.ts";
import { readResults } from "../bench/results.ts";
import { renderMatrix } from "../__tests__/fixtures/clients/matrix.ts";
import { renderQuestions } from "./generate-questions.ts";
import { renderReference } from "./generate-reference.ts";
import { pagePolicies } from "./policies.ts";

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
  return `# Generated from src/action/inputs/contract.ts by npm run generate.\n${dump(action, { lineWidth: -1 })}`;
}

const renderSchema = (schema: object): Promise<string> =>
  prettier.format(JSON.stringify(schema, null, 2), { parser: "json" });

/** The table between its two comments, with the versions that are installed for the tests. */
async function renderClients(): Promise<string> {
  const [page, packages, requirements] = await Promise.all(
    [
      "docs/clients.md",
      "package.json",
      "local/tools/sdks/requirements.txt",
    ].map((name) => readFile(path.join(root, name), "utf8")),
  );
  const { devDependencies } = JSON.parse(packages ?? "") as {
    devDependencies: Record<string, string>;
  };
  const matrix = renderMatrix((from) => {
    const version =
      "npm" in from
        ? devDependencies[from.npm]
        : new RegExp(`^${from.pypi}==(\\S+)`, "m").exec(
            requirements ?? "",
          )?.[1];
    if (version === undefined)
      throw new Error(`no version of ${JSON.stringify(from)}`);
    return version;
  });
  const table = await prettier.format(matrix, { parser: "markdown" });
  const place = /(<!-- clients: .*? -->\n).*?(<!-- \/clients -->)/s;
  if (!place.test(page ?? ""))
    throw new Error("docs/clients.md has no place for the table of clients");
  return (page ?? "").replace(
    place,
    (_, open: string, close: string) => `${open}\n${table}\n${close}`,
  );
}

/** Each after its comment. */
async function renderPermissions(): Promise<string> {
  const file = path.join(root, "docs/permissions.md");
  let page = await readFile(file, "utf8");
  for (const [name, policy] of Object.entries(pagePolicies())) {
    const place = new RegExp(
      `(<!-- policy: ${name} -->\\n\\n\`\`\`json\\n).*?(\`\`\`\\n)`,
      "s",
    );
    if (!place.test(page))
      throw new Error(`docs/permissions.md has no place for ${name}`);
    const json = await prettier.format(JSON.stringify(policy), {
      parser: "json",
    });
    page = page.replace(
      place,
      (_, open: string, close: string) => open + json + close,
    );
  }
  return page;
}

/** The plots lie beside the page that shows them. */
async function renderBenches(): Promise<[string, string][]> {
  const results = readResults();
  const pages = ["docs/performance.md", "docs/scale.md"].map(
    async (name): Promise<[string, string]> => {
      const page = await readFile(path.join(root, name), "utf8");
      const filled = fillPage(page, results);
      return [name, await prettier.format(filled, { parser: "markdown" })];
    },
  );
  const plots = Object.entries(renderPlots(results)).map(
    ([name, plot]): [string, string] => [`docs/performance/${name}`, plot],
  );
  return [...(await Promise.all(pages)), ...plots];
}

async function render(): Promise<Map<string, string>> {
  const readme = await readFile(path.join(root, "README.md"), "utf8");
  return new Map([
    ["action.yml", await prettier.format(renderAction(), { parser: "yaml" })],
    [
      "docs/reference.md",
      await prettier.format(renderReference(readme), { parser: "markdown" }),
    ],
    [
      "docs/aws-open-questions.md",
      await prettier.format(renderQuestions(), { parser: "markdown" }),
    ],
    ["docs/clients.md", await renderClients()],
    ["docs/permissions.md", await renderPermissions()],
    ...(await renderBenches()),
    ["ai-gate.schema.json", await renderSchema(configJsonSchema())],
    ["changes.schema.json", await renderSchema(changesJsonSchema())],
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
