// Whatever the config file holds, dist/ refuses it in 2 seconds of processor time and 300 MB, the start of the action included.
import {
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runAction } from "../fixtures/runner.ts";

const directory = realpathSync(mkdtempSync(path.join(tmpdir(), "ai-gate-")));
const probe = path.join(directory, "probe.cjs");
const usage = path.join(directory, "usage.json");
writeFileSync(
  probe,
  `process.on("exit", () =>
    require("node:fs").writeFileSync(${JSON.stringify(usage)}, JSON.stringify(process.resourceUsage())));`,
);

afterAll(() => {
  rmSync(directory, { recursive: true });
});

const services = `upstreams: { a: { url: https://a.example.com } }
routes: [{ path: /a, upstream: a }]
`;
const consumers = (write: (index: string, wrong: string) => string) =>
  `${services}consumers:\n${Array.from({ length: 10_000 }, (_, index) =>
    write(String(index), `x${String(index).padStart(63, "0")}`),
  ).join("")}`;
const filled = (start: string, piece: string, end = "") => {
  const most =
    90_000 / (piece.match(/["'\\!&*#\]}\n,[{:]|[-?] /g)?.length ?? 1);
  return `${start}${piece.repeat(Math.floor(most))}${end}`;
};

test.each<[string, string]>([
  [
    "10,000 consumers with a wrong SHA-256, a line each",
    consumers(
      (index, wrong) =>
        `  - { id: c${index}, token: { sha256: ${wrong} }, routes: [/a] }\n`,
    ),
  ],
  [
    "10,000 consumers with a wrong SHA-256, four lines each",
    consumers(
      (index, wrong) =>
        `  - id: c${index}\n    token:\n      - sha256: ${wrong}\n    routes: [/a]\n`,
    ),
  ],
  [
    "10,000 consumers with unknown keys",
    consumers((index, wrong) => `  - { ${wrong}: c${index}, b: 1, c: 3 }\n`),
  ],
  [
    "10,000 consumers of the same id",
    consumers((_, wrong) => `  - { id: a, github: { ref: ${wrong} } }\n`),
  ],
  ["10 MB", `${services}# ${"x".repeat(10e6)}`],
  ["2 MB on a line", `${services}stage: ${"x".repeat(2 * 1024 * 1024 - 200)}`],
  [
    "2 MB of emptiness",
    `${services}stage:${" ".repeat(2 * 1024 * 1024 - 200)}`,
  ],
  ["lists in a list", filled("routes: [", "[], ", "]")],
  ["pairs in a list", filled("routes: [", "a: b, ", "]")],
  ["mappings in a list", filled("routes: [", "{a: b}, ", "]")],
  ["mappings as keys", filled("{", "{a: b}: c, ", "}")],
  ["keys", filled("", "a: b\n")],
  ["keys of one mapping on a line", filled("routes: {", "a: b, ", "}")],
  ["anchors", filled("routes:\n", "- &a b\n")],
  ["aliases", filled("routes:\n", "- *a\n")],
  ["tags", filled("routes:\n", "- !a b\n")],
  ["directives", filled("", "%TAG !a! b\n", "---\n")],
  ["documents", filled("", "--- a\n")],
  ["quotes", filled("stage: ", "'' ")],
  ["escapes", filled('stage: "', "\\x41", '"')],
  ["lines of a text", filled("stage: |\n", "  x\n")],
  ["folded lines", filled("stage: >\n", "  x\n\n")],
  ["open lists", filled("routes: ", "[")],
  ["open mappings", filled("routes: ", "{ a: ")],
  ["lists in a line", filled("routes:\n  ", "- ")],
  ["explicit keys", filled("", "? ")],
])("%s: refused in time", async (_what, text) => {
  const { code, annotations } = await runAction({
    inputs: { stack: "prod", region: "eu-west-1" },
    environment: { NODE_OPTIONS: `--require=${probe}` },
    files: { "ai-gate.yml": text },
  });
  expect([code, annotations.length > 0]).toEqual([1, true]);
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(
    readFileSync(usage, "utf8"),
  ) as NodeJS.ResourceUsage;
  rmSync(usage);
  expect((userCPUTime + systemCPUTime) / 1e6).toBeLessThan(2);
  expect(maxRSS / 1024).toBeLessThan(300);
});
