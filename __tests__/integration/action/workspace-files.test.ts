import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  copyFiles,
  listFiles,
  readText,
} from "../../../src/action/inputs/workspace-files.ts";

let home: string;
let workspace: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "ai-gate-files-"));
  workspace = path.join(home, "workspace");
  write("guard/main.py", "main");
  write("guard/deep/data.bin", Buffer.from([0xff, 0]));
  write("../aws/credentials", "canary");
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const at = (name: string) => path.join(workspace, name);

function write(name: string, content: string | Buffer): void {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
}

const link = (name: string, target: string) => symlinkSync(target, at(name));
const pipe = (name: string) => execFileSync("mkfifo", [at(name)]);
const list = () => listFiles(workspace, "guard");

/** @returns the copy's files with their content, or what is refused. */
function copy(name = "guard") {
  const target = path.join(home, "copy");
  const refused = copyFiles(workspace, name, target);
  if (refused !== undefined) return refused.fault;
  const files = readdirSync(target, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return Object.fromEntries(
    files.map((file) => [
      path.relative(target, file),
      readFileSync(file, "latin1"),
    ]),
  );
}

describe("a file", () => {
  test("is read as text", () => {
    write("jwks.json", "ä");
    expect(readText(workspace, "jwks.json")).toBe("ä");
    expect(readText(workspace, "./jwks.json")).toBe("ä");
    expect(readText(workspace, "gone.json")).toBeUndefined();
  });

  test("may describe 10,000 consumers", () => {
    const line = `  - { id: team-1234, token: { sha256: "${"a".repeat(64)}" }, routes: [/a] }\n`;
    write("ai-gate.yml", line.repeat(10_000));
    expect(readText(workspace, "ai-gate.yml")).toHaveLength(
      10_000 * line.length,
    );
  });

  test("is read through a link that stays in the workspace", () => {
    link("link.py", "guard/main.py");
    link("folder", "guard");
    expect(readText(workspace, "link.py")).toBe("main");
    expect(readText(workspace, "folder/main.py")).toBe("main");
  });

  test("is read in a workspace that is a link itself", () => {
    symlinkSync(workspace, path.join(home, "link"));
    expect(readText(path.join(home, "link"), "guard/main.py")).toBe("main");
  });

  test.each<[string, () => void, string]>([
    [
      "a link out of the workspace",
      () => link("x", "../aws/credentials"),
      "leads out of the workspace: put the file itself there",
    ],
    [
      "an absolute one",
      () => link("x", path.join(home, "aws/credentials")),
      "leads out of the workspace: put the file itself there",
    ],
    [
      "a chain of links",
      () => {
        link("y", "../aws/credentials");
        link("x", "y");
      },
      "leads out of the workspace: put the file itself there",
    ],
    [
      "a directory beside the workspace, of a like name",
      () => {
        write("../workspace-2/x", "");
        link("x", "../workspace-2/x");
      },
      "leads out of the workspace: put the file itself there",
    ],
    [
      "a link to the checkout's token",
      () => {
        write(".git/config", "token");
        link("x", ".git/config");
      },
      "leads into .git, which is not read: put the file elsewhere",
    ],
    [
      "the same as other systems spell it",
      () => {
        write(".GIT/config", "token");
        link("x", ".GIT/config");
      },
      "leads into .git, which is not read: put the file elsewhere",
    ],
    [
      "a device",
      () => link("x", "/dev/zero"),
      "leads out of the workspace: put the file itself there",
    ],
    [
      "a named pipe",
      () => pipe("x"),
      "is no regular file (a named pipe, a socket or a device): give a regular file",
    ],
    [
      "a directory",
      () => mkdirSync(at("x")),
      "is a directory: give a regular file",
    ],
    [
      "no UTF-8",
      () => write("x", Buffer.from([0xff])),
      "is not UTF-8 text: save it as UTF-8",
    ],
    [
      "a large one",
      () => write("x", "x".repeat(2 * 1024 * 1024 + 1)),
      "has 2097153 bytes, more than the 2097152 that are read: make it smaller",
    ],
  ])("that is %s is refused", (_, make, fault) => {
    make();
    expect(readText(workspace, "x")).toEqual({ fault });
  });

  test("that is a socket is refused", async () => {
    const server = createServer().listen(at("x"));
    await new Promise((resolve) => server.once("listening", resolve));
    expect(readText(workspace, "x")).toEqual({
      fault: expect.stringContaining("is no regular file") as string,
    });
    server.close();
  });

  test("that leads nowhere, or in a circle, is not there", () => {
    link("nowhere", "gone");
    link("circle", "circle");
    expect(readText(workspace, "nowhere")).toBeUndefined();
    expect(readText(workspace, "circle")).toBeUndefined();
  });
});

describe("an authorizer's directory", () => {
  test("is listed to its depths, and copied as it is", () => {
    chmodSync(at("guard/main.py"), 0o700);
    expect(list()).toMatchObject([
      { path: "deep/data.bin", bytes: 2 },
      { path: "main.py", bytes: 4 },
    ]);
    expect(copy()).toEqual({ "main.py": "main", "deep/data.bin": "\xff\0" });
    expect(statSync(path.join(home, "copy/main.py")).mode & 0o777).toBe(0o644);
  });

  test("is no file, and nothing that is not there", () => {
    expect(listFiles(workspace, "guard/main.py")).toBeUndefined();
    expect(listFiles(workspace, "gone")).toBeUndefined();
    expect(copy("gone")).toBe("is no longer there");
  });

  test("may hold links to files and directories of its own", () => {
    link("guard/deep/link.py", "../main.py");
    link("guard/lib64", "deep");
    expect(copy()).toEqual({
      "main.py": "main",
      "deep/data.bin": "\xff\0",
      "deep/link.py": "main",
      "lib64/data.bin": "\xff\0",
      "lib64/link.py": "main",
    });
  });

  test.each<[string, () => void, string]>([
    [
      "a link out of the workspace",
      () => link("guard/data.txt", "../../aws/credentials"),
      'holds "data.txt", a link that leads out of it: put a copy of the file there',
    ],
    [
      "a link to a directory out of it",
      () => link("guard/deep/aws", path.join(home, "aws")),
      'holds "deep/aws", a link that leads out of it: put a copy of the file there',
    ],
    [
      "a link out of the directory",
      () => {
        write(".env", "canary");
        link("guard/data.txt", "../.env");
      },
      'holds "data.txt", a link that leads out of it: put a copy of the file there',
    ],
    [
      "a link that leads nowhere",
      () => link("guard/data.txt", "gone"),
      'holds "data.txt", a link that leads nowhere: remove it',
    ],
    [
      "a circle",
      () => link("guard/deep/up", ".."),
      'holds "deep/up", a link to a directory that it is in: remove it',
    ],
    [
      "a named pipe",
      () => pipe("guard/deep/pipe"),
      'holds "deep/pipe", which is no regular file (a named pipe, a socket or a device): remove it',
    ],
    [
      "files without end",
      () => {
        for (let index = 0; index <= 20_000; index++)
          writeFileSync(at(`guard/deep/${index}`), "");
      },
      "holds more than 20000 files: keep only what the authorizer needs",
    ],
  ])("that holds %s is refused", (_, make, fault) => {
    make();
    expect(list()).toEqual({ fault });
    expect(copy()).toBe(fault);
  });

  test("that is a link out of the workspace is refused", () => {
    link("elsewhere", path.join(home, "aws"));
    expect(listFiles(workspace, "elsewhere")).toEqual({
      fault: "leads out of the workspace: put the file itself there",
    });
  });
});
