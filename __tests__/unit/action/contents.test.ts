import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { digestContents } from "../../../src/action/stack/contents.ts";
import { sha256 } from "../../../src/deploy/names.ts";
import { consumer, gate as buildGate } from "../../fixtures/proof-gates.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "ai-gate-contents-"));
  for (const [name, text] of [
    ["dist/authorizer/index.mjs", "bundle"],
    ["own-authorizer/main.py", "def handler"],
    ["own-authorizer/deep/data.bin", "data"],
  ] as const)
    write(name, text);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(name: string, text: string | Buffer): void {
  mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
  writeFileSync(path.join(directory, name), text);
}

const digest = (gate = buildGate(), proof = true, account = "111122223333") =>
  digestContents({
    account,
    gate,
    proof,
    host: { distribution: path.join(directory, "dist"), scratch: directory },
  });

const custom = buildGate({
  consumers: [],
  auth: {
    mode: "custom",
    directory: "own-authorizer",
    type: "token",
    handler: "main.handler",
    runtime: "python3.13",
    cacheTtl: 60,
  },
});

test("the same each time, whatever the times of the files", async () => {
  const first = await digest();
  expect(Object.keys(first)).toEqual(["account", "gate", "action", "proof"]);
  utimesSync(path.join(directory, "dist/authorizer/index.mjs"), 1, 1);
  expect(await digest()).toEqual(first);
});

test("another token for the same consumer is another gate", async () => {
  const one = buildGate({ consumers: [consumer("a", "*")] });
  const two = buildGate({
    consumers: [consumer("a", "*", { tokenHashes: ["1".repeat(64)] })],
  });
  expect((await digest(one))["gate"]).not.toBe((await digest(two))["gate"]);
});

test("the same gate in another account is another one", async () => {
  const [one, other] = await Promise.all([
    digest(),
    digest(buildGate(), true, "444455556666"),
  ]);
  expect(other).toEqual({ ...one, account: other["account"] });
  expect(other["account"]).not.toBe(one["account"]);
});

test("an authorizer that takes the proof's credential is another one", async () => {
  expect(await digest(buildGate(), false)).toEqual({
    ...(await digest()),
    proof: "off",
  });
});

const tagged = (tags: Record<string, string>) => digest(buildGate({ tags }));

test.each([
  "commit",
  "Commit",
  "git-commit",
  "ai-gate:commit",
  "sha",
  "git_sha",
  "headSha",
  "SHA256",
  "revision",
  "BUILD_REVISION",
  "run-id",
  "github_run_number",
])("a tag %s says which commit it is, and does not count", async (key) => {
  const [one, two, none] = await Promise.all([
    tagged({ team: "ai", [key]: "1" }),
    tagged({ team: "ai", [key]: "2" }),
    tagged({ team: "ai" }),
  ]);
  expect(one).toEqual(two);
  expect(one).toEqual(none);
});

test.each(["team", "shared", "Shape", "commi", "revised", "runtime"])(
  "a tag %s is",
  async (key) => {
    const [one, two] = await Promise.all([
      tagged({ [key]: "1" }),
      tagged({ [key]: "2" }),
    ]);
    expect(one["gate"]).not.toBe(two["gate"]);
  },
);

test("the action's own code counts", async () => {
  const first = await digest();
  write("dist/authorizer/index.mjs", "other bundle");
  const second = await digest();
  expect(second).toEqual({ ...first, action: second["action"] });
  expect(second["action"]).not.toBe(first["action"]);
  write("dist/index.js", "");
  expect((await digest())["action"]).not.toBe(second["action"]);
});

test("the order of keys does not", async () => {
  const tags = { team: "ai", zone: "a" };
  const turned = { zone: "a", team: "ai" };
  expect(await tagged(turned)).toEqual(await tagged(tags));
});

test.each<[string, () => void]>([
  [
    "another byte",
    () => write("own-authorizer/deep/data.bin", Buffer.from([0xff])),
  ],
  ["one more file", () => write("own-authorizer/more.py", "")],
  [
    "another name",
    () => {
      rmSync(path.join(directory, "own-authorizer/deep/data.bin"));
      write("own-authorizer/deep/data.bim", "data");
    },
  ],
])("of a user's own authorizer %s counts", async (_, edit) => {
  const first = await digest(custom);
  expect(Object.keys(first)).toContain("own-authorizer");
  edit();
  expect((await digest(custom))["own-authorizer"]).not.toBe(
    first["own-authorizer"],
  );
});

test("no file's name looks like two files", async () => {
  const first = await digest(custom);
  const main = sha256("def handler");
  rmSync(path.join(directory, "own-authorizer/deep"), { recursive: true });
  rmSync(path.join(directory, "own-authorizer/main.py"));
  // The line of the one file, a line break and the line of the other, as they once were digested.
  write(`own-authorizer/deep/data.bin\n${main} main.py`, "data");
  expect((await digest(custom))["own-authorizer"]).not.toBe(
    first["own-authorizer"],
  );
});
