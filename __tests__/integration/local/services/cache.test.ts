import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  cached,
  cacheRoot,
  contentKey,
  madeOnce,
} from "../../../../local/system/cache.ts";
import {
  longStep,
  silentProgress,
  type Progress,
} from "../../../../local/system/progress.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "ai-gate-cache-test-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

function recipe(make: (directory: string) => Promise<void>) {
  return { name: "thing", key: "k1", message: "making a thing", make };
}

function recorded(): Progress & { lines: string[] } {
  const lines: string[] = [];
  return { lines, line: (text) => void lines.push(text) };
}

test.each([
  [{ XDG_CACHE_HOME: "/x" }, "/x/ai-gate-action"],
  [{ HOME: "/home/me" }, "/home/me/.cache/ai-gate-action"],
])("the root for %j", (env, expected) => expect(cacheRoot(env)).toBe(expected));

test("keys differ where contents do, however they are split", () => {
  expect(contentKey("a", "b")).toBe(contentKey("a", "b"));
  expect(
    new Set([contentKey("ab"), contentKey("a", "b"), contentKey("b", "a")])
      .size,
  ).toBe(3);
});

test("a thing is made once, and found again without a word", async () => {
  let made = 0;
  const counted = recipe(async (directory) => {
    made += 1;
    await writeFile(join(directory, "file"), "content");
  });
  const progress = recorded();
  expect(cached(counted, root)).toBeUndefined();
  const place = await madeOnce(counted, progress, root);
  expect(readFileSync(join(place, "file"), "utf8")).toBe("content");
  expect(await madeOnce(counted, progress, root)).toBe(place);
  expect([made, progress.lines, cached(counted, root)]).toEqual([
    1,
    ["making a thing"],
    place,
  ]);
  expect(readdirSync(join(root, "thing"))).toEqual(["k1"]);
});

test("a failure leaves nothing, and the next attempt works", async () => {
  const failing = recipe(async (directory) => {
    await writeFile(join(directory, "half"), "");
    throw new Error("no luck");
  });
  await expect(madeOnce(failing, silentProgress, root)).rejects.toThrow(
    "no luck",
  );
  expect(readdirSync(join(root, "thing"))).toEqual([]);
  const place = await madeOnce(
    recipe(() => Promise.resolve()),
    silentProgress,
    root,
  );
  expect(readdirSync(place)).toEqual([]);
});

test("processes that want it at once share one making", async () => {
  const script = join(root, "script.ts");
  const at = (name: string): string =>
    join(import.meta.dirname, "../../../../local/system", name);
  await writeFile(
    script,
    `import { appendFileSync } from "node:fs"; import { setTimeout as sleep } from "node:timers/promises";
     import { madeOnce } from "${at("cache.ts")}"; import { silentProgress } from "${at("progress.ts")}";
     const make = async () => { appendFileSync("${root}/made", "x"); await sleep(300); };
     await madeOnce({ name: "thing", key: "k1", message: "", make }, silentProgress, "${root}");`,
  );
  const runs = [1, 2, 3].map(() =>
    spawn(process.execPath, [script], { stdio: "inherit" }),
  );
  const codes = await Promise.all(
    runs.map((run) => new Promise((resolve) => run.once("exit", resolve))),
  );
  expect([codes, readFileSync(join(root, "made"), "utf8")]).toEqual([
    [0, 0, 0],
    "x",
  ]);
});

test("an attempt that was killed does not count and does not block", async () => {
  const dead = spawn(process.execPath, ["-e", "0"]);
  await new Promise((resolve) => dead.once("exit", resolve));
  await mkdir(join(root, "thing", `k1.making-${dead.pid ?? 0}`), {
    recursive: true,
  });
  await writeFile(join(root, "thing", "k1.lock"), String(dead.pid));
  const place = await madeOnce(
    recipe(async (directory) => writeFile(join(directory, "file"), "")),
    silentProgress,
    root,
  );
  expect(existsSync(join(place, "file"))).toBe(true);
  expect(readdirSync(join(root, "thing"))).toEqual(["k1"]);
});

test("a long step says that it is still at it", async () => {
  const progress = recorded();
  expect(
    await longStep(progress, "working", () => sleep(100, "done"), 0.03),
  ).toBe("done");
  expect(progress.lines[0]).toBe("working");
  expect(progress.lines[1]).toMatch(/still at it after \d+ s: working/);
});
