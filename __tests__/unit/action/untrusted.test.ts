import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readInputs } from "../../../src/action/inputs/inputs.ts";
import {
  filesOnlyReason,
  loadTarget,
} from "../../../src/action/inputs/load.ts";
import { readJob } from "../../../src/action/job.ts";
import { sha256, token } from "../../fixtures/sources.ts";

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), "ai-gate-untrusted-"));
  mkdirSync(path.join(workspace, "event"));
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

const credentials = {
  AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
  AWS_SECRET_ACCESS_KEY: "secret",
};

interface Setting {
  readonly fork?: boolean;
  readonly environment?: Record<string, string>;
  readonly action?: string;
}

function jobOf({ fork = true, environment = {}, action = "opened" }: Setting) {
  const file = path.join(workspace, "event/event.json");
  const full_name = fork ? "mallory/app" : "acme/app";
  const head = { sha: "head", repo: { full_name } };
  writeFileSync(
    file,
    JSON.stringify({ action, pull_request: { number: 7, head } }),
  );
  return readJob({
    GITHUB_WORKSPACE: workspace,
    GITHUB_REPOSITORY: "acme/app",
    GITHUB_EVENT_NAME: "pull_request",
    GITHUB_EVENT_PATH: file,
    ...environment,
  });
}

function load(given: Record<string, string>, setting: Setting = {}) {
  const inputs = readInputs({
    getInput: (name) => given[name],
    setSecret: () => undefined,
  });
  return loadTarget(inputs, jobOf(setting), {
    mask: () => undefined,
    warn: () => undefined,
    scratch: workspace,
  });
}

const problemsOf = (given: Record<string, string>, setting?: Setting) => {
  try {
    load(given, setting);
    return [];
  } catch (error) {
    return (error as { problems: { where: string }[] }).problems.map(
      ({ where }) => where,
    );
  }
};

const config = `upstreams:
  a: { url: https://upstream.example.com }
routes:
  - { path: /a, upstream: a }
consumers:
  - { id: team-a, token: { env: TEAM_A_TOKEN } }
  - { id: team-b, token: { env: TEAM_B_TOKEN } }
`;
const write = (text: string) =>
  writeFileSync(path.join(workspace, "ai-gate.yml"), text);

test.each<[string, Setting, boolean]>([
  ["a fork without credentials", {}, true],
  [
    "a fork with empty ones",
    { environment: { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" } },
    true,
  ],
  ["a fork that was given credentials", { environment: credentials }, false],
  ["a branch without credentials, whose mistake it is", { fork: false }, false],
  [
    "Dependabot's branch",
    { fork: false, environment: { GITHUB_ACTOR: "dependabot[bot]" } },
    true,
  ],
])("files only for %s", (_, setting, only) => {
  expect(filesOnlyReason(jobOf(setting)) !== undefined).toBe(only);
});

describe("without secrets", () => {
  const inputs = {
    stack: "prod",
    path: "a",
    upstream: "https://upstream.example.com",
  };

  test("tokens and the region of the missing step are stood in for", () => {
    const { gate, region } = load(inputs);
    expect(region).toBe("us-east-1");
    expect(gate?.consumers).toHaveLength(1);
  });

  test("tokens of the config file are stood in for, each by its own", () => {
    write(config);
    const { gate } = load({ stack: "prod" });
    const hashes = gate?.consumers.flatMap(({ tokenHashes }) => tokenHashes);
    expect(gate?.consumers.map(({ id }) => id)).toEqual(["team-a", "team-b"]);
    expect(new Set(hashes).size).toBe(2);
  });

  test("a secret that arrives empty is stood in for too, one that is there is used", () => {
    write(config);
    const environment = { TEAM_A_TOKEN: "", TEAM_B_TOKEN: token };
    const { gate } = load({ stack: "prod" }, { environment });
    expect(gate?.consumers[1]?.tokenHashes).toEqual([sha256(token)]);
  });

  test("everything else that is wrong is reported, the missing tokens are not", () => {
    expect(problemsOf({ ...inputs, upstream: "http://x", path: "{" })).toEqual(
      expect.arrayContaining(["upstream", "path"]),
    );
    expect(problemsOf({ ...inputs, upstream: "http://x" })).not.toContain(
      "tokens",
    );
    expect(problemsOf({ ...inputs, region: "nowhere" })).toEqual(["region"]);
  });

  test("tokens that were given are judged", () => {
    expect(problemsOf({ ...inputs, tokens: "team-a=short" })).toEqual([
      "tokens",
    ]);
  });

  test("no policy pack is looked at, and none would run", () => {
    const given = { ...inputs, "policy-packs": "not-there" };
    expect(load(given).policyPacks).toEqual([]);
    expect(problemsOf(given, { environment: credentials })).toContain(
      "policy-packs",
    );
  });

  test("a closed pull request needs no gate", () => {
    const ephemeral = { ...inputs, stack: "pr-7", ephemeral: "true" };
    expect(load(ephemeral, { action: "closed" })).toMatchObject({
      command: "destroy",
      removeStack: true,
      gate: undefined,
    });
  });
});

test("with credentials a missing token is a mistake", () => {
  write(config);
  const setting = { environment: { ...credentials, AWS_REGION: "eu-west-1" } };
  expect(problemsOf({ stack: "prod" }, setting)).toHaveLength(2);
});
