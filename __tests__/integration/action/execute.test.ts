// Whole operations in this process, with the real engine, the stand-in plugin and the local cloud: tokens in a table, plans, and
// a user's authorizer behind the gate's own.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import type { Cloud } from "../../../local/cloud/cloud.ts";
import { putParameter } from "../../../local/demo/seed.ts";
import { readInputs } from "../../../src/action/inputs/inputs.ts";
import { copyAuthorizer } from "../../../src/action/inputs/load.ts";
import type { Job, Target } from "../../../src/action/job.ts";
import { execute, type Executed } from "../../../src/action/stack/execute.ts";
import { sha256 } from "../../../src/deploy/names.ts";
import type { Gate } from "../../../src/gate/gate.ts";
import { callAws, nameOf } from "../../fixtures/action-rig.ts";
import { throughProxy } from "../../fixtures/client.ts";
import { hostWith } from "../../fixtures/host.ts";
import {
  distribution,
  type InProcess,
  startInProcess,
} from "../../fixtures/in-process.ts";
import {
  consumer,
  customGate,
  gate,
  route,
} from "../../fixtures/proof-gates.ts";
import { zip } from "../../fixtures/zip.ts";

jest.setTimeout(180_000);

let here: InProcess;
let cloud: Cloud;
let job: Job;

beforeAll(async () => {
  here = await startInProcess(undefined, {
    PULUMI_CONFIG_PASSPHRASE: "passphrase",
  });
  ({ cloud } = here);
  job = here.newJob();
  mkdirSync(path.join(job.workspace, "authorizer"));
  writeFileSync(path.join(job.workspace, "authorizer/authorizer.py"), python);
  await putParameter(cloud, "/ai/key", "sk-upstream-0123456789");
});
afterAll(() => here.stop());

const python = `
def handler(event, context):
    if event["authorizationToken"] != "Bearer allow-me":
        raise Exception("Unauthorized")
    return {
        "principalId": "user",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}],
        },
    }
`;

const plain = {
  name: "plain",
  kind: "http",
  url: "https://upstream.example.com",
  headers: {},
  query: {},
  tokenHeaders: ["Authorization"],
} as const;

interface Ran extends Executed {
  readonly lines: readonly string[];
  readonly phases: readonly string[];
  /** How often the engine's CLI was started, but for its version. */
  readonly commands: readonly string[];
  /** AWS calls that change something, but what a function's call writes. */
  readonly writes: readonly string[];
}

async function run(
  command: Target["command"],
  given: Gate,
  {
    more = {},
    onReopen,
    ...target
  }: Partial<Target> & {
    more?: object;
    /** What another run does between the comparison of plans and the change. */
    onReopen?: () => Promise<unknown>;
  } = {},
): Promise<Ran> {
  const before = cloud.gateway.ledger.length;
  const lines: string[] = [];
  const scratch = mkdtempSync(path.join(job.temp, "run-"));
  copyAuthorizer(given, job, scratch);
  const phases: string[] = [];
  const host = hostWith({
    log: (line) => lines.push(line),
    phase: async (title, act) => {
      const isAgain = title === "Engine and state" && phases.includes(title);
      phases.push(title);
      if (isAgain) await onReopen?.();
      return act();
    },
    distribution,
    scratch,
  });
  const inputs = readInputs({
    getInput: (name) =>
      ({
        stack: given.stack,
        command,
        backend: `file://${cloud.directory}`,
        proof: "true",
        comment: "false",
        ...more,
      })[name],
    setSecret: () => undefined,
  });
  const { region, stack } = given;
  const place = { command, stack, region };
  // Internal, so not in its type.
  const cli = PulumiCommand.prototype as unknown as {
    run: (args: readonly string[]) => Promise<unknown>;
  };
  const started = jest.spyOn(cli, "run");
  const execution = await execute({
    target: { ...place, gate: given, removeStack: false, ...target },
    inputs,
    job,
    host,
    askRunStatus: () => Promise.resolve({ ok: false, reason: "no GitHub" }),
  });
  if (execution.failure !== undefined)
    throw new Error(`${execution.failure.message}\n${lines.join("\n")}`);
  const writes = cloud.gateway.ledger
    .slice(before)
    .filter(({ operation, write }) => write && operation !== "Invoke")
    .map(({ operation }) => operation);
  const commands = started.mock.calls.map(([args]) =>
    args.slice(0, args[0] === "stack" ? 2 : 1).join(" "),
  );
  started.mockRestore();
  return { ...execution, commands, lines, phases, writes };
}

const call = async (ran: Ran, place: string, token: string) => {
  const { status } = await throughProxy(cloud, {
    method: "GET",
    url: `${String(ran.after["baseUrl"]?.value)}${place}`,
    headers: { authorization: `Bearer ${token}` },
  });
  return status;
};

type Outputs = Record<string, unknown>;
const old = ["deployed", "history", "reviewKey"];

const token = (name: string) => `${name}.0123456789abcdefghijklmnopqrstuvwxyz`;

describe("tokens in a table, and plans", () => {
  const member = (name: string, more: object = {}) =>
    consumer(name, "*", { tokenHashes: [sha256(token(name))], ...more });
  const stored = (...consumers: Gate["consumers"]): Gate =>
    gate({
      id: "ai-gate.acme.app/stored",
      stack: "stored",
      auth: {
        mode: "built-in",
        cacheTtl: 300,
        store: "dynamodb",
        issuers: [],
      },
      upstreams: [plain],
      routes: [route("/echo", "plain")],
      plans: [{ name: "basic", rate: 1, burst: 2 }],
      consumers,
    });
  const first = stored(
    member("team-a", { plan: "basic" }),
    member("team-b"),
    member("team-c", { disabled: true }),
  );
  let ran: Ran;

  test("a preview writes nothing at all", async () => {
    const { report, tokens, writes } = await run("preview", first);
    expect(report.changes.map(({ name }) => name)).toContain("token-table");
    expect(tokens).toBeUndefined();
    expect(writes).toEqual([]);
  });

  test("the first up makes table, plans and keys, and puts the tokens", async () => {
    ran = await run("up", first);
    expect(ran.tokens).toEqual({ put: 3, removed: 0 });
    expect(ran.report.changes).toHaveLength(16);
    expect(ran.writes).toContain("TransactWriteItems");
  });

  test("who has a token passes; each plan's calls are counted by themselves", async () => {
    expect(await call(ran, "/echo", token("team-z"))).toBe(401);
    expect(await call(ran, "/echo", token("team-c"))).toBe(401);
    const statuses = [];
    for (const name of ["a", "a", "a", "a", "b", "b", "b", "b"])
      statuses.push(await call(ran, "/echo", token(`team-${name}`)));
    expect(statuses.slice(0, 2)).toEqual([200, 200]);
    expect(statuses.slice(2, 4)).toContain(429);
    expect(statuses.slice(4)).toEqual([200, 200, 200, 200]);
  });

  test("a second up makes no call that changes anything", async () => {
    const second = await run("up", first);
    expect(second.tokens).toEqual({ put: 0, removed: 0 });
    expect(second.writes).toEqual([]);
    // Side by side: the proof's private key is decrypted while the gate is brought up.
    expect([...second.commands].sort()).toEqual(["stack export", "up"]);
  });

  test("each other command starts the engine's CLI once at most", async () => {
    const commands = ["preview", "refresh", "drift", "output"] as const;
    const started: string[][] = [];
    for (const command of commands)
      started.push([...(await run(command, first)).commands]);
    expect(started).toEqual([["preview"], ["refresh"], ["refresh"], []]);
  });

  test("a revoked token ends at once, though the engine has nothing to do", async () => {
    const given = stored(
      first.consumers[0]!,
      { ...first.consumers[1]!, tokenHashes: [sha256(token("team-n"))] },
      first.consumers[2]!,
    );
    const third = await run("up", given);
    expect(third.tokens).toEqual({ put: 1, removed: 1 });
    expect(third.report.changes).toEqual([]);
    expect(third.writes).toContain("FlushStageAuthorizersCache");
    expect(await call(ran, "/echo", token("team-n"))).toBe(200);
  });

  test("destroy takes all of it away", async () => {
    const { report } = await run("destroy", first, { gate: undefined });
    expect(report.changes).toHaveLength(16);
    expect(report.changes.every(({ op }) => op === "delete")).toBe(true);
  });
});

describe("a neighbour repository that gives the same project", () => {
  const as = async (id: string, ...given: Parameters<typeof run>) => {
    job = {
      ...job,
      environment: { ...job.environment, GITHUB_REPOSITORY_ID: id },
    };
    return run(...given).finally(() => {
      Reflect.deleteProperty(job.environment, "GITHUB_REPOSITORY_ID");
    });
  };
  const own = gate({
    id: "ai-gate.acme.app/shared",
    stack: "shared",
    upstreams: [plain],
    routes: [route("/echo", "plain")],
    consumers: [consumer("team-a", "*")],
  });
  const theirs = { ...own, routes: [route("/theirs", "plain")] };

  test("gets nothing of the gate, and takes it over where it says so", async () => {
    const adopt = { more: { adopt: "true" } };
    await as("77", "up", own);
    const before = cloud.gateway.ledger.length;
    for (const command of ["up", "refresh", "destroy"] as const)
      await expect(as("78", command, theirs)).rejects.toThrow(
        "the stack is another repository's",
      );
    const writes = cloud.gateway.ledger
      .slice(before)
      .filter(({ write }) => write);
    expect(writes).toEqual([]);
    const taken = await as("78", "up", theirs, adopt);
    expect(taken.report.changes.length).toBeGreaterThan(0);
    await expect(as("77", "up", own)).rejects.toThrow("another repository's");
    await as("78", "destroy", theirs, { gate: undefined });
    // What was destroyed is nobody's.
    await as("77", "up", own);
  });
});

describe("a stack that is not there", () => {
  const given = gate({
    id: "ai-gate.acme.app/nowhere",
    stack: "nowhere",
    upstreams: [plain],
    routes: [route("/echo", "plain")],
    consumers: [consumer("team-a", "*")],
  });
  const destroyed = { gate: undefined, removeStack: true };

  test("has not drifted: there is no such gate", async () => {
    await expect(
      run("drift", given, { gate: undefined }),
    ).rejects.toMatchObject({
      reason: "invalid-input",
      message: expect.stringMatching(
        /there is no such gate: .*nowhere.*`stack`, `region` \(eu-west-1\) and `backend`/,
      ),
    });
  });

  test.each(["output", "destroy"] as const)(
    "%s of it is nothing",
    async (command) => {
      const { report } = await run(command, given, destroyed);
      expect(report.changes).toEqual([]);
    },
  );

  const firstPlans: unknown[] = [];
  test.each(["preview", "up"] as const)(
    "a first %s may look for drift before it",
    async (command) => {
      const ran = await run(command, given, { more: { "fail-on": "drift" } });
      firstPlans.push(ran.plan);
      expect(ran.stopped).toBeUndefined();
      expect(ran.phases).toContain("Drift");
      expect(ran.report.changes.length).toBeGreaterThan(5);
    },
  );

  test("the preview of a new gate, on a state thrown away, has the up's plan", () => {
    expect(firstPlans[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(firstPlans[1]).toBe(firstPlans[0]);
  });

  const other = { ...given, routes: [route("/other", "plain")] };
  const expecting = (plan: unknown) => ({ more: { "expected-plan": plan } });

  test("a preview and the up after it have one plan, the next up another; an up with a plan does that, or nothing", async () => {
    const { plan } = await run("preview", other);
    expect(plan).toMatch(/^[0-9a-f]{64}$/);
    const again = await run("preview", other);
    expect(again.plan).toBe(plan);
    const nothing = await run("preview", given);
    // What is there already needs none.
    const wrong = await run("up", given, expecting("0".repeat(64)));
    expect(wrong.stopped).toBeUndefined();
    expect(wrong.writes).toEqual([]);
    const third = { ...given, routes: [route("/third", "plain")] };
    const refused = await run("up", third, expecting(plan));
    expect(refused.stopped?.failure).toMatchObject({ reason: "plan-changed" });
    expect(refused.writes).toEqual([]);
    const done = await run("up", other, expecting(plan));
    expect(done.plan).toBe(plan);
    expect(done.report.changes.length).toBeGreaterThan(0);
    const after = await run("preview", other);
    const back = await run("up", given);
    const plans = [plan, nothing.plan, after.plan, back.plan];
    expect(new Set(plans).size).toBe(4);
    const late = await run("up", third, expecting(plan));
    expect(late.stopped?.failure).toMatchObject({ reason: "plan-changed" });
  });

  test("an up with a plan does nothing when another run came between", async () => {
    const { plan } = await run("preview", other);
    const third = { ...given, routes: [route("/third", "plain")] };
    let writes = 0;
    const between = async () => {
      await run("up", third);
      writes = cloud.gateway.ledger.filter(({ write }) => write).length;
    };
    await expect(
      run("up", other, { ...expecting(plan), onReopen: between }),
    ).rejects.toMatchObject({
      reason: "plan-changed",
      message: expect.stringContaining("another run changed the stack"),
    });
    const after = cloud.gateway.ledger.filter(({ write }) => write).length;
    expect(writes).toBeGreaterThan(0);
    expect(after).toBe(writes);
    await run("up", given);
  });

  test("code that was replaced after the preview is another plan", async () => {
    const { plan } = await run("preview", other);
    const body = {
      ZipFile: zip({ "index.mjs": "export const handler = () => {}" }).toString(
        "base64",
      ),
    };
    const name = `${nameOf("nowhere")}-authorizer`;
    const at = `/2015-03-31/functions/${name}/code`;
    const request = { service: "lambda", method: "PUT", path: at, body };
    await callAws(cloud, request);
    const late = await run("up", other, expecting(plan));
    expect(late.stopped?.failure).toMatchObject({ reason: "plan-changed" });
    expect(late.stopped?.changes[0]).toMatchObject({ name: "authorizer" });
    expect(late.writes).toEqual([]);
    await run("up", given);
  });

  function changeOutputs(change: (outputs: Outputs) => void): void {
    const file = path.join(
      cloud.directory,
      ".pulumi/stacks/ai-gate.acme.app/nowhere.json",
    );
    const state = JSON.parse(readFileSync(file, "utf8")) as {
      checkpoint: { latest: { resources: { outputs: Outputs }[] } };
    };
    change(state.checkpoint.latest.resources[0]!.outputs);
    writeFileSync(file, JSON.stringify(state));
  }

  test("a stack that lost the proof's private key says how to make a new one", async () => {
    changeOutputs((outputs) => delete outputs["proofKey"]);
    await expect(run("up", given)).rejects.toThrow(
      /the stack's output `proofKey` is gone, .*run `up` again, which makes a new key/,
    );
    const { after } = await run("up", given);
    expect(after).toHaveProperty("proofPublicKey");
  });

  test("a stack with the outputs of an earlier version only loses them", async () => {
    changeOutputs((outputs) => {
      Object.assign(outputs, { history: "1", deployed: "2" });
      outputs["reviewKey"] = outputs["proofKey"];
      // The proof's key stays the same without it, or the gate would change.
      delete outputs["proofPublicKey"];
    });
    const { before, after, report, writes } = await run("up", given);
    expect(report.changes).toEqual([]);
    expect(writes).toEqual([]);
    // What is secret stays in the state.
    const kept = Object.keys(before).filter((name) => !old.includes(name));
    expect(Object.keys(after).sort()).toEqual(
      [...kept, "proofPublicKey"].sort(),
    );
    await run("destroy", given, destroyed);
  });
});

describe("a secret that is encrypted with a KMS key of your own", () => {
  const given = gate({
    id: "ai-gate.acme.app/encrypted",
    stack: "encrypted",
    upstreams: [
      {
        name: "openai",
        kind: "openai",
        url: "https://api.openai.com/v1",
        headers: {},
        query: {},
        tokenHeaders: ["Authorization"],
        credential: {
          header: "Authorization",
          prefix: "Bearer ",
          secret: { store: "ssm", name: "/ai/encrypted" },
        },
      },
    ],
    routes: [route("/openai", "openai")],
    consumers: [consumer("team-a", "*")],
  });
  const kmsKeys = {
    "/ai/encrypted": "arn:aws:kms:eu-west-1:000000000000:alias/team",
  };
  const mayNotLook = () =>
    cloud.gateway.failNext({
      service: "ssm",
      operation: "DescribeParameters",
      status: 400,
      errorType: "AccessDeniedException",
    });
  let plan: string | undefined;

  beforeAll(() =>
    callAws(cloud, {
      service: "ssm",
      target: "AmazonSSM.PutParameter",
      body: {
        Name: "/ai/encrypted",
        Value: "sk-encrypted",
        Type: "SecureString",
        KeyId: "alias/team",
      },
    }),
  );

  test("is looked up, and its key kept", async () => {
    const { after, lines } = await run("up", given);
    expect(after["kmsKeys"]?.value).toEqual(kmsKeys);
    expect(lines.join()).not.toContain("kms-key");
  });

  test("changes nothing in a second up", async () => {
    ({ plan } = await run("preview", given));
    const { report, writes } = await run("up", given);
    expect(report.changes).toEqual([]);
    expect(writes).toEqual([]);
  });

  test("nor in one that may not look, which says so", async () => {
    mayNotLook();
    expect((await run("preview", given)).plan).toBe(plan);
    mayNotLook();
    const { after, lines, report } = await run("up", given);
    expect(report.changes).toEqual([]);
    expect(after["kmsKeys"]?.value).toEqual(kmsKeys);
    expect(lines).toContainEqual(
      expect.stringMatching(/^upstream openai: .*the last up is kept/),
    );
  });

  test("loses the permission with the key, when that is seen", async () => {
    await callAws(cloud, {
      service: "ssm",
      target: "AmazonSSM.PutParameter",
      body: {
        Name: "/ai/encrypted",
        Value: "sk-encrypted",
        Type: "SecureString",
        KeyId: "alias/aws/ssm",
        Overwrite: true,
      },
    });
    const { after, report } = await run("up", given);
    expect(report.changes.map(({ name }) => name)).toEqual([
      "authorizer-policy",
    ]);
    expect(after).not.toHaveProperty("kmsKeys");
  });
});

describe("a user's authorizer behind the gate's own", () => {
  const fronted = customGate({
    id: "ai-gate.acme.app/fronted",
    stack: "fronted",
    upstreams: [
      {
        ...plain,
        credential: {
          header: "Authorization",
          prefix: "Bearer ",
          secret: { store: "ssm", name: "/ai/key" },
        },
      },
    ],
    routes: [route("/echo", "plain")],
  });
  let ran: Ran;

  test("is thirteen resources", async () => {
    ran = await run("up", fronted);
    expect(ran.report.changes).toHaveLength(13);
  });

  test("decides, and the gate adds the upstream's credential", async () => {
    cloud.upstream.clear();
    expect(await call(ran, "/echo", "refuse-me")).toBe(401);
    expect(await call(ran, "/echo", "allow-me")).toBe(200);
    const [seen] = cloud.upstream.requests();
    expect(seen?.headers["authorization"]).toBe(
      "Bearer sk-upstream-0123456789",
    );
    expect(JSON.stringify(seen?.headers)).not.toContain("allow-me");
  });

  test("goes when there is no credential any more, and comes back", async () => {
    const plain = { ...fronted.upstreams[0]! };
    delete (plain as { credential?: unknown }).credential;
    const direct = { ...fronted, upstreams: [plain] };
    const { report } = await run("up", direct);
    expect(report.changes.filter(({ op }) => op === "delete")).toHaveLength(4);
    expect(await call(ran, "/echo", "allow-me")).toBe(200);
    await run("up", fronted);
    expect(await call(ran, "/echo", "allow-me")).toBe(200);
  });
});
