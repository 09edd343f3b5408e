// Runs for the report's tests, and names that try to be more than names.
import type {
  ConsumerSummary,
  GateSummary,
  RouteSummary,
} from "../../src/gate/difference/summary.ts";
import type { Change, ChangeOp } from "../../src/report/change.ts";
import type { Proof, ProofLine, Run, Urls } from "../../src/report/run.ts";

export const change = (op: ChangeOp, more: Partial<Change> = {}): Change => ({
  op,
  type: "aws:apigateway/stage:Stage",
  name: "gate-stage",
  diffs: [],
  values: {},
  replaceKeys: [],
  grants: [],
  leftover: false,
  failed: false,
  ...more,
});

export const route = (
  path: string,
  more: Partial<RouteSummary> = {},
): RouteSummary => ({
  path,
  methods: ["GET", "POST"],
  upstream: "openai",
  host: "api.openai.com",
  target: "https://api.openai.com/v1/{proxy}",
  guarded: true,
  credential: true,
  headers: {},
  stream: true,
  timeout: 900,
  ...more,
});

export const consumer = (id: string, ...access: string[]): ConsumerSummary => ({
  id,
  modes: ["token"],
  tokenIds: ["1"],
  identities: [],
  access: access.includes("/**")
    ? "*"
    : access.map((path) => ({ route: path.replace("/**", "/{proxy+}") })),
  disabled: false,
});

export const summary = (more: Partial<GateSummary> = {}): GateSummary => ({
  version: 4,
  stageName: "v1",
  tokenHeaders: ["Authorization"],
  stripHeaders: [],
  proof: true,
  auth: { modes: ["token"], cacheTtl: 60, store: "bundled", issuers: [] },
  routes: [
    route("/openai/{proxy+}"),
    route("/score", {
      methods: ["POST"],
      upstream: "scorer",
      host: "scorer.example.com",
      target: "https://scorer.example.com/score",
    }),
  ],
  consumers: [consumer("team-a", "/openai/**"), consumer("ops", "/**")],
  plans: [],
  throttle: { rate: 100, burst: 200 },
  origins: [],
  ...more,
});

/** The same gate behind the user's own authorizer. */
export const customAuth: GateSummary["auth"] = {
  modes: ["custom"],
  cacheTtl: 60,
  store: "bundled",
  issuers: [],
};

/** The gate itself, to tell a new gate from one that is there. */
export const api = (op: ChangeOp, more: Partial<Change> = {}): Change =>
  change(op, { type: "aws:apigateway/restApi:RestApi", name: "gate", ...more });

/** What a stage serves from; API Gateway replaces it whenever the gate changes. */
export const snapshot = (op: ChangeOp, more: Partial<Change> = {}): Change =>
  change(op, {
    type: "aws:apigateway/deployment:Deployment",
    name: "snapshot",
    ...more,
  });

export const urls: Urls = {
  invokeUrl: "https://abc123.execute-api.eu-west-1.amazonaws.com/v1/openai",
  baseUrl: "https://abc123.execute-api.eu-west-1.amazonaws.com/v1",
  apiId: "abc123",
  stageName: "v1",
  region: "eu-west-1",
};

export const proofLine = (
  status: ProofLine["status"],
  more: Partial<ProofLine> = {},
): ProofLine => ({
  id: "closed GET /score",
  title: "GET /score without a credential",
  expected: "401 from the gate",
  actual: "401 UNAUTHORIZED",
  status,
  attempts: 1,
  message: "",
  ...more,
});

export const proof = (...statuses: ProofLine["status"][]): Proof => ({
  broken: false,
  failed: statuses.includes("failed"),
  results: statuses.map((status, index) =>
    proofLine(status, { id: `c${index}` }),
  ),
});

export const run = (more: Partial<Run> = {}): Run => ({
  command: "preview",
  gateId: "ai-gate/prod",
  stack: "prod",
  previewed: true,
  changes: [],
  runUrl: "https://github.com/o/r/actions/runs/1",
  sha: "0123456789abcdef0123456789abcdef01234567",
  ...more,
});

/** Each would do something if it were rendered as it is. */
export const hostile: readonly string[] = [
  "@octocat please",
  "fixes #1 and o/r#2 GH-3",
  "<script>alert(1)</script>",
  "<!-- --> <img src=x onerror=y>",
  "--> <b>",
  "</details></code>",
  "`code` ``` fence",
  "```\n# heading\n```",
  "| a | b |\n|---|---|",
  "\\| \\` \\<b>",
  "**bold** _it_ ~~no~~",
  "[link](javascript:x) ![i](http://x/y.png)",
  "https://evil.example/a?b www.evil.example a@b.example",
  "- item\n1. item\n> quote\n---",
  'end"] --> x; click x callback',
  "%%{init: {'theme':'x'}}%%",
  "#quot;]; subgraph x",
  "style a fill:#fff;",
  "\u202Eevil\u202C \u200B\u0000\u001B[31m",
  "\uD800 lone",
  "::error::x\n%0A",
  "$x^2$ :smile: &lt;b&gt; &#60;b&#62;",
];
