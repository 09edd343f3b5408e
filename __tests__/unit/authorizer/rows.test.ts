// Every row of the attack catalogue has a case in this folder, or a reason why it is not the authorizer's.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const elsewhere: Readonly<Record<number, string>> = {
  33: "a REQUEST authorizer has no pattern before the function",
  44: "the entropy of tokens is judged where they are made known, at deploy time",
  47: "how long a withdrawn token passes is the sum of two caches, and documented",
};

const cases = new Set(
  ["../../unit/authorizer", "../../integration/authorizer", "../../fixtures"]
    .map((folder) => join(__dirname, folder))
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    .filter((file) => file.endsWith(".ts") && !file.endsWith("rows.test.ts"))
    .map((file) => readFileSync(file, "utf8"))
    .flatMap((text) => [...text.matchAll(/(?<= )#(\d+)/g)])
    .map(([, row]) => Number(row)),
);

test.each(Array.from({ length: 60 }, (_, index) => index + 1))(
  "row %s",
  (row) => {
    expect(cases.has(row) || elsewhere[row] !== undefined).toBe(true);
  },
);
