// The checklists of CONTRIBUTING.md: short, and the files in them exist.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { inputs } from "../../../src/action/inputs/contract.ts";

const root = path.join(import.meta.dirname, "../../..");
const page = readFileSync(path.join(root, "CONTRIBUTING.md"), "utf8");
const { scripts } = JSON.parse(
  readFileSync(path.join(root, "package.json"), "utf8"),
) as { scripts: Readonly<Record<string, string>> };

const sectionOf = (title: string): string =>
  new RegExp(`\n## ${title}\n(.*?)(?=\n## |$)`, "s").exec(page)?.[1] ?? "";

const stepsOf = (title: string): string[] =>
  [...sectionOf(title).matchAll(/^\d+\. (.*(?:\n {3}.*)*)/gm)].map(
    ([, step = ""]) => step,
  );

const filesIn = (text: string): string[] =>
  [...text.matchAll(/`([\w./-]+\/[\w./-]*|[A-Z]+\.md)`/g)].map(
    ([, file = ""]) => file,
  );

test("at most 60 lines", () => {
  expect(page.trimEnd().split("\n").length).toBeLessThanOrEqual(60);
});

test.each([
  { title: "Add an input", most: 5 },
  { title: "Add an upstream kind", most: 8 },
  { title: "Add a resource", most: 5 },
])("$title: a file a step, at most $most", ({ title, most }) => {
  const steps = stepsOf(title);
  expect(steps.length).toBeGreaterThan(2);
  expect(steps.length).toBeLessThanOrEqual(most);
  for (const step of steps) expect(filesIn(step)).not.toEqual([]);
});

test("every input is read where the checklist says, save two that only say where to look", () => {
  const [, run = "", gate = ""] = stepsOf("Add an input");
  const readers = [filesIn(run)[0]!, filesIn(gate)[0]!].map((file) =>
    readFileSync(path.join(root, file), "utf8"),
  );
  const isRead = (name: string) =>
    readers.some(
      (source) =>
        source.includes(`"${name}"`) ||
        new RegExp(`\\bgiven\\.${name}\\b|^ +${name}: [a-z{]`, "m").test(
          source,
        ),
    );
  const elsewhere = Object.entries(inputs)
    // The contract itself says that a secret is masked, and the run takes it from there.
    .filter(([name, { secret }]) => !secret && !isRead(name))
    .map(([name]) => name);
  expect(elsewhere).toEqual(["config", "backend"]);
});

test("every file and directory that is named exists", () => {
  const named = filesIn(page);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual(
    [],
  );
});

test("every script that is named exists", () => {
  const named = [...page.matchAll(/npm run ([a-z:]+)/g)].map(
    ([, name]) => name!,
  );
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test("every room of src is in the list, in the order in which they may import", () => {
  const order = [...sectionOf("The rooms").matchAll(/^- `src\/(\w+)\/`/gm)].map(
    ([, name]) => name,
  );
  const eslint = readFileSync(path.join(root, "eslint.config.mjs"), "utf8");
  const rooms = /const rooms = (\[.*?\]);/s.exec(eslint)?.[1] ?? "";
  expect(order).toEqual(JSON.parse(rooms));
  const folders = readdirSync(path.join(root, "src"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  expect([...order].sort()).toEqual(folders.sort());
});
