import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Github } from "../../../local/github/github.ts";
import { lookForNewer } from "../../../src/action/github/outdated.ts";
import { githubFaults } from "../../../local/github/github-faults.ts";
import type { Command } from "../../../src/action/inputs/contract.ts";
import {
  accessTo,
  startRepository,
  tokens,
} from "../../fixtures/github-access.ts";
import { commit } from "../../fixtures/pull-requests.ts";

let github: Github;
let workspace: string;
beforeAll(async () => {
  github = await startRepository();
  workspace = mkdtempSync(path.join(tmpdir(), "ai-gate-outdated-"));
});
beforeAll(() => {
  mkdirSync(path.join(workspace, "shared"));
  writeFileSync(path.join(workspace, "shared/gate.yml"), "");
  symlinkSync("shared/gate.yml", path.join(workspace, "linked.yml"));
  symlinkSync("shared", path.join(workspace, "linked"));
});
beforeEach(() => moveOn([]));
afterAll(async () => {
  await github.stop();
  rmSync(workspace, { recursive: true, force: true });
});

const old = commit("aa");
const head = commit("bb");

/** main is two commits after the run's. */
const moveOn = (changed: readonly string[], name = "main") =>
  github.setBranch({
    name,
    headSha: head,
    holds: [old, commit("ab")],
    changed,
  });

interface Asking {
  readonly command?: Command;
  readonly event?: string;
  readonly ref?: string;
  readonly sha?: string;
  readonly attempt?: string;
  readonly allowOutdated?: boolean;
  readonly sources?: readonly string[];
  readonly access?: ReturnType<typeof accessTo> | undefined;
  readonly in?: string;
}

/** @returns what is said, and whether GitHub was asked. */
async function outcome(asking: Asking) {
  const {
    allowOutdated = false,
    attempt = "2",
    command = "up",
    event = "push",
    in: directory = workspace,
    ref = "refs/heads/main",
    sha = old,
    sources = ["ai-gate.yml"],
  } = asking;
  const before = github.calls().length;
  const access = "access" in asking ? asking.access : accessTo(github);
  const { refusal, warning } = await lookForNewer(
    {
      target: { command, sources },
      inputs: { allowOutdated },
      job: {
        environment: { GITHUB_REF: ref, GITHUB_RUN_ATTEMPT: attempt },
        event,
        sha,
        workspace: directory,
      },
    },
    access,
  );
  if (refusal !== undefined) expect(refusal.reason).toBe("outdated");
  return {
    refused: refusal?.message,
    warned: warning?.message,
    calls: github.calls().length - before,
  };
}

const quiet = { refused: undefined, warned: undefined };
const message = (file: string) =>
  `this run is of the commit aaaaaaa, and main is 2 commits further, with changes in ${file}: what was taken out since would come back. Run the workflow on the head of main, or set \`allow-outdated: true\` to deploy the older files all the same`;

describe("a run whose branch has moved on", () => {
  test.each<[string, string, readonly string[]]>([
    ["the config", "ai-gate.yml", ["ai-gate.yml"]],
    ["the workflow", ".github/workflows/gate.yml", []],
    ["an action of the repository", ".github/actions/gate/action.yml", []],
    ["a config elsewhere", "gates/prod.yml", ["./gates/prod.yml"]],
    ["a file of the authorizer", "auth/lib/x.py", ["ai-gate.yml", "auth"]],
    [
      "a repository that is checked out below",
      "ai-gate.yml",
      ["app/ai-gate.yml"],
    ],
    ["a directory of one", "auth/x.py", ["app/auth/"]],
    ["anything, where all of it is the authorizer", "README.md", ["."]],
    ["the same by a detour", "README.md", ["auth/.."]],
    ["a config by a detour", "gates/prod.yml", ["auth/../gates/prod.yml"]],
    [
      "a config as Windows writes it",
      "gates/prod.yml",
      [String.raw`gates\prod.yml`],
    ],
    ["the submodule that has the config", "gates", ["gates/prod.yml"]],
    ["the link to the directory of it", "gates", ["./gates/prod.yml"]],
    ["what the config is a link to", "shared/gate.yml", ["linked.yml"]],
    ["what the directory is a link to", "shared/gate.yml", ["linked/gate.yml"]],
  ])("is refused when that changed %s", async (_, changed, sources) => {
    moveOn(["README.md", changed]);
    expect(await outcome({ sources })).toEqual({
      refused: `Refused to run up: ${message(changed)}`,
      warned: undefined,
      calls: 2,
    });
  });

  test.each<[string, readonly string[]]>([
    ["other files", ["README.md", "src/ai-gate.yml.bak", "docs/auth/x.py"]],
    ["nothing", []],
  ])(
    "goes on when that changed %s: it may be the only one that deploys",
    async (_, changed) => {
      moveOn(changed);
      const sources = ["ai-gate.yml", "auth"];
      expect(await outcome({ sources })).toEqual({ ...quiet, calls: 2 });
    },
  );

  test("is refused on its first attempt too, which may have waited for an approval", async () => {
    moveOn(["ai-gate.yml"]);
    expect((await outcome({ attempt: "1" })).refused).toContain(
      "Refused to run up",
    );
  });

  test("is refused when more changed than GitHub lists", async () => {
    moveOn(Array.from({ length: 301 }, (_, at) => `src/${at}.ts`));
    expect((await outcome({})).refused).toContain(
      "with more changes than GitHub lists",
    );
  });

  test("is refused when the branch was rewritten without it", async () => {
    const { refused } = await outcome({ sha: commit("cc") });
    expect(refused).toContain(
      "the commit ccccccc, and main does not hold it any more",
    );
  });

  test("is warned of by a preview", async () => {
    moveOn(["ai-gate.yml"]);
    expect(await outcome({ command: "preview" })).toEqual({
      refused: undefined,
      warned: message("ai-gate.yml"),
      calls: 2,
    });
  });

  test("goes on where that is allowed, and GitHub is not asked", async () => {
    moveOn(["ai-gate.yml"]);
    expect(await outcome({ allowOutdated: true })).toEqual({
      ...quiet,
      calls: 0,
    });
  });

  test.each(["push", "workflow_dispatch", "schedule", "repository_dispatch"])(
    "is refused on %s, and on a branch with slashes",
    async (event) => {
      moveOn(["ai-gate.yml"], "release/1.x");
      const ref = "refs/heads/release/1.x";
      expect((await outcome({ event, ref })).refused).toContain(
        "release/1.x is 2 commits further",
      );
    },
  );

  test("goes on when its workspace has the head checked out", async () => {
    moveOn(["ai-gate.yml"]);
    const directory = mkdtempSync(path.join(workspace, "checkout-"));
    mkdirSync(path.join(directory, ".git"));
    writeFileSync(path.join(directory, ".git/HEAD"), `${head}\n`);
    expect(await outcome({ in: directory })).toEqual({ ...quiet, calls: 2 });
    writeFileSync(path.join(directory, ".git/HEAD"), `${old}\n`);
    expect((await outcome({ in: directory })).refused).toContain("Refused");
  });
});

test("the head of the branch goes on", async () => {
  moveOn(["ai-gate.yml"]);
  expect(await outcome({ sha: head })).toEqual({ ...quiet, calls: 1 });
});

describe("how GitHub says that two commits stand", () => {
  test.each([
    ["identical", undefined],
    ["behind", "main does not hold it any more"],
    ["diverged", "main does not hold it any more"],
    ["unheard-of", "how it stands to main is not known"],
  ])("%s", async (status, said) => {
    moveOn(["ai-gate.yml"]);
    const body = { status, ahead_by: 0, files: [] };
    github.failNext({ status: 200, body, path: /compare/ });
    const { refused } = await outcome({});
    if (said === undefined) expect(refused).toBeUndefined();
    else expect(refused).toContain(said);
  });

  test("a shallow checkout says what it has checked out, and no more", async () => {
    moveOn(["ai-gate.yml"]);
    const directory = mkdtempSync(path.join(workspace, "shallow-"));
    mkdirSync(path.join(directory, ".git"));
    writeFileSync(path.join(directory, ".git/shallow"), `${old}\n`);
    writeFileSync(path.join(directory, ".git/HEAD"), `${old}\n`);
    expect((await outcome({ in: directory })).refused).toContain("Refused");
    writeFileSync(path.join(directory, ".git/HEAD"), `${head}\n`);
    writeFileSync(path.join(directory, ".git/shallow"), `${head}\n`);
    expect((await outcome({ in: directory })).refused).toBeUndefined();
  });
});

test("a tag with the branch's name cannot stand for it", async () => {
  moveOn(["ai-gate.yml"]);
  const before = github.calls().length;
  await outcome({});
  const asked = github.calls().slice(before);
  expect(asked.map(({ path }) => decodeURIComponent(path))).toEqual([
    expect.stringMatching(/\/git\/ref\/heads\/main$/),
    expect.stringMatching(new RegExp(`/compare/${old}\\.{3}${head}`)),
  ]);
});

describe("not asked", () => {
  test.each<[string, Asking]>([
    ["a tag", { ref: "refs/tags/v1" }],
    [
      "a tag that a dispatch names",
      { ref: "refs/tags/v1", event: "workflow_dispatch" },
    ],
    ["a release", { event: "release", ref: "refs/tags/v1" }],
    ["a deployment, whose commit somebody chose", { event: "deployment" }],
    ["a merge queue", { event: "merge_group" }],
    ["a pull request", { event: "pull_request", ref: "refs/pull/7/merge" }],
    ["no ref", { ref: "" }],
    ["no commit", { sha: "" }],
    ["a destroy", { command: "destroy" }],
    ["a refresh", { command: "refresh" }],
    ["drift", { command: "drift" }],
    ["outputs", { command: "output" }],
  ])("%s", async (_, asking) => {
    moveOn(["ai-gate.yml"]);
    expect(await outcome(asking)).toEqual({ ...quiet, calls: 0 });
  });
});

describe("what cannot be found out", () => {
  const cases: [string, () => Asking, string][] = [
    [
      "no token",
      () => ({ access: undefined }),
      "there is no `github-token` to ask GitHub with",
    ],
    [
      "a branch that was deleted",
      () => ({ ref: "refs/heads/gone" }),
      "the branch gone or the commit does not exist, or the `github-token` may not see it (404)",
    ],
    [
      "a token of another permission",
      () => ({ access: accessTo(github, tokens.other.slice(1)) }),
      "GitHub does not accept the `github-token` (401)",
    ],
  ];
  test.each([
    ["a rate limit that is used up", githubFaults.usedUp(3600)],
    ["a server without the comparison", { status: 404, message: "Not Found" }],
  ])("%s: the run goes on with a warning", async (_, fault) => {
    moveOn(["ai-gate.yml"]);
    github.failNext({ ...fault, path: /compare/ });
    const { refused, warned } = await outcome({});
    expect(refused).toBeUndefined();
    expect(warned).toContain("of this run cannot be found out: ");
  });

  test.each([
    [403, "the `github-token` may not compare commits (403)"],
    [404, "the branch main or the commit does not exist"],
    [500, "GitHub answered 500"],
    [502, "GitHub answered 502"],
    [0, "GitHub cannot be reached"],
  ])("%s for the branch or the comparison is told", async (status, reason) => {
    for (const path of [/git\/ref/, /compare/]) {
      moveOn(["ai-gate.yml"]);
      github.failNext({ status, message: "x", path, times: 10 });
      const { refused, warned } = await outcome({});
      github.forgetFaults();
      expect(refused).toBeUndefined();
      expect(warned).toContain(reason);
    }
  });

  test.each(cases)(
    "%s: a run that is run again is warned of",
    async (_, asking, reason) => {
      const { refused, warned } = await outcome(asking());
      expect(refused).toBeUndefined();
      expect(warned).toContain(
        `of this run cannot be found out: ${reason}. This is attempt 2`,
      );
    },
  );

  test.each(cases)("%s: a first attempt says nothing", async (_, asking) => {
    expect(await outcome({ ...asking(), attempt: "1" })).toMatchObject(quiet);
  });
});
