// Six moments in the life of a gate, as the runs that the report is made of: what the gallery shows, and the browser tests check.
import { checkRun } from "../../src/action/check-run.ts";
import { summarizeGate } from "../../src/gate/difference/summary.ts";
import type { GateSummary } from "../../src/gate/difference/summary.ts";
import type { Change, ChangeOp } from "../../src/report/change.ts";
import type { ProofLine, Run } from "../../src/report/run.ts";
import {
  fewInputs,
  gateOf,
  secretArn,
  sha256,
  sourceOf,
} from "../gate/sources.ts";

export interface Scenario {
  /** Also the name of its picture. */
  readonly name: string;
  readonly title: string;
  /** What a reader should see in it. */
  readonly caption: string;
  readonly run: Run;
}

const summaryOf = (config: string): GateSummary =>
  summarizeGate(gateOf(sourceOf(fewInputs, config)), { sha256, proof: true });

const upstreams = `
upstreams:
  openai: { url: https://api.openai.com/v1, secret: "${secretArn}" }
  anthropic: { url: https://api.anthropic.com/v1, header: x-api-key, secret: ssm:/ai/anthropic }
  scorer: { url: https://scorer.example.com/score }
`;

const gate = summaryOf(`${upstreams}
routes:
  - { path: "/openai/{proxy+}", methods: [POST, GET], upstream: openai }
  - { path: "/anthropic/{proxy+}", methods: [POST], upstream: anthropic }
  - { path: /score, methods: [POST], upstream: scorer }
consumers:
  - { id: team-a, token: { env: TEAM_A_TOKEN }, routes: ["/openai/**", "/score"] }
  - { id: batch, token: { env: TEAM_B_TOKEN }, routes: ["/score"] }
`);

const tightened = summaryOf(`
token-header: x-api-key
upstreams:
  openai: { url: https://api.openai.com/v1, secret: "${secretArn}" }
routes:
  - { path: "/openai/{proxy+}", methods: [POST, GET], upstream: openai }
consumers:
  - { id: team-a, token: { env: TEAM_A_TOKEN } }
`);

const opened = summaryOf(`${upstreams}
token-header: x-api-key
auth: { mode: token, cache-ttl: 900 }
routes:
  - { path: "/openai/{proxy+}", methods: [POST, GET, DELETE], upstream: openai }
  - { path: "/anthropic/{proxy+}", methods: [POST], upstream: anthropic }
  - { path: /embed, methods: [POST], upstream: scorer }
consumers:
  - { id: team-a, token: { env: TEAM_A_TOKEN } }
  - { id: contractor, token: { env: TEAM_B_TOKEN }, routes: ["/openai/**"] }
`);

/** One change, to which nothing special happens but what `more` says. */
export const change = (
  op: ChangeOp,
  type: string,
  name: string,
  more: Partial<Change> = {},
): Change => ({
  op,
  type: `aws:${type}`,
  name,
  diffs: [],
  values: {},
  replaceKeys: [],
  grants: [],
  leftover: false,
  failed: false,
  ...more,
});

const created: readonly Change[] = [
  change("create", "iam/role:Role", "authorizer-role"),
  change("create", "cloudwatch/logGroup:LogGroup", "authorizer-logs"),
  change("create", "iam/rolePolicy:RolePolicy", "authorizer-policy"),
  change("create", "lambda/function:Function", "authorizer"),
  change("create", "apigateway/restApi:RestApi", "gate"),
  change("create", "lambda/permission:Permission", "authorizer-permission"),
  change("create", "apigateway/deployment:Deployment", "snapshot"),
  change("create", "apigateway/stage:Stage", "stage"),
  change("create", "apigateway/methodSettings:MethodSettings", "throttle"),
];

const body = { diffs: ["body"] };

const updated: readonly Change[] = [
  change("update", "lambda/function:Function", "authorizer", {
    diffs: ["code"],
  }),
  change("update", "apigateway/restApi:RestApi", "gate", body),
  change("replace", "apigateway/deployment:Deployment", "snapshot", {
    diffs: ["triggers.snapshot"],
    replaceKeys: ["triggers.snapshot", "triggers"],
  }),
  change("update", "apigateway/stage:Stage", "stage", {
    diffs: ["deployment"],
    values: { deployment: { before: "39f2t5", after: "known later" } },
  }),
];

const urls = {
  invokeUrl: "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/v1/openai",
  baseUrl: "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/v1",
  apiId: "a1b2c3d4e5",
  stageName: "v1",
  region: "eu-west-1",
};

const passed = (
  title: string,
  expected: string,
  actual: string,
): ProofLine => ({
  id: title,
  title,
  expected,
  actual,
  status: "passed",
  attempts: 1,
  message: "",
});

const proof = [
  passed(
    "POST /openai/{proxy+} without a credential",
    "401 from the gate",
    "401",
  ),
  passed(
    "GET /openai/{proxy+} without a credential",
    "401 from the gate",
    "401",
  ),
  passed(
    "POST /anthropic/{proxy+} without a credential",
    "401 from the gate",
    "401",
  ),
  passed("POST /score without a credential", "401 from the gate", "401"),
  passed(
    "POST /openai/{proxy+} with a wrong credential",
    "401 from the gate",
    "401",
  ),
  passed("a route that is not there", "404 from the gate", "404"),
  passed("GET /healthz", "200", "200"),
  passed(
    "POST /openai/{proxy+} as batch, who may not call it",
    "403 from the gate",
    "403",
  ),
  passed(
    "POST /openai/{proxy+} as team-a reaches openai",
    "an answer of the upstream",
    "400 from the upstream",
  ),
  passed(
    "POST /score as team-a reaches scorer",
    "an answer of the upstream",
    "200 from the upstream",
  ),
];

const base = {
  gateId: "ai-gate.acme.app/prod",
  stack: "prod",
  previewed: true,
  runUrl: "https://github.com/acme/app/actions/runs/4711",
  sha: "5f0e7c1d2b3a495867564534231201f0e9d8c7b6",
} as const;

type Checked = Parameters<typeof checkRun>[0];

/** As the action does it, by the default rules unless others are given. */
const checked = (
  run: Omit<Checked, "failure">,
  failOn: Parameters<typeof checkRun>[1]["failOn"] = [
    "auth-removed",
    "public-route",
  ],
): Run =>
  checkRun(
    { ...run, failure: undefined },
    { failOn, allow: [], expectNoChanges: false, expectedPlan: undefined },
  );

export const scenarios: readonly Scenario[] = [
  {
    name: "first-preview",
    title: "The first preview",
    caption:
      "A pull request brings a new gate: what it will be, who may call what, and how many resources that takes.",
    run: checked({
      ...base,
      command: "preview",
      after: gate,
      changes: created,
    }),
  },
  {
    name: "security-change",
    title: "A change that security must see",
    caption:
      "Callers' header, cache, access and a consumer change at once; these come first, in words, before routes and resources.",
    run: checked({
      ...base,
      command: "preview",
      before: gate,
      after: opened,
      changes: updated,
      urls,
    }),
  },
  {
    name: "stopped",
    title: "A change that is not allowed",
    caption:
      "`fail-on` names `token-header` and `consumer-removed`: the job is red, and says how to allow what is meant.",
    run: checked(
      {
        ...base,
        command: "preview",
        before: gate,
        after: tightened,
        changes: updated,
        urls,
      },
      ["auth-removed", "token-header", "consumer-removed"],
    ),
  },
  {
    name: "no-change",
    title: "No change",
    caption:
      "The same comment says that nothing would happen, instead of showing what an earlier push would have done.",
    run: checked({
      ...base,
      command: "preview",
      before: gate,
      after: gate,
      changes: [],
      urls,
    }),
  },
  {
    name: "failure",
    title: "A failure",
    caption:
      "An `up` that AWS stopped half-way: what is wrong, what to do, and what was done before.",
    run: {
      ...base,
      command: "up",
      previewed: false,
      before: gate,
      after: tightened,
      changes: [
        ...updated.slice(0, 1),
        change("update", "apigateway/restApi:RestApi", "gate", {
          ...body,
          failed: true,
        }),
      ],
      urls,
      failure: {
        reason: "aws-denied",
        message:
          "AWS refuses apigateway:PutRestApi on `gate` to role/deploy: allow it in the role's policy (the README lists what the action needs), then run again",
      },
    },
  },
  {
    name: "after-up",
    title: "After the merge",
    caption:
      "`up` answers in the merged pull request's comment: the URL, and the proof that the gate is closed and open where it should be.",
    run: {
      ...base,
      command: "up",
      previewed: false,
      after: gate,
      changes: created,
      urls,
      proof: { broken: false, failed: false, results: proof },
    },
  },
  {
    name: "drift",
    title: "Drift",
    caption:
      "Somebody changed the gate by hand; the `drift` command says where, and is red.",
    run: checked({
      ...base,
      command: "drift",
      before: gate,
      after: gate,
      changes: [
        change(
          "update",
          "apigateway/methodSettings:MethodSettings",
          "throttle",
          {
            diffs: ["settings.throttlingRateLimit"],
            values: {
              "settings.throttlingRateLimit": { before: "100", after: "5000" },
            },
          },
        ),
        change("delete", "cloudwatch/logGroup:LogGroup", "authorizer-logs"),
      ],
      urls,
    }),
  },
];
