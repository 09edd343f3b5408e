import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readInputs } from "../../src/action/inputs/inputs.ts";
import { readJob } from "../../src/action/job.ts";
import { loadGate, loadPlace } from "../../src/action/inputs/load.ts";
import { sha256, token } from "../gate/sources.ts";

let workspace: string;

beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), "ai-gate-load-"));
});

afterEach(() => rmSync(workspace, { recursive: true, force: true }));

function write(name: string, text: string): void {
  const file = path.join(workspace, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const simple = {
  stack: "prod",
  region: "eu-west-1",
  path: "a",
  upstream: "https://upstream.example.com",
  tokens: `team-a=${token}`,
};

const config = `upstreams:
  a: { url: https://upstream.example.com }
routes:
  - { path: /from-file, upstream: a }
consumers:
  - { id: team-b, token: { env: TEAM_B_TOKEN } }
`;

const inputsOf = (given: Record<string, string>) =>
  readInputs({
    getInput: (name) => given[name] ?? "",
    setSecret: () => undefined,
  });

const jobOf = (environment: Record<string, string> = {}) =>
  readJob({ GITHUB_WORKSPACE: workspace, ...environment });

function load(
  given: Record<string, string>,
  environment: Record<string, string> = {},
) {
  const masked: string[] = [];
  const surroundings = {
    today: "2026-08-01",
    mask: (secret: string) => masked.push(secret),
  };
  const job = jobOf(environment);
  const { gate } = loadGate(inputsOf(given), job, surroundings);
  return { gate, masked };
}

test("inputs alone make a gate of one route", () => {
  const { gate } = load(simple, { GITHUB_REPOSITORY: "acme/app" });
  expect(gate).toMatchObject({
    id: "ai-gate.acme.app/prod",
    region: "eu-west-1",
    routes: [{ path: "/a" }],
    consumers: [{ id: "team-a", tokenHashes: [sha256(token)] }],
  });
});

describe("the config", () => {
  const few = { stack: "prod", region: "eu-west-1" };
  const environment = { TEAM_B_TOKEN: token };

  test.each([
    ["ai-gate.yml without being named", "ai-gate.yml", {}],
    ["a named one", "deploy/gate.yml", { config: "deploy/gate.yml" }],
  ])("is %s", (_, name, given) => {
    write(name, config);
    const { gate, masked } = load({ ...few, ...given }, environment);
    expect(gate.routes).toMatchObject([{ path: "/from-file" }]);
    expect(masked).toEqual([token]);
  });

  test("names variables that are read once, and then in nobody's environment", () => {
    write(
      "ai-gate.yml",
      `${config}  - { id: other, token: { env: TEAM_B_TOKEN } }\n`,
    );
    process.env["TEAM_B_TOKEN"] = token;
    process.env["OTHER_TOKEN"] = "stays";
    const message = expect.stringContaining("is also a token of") as string;
    expect(() => load(few, environment)).toThrow(
      expect.objectContaining({
        problems: [expect.objectContaining({ message })],
      }),
    );
    expect(process.env["TEAM_B_TOKEN"]).toBe(undefined);
    expect(process.env["OTHER_TOKEN"]).toBe("stays");
    delete process.env["OTHER_TOKEN"];
  });

  test("a named one goes before ai-gate.yml", () => {
    write("ai-gate.yml", "- nonsense");
    write("other.yml", config);
    const { gate } = load({ ...few, config: "other.yml" }, environment);
    expect(gate.routes).toMatchObject([{ path: "/from-file" }]);
  });

  test.each([
    ["is missing", "gone.yml", "ENOENT"],
    ["is a directory", "folder", "EISDIR"],
    ["is below a file", "file/gate.yml", "ENOTDIR"],
  ])("that %s is a problem of the input", (_, name, code) => {
    mkdirSync(path.join(workspace, "folder"));
    write("file", "");
    expect(() => load({ ...few, config: name })).toThrow(
      expect.objectContaining({
        reason: "invalid-input",
        message: "there is no gate to deploy",
        problems: [
          {
            where: "config",
            message: `"${name}" cannot be read (${code}): give the path of a file in the workspace, and run actions/checkout before this step`,
          },
        ],
      }),
    );
  });

  test("a short value of a variable is refused without being masked", () => {
    write("ai-gate.yml", config);
    const masked: string[] = [];
    expect(() =>
      loadGate(inputsOf(few), jobOf({ TEAM_B_TOKEN: "short" }), {
        today: "2026-08-01",
        mask: (secret) => masked.push(secret),
      }),
    ).toThrow("the gate as described cannot be deployed");
    expect(masked).toEqual([]);
  });
});

describe("the region", () => {
  const rest = { ...simple, region: "" };

  test.each<[string, Record<string, string>, Record<string, string>, string]>([
    [
      "the input",
      { region: "eu-west-2" },
      { AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-east-2" },
      "eu-west-2",
    ],
    [
      "AWS_REGION",
      {},
      { AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-east-2" },
      "us-east-1",
    ],
    [
      "AWS_DEFAULT_REGION",
      {},
      { AWS_REGION: "", AWS_DEFAULT_REGION: "us-east-2" },
      "us-east-2",
    ],
  ])("is %s", (_source, given, environment, region) => {
    expect(load({ ...rest, ...given }, environment).gate.region).toBe(region);
    const inputs = inputsOf({ stack: "prod", ...given });
    expect(loadPlace(inputs, jobOf(environment))).toEqual({
      stack: "prod",
      region,
    });
  });
});

test("commands without a gate want a stack and a region, and say both at once", () => {
  expect(() => loadPlace(inputsOf({ region: "x" }), jobOf())).toThrow(
    expect.objectContaining({
      reason: "invalid-input",
      message: "there is no such gate",
      problems: [
        expect.objectContaining({ where: "stack" }),
        expect.objectContaining({ where: "region" }),
      ],
    }),
  );
});

describe("a directory of one's own authorizer", () => {
  const custom = {
    stack: "prod",
    region: "eu-west-1",
    path: "a",
    upstream: "https://upstream.example.com",
    authorizer: "./guard",
    "authorizer-handler": "deep/main.handler",
  };

  test("is looked through to its depths", () => {
    write("guard/deep/main.py", "def handler(event, context):\n    pass\n");
    expect(load(custom).gate.auth).toMatchObject({
      mode: "custom",
      directory: "guard",
      handler: "deep/main.handler",
    });
  });

  test("and what looks like a secret is found there", () => {
    write("guard/deep/main.py", "def handler(event, context):\n    pass\n");
    write("guard/deep/.env", "");
    expect(() => load(custom)).toThrow(
      expect.objectContaining({
        problems: [
          expect.objectContaining({
            where: "authorizer",
            message: expect.stringContaining('"deep/.env"') as string,
          }),
        ],
      }),
    );
  });

  test("a file is no directory", () => {
    write("guard", "");
    expect(() => load(custom)).toThrow(
      expect.objectContaining({
        problems: [
          expect.objectContaining({
            message: expect.stringContaining(
              'there is no directory "guard" in the workspace',
            ) as string,
          }),
        ],
      }),
    );
  });
});
