// The example of authorizer/README.md, executed as it stands there: it prints what is printed below it.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..", "..");

test("the documented example of decide prints what it says", () => {
  const text = readFileSync(join(root, "authorizer/README.md"), "utf8");
  const [, code = "", output = ""] =
    /```ts\n(.*?)```\s+```\n(.*?)```/s.exec(text) ?? [];
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
      "--input-type=module",
      "--eval",
      code,
    ],
    { cwd: root, encoding: "utf8" },
  );
  expect(stderr).toBe("");
  expect(stdout).toBe(output);
});
