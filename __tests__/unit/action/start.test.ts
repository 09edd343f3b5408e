import { readFileSync } from "node:fs";
import path from "node:path";

const src = path.join(import.meta.dirname, "../../../src");

/** Packages that a file loads at once, and those of all files that it imports so. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const found = new Set<string>();
  if (seen.has(file)) return found;
  seen.add(file);
  const source = readFileSync(file, "utf8");
  const statements =
    /^(?:import|export) (?!type )(?:[^;"]*? from )?"([^"]+)"/gm;
  for (const [, name = ""] of source.matchAll(statements)) {
    const next = path.resolve(path.dirname(file), name);
    if (!name.startsWith(".")) found.add(name);
    else if (name.endsWith(".ts"))
      for (const one of packagesOf(next, seen)) found.add(one);
  }
  return found;
}

test("a bad input is refused without the engine, Octokit and the AWS SDK", () => {
  const packages = [...packagesOf(path.join(src, "main.ts"))];
  const late = /^(@pulumi|@grpc|@aws-sdk|@smithy|@octokit|@actions\/github)/;
  expect(packages).toContain("@actions/core");
  expect(packages.filter((name) => late.test(name))).toEqual([]);
});

test("what a command loads has them", () => {
  const packages = packagesOf(path.join(src, "action/stack/execute.ts"));
  expect([...packages]).toContain("@pulumi/pulumi");
});
