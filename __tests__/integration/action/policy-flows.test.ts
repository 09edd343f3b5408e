// First deploy, no-op, update, load-tokens, refresh, drift and destroy of gates that use every feature, each under exactly the policy that
// `npm run policy` prints for it: the local cloud refuses what the policy does not allow. Nothing is allowed that no call needs.
// `npm test` runs the gate that has every feature; `npm run test:policies` all of them, and refuses every statement in a run.
import { createAws } from "../../../src/deploy/aws.ts";
import { findOwn } from "../../../src/deploy/adoption.ts";
import { explainDenied } from "../../../src/deploy/denied.ts";
import { sharedBucketName } from "../../../src/deploy/names.ts";
import { makeTestCalls } from "../../../src/deploy/deployed-gate.ts";
import {
  buildDeployPolicy,
  rows,
} from "../../../src/deploy/policy/deploy-policy.ts";
import type { PolicyPlace } from "../../../src/deploy/policy/row.ts";
import type { Gate } from "../../../src/gate/gate.ts";
import type { PolicyDocument } from "../../../src/gate/iam-policies.ts";
import { placeIn } from "../../../scripts/policies.ts";
import { nameOf } from "../../fixtures/action-rig.ts";
import {
  type PolicyFlow,
  policyFlows,
  simple,
} from "../../fixtures/policy-flows.ts";
import {
  account,
  type Asked,
  type PolicyRig,
  type PolicyRun,
  region,
  refusalOf,
  startPolicyRig,
} from "../../fixtures/policy-rig.ts";
import { bothPlugins } from "../../fixtures/plugins.ts";
import { gateOf, sourceOf, workspaceOf } from "../../fixtures/sources.ts";
import { makeWebAcl } from "../../fixtures/web-acl.ts";

jest.setTimeout(600_000);

const isAll = process.env["AI_GATE_POLICIES"] === "all";
const flows = policyFlows
  .map((flow, index) => ({ ...flow, index }))
  .filter(({ isWhole }) => isAll || isWhole);

// The real provider knows fewer TLS policies than the gate of `npm test` has.
const plugins = isAll ? bothPlugins : bothPlugins.slice(0, 1);

/** What only the real provider asks for: it reads more than the stand-in does. */
const readByTheRealOne = [
  "ChangeRoles iam:ListInstanceProfilesForRole",
  "ReadFunctions lambda:GetFunctionCodeSigningConfig",
  "ReadFunctions lambda:ListVersionsByFunction",
  "ReadRoles iam:ListAttachedRolePolicies",
  "ReadRoles iam:ListRolePolicies",
];

/** Asked for only where a gate's state was lost (`adopt`), or a run was killed half-way. */
const askedForLostGates = [
  "ReadDomain arn:aws:apigateway:eu-west-1::/domainnames",
];

/** Where earlier versions had the state: without a right to look, none is there. */
const refusedByDesign = `s3:ListBucket on arn:aws:s3:::${sharedBucketName({ account, region })}`;

/** Asked for only by other changes than those of the one gate that `npm test` runs: `npm run test:policies` has them. */
const askedForByOthers: readonly string[] = [
  "ChangeAccessLog logs:DeleteRetentionPolicy",
  "ChangeDomain apigateway:PATCH",
  "ChangeFunctions lambda:UpdateFunctionConfiguration",
  "ChangeTable dynamodb:DeleteItem",
  "ChangeTable dynamodb:UpdateTable",
  "EmpowerRoles iam:UpdateAssumeRolePolicy",
];

/** The engine's own calls for the state's key, and a role that another statement allows too where it is the gate's. */
const notTakenAway = ["DecryptState", "EncryptState", "MakeAccountRole"];

describe.each(plugins)("with %s", (_name, plugin) => {
  let rig: PolicyRig;
  /** `sid action` and `sid resource` */
  const used = new Set<string>();
  const allowed = new Set<string>();
  /** By statement: what no other one allows. */
  const needed = new Map<string, Asked[]>();
  beforeAll(async () => {
    rig = await startPolicyRig(plugin);
  });
  afterAll(() => rig.stop());

  test.each(flows)("$name", async ({ index, ...flow }) => {
    const runs = await live(rig, await withWebAcl(rig, flow), index);
    const refused = runs.flatMap(({ asked, title }) =>
      asked
        .filter(({ grants }) => grants.length === 0)
        .map(({ action, context, resource }) => ({
          what: `${action} on ${resource}`,
          title,
          context,
        })),
    );
    expect(refused.filter(({ what }) => what !== refusedByDesign)).toEqual([]);
    for (const { asked, policy } of runs) {
      note(policy, allowed);
      for (const one of asked) {
        for (const { resource, sid } of one.grants)
          used.add(`${sid} ${one.action}`).add(`${sid} ${resource}`);
        const sids = new Set(one.grants.map(({ sid }) => sid));
        const [sid = ""] = sids;
        if (sids.size === 1) needed.set(sid, [...(needed.get(sid) ?? []), one]);
      }
    }
  });

  test("every action and resource of the policies was asked for", () => {
    const unused = [...allowed].filter((one) => !used.has(one));
    expect(unused.sort()).toEqual(
      [
        ...askedForLostGates,
        ...(plugin ? [] : readByTheRealOne),
        ...(isAll ? [] : askedForByOthers),
      ].sort(),
    );
  });

  test("without any one statement a call is refused, and the failure names that statement", () => {
    expect([...needed.keys()].sort()).toEqual(
      rows
        .map(({ sid }) => sid)
        .filter((sid) => !notTakenAway.includes(sid))
        .sort(),
    );
    for (const [sid, asked] of needed)
      for (const { action, resource } of asked) {
        const text = explainDenied(refusalOf({ action, resource }));
        expect([sid, text]).toEqual([
          sid,
          expect.stringContaining(`add the statement ${sid} of`) as string,
        ]);
        expect(text).toContain(`AWS refuses ${action} on ${resource} `);
      }
  });
});

interface Run {
  readonly title: string;
  readonly policy: PolicyDocument;
  readonly asked: readonly Asked[];
}

async function withWebAcl(
  rig: PolicyRig,
  flow: PolicyFlow,
): Promise<PolicyFlow> {
  if (flow.webAcl === undefined) return flow;
  const made = await makeWebAcl(rig.cloud);
  const put = (text: string) => text.replaceAll(flow.webAcl ?? "", made);
  return { ...flow, config: put(flow.config), changed: put(flow.changed) };
}

async function live(
  rig: PolicyRig,
  flow: PolicyFlow,
  index: number,
): Promise<Run[]> {
  const isWhole = flow.isWhole === true;
  const stack = `flow-${index}`;
  const state = isWhole ? {} : { backend: `file://${rig.cloud.directory}/s` };
  if (!isWhole) process.env["PULUMI_CONFIG_PASSPHRASE"] = "passphrase";
  const first: PolicyRun = {
    stack,
    config: flow.config,
    inputs: { ...flow.inputs, ...state },
    files: flow.files ?? {},
  };
  const second: PolicyRun = {
    ...first,
    config: flow.changed,
    inputs: { ...first.inputs, ...flow.changedInputs },
    files: { ...flow.files, ...flow.changedFiles },
  };
  const runs: Run[] = [];
  const run = async (title: string, command: Command, what: PolicyRun) => {
    const policy = policyOf(what === first ? [first] : [second, first], {
      isManaged: isWhole,
      command,
    });
    const ran = await rig.run(command, what, policy);
    const { failure } = ran.run;
    if (failure !== undefined)
      throw new Error(`${title}: ${failure.message}\n${ran.log}`);
    runs.push({ title, policy, asked: ran.asked });
    return ran.run.changes;
  };
  if (isWhole) await run("preview of nothing", "preview", first);
  await run("up", "up", first);
  if (isWhole) {
    expect(await run("up again", "up", first)).toEqual([]);
    const asked = await rig.watch(
      policyOf([first], { isManaged: true, command: "up" }),
      () => askAbout(rig, stack),
    );
    runs.push({
      title: "calls of the proof and of an adoption",
      policy: policyOf([first], { isManaged: true, command: "up" }),
      asked,
    });
  }
  await run("up with changes", "up", second);
  if (flow.tokens !== undefined)
    await run("load-tokens", "load-tokens", {
      ...second,
      inputs: { ...second.inputs, "tokens-file": "tokens.jsonl" },
      files: { ...second.files, "tokens.jsonl": flow.tokens },
    });
  if (isWhole) {
    await run("preview", "preview", first);
    await run("output", "output", second);
  }
  if (isWhole || flow.isRefreshed) {
    await run("drift", "drift", second);
    for (const call of flow.byHand?.(nameOf(stack)) ?? []) await rig.call(call);
    await run("refresh", "refresh", second);
  }
  if (flow.byHand) await run("up after a change by hand", "up", second);
  else if (flow.isRefreshed)
    expect(await run("up after refresh", "up", second)).toEqual([]);
  await run("destroy", "destroy", second);
  return runs;
}

/** What the proof asks API Gateway, and an `up` with `adopt` or after a run that was killed. */
async function askAbout({ cloud }: PolicyRig, stack: string): Promise<void> {
  const aws = createAws(process.env);
  const name = nameOf(stack);
  const [restApiId = ""] = cloud.gateway.store.apis.keys();
  const call = {
    resource: "/kept",
    method: "POST",
    path: "/kept",
    headers: {},
  };
  const [answer] = await makeTestCalls(aws, { region, restApiId }, [call]);
  expect(answer).toHaveProperty("log");
  const declared = [
    "restApi:RestApi",
    "usagePlan:UsagePlan",
    "apiKey:ApiKey",
  ].map((type) => ({
    type: `aws:apigateway/${type}`,
    name: type,
    inputs: { name },
  }));
  const { unseen } = await findOwn(aws, { region, tags: {} }, declared);
  expect(unseen).toEqual([]);
}

type Command = Parameters<PolicyRig["run"]>[0];

/** @param runs what the role deploys now, and what of it was there before: `npm run policy -- new.yml old.yml`. */
function policyOf(
  runs: readonly PolicyRun[],
  { command, isManaged }: { command: Command; isManaged: boolean },
): PolicyDocument {
  const gates = runs.map(gateIn);
  const [now] = gates;
  if (now === undefined) throw new Error("a policy of nothing");
  const purpose = ["preview", "drift", "output"].includes(command)
    ? "preview"
    : "deploy";
  const paths = new Set(gates.map(({ rolePath }) => rolePath));
  return joined(
    [...paths].map((rolePath) =>
      buildDeployPolicy(
        gates,
        placeOf({ ...now, ...(rolePath && { rolePath }) }, isManaged),
        purpose,
      ),
    ),
  );
}

function gateIn({ config, files = {}, inputs, stack }: PolicyRun): Gate {
  const given = { ...inputs, stack, region };
  return gateOf(sourceOf(given, config, workspaceOf(files)));
}

const placeOf = (gate: Gate, isManaged: boolean): PolicyPlace =>
  placeIn(gate, {
    account,
    ...(!isManaged && { backend: "file://", passphrase: "own" }),
  });

/** One policy for both paths of a role that is moved. */
function joined(policies: readonly PolicyDocument[]): PolicyDocument {
  const texts = policies.flatMap(({ Statement }) =>
    Statement.map((statement) => JSON.stringify(statement)),
  );
  const Statement = [...new Set(texts)].map(
    (text) => JSON.parse(text) as PolicyDocument["Statement"][number],
  );
  return { Version: "2012-10-17", Statement };
}

function note({ Statement }: PolicyDocument, allowed: Set<string>): void {
  for (const { Action, Resource = [], Sid = "" } of Statement)
    for (const one of [Action, Resource].flat()) allowed.add(`${Sid} ${one}`);
}

describe.each(plugins)("one statement taken away, with %s", (_name, plugin) => {
  let rig: PolicyRig;
  beforeAll(async () => {
    rig = await startPolicyRig(plugin);
  });
  afterAll(() => rig.stop());

  const what: PolicyRun = { stack: "denied", config: simple };
  const without = (sid: string | undefined, command: Command = "up") => {
    const policy = policyOf([what], { command, isManaged: true });
    const Statement = policy.Statement.filter(({ Sid }) => Sid !== sid);
    return rig.run(command, what, { ...policy, Statement });
  };

  /** In the order in which an `up` needs them; those of `npm test` are one of each protocol. */
  const tried = [
    ...(isAll ? [["FindState", "s3:ListBucket", "bucket ai-gate-state-"]] : []),
    ["MakeStateBucket", "s3:CreateBucket", "bucket ai-gate-state-"],
    ["MakePassphrase", "ssm:PutParameter", "/ai-gate/state-passphrase"],
    ["EmpowerRoles", "iam:CreateRole", ":role/ai-gate-denied-"],
    ...(isAll
      ? [
          ["ChangeLogGroups", "logs:CreateLogGroup", ":log-group:/aws/"],
          ["PassRoles", "iam:PassRole", ":role/ai-gate-denied-"],
          ["ChangeFunctions", "lambda:CreateFunction", ":function:ai-gate-"],
        ]
      : []),
    ["CreateApi", "apigateway:POST", "::/restapis"],
    ...(isAll
      ? [
          ["TagApi", "apigateway:PUT", "::/tags/"],
          ["ChangeApi", "apigateway:PUT", "::/restapis/"],
          ["PermitCalls", "lambda:AddPermission", ":function:ai-gate-"],
        ]
      : []),
  ] as [sid: string, action: string, resource: string][];
  test.each(tried)(
    "%s: the failure names %s and %s",
    async (sid, action, resource) => {
      const { run } = await without(sid);
      expect(run.failure?.reason).toBe("aws-denied");
      expect(run.failure?.message).toContain(`statement ${sid} of`);
      expect(run.failure?.message).toContain(action);
      expect(run.failure?.message).toContain(resource);
      expect(run.failure?.message).not.toContain("GitHubActions");
    },
  );

  test("destroy names its own", async () => {
    const refused = await without("ChangeRoles", "destroy");
    expect(refused.run.failure?.message).toMatch(
      /AWS refuses iam:Delete\w+ on arn:.*: add the statement ChangeRoles/,
    );
    const destroyed = await without(undefined, "destroy");
    expect(destroyed.run.failure).toBeUndefined();
  });

  test.each(isAll ? ["FindParameters", "FindApi"] : ["FindParameters"])(
    "without %s a run goes on",
    async (sid) => {
      expect((await without(sid)).run.failure).toBeUndefined();
    },
  );
});
