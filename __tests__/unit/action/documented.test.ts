// The documentation lists every finding that `fail-on` and `allow` may name, in the words of the code.
import { readFileSync } from "node:fs";
import path from "node:path";
import { findingCodes } from "../../../src/report/fail-on.ts";

const text = readFileSync(
  path.join(import.meta.dirname, "../../../docs/pull-requests.md"),
  "utf8",
);
const rows = [...text.matchAll(/^\| `([a-z-]+)` +\| (.*?) +\|$/gm)]
  .map(([, code, meaning]) => [code, meaning] as const)
  .filter(([, meaning]) => !meaning!.includes("|"));

test("docs/pull-requests.md lists every finding", () => {
  expect(Object.fromEntries(rows)).toMatchObject(findingCodes);
});
