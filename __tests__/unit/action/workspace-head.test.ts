import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readHead } from "../../../src/action/job.ts";

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), "ai-gate-head-"));
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

const [a, b] = ["a".repeat(40), "b".repeat(40)];
const packed = `# pack-refs with: peeled fully-peeled sorted\n${b} refs/heads/main\n${a} refs/tags/v1\n^${b}\n`;
const main = "ref: refs/heads/main\n";

test.each<[string, Record<string, string>, string | undefined]>([
  ["a detached commit", { HEAD: `${a}\n` }, a],
  ["one of SHA-256", { HEAD: "c".repeat(64) }, "c".repeat(64)],
  ["a branch", { HEAD: main, "refs/heads/main": `${a}\n` }, a],
  ["a packed branch", { HEAD: main, "packed-refs": packed }, b],
  [
    "a branch that moved since it was packed",
    { HEAD: main, "refs/heads/main": a, "packed-refs": packed },
    a,
  ],
  ["a branch without a commit", { HEAD: main }, undefined],
  [
    "a branch that is not packed",
    { HEAD: "ref: refs/heads/other", "packed-refs": packed },
    undefined,
  ],
  ["an empty file", { HEAD: "", "packed-refs": packed }, undefined],
  ["no commit", { HEAD: "a".repeat(39) }, undefined],
  ["nothing at all", {}, undefined],
])("%s", (_, files, head) => {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(workspace, ".git", name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(readHead(workspace)).toBe(head);
});
