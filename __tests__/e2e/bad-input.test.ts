// Bad input gets one clear line each and creates nothing, through the committed dist/: what the user wrote (the table), then
// what AWS, the state and its lock have to say.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { LedgerCall } from "../../local/apigateway/model.ts";
import { type Cloud, startCloud } from "../../local/cloud/cloud.ts";
import {
  type BadInput,
  badInputs,
  otherToken,
  token,
} from "../fixtures/bad-inputs.ts";
import {
  runAction,
  type RunOptions,
  type RunResult,
} from "../fixtures/runner.ts";

jest.setTimeout(300_000);

const passphrase = "canary-passphrase-0123456789";

const gate = {
  stack: "prod",
  region: "eu-west-1",
  path: "a",
  upstream: "https://upstream.example.com/v1",
  tokens: `team-a=${token}`,
};

/** What every failed run owes its user, whatever was wrong. */
function expectClean({ stdout, stderr, outputs, summary }: RunResult): void {
  const masked = stdout.replace(/^::add-mask::.*$/gm, "");
  const said = masked + stderr + JSON.stringify(outputs) + summary;
  expect(said).not.toMatch(/canary/);
  expect(said).not.toMatch(/^\s+at /m);
  expect(stderr).toBe("");
}

const errorsOf = ({ annotations }: RunResult): string[] =>
  annotations
    .filter(({ level }) => level === "error")
    .map(({ properties, message }) => {
      const at = /^file=ai-gate\.yml,line=(\d+),col=(\d+)$/.exec(properties);
      const place = at === null ? properties : `@ ${at[1]}:${at[2]}`;
      return place === "" ? message : `${message} ${place}`;
    });

/** The cloud's environment without its shared RUNNER_TEMP: every run gets its own. */
function environmentOf({ env }: Cloud): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => name !== "RUNNER_TEMP"),
  );
}

describe("what the user wrote", () => {
  const results = new Map<BadInput, RunResult>();
  let calls: readonly LedgerCall[];

  beforeAll(async () => {
    const cloud = await startCloud({ engine: false });
    const run = async (bad: BadInput) => {
      const { inputs, files, links, config, environment } = bad;
      const result = await runAction({
        inputs: { stack: "prod", region: "eu-west-1", ...inputs },
        environment: {
          ...environmentOf(cloud),
          TEAM_A_TOKEN: token,
          TEAM_B_TOKEN: otherToken,
          ...environment,
        },
        ...(links && { links }),
        files: {
          ...files,
          ...(config === undefined ? {} : { "ai-gate.yml": config }),
        },
      });
      results.set(bad, result);
    };
    const waiting = [...badInputs];
    const work = async () => {
      for (let bad = waiting.shift(); bad; bad = waiting.shift())
        await run(bad);
    };
    await Promise.all([work(), work(), work()]);
    calls = [...cloud.gateway.ledger];
    await cloud.stop();
  });

  test.each(badInputs.map((bad) => [bad.what, bad] as const))(
    "%s is refused",
    (_what, bad) => {
      const result = results.get(bad)!;
      // At least one problem, and the last line, which says what they mean.
      expect(errorsOf(result).length).toBeGreaterThanOrEqual(2);
      expect(errorsOf(result).join("\n")).toMatchSnapshot();
      expect(result.code).toBe(1);
      expect(result.outputs).toMatchObject({
        "failure-reason": "invalid-input",
        ready: "false",
        changed: "false",
        "invoke-url": "",
      });
      expectClean(result);
    },
  );

  test("the table is long enough, and AWS was not called", () => {
    expect(badInputs.length).toBeGreaterThanOrEqual(65);
    expect(calls).toEqual([]);
  });
});

const twoSecrets = `upstreams:
  openai: { url: https://api.openai.com, secret: ssm:/ai/none }
  other: { url: https://upstream.example.com, secret: "arn:aws:secretsmanager:eu-west-1:000000000000:secret:none" }
routes:
  - { path: /a, upstream: openai }
  - { path: /b, upstream: other }
consumers:
  - { id: team-a, token: { env: TEAM_A_TOKEN } }
`;

describe("what AWS and the state say", () => {
  let cloud: Cloud;
  let state: string;

  beforeAll(async () => {
    cloud = await startCloud({ region: "eu-west-1" });
    state = mkdtempSync(path.join(tmpdir(), "ai-gate-state-"));
  });

  afterAll(async () => {
    await cloud.stop();
    rmSync(state, { recursive: true, force: true });
  });

  /** @returns the run, and the names of the calls that changed something. */
  async function run({ inputs, environment, files }: RunOptions) {
    const before = cloud.gateway.ledger.length;
    const result = await runAction({
      inputs: { ...gate, backend: `file://${state}`, ...inputs },
      environment: {
        ...environmentOf(cloud),
        PULUMI_CONFIG_PASSPHRASE: passphrase,
        ...environment,
      },
      ...(files === undefined ? {} : { files }),
    });
    const writes = cloud.gateway.ledger
      .slice(before)
      .filter(({ write, status }) => write && status < 400)
      .map(({ operation }) => operation);
    return { result, writes };
  }

  interface Refused {
    readonly what: string;
    readonly options: RunOptions;
    readonly reason: string;
    readonly errors: readonly unknown[];
    /** What the cloud answers to the run's next call of that operation. */
    readonly fault?: Parameters<Cloud["gateway"]["failNext"]>[0];
  }

  const managed = { inputs: { backend: "" } };
  const bucket = "ai-gate-state-000000000000-eu-west-1-an";
  const refused: Refused[] = [
    {
      what: "no AWS credentials",
      options: { environment: { AWS_ACCESS_KEY_ID: "" } },
      reason: "no-credentials",
      errors: [
        "No AWS credentials (Could not load credentials from any providers): run aws-actions/configure-aws-credentials in a step before this one, or give the runner a role",
      ],
    },
    {
      what: "credentials that AWS refuses",
      options: {},
      fault: {
        service: "sts",
        operation: "GetCallerIdentity",
        status: 403,
        errorType: "InvalidClientTokenId",
      },
      reason: "no-credentials",
      errors: [
        "AWS does not accept the credentials (InvalidClientTokenId): check the role or keys of the step before this one, and that the region eu-west-1 is enabled",
      ],
    },
    {
      what: "an AWS that throttles for good",
      options: {},
      fault: {
        service: "sts",
        operation: "GetCallerIdentity",
        status: 400,
        errorType: "Throttling",
        times: 3,
      },
      reason: "aws-throttled",
      errors: [
        "AWS does not accept the credentials now (sts:GetCallerIdentity: Throttling): run the job again in a minute",
      ],
    },
    {
      what: "an AWS that is not there",
      options: {
        environment: {
          AWS_ENDPOINT_URL: "",
          AWS_REGION: "",
          NODE_USE_ENV_PROXY: "1",
        },
        inputs: { region: "eu-north-3" },
      },
      reason: "engine",
      errors: [
        expect.stringMatching(
          /^AWS cannot be reached at sts\.eu-north-3\.amazonaws\.com \(.+\): check that the region exists and that the runner may call it$/,
        ),
      ],
    },
    {
      what: "upstream secrets that are not there",
      options: {
        inputs: { path: "", upstream: "", tokens: "" },
        environment: { TEAM_A_TOKEN: token },
        files: { "ai-gate.yml": twoSecrets },
      },
      reason: "invalid-input",
      errors: [
        "upstream openai: the SSM parameter /ai/none does not exist in eu-west-1: create it with the upstream's API key as its value, or correct the reference",
        "upstream other: the secret arn:aws:secretsmanager:eu-west-1:000000000000:secret:none does not exist in eu-west-1: create it with the upstream's API key as its value, or correct the reference",
        "the gate's upstream would refuse every call",
      ],
    },
    {
      what: "a backend that is no URL",
      options: { inputs: { backend: "./state" } },
      reason: "invalid-input",
      errors: [
        'backend: Invalid value "./state": use a URL that begins with s3://, file://, https://, azblob:// or gs://',
        "the backend of the state cannot be used",
      ],
    },
    {
      what: "a backend's bucket that is not there",
      options: { inputs: { backend: "s3://no-such-bucket" } },
      reason: "invalid-input",
      errors: [
        expect.stringMatching(
          /NoSuchBucket.*: create the bucket that the backend names, or leave the backend out and one is made$/,
        ),
      ],
    },
    {
      what: "a Pulumi service without a token",
      options: { inputs: { backend: "https://127.0.0.1:9" } },
      reason: "invalid-input",
      errors: [
        expect.stringMatching(
          /: the backend is a Pulumi service; pass its token to the step as PULUMI_ACCESS_TOKEN$/,
        ),
      ],
    },
    {
      what: "a state bucket of another account",
      options: managed,
      fault: {
        service: "s3",
        operation: "HeadBucket",
        status: 403,
        errorType: "AccessDenied",
      },
      reason: "aws-denied",
      errors: [
        `The state's bucket ${bucket} cannot be used (HTTP 403): allow s3:ListBucket, the statement FindState of the deploy policy, or name another backend with the input backend`,
      ],
    },
    {
      what: "a state bucket that may not be made",
      options: managed,
      fault: {
        service: "s3",
        operation: "CreateBucket",
        status: 403,
        errorType: "AccessDenied",
      },
      reason: "aws-denied",
      errors: [
        `The state's bucket ${bucket} cannot be used (AccessDenied): allow s3:CreateBucket, the statement MakeStateBucket of the deploy policy, or name another backend with the input backend`,
      ],
    },
    {
      what: "a passphrase that may not be read",
      options: {
        environment: { PULUMI_CONFIG_PASSPHRASE: "" },
      },
      fault: {
        service: "ssm",
        operation: "GetParameter",
        status: 400,
        errorType: "AccessDeniedException",
      },
      reason: "aws-denied",
      errors: [
        "The state's passphrase /ai-gate/state-passphrase cannot be used (AccessDeniedException): allow ssm:GetParameter, the statement ReadPassphrase of the deploy policy, or name another backend with the input backend",
      ],
    },
  ];

  test.each(refused.map((one) => [one.what, one] as const))(
    "%s",
    async (_what, { options, reason, errors, fault }) => {
      if (fault !== undefined) cloud.gateway.failNext(fault);
      const { result, writes } = await run(options);
      expect(errorsOf(result)).toEqual(errors);
      expect(result.code).toBe(1);
      expect(result.outputs["failure-reason"]).toBe(reason);
      expectClean(result);
      expect(writes).toEqual([]);
    },
  );

  test("a right that is missing half-way: the resource and the action are named, and nothing behind it is made", async () => {
    cloud.gateway.failNext({
      service: "lambda",
      operation: "CreateFunction",
      status: 403,
      errorType: "AccessDeniedException",
      message:
        "User: arn:aws:iam::000000000000:user/ci is not authorized to perform: lambda:CreateFunction",
    });
    const { result, writes } = await run({});
    expect(errorsOf(result)).toEqual([
      expect.stringMatching(
        /^Function authorizer: AWS refuses lambda:CreateFunction to the role of this run: add the statement ChangeFunctions of /,
      ),
    ]);
    expect(result.code).toBe(1);
    expect(result.outputs).toMatchObject({
      "failure-reason": "aws-denied",
      ready: "false",
      "create-count": "3",
    });
    expectClean(result);
    expect(writes.filter((name) => /RestApi|Function/.test(name))).toEqual([]);
  });

  describe("on a stack that is deployed", () => {
    beforeAll(async () => {
      const { result } = await run({});
      expect(errorsOf(result)).toEqual([]);
      expect(result.outputs["ready"]).toBe("true");
    });

    test("another passphrase", async () => {
      const { result, writes } = await run({
        environment: { PULUMI_CONFIG_PASSPHRASE: "canary-another" },
      });
      expect(errorsOf(result)).toEqual([
        expect.stringMatching(
          /^[a-z :]*incorrect passphrase.*: the state was encrypted with another passphrase\. If the step's `env` has PULUMI_CONFIG_PASSPHRASE \(.* the SSM parameter \/ai-gate\/state-passphrase: put its former value back, which its history has$/,
        ),
      ]);
      expect(result.outputs["failure-reason"]).toBe("invalid-input");
      expectClean(result);
      expect(writes).toEqual([]);
    });

    test.each(["up", "destroy", "refresh"])(
      "a lock, and its holder is named: %s",
      async (command) => {
        const lock = writeLock();
        const { result, writes } = await run({ inputs: { command } });
        rmSync(lock);
        expect(errorsOf(result)).toEqual([
          "The stack is locked by builder@runner-7 (process 4242) since 2026-01-02T03:04:05Z: wait for that run to end, here with `lock-timeout`. If it is over, run this action with `command: unlock`; `concurrency:` in the workflow keeps two runs apart",
        ]);
        expect(result.outputs["failure-reason"]).toBe("locked");
        expectClean(result);
        expect(writes).toEqual([]);
      },
    );
  });

  /** @returns the lock's file, as another run's engine would have written it. */
  function writeLock(): string {
    const folder = path.join(
      state,
      ".pulumi/locks/organization/ai-gate.acme.app/prod",
    );
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, "5e6dc7b2-2f3f-4d5c-9a4e-0d4a6a9f0c11.json");
    const holder = {
      pid: 4242,
      username: "builder",
      hostname: "runner-7",
      timestamp: "2026-01-02T03:04:05Z",
    };
    writeFileSync(file, JSON.stringify(holder));
    return file;
  }
});

describe("an API Gateway that throttles for good", () => {
  test("is named, and nothing is made there", async () => {
    const cloud = await startCloud({ region: "eu-west-1" });
    const throttled = {
      service: "apigateway",
      operation: "CreateRestApi",
      status: 429,
      errorType: "TooManyRequestsException",
      message: "Too Many Requests",
    };
    cloud.gateway.failNext({ ...throttled, times: 1000 });
    const result = await runAction({
      inputs: { ...gate, backend: "file://./state" },
      environment: {
        ...environmentOf(cloud),
        AI_GATE_STAND_IN_WAITS: "none",
        PULUMI_CONFIG_PASSPHRASE: passphrase,
      },
    });
    const asked = cloud.gateway.ledger.filter(
      ({ operation }) => operation === "CreateRestApi",
    );
    const apis = cloud.gateway.store.apis.size;
    await cloud.stop();
    expect(errorsOf(result)).toEqual([
      expect.stringMatching(
        /^RestApi gate: .*TooManyRequestsException.*: AWS limits how often an API may be changed; run the job again in a minute$/,
      ),
    ]);
    expect(result.outputs["failure-reason"]).toBe("aws-throttled");
    expectClean(result);
    // As often as the real plugin.
    expect(asked).toHaveLength(25);
    expect(apis).toBe(0);
  });
});
