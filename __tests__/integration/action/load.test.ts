import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readInputs } from "../../../src/action/inputs/inputs.ts";
import {
  loadGate,
  loadPlace,
  loadTarget,
} from "../../../src/action/inputs/load.ts";
import { readJob } from "../../../src/action/job.ts";
import { backendFault } from "../../../src/deploy/backend.ts";
import type { GateFailure } from "../../../src/gate/failure.ts";
import { sha256, token } from "../../fixtures/sources.ts";

let home: string;
let workspace: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "ai-gate-load-"));
  workspace = path.join(home, "workspace");
  mkdirSync(workspace);
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

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
    getInput: (name) => given[name],
    setSecret: () => undefined,
  });

const jobOf = (environment: Record<string, string> = {}) =>
  readJob({ GITHUB_WORKSPACE: workspace, ...environment });

function load(
  given: Record<string, string>,
  environment: Record<string, string> = {},
) {
  const masked: string[] = [];
  const mask = (secret: string) => masked.push(secret);
  const { gate } = loadGate(inputsOf(given), jobOf(environment), mask);
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

  const absent =
    "is not there: give the path of a file in the workspace, and run actions/checkout before this step";
  test.each([
    ["is missing", "gone.yml", absent],
    ["is below a file", "file/gate.yml", absent],
    ["is a directory", "folder", "is a directory: give a regular file"],
    [
      "is a named pipe",
      "pipe",
      "is no regular file (a named pipe, a socket or a device): give a regular file",
    ],
    [
      "leads out of the workspace",
      "../outside.yml",
      "leads out of the workspace: put the file itself there",
    ],
    [
      "has more than two megabytes",
      "large",
      "has 2097153 bytes, more than the 2097152 that are read: make it smaller",
    ],
  ])("that %s is a problem of the input", (_, name, fault) => {
    mkdirSync(path.join(workspace, "folder"));
    write("file", "");
    write("large", "#".repeat(2 * 1024 * 1024 + 1));
    write("../outside.yml", config);
    execFileSync("mkfifo", [path.join(workspace, "pipe")]);
    expect(() => load({ ...few, config: name })).toThrow(
      expect.objectContaining({
        reason: "invalid-input",
        message: "there is no gate to deploy",
        problems: [
          {
            where: "config",
            message: `"${name}" ${fault}`,
          },
        ],
      }),
    );
  });

  test("a short value of a variable is refused without being masked", () => {
    write("ai-gate.yml", config);
    const masked: string[] = [];
    expect(() =>
      loadGate(inputsOf(few), jobOf({ TEAM_B_TOKEN: "short" }), (secret) =>
        masked.push(secret),
      ),
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
              '"guard" is not a directory of the workspace',
            ) as string,
          }),
        ],
      }),
    );
  });
});

describe("everything that is wrong is reported at once", () => {
  /** @returns where the problems are, of inputs and environment, and the failure's words. */
  function problemsOf(
    given: Record<string, string>,
    environment: Record<string, string> = {},
  ): { where: string[]; message: string } {
    const ignore = () => undefined;
    try {
      const reporting = { mask: ignore, warn: ignore, scratch: home };
      loadTarget(inputsOf(given), jobOf(environment), reporting);
    } catch (error) {
      const { message, problems } = error as GateFailure;
      return { where: problems.map(({ where }) => where), message };
    }
    return { where: [], message: "" };
  }

  test("a good one has nothing wrong", () => {
    expect(problemsOf({ ...simple, backend: "file://./state" }).where).toEqual(
      [],
    );
  });

  test("inputs, backend and gate", () => {
    const bad = { command: "deploy", proof: "x", backend: "x", path: "{" };
    expect(problemsOf({ ...simple, ...bad, region: "x" })).toEqual({
      where: ["command", "proof", "backend", "region", "path"],
      message:
        "the inputs are not usable, and the backend of the state cannot be used, and the gate as described cannot be deployed",
    });
  });

  test("a config file that is not there does not hide the others, nor add any", () => {
    const given = { config: "gone.yml", backend: "x", region: "eu-wset-1" };
    expect(problemsOf(given).where).toEqual([
      "backend",
      "config",
      "stack",
      "region",
    ]);
  });

  test("of a command without a gate", () => {
    const given = { command: "destroy", backend: "x", proof: "x" };
    expect(problemsOf(given).where).toEqual([
      "proof",
      "backend",
      "stack",
      "region",
    ]);
  });

  test("what does not fit the event, and the event itself", () => {
    write("event.json", "null");
    const given = { ...simple, ephemeral: "true", path: "{" };
    const file = path.join(workspace, "event.json");
    expect(problemsOf(given, { GITHUB_EVENT_PATH: file }).where).toEqual([
      "GITHUB_EVENT_PATH",
      "ephemeral",
      "path",
    ]);
  });

  test.each<[string, string]>([
    ["x", 'Invalid value "x": use a URL'],
    ["S3://x", 'Invalid value "S3://x": use a URL'],
    ["s3://", "has no bucket or host"],
    ["s3://?region=eu-west-1", "has no bucket or host"],
    ["https://", "has no bucket or host"],
    ["https://a b", "has no bucket or host"],
    ["file://./file", "is not a directory: use the URL of a directory"],
    ["file://./file/below", "is not a directory: use the URL of a directory"],
  ])("the backend %s, from the input or the environment", (url, fault) => {
    write("file", "");
    for (const [given, environment, where] of [
      [{ ...simple, backend: url }, {}, "backend"],
      [simple, { PULUMI_BACKEND_URL: url }, "PULUMI_BACKEND_URL"],
    ] as const) {
      expect(problemsOf(given, environment).where).toEqual([where]);
      expect(backendFault(url, workspace)).toContain(fault);
    }
  });

  test.each(["eu-wset-1", "eu-nowhere-9", "eu-west", "EU-WEST-1", "us--1"])(
    "the region %s",
    (region) => {
      expect(problemsOf({ ...simple, region }).where).toEqual(["region"]);
    },
  );

  test.each([
    "eu-west-1",
    "ap-southeast-7",
    "me-central-1",
    "us-gov-east-1",
    "us-isob-east-1",
    "eusc-de-east-1",
    "cn-northwest-1",
    "mx-central-1",
  ])("not the region %s", (region) => {
    expect(problemsOf({ ...simple, region }).where).toEqual([]);
  });
});
