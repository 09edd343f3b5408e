// Every page for readers: its links lead somewhere, its code parses, and its workflow steps give inputs that exist.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { load } from "js-yaml";
import { inputs } from "../../../src/action/inputs/contract.ts";

const root = path.join(import.meta.dirname, "../../..");
const read = (name: string) => readFileSync(path.join(root, name), "utf8");

const pages = [
  ...["README.md", "CONTRIBUTING.md", "authorizer/README.md"],
  ...(existsSync(path.join(root, "local/README.md"))
    ? ["local/README.md"]
    : []),
  ...readdirSync(path.join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

const codeOf = (text: string, languages: string): string[] =>
  [
    ...text.matchAll(
      new RegExp(`\\\`\\\`\\\`(?:${languages})\\n(.*?)\\\`\\\`\\\``, "gs"),
    ),
  ].map(([, code = ""]) => code);

const withoutCode = (text: string): string =>
  text
    .replaceAll(/```.*?```/gs, "")
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ""));

/** GitHub's id of a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

const anchorsOf = (text: string): string[] =>
  [...text.replaceAll(/```.*?```/gs, "").matchAll(/^#+ (.*)$/gm)].map(
    ([, heading = ""]) => anchor(heading),
  );

/** @returns links of a page that lead to no file or heading of this repository. */
function brokenLinks(page: string, text: string): string[] {
  const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(
    ([, link = ""]) => link,
  );
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [file = "", heading] = link.split("#");
    const target = file === "" ? page : path.join(path.dirname(page), file);
    if (!existsSync(path.join(root, target))) return true;
    return heading !== undefined && !anchorsOf(read(target)).includes(heading);
  });
}

test.each(pages)("%s links to what exists", (page) => {
  expect(brokenLinks(page, read(page))).toEqual([]);
});

test("a broken link is found", () => {
  const text =
    "[a](docs/none.md) [b](#none) [c](docs/config.md#none) [d](https://example.com) [e](docs/config.md#plans)";
  expect(brokenLinks("README.md", text)).toEqual([
    "docs/none.md",
    "#none",
    "docs/config.md#none",
  ]);
});

test.each(pages)("%s: YAML and JSON parse", (page) => {
  const text = read(page);
  for (const code of codeOf(text, "ya?ml")) expect(load(code)).toBeDefined();
  for (const code of codeOf(text, "json"))
    expect(JSON.parse(code)).toBeDefined();
});

interface Node {
  readonly uses?: string;
  readonly with?: object;
}

/** Steps at any depth: a page may show only a part of a workflow. */
function gateSteps(value: unknown): Node[] {
  if (typeof value !== "object" || value === null) return [];
  const { uses } = value as Node;
  return [
    ...(typeof uses === "string" && uses.startsWith("org/ai-gate-action@")
      ? [value as Node]
      : []),
    ...Object.values(value).flatMap(gateSteps),
  ];
}

test.each(pages)("%s gives steps of this action inputs that exist", (page) => {
  const steps = codeOf(read(page), "ya?ml").flatMap((code) =>
    gateSteps(load(code)),
  );
  const given = steps.flatMap((step) => Object.keys(step.with ?? {}));
  expect(given.filter((name) => !(name in inputs))).toEqual([]);
});

test("some page has such a step", () => {
  const shown = pages.flatMap((page) => codeOf(read(page), "ya?ml"));
  expect(shown.flatMap((code) => gateSteps(load(code))).length).toBeGreaterThan(
    3,
  );
});
