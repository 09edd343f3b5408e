// docs/report.md says of every finding what the code says.
import { readFileSync } from "node:fs";
import path from "node:path";
import { findingCodes, findingTable } from "../../../src/report/fail-on.ts";

const text = readFileSync(
  path.join(import.meta.dirname, "../../../docs/report.md"),
  "utf8",
);

test("the table of findings is the code's own", () => {
  const [, table = ""] =
    /<!-- findings -->\s*([^]*?)\s*<!-- \/findings -->/.exec(text) ?? [];
  const rows = (markdown: string) =>
    markdown
      .split("\n")
      .map((row) => row.replaceAll(/\s+/g, " ").replaceAll(/-{3,}/g, "---"));
  expect(rows(table)).toEqual(rows(findingTable()));
  expect(rows(table)).toHaveLength(Object.keys(findingCodes).length + 2);
});
