import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { preProcessFile } from "typescript";

const root = path.join(__dirname, "../..");

function sourcesIn(...rooms: string[]): string[] {
  return rooms.flatMap((room) =>
    readdirSync(path.join(root, room), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => path.join(room, file)),
  );
}

/** Relative imports, those of types too. */
function importsOf(file: string): string[] {
  const text = readFileSync(path.join(root, file), "utf8");
  return preProcessFile(text)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => name.startsWith("."))
    .map((name) => path.join(path.dirname(file), name));
}

/** One import cycle as a path of files, the first again at its end; empty without any. */
function cycleIn(files: readonly string[]): string[] {
  const imports = new Map(files.map((file) => [file, importsOf(file)]));
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): string[] => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const next of imports.get(file) ?? []) {
      const cycle = visit(next, [...way, file]);
      if (cycle.length > 0) return cycle;
    }
    done.add(file);
    return [];
  };
  for (const file of files) {
    const cycle = visit(file, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

test("no file imports itself over others, not even for a type", () => {
  expect(cycleIn(sourcesIn("src", "contract", "authorizer", "local"))).toEqual(
    [],
  );
});

test("src/ stays small enough to know: at most 200 files, and no two of one name", () => {
  const names = sourcesIn("src").map((file) => path.basename(file));
  expect(names.length).toBeLessThanOrEqual(200);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

/** A test that is not among them kills no change, and the score says less than is true. */
test.each(["authorizer", "diff", "report"])(
  "the mutation score of %s counts all tests of its folder",
  (room) => {
    const tests = sourcesIn(`__tests__/unit/${room}`).filter((file) =>
      file.endsWith(".test.ts"),
    );
    const counted = importsOf(`__tests__/fixtures/mutation/${room}.ts`);
    expect(counted).toEqual(expect.arrayContaining(tests));
  },
);
