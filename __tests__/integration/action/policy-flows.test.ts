// The lives of gates that use every feature, each run under exactly the policy that `npm run policy` prints for it: the local cloud refuses
// what the policy does not allow. Nothing is allowed that no call needs.
// `npm test` has the gate with every feature, on the stand-in; `npm run test:policies` all gates, and takes statements away in runs.
import { explainDenied } from "../../../src/deploy/denied.ts";
import { sharedBucketName } from "../../../src/deploy/names.ts";
import { rows } from "../../../src/deploy/policy/deploy-policy.ts";
import type { PolicyDocument } from "../../../src/gate/iam-policies.ts";
import {
  forRealProvider,
  policyFlows,
  simple,
} from "../../fixtures/policy-flows.ts";
import { live, policyOf } from "../../fixtures/policy-life.ts";
import {
  account,
  type Asked,
  type Command,
  type PolicyRig,
  type PolicyRun,
  region,
  refusalOf,
  startPolicyRig,
} from "../../fixtures/policy-rig.ts";
import { bothPlugins } from "../../fixtures/plugins.ts";

jest.setTimeout(600_000);

const isAll = process.env["AI_GATE_POLICIES"] === "all";
const flows = policyFlows
  .map((flow, index) => ({ ...flow, index }))
  .filter(({ isWhole }) => isAll || isWhole);

const plugins = isAll ? bothPlugins : bothPlugins.slice(0, 1);

/** What only the real provider asks for: it reads more than the stand-in does. */
const readByTheRealOne = [
  "ChangeRoles iam:ListInstanceProfilesForRole",
  "ReadFunctions lambda:GetFunctionCodeSigningConfig",
  "ReadFunctions lambda:ListVersionsByFunction",
  "ReadRoles iam:ListAttachedRolePolicies",
  "ReadRoles iam:ListRolePolicies",
];

/** Where earlier versions had the state: without a right to look, none is there. */
const refusedByDesign = `s3:ListBucket on arn:aws:s3:::${sharedBucketName({ account, region })}`;

/** Asked for only by other changes than those of the one gate that `npm test` runs: `npm run test:policies` has them. */
const askedForByOthers: readonly string[] = [
  "ChangeDomain apigateway:PATCH",
  "ChangeFunctions lambda:UpdateFunctionConfiguration",
  "ChangeTable dynamodb:DeleteItem",
  "ChangeTable dynamodb:UpdateTable",
  "EmpowerRoles iam:UpdateAssumeRolePolicy",
  // Where a state is lost, and `destroy` looks for the gate's domain.
  "ReadDomain arn:aws:apigateway:eu-west-1::/domainnames",
];

/** The state of the gate that `npm test` runs has no KMS key. */
const statementsOfOthers = isAll ? [] : ["DecryptState", "EncryptState"];

describe.each(plugins)("with %s", (name, plugin) => {
  let rig: PolicyRig;
  /** `sid action` and `sid resource` */
  const used = new Set<string>();
  const allowed = new Set<string>();
  const counts = { flows: 0, runs: 0, requests: 0, refused: 0 };
  /** By statement: what no other one allows. */
  const needed = new Map<string, Asked[]>();
  beforeAll(async () => {
    rig = await startPolicyRig(plugin);
  });
  afterAll(async () => {
    await rig.stop();
    if (isAll)
      process.stdout.write(`with ${name}: ${JSON.stringify(counts)}\n`);
  });

  test.each(flows)("$name", async ({ index, ...flow }) => {
    const runs = await live(rig, plugin ? forRealProvider(flow) : flow, index);
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
    counts.flows += 1;
    counts.runs += runs.length;
    counts.refused += refused.length;
    for (const { asked, policy } of runs) {
      counts.requests += asked.length;
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
        ...(plugin ? [] : readByTheRealOne),
        ...(isAll ? [] : askedForByOthers),
      ].sort(),
    );
  });

  test("without any one statement a call is refused, and the failure names that statement", () => {
    expect([...needed.keys()].sort()).toEqual(
      rows
        .map(({ sid }) => sid)
        .filter((sid) => !statementsOfOthers.includes(sid))
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

  const without = (
    sid: string | undefined,
    stack: string,
    command: Command = "up",
  ) => {
    const what: PolicyRun = { stack: `denied-${stack}`, config: simple };
    const policy = policyOf([what], { command, isManaged: true });
    const Statement = policy.Statement.filter(({ Sid }) => Sid !== sid);
    return rig.run(command, what, { ...policy, Statement });
  };

  /** Of gates that are new; in the order in which an `up` needs them, since bucket and passphrase are made once. `npm test` has one of each protocol. */
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
      const { run } = await without(sid, sid.toLowerCase());
      expect(run.failure?.reason).toBe("aws-denied");
      expect(run.failure?.message).toContain(`statement ${sid} of`);
      expect(run.failure?.message).toContain(action);
      expect(run.failure?.message).toContain(resource);
      expect(run.failure?.message).not.toContain("GitHubActions");
    },
  );

  test("destroy names its own", async () => {
    const made = await without(undefined, "destroy");
    expect(made.run.failure).toBeUndefined();
    const refused = await without("ChangeRoles", "destroy", "destroy");
    expect(refused.run.failure?.message).toMatch(
      /AWS refuses iam:Delete\w+ on arn:.*: add the statement ChangeRoles/,
    );
    const destroyed = await without(undefined, "destroy", "destroy");
    expect(destroyed.run.failure).toBeUndefined();
  });

  test.each(isAll ? ["FindParameters", "FindApi"] : ["FindParameters"])(
    "without %s a run goes on",
    async (sid) => {
      const { run } = await without(sid, sid.toLowerCase());
      expect(run.failure).toBeUndefined();
    },
  );
});
