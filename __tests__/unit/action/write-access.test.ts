import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Github } from "../../../local/github/github.ts";
import { type Command, commands } from "../../../src/action/inputs/contract.ts";
import type { Octokit } from "../../../src/action/github/client.ts";
import { refuseWithoutWriteAccess } from "../../../src/action/github/write-access.ts";
import { readJob } from "../../../src/action/job.ts";
import { accessTo, startRepository } from "../../fixtures/github-access.ts";

let github: Github;
let connected: ReturnType<typeof memoized>;
let lookUps = 0;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "ai-gate-events-"));
  github = await startRepository({
    collaborators: {
      admin: "admin",
      keeper: "maintain",
      writer: "write",
      helper: "triage",
      reader: "read",
    },
  });
  connected = memoized(accessTo(github));
});
afterAll(async () => {
  await github.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** GitHub's own answers, each asked for once, since what an account may do depends on neither event nor command. */
function memoized(access: ReturnType<typeof accessTo>): typeof access {
  const answers = new Map<string, Promise<unknown>>();
  return {
    ...access,
    ask: (request, work) =>
      access.ask(request, ({ rest }) => {
        const getCollaboratorPermissionLevel = (
          asked: Parameters<
            typeof rest.repos.getCollaboratorPermissionLevel
          >[0],
        ) => {
          const { username } = asked!;
          lookUps += 1;
          if (!answers.has(username))
            answers.set(
              username,
              rest.repos.getCollaboratorPermissionLevel(asked),
            );
          return answers.get(username)!;
        };
        return work({
          rest: { repos: { getCollaboratorPermissionLevel } },
        } as unknown as Octokit);
      }),
  };
}

function jobOf(event: string, payload: object, actor = "") {
  const file = path.join(directory, "event.json");
  writeFileSync(file, JSON.stringify(payload));
  return readJob({
    GITHUB_EVENT_NAME: event,
    GITHUB_EVENT_PATH: file,
    GITHUB_REPOSITORY: "acme/app",
    GITHUB_ACTOR: actor,
  });
}

interface Asking {
  readonly command?: Command;
  readonly ephemeral?: boolean;
  readonly access?: ReturnType<typeof accessTo> | undefined;
}

/** @returns the refusal's words, or `goes through`. */
async function outcome(
  job: ReturnType<typeof jobOf>,
  asking: Asking = {},
): Promise<string> {
  const { command = "up", ephemeral = false } = asking;
  const access = "access" in asking ? asking.access : connected;
  const run = { target: { command }, inputs: { ephemeral }, job };
  const refused = await refuseWithoutWriteAccess(run, access);
  if (refused === undefined) return "goes through";
  expect(refused.reason).toBe("invalid-input");
  return refused.message;
}

/** Every event that starts a workflow, but those below (GitHub's documentation, "Events that trigger workflows"). */
const byAnyAccount = [
  "branch_protection_rule",
  "check_run",
  "check_suite",
  "create",
  "delete",
  "deployment_status",
  "discussion",
  "discussion_comment",
  "fork",
  "gollum",
  "image_version",
  "issue_comment",
  "issues",
  "label",
  "milestone",
  "page_build",
  "project",
  "project_card",
  "project_column",
  "public",
  "pull_request_comment",
  "registry_package",
  "status",
  "watch",
  "an_event_of_tomorrow",
];
const byWriters = [
  "push",
  "workflow_dispatch",
  "schedule",
  "release",
  "deployment",
  "repository_dispatch",
  "merge_group",
];
const ofPulls = [
  "pull_request",
  "pull_request_target",
  "pull_request_review",
  "pull_request_review_comment",
];
const all = commands.filter((command) => command !== "auto");
const looking: readonly string[] = ["preview", "drift", "output"];
const changing = all.filter((command) => !looking.includes(command));

const pull = (repo: object | null, sender = "writer") => ({
  pull_request: { number: 7, head: { sha: "head", repo } },
  sender: { login: sender },
});
const own = { full_name: "acme/app" };
const fork = { full_name: "mallory/app" };
const run = (head_repository: object | null, sender = "writer") => ({
  workflow_run: { event: "pull_request", head_repository },
  sender: { login: sender },
});

describe.each(all)("%s", (command) => {
  const changes = changing.includes(command);
  const refusedTo = (login: string) =>
    changes
      ? expect.stringContaining(`${login} may not write to this repository`)
      : "goes through";
  const never = changes
    ? expect.stringContaining("about code of a fork or of Dependabot")
    : "goes through";

  test.each(byWriters)("on %s, whoever is its sender", async (event) => {
    const before = lookUps;
    for (const login of ["outsider", "writer"])
      expect(
        await outcome(jobOf(event, { sender: { login } }), { command }),
      ).toBe("goes through");
    expect(lookUps).toBe(before);
  });

  test.each(byAnyAccount)("on %s, by what its sender may do", async (event) => {
    for (const login of ["admin", "keeper", "writer"])
      expect(
        await outcome(jobOf(event, { sender: { login } }), { command }),
      ).toBe("goes through");
    for (const login of ["helper", "reader", "outsider", "toString"])
      expect(
        await outcome(jobOf(event, { sender: { login } }), { command }),
      ).toEqual(refusedTo(login));
  });

  test.each(ofPulls)("on %s of this repository", async (event) => {
    const asked = { command, ephemeral: false };
    expect(await outcome(jobOf(event, pull(own)), asked)).toBe("goes through");
    expect(await outcome(jobOf(event, pull(own, "reader")), asked)).toEqual(
      refusedTo("reader"),
    );
  });

  test("on pull_request of this repository, of an ephemeral gate", async () => {
    const asked = { command, ephemeral: true };
    const before = lookUps;
    const job = jobOf("pull_request", pull(own, "reader"));
    expect(await outcome(job, asked)).toBe("goes through");
    expect(lookUps).toBe(before);
    for (const event of ofPulls.slice(1))
      expect(await outcome(jobOf(event, pull(own, "reader")), asked)).toEqual(
        refusedTo("reader"),
      );
  });

  test.each(ofPulls)("on %s of a fork", async (event) => {
    for (const ephemeral of [true, false])
      for (const repo of [fork, null, {}])
        expect(
          await outcome(jobOf(event, pull(repo)), { command, ephemeral }),
        ).toEqual(never);
  });

  test("on Dependabot's pull request, also where somebody else labels or reopens it", async () => {
    const login = "dependabot[bot]";
    const payload = pull(own);
    const opened = { ...payload.pull_request, user: { login } };
    const jobs = [
      jobOf("pull_request", payload, login),
      jobOf("pull_request", { ...payload, pull_request: opened }),
    ];
    for (const job of jobs)
      for (const ephemeral of [true, false])
        expect(await outcome(job, { command, ephemeral })).toEqual(never);
  });

  test("on workflow_run, by whose code it ran and what its sender may do", async () => {
    const on = (payload: object) =>
      outcome(jobOf("workflow_run", payload), { command });
    expect(await on(run(own))).toBe("goes through");
    expect(await on(run(own, "outsider"))).toEqual(refusedTo("outsider"));
    for (const repo of [fork, null]) expect(await on(run(repo))).toEqual(never);
  });

  test("outside GitHub, whose credentials they are", async () => {
    expect(await outcome(readJob({}), { command })).toBe("goes through");
  });
});

test.each(["issue_comment", "pull_request_review", "discussion_comment"])(
  "on %s neither who wrote nor who edited may be without write access",
  async (event) => {
    const [part] = event.split("_").slice(-1);
    const by = (author: string, sender: string) =>
      outcome(
        jobOf(event, {
          [part ?? ""]: { user: { login: author } },
          sender: { login: sender },
        }),
      );
    expect(await by("writer", "admin")).toBe("goes through");
    expect(await by("outsider", "admin")).toContain("outsider may not write");
    expect(await by("admin", "outsider")).toContain("outsider may not write");
  },
);

test.each<[string, object]>([
  ["no sender", {}],
  ["a sender that is gone", { sender: null }],
  [
    "an author that is gone",
    { sender: { login: "admin" }, comment: { user: null } },
  ],
])("an event with %s is refused", async (_, payload) => {
  expect(await outcome(jobOf("issue_comment", payload))).toContain(
    "it does not say who did",
  );
});

const comment = () => jobOf("issue_comment", { sender: { login: "admin" } });

test.each<[string, () => Asking["access"], string]>([
  ["without a token", () => undefined, "there is no `github-token`"],
  [
    "with a token that is not accepted",
    () => accessTo(github, "ghs_unknown"),
    "GitHub does not accept the `github-token` (401)",
  ],
])("%s the run is refused", async (_, access, reason) => {
  expect(await outcome(comment(), { access: access() })).toContain(reason);
});

test("a GitHub that does not answer is asked again, and then the run is refused", async () => {
  const access = accessTo(github);
  github.failNext({ status: 502, times: 2 });
  expect(await outcome(comment(), { access })).toBe("goes through");
  github.failNext({ status: 502, times: 4 });
  expect(await outcome(comment(), { access })).toContain("GitHub answered 502");
});
