import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { digestContents } from "../../src/action/contents.ts";
import { consumer, gate as buildGate } from "../proof/gates.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "ai-gate-contents-"));
  for (const [name, text] of [
    ["authorizer/index.mjs", "bundle"],
    ["guard/main.py", "def handler"],
    ["guard/deep/data.bin", "data"],
  ] as const)
    write(name, text);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(name: string, text: string | Buffer): void {
  mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
  writeFileSync(path.join(directory, name), text);
}

const digest = (gate = buildGate()) =>
  digestContents(gate, { workspace: directory }, { distribution: directory });

const custom = buildGate({
  consumers: [],
  auth: {
    mode: "custom",
    directory: "guard",
    handler: "main.handler",
    runtime: "python3.13",
    cacheTtl: 60,
  },
});

test("the same each time, whatever the times of the files", async () => {
  const first = await digest();
  expect(Object.keys(first)).toEqual(["gate", "document", "authorizer"]);
  utimesSync(path.join(directory, "authorizer/index.mjs"), 1, 1);
  expect(await digest()).toEqual(first);
});

test("another token for the same consumer is another gate", async () => {
  const one = buildGate({ consumers: [consumer("a", ["/**"])] });
  const two = buildGate({
    consumers: [consumer("a", ["/**"], { tokenHashes: ["1".repeat(64)] })],
  });
  expect((await digest(one))["gate"]).not.toBe((await digest(two))["gate"]);
});

test("the authorizer's own code counts", async () => {
  const first = await digest();
  write("authorizer/index.mjs", "other bundle");
  const { authorizer, ...rest } = await digest();
  expect(authorizer).not.toBe(first["authorizer"]);
  expect(rest).toEqual({ gate: first["gate"], document: first["document"] });
});

test.each<[string, () => void]>([
  ["another byte", () => write("guard/deep/data.bin", Buffer.from([0xff]))],
  ["one more file", () => write("guard/more.py", "")],
  [
    "another name",
    () => {
      rmSync(path.join(directory, "guard/deep/data.bin"));
      write("guard/deep/data.bim", "data");
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
