import { execFileSync } from "node:child_process";
import path from "node:path";

test.each([
  [["--plugin", "/nowhere/plugin"], /ENOENT.*\/nowhere\/plugin/],
  [["--plugins", "x"], /Unknown option '--plugins'/],
])("npm run demo -- %j is refused with its usage", (args, message) => {
  const demo = path.join(__dirname, "../../../../local/demo/demo.ts");
  const run = () =>
    execFileSync(process.execPath, [demo, ...args], { stdio: "pipe" });
  expect(run).toThrow(message);
  expect(run).toThrow(/usage: npm run demo/);
});
