// docs/troubleshooting.md has a section for each failure reason, and quotes only sentences that the action says.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { failureReasons } from "../../../src/gate/failure.ts";

const root = path.join(import.meta.dirname, "../../..");
const page = readFileSync(path.join(root, "docs/troubleshooting.md"), "utf8");
const sections = page
  .split(/^## /m)
  .slice(1)
  .map((text) => [/^`?([^`\n]*)/.exec(text)?.[1] ?? "", text] as const);

const source = readdirSync(path.join(root, "src"), { recursive: true })
  .map(String)
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(path.join(root, "src", name), "utf8"))
  .join("\n")
  .replaceAll("\\`", "`");

test("there is a section for each failure reason, in the order of the code", () => {
  expect(sections.map(([name]) => name)).toEqual([
    ...failureReasons,
    "Warnings",
    "Answers of the gate",
  ]);
});

/** What a bullet quotes at its beginning, in the parts that do not depend on the gate. */
const quotes = sections.flatMap(([name, text]) =>
  [...text.matchAll(/^- (``?)(.+?)\1:/gm)].map(
    ([, , quote = ""]) => [name, quote.trim()] as const,
  ),
);

test.each(quotes)("%s: the action says `%s`", (_section, quote) => {
  const parts = quote.split("…").map((part) => part.trim());
  expect(parts.filter((part) => !source.includes(part))).toEqual([]);
});

test("most sections quote sentences", () => {
  expect(quotes.length).toBeGreaterThan(25);
  expect(new Set(quotes.map(([name]) => name)).size).toBeGreaterThan(8);
});
