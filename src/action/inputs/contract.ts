import { failureReasons } from "../../gate/failure.ts";
import { defaults } from "../../gate/gate.ts";
import { kindsOfInputs, upstreamKinds } from "../../gate/upstream-kinds.ts";

// The contract with the workflow author: every input and output, once. action.yml and docs/reference.md are generated from it.

interface InputDefinition {
  readonly description: string;
  readonly required?: true;
  /** Written to action.yml; only for inputs that no `ai-gate.yml` key can also give. */
  readonly default?: string;
  /** Applied when neither the input nor the config file says; shown in the description. */
  readonly fallback?: string;
  /** Masked when it is read, and taken out of the environment, which the engine and its plugin inherit. */
  readonly secret?: true;
}

const definitions = {
  command: {
    description:
      "`auto` (`up` on `push`, `schedule`, `release`, `deployment`, `workflow_dispatch` and `repository_dispatch`, `preview` otherwise), `preview`, `up`, `refresh`, `drift`, `destroy`, `output`, `unlock` (frees the stack from the lock of a run that is over) or `load-tokens` (loads `tokens-file` into the gate's table)",
    default: "auto",
  },
  stack: {
    description: "Name of the Pulumi stack: one deployed gate",
    required: true,
  },
  project: {
    description:
      "Name of the Pulumi project, which is part of every name of the gate: for a repository that was renamed, or gates that are to keep their names elsewhere",
    fallback: "`ai-gate.OWNER.REPOSITORY`",
  },
  region: {
    description: "AWS region of the gate",
    fallback: "`AWS_REGION` of the environment",
  },
  path: {
    description:
      "Path of the one route; `{proxy+}` at the end takes everything below",
    fallback: `\`${defaults.path}\``,
  },
  methods: {
    description: "HTTP methods of the one route, comma separated, or `ANY`",
    fallback: `\`${defaults.methods}\`, of an MCP server \`${upstreamKinds.mcp.methods.join(",")}\``,
  },
  upstream: {
    description: "https URL of the AI service behind the one route",
    fallback: "that of `upstream-kind`, where it has one",
  },
  "upstream-kind": {
    description: `What service it is, of ${kindsOfInputs.join(", ")}: where its key goes and where its SDKs send theirs`,
    fallback: "`http`, any service",
  },
  "upstream-header": {
    description:
      "Header, and scheme if any, in which the gate sends the upstream's secret",
    fallback: `that of \`upstream-kind\`, else \`${defaults.upstreamHeader}\``,
  },
  "upstream-secret": {
    description:
      "Secrets Manager ARN or `ssm:/name` of the upstream's API key; the action never reads its value",
  },
  "allowed-secrets": {
    description:
      "What the secrets of upstreams must begin with, as `ssm:/ai/`, `arn:aws:secretsmanager:REGION:ACCOUNT:secret:ai-`, or `bedrock:REGION` for keys that the gate makes, comma separated or one a line; for repositories whose pull requests are not all trusted",
    fallback: "any secret",
  },
  "token-header": {
    description:
      "Header in which callers send their token, or several, comma separated or one a line",
    fallback: `that of \`upstream-kind\`, else \`${defaults.tokenHeader}\``,
  },
  "strip-headers": {
    description:
      "More headers that never reach the upstream as callers wrote them, comma separated or one a line",
  },
  tokens: {
    description:
      "`name=token` lines, one a caller; masked and hashed at once, never stored in clear",
    secret: true,
  },
  "jwt-issuer": {
    description:
      "https URL of an issuer whose JWTs pass, exactly as their `iss` has it; with access to every route, as the consumer `jwt`",
  },
  "jwt-audience": {
    description:
      "The audience that the issuer's JWTs must be issued for; several one a line",
  },
  "github-repositories": {
    description:
      "`name=repository-id` lines, one a caller: GitHub repositories whose workflows pass with an ID token for the output `audience`",
  },
  authorizer: {
    description:
      "Directory of your own Lambda authorizer, instead of the built-in one",
  },
  "authorizer-runtime": {
    description: "Lambda runtime of your own authorizer",
    fallback: "chosen by its files",
  },
  "authorizer-handler": {
    description: "Handler of your own authorizer",
    fallback: `\`${defaults.authorizerHandler}\``,
  },
  "authorizer-type": {
    description:
      "Event that your own authorizer expects: `token` or `request`, as API Gateway has them",
    fallback: `\`${defaults.authorizerType}\``,
  },
  config: {
    description: "Path of the config file with upstreams, routes and consumers",
    fallback: "`ai-gate.yml` if it exists",
  },
  "stage-name": {
    description: "API Gateway stage",
    fallback: `\`${defaults.stage}\``,
  },
  backend: {
    description: "Pulumi state backend URL (`s3://…`, `file://…`, `https://…`)",
    fallback:
      "`PULUMI_BACKEND_URL`, then Pulumi Cloud with `PULUMI_ACCESS_TOKEN`, then an encrypted bucket in your account",
  },
  "secrets-provider": {
    description:
      "What encrypts the secrets in the state: `passphrase`, or a KMS key as `awskms://alias/NAME?region=REGION`",
    fallback: "`passphrase`, and Pulumi Cloud's own there",
  },
  "lock-timeout": {
    description:
      "Seconds to wait for a stack that another run has locked, 0 to 3600",
    default: "0",
  },
  "tokens-file": {
    description:
      "With `load-tokens`: file of the workspace with a token's hash and consumer a line, as JSON, for a gate with `store: dynamodb`",
  },
  force: {
    description:
      "With `unlock`: free the stack whatever is known of the run that locked it",
    default: "false",
  },
  adopt: {
    description:
      "Take over a gate of this name that is in AWS but not in the state, which was lost: into the state with `up`, away with `destroy`. Also one that another repository has brought up",
    default: "false",
  },
  proof: {
    description:
      "Prove over HTTP after `up` that the gate is closed and open where it should be",
    default: "true",
  },
  "proof-timeout": {
    description:
      "Seconds the proof waits for API Gateway to take a deployment over everywhere, 1 to 600",
    fallback: "`90`, and `240` for a usage key of `plans`",
  },
  "proof-token": {
    description:
      "With your own authorizer: a token it accepts, for the proof's positive checks",
    secret: true,
  },
  comment: {
    description: "Keep one comment about this gate on the pull request",
    default: "true",
  },
  "fail-on": {
    description:
      "Findings that stop a `preview`, and an `up` before it changes anything, comma separated (docs/reference.md lists them), or `none`",
    default: "auth-removed,public-route",
  },
  allow: {
    description:
      "Findings to let through all the same: `code` or `code subject` lines, the subject as the report prints it",
  },
  "expect-no-changes": {
    description:
      "Fail a `preview` that would change something, and an `up` before it does",
    default: "false",
  },
  "expected-plan": {
    description:
      "The output `plan` of an earlier `preview`: `up` changes nothing unless it would do exactly that. `any` compares with none; an empty value is refused, since it comes from a preview that wrote no plan",
    default: "any",
  },
  "allow-outdated": {
    description:
      "Let an `up` deploy a commit that its branch has left behind: one whose gate's files were changed since, as when an old run is run again",
    default: "false",
  },
  "policy-packs": {
    description:
      "Pulumi policy packs that `preview` and `up` run, one a line, at most 10: a directory of the workspace with a `PulumiPolicy.yaml` and its packages installed, or an executable file. They run with the job's AWS credentials",
    fallback: "none",
  },
  "drift-issue": {
    description:
      "With `drift`: keep one issue while there is drift; needs `issues: write`",
    default: "false",
  },
  ephemeral: {
    description:
      "The gate lives as long as its pull request: `up` when it is opened or pushed to, `destroy` when it is closed. The stack's name must hold the number: `pr-` and `github.event.number`",
    default: "false",
  },
  environment: {
    description:
      "GitHub environment whose deployment shows the gate's URL; needs `deployments: write`",
  },
  "github-token": {
    description: "Token for the comment; needs `pull-requests: write`",
    default: "${{ github.token }}",
    secret: true,
  },
  tags: { description: "Extra AWS tags as `key=value` lines" },
  "permissions-boundary": {
    description:
      "ARN of an IAM policy that bounds every role that the gate makes; `npm run policy -- --boundary` prints one",
    fallback: "none",
  },
  "role-path": {
    description:
      "IAM path of the roles that the gate makes, like `/teams/ai/`; another path makes them anew",
    fallback: "`/`",
  },
} as const satisfies Record<string, InputDefinition>;

export type InputName = keyof typeof definitions;

export const inputs: Readonly<Record<InputName, InputDefinition>> = definitions;

export const secretInputs = (Object.keys(inputs) as InputName[]).filter(
  (name) => inputs[name].secret,
);

export const outputs = {
  "invoke-url":
    "URL of the first route, callable as it is (a `{proxy+}` tail is left off)",
  "base-url":
    "URL of the stage, or of the gate's domain with its base path, without a trailing slash",
  "dns-target":
    "Host name to which the DNS record of the gate's domain must lead; empty without a domain that the gate makes",
  "dns-zone-id": "Its hosted zone, for an alias in Route 53",
  "api-id": "Id of the RestApi",
  "stage-name": "Name of the stage",
  region: "AWS region of the gate",
  audience:
    "Id of the gate: the audience for which a GitHub workflow asks its ID token",
  changed:
    "`true` if any resource was, or would be, created, updated, replaced or deleted",
  changes: "JSON list of resource changes: `op`, `type`, `name`, `diffs`",
  "create-count": "Resources created, or to create",
  "update-count": "Resources updated, or to update",
  "replace-count": "Resources replaced, or to replace",
  "delete-count": "Resources deleted, or to delete",
  verdict: "What happened, in one line",
  plan: "Digest of everything that an `up` would change, after a `preview`, or did change, after an `up`; for `expected-plan`",
  proof:
    "JSON list of the proof's checks: `id`, `title`, `expected`, `actual`, `status`, `sentence` (what is asked, what must come back, and why), `message` (what it means and what to do)",
  ready:
    "`true` if the gate is up, nothing in the proof failed, and the gate takes calls from this runner, by an address that leads to it",
  "failure-reason": `Empty, or one of ${failureReasons.map((reason) => `\`${reason}\``).join(", ")}`,
  "comment-id": "Id of the pull request comment",
  "summary-path": "File with the full report in Markdown",
} as const;

export const commands = [
  "auto",
  "preview",
  "up",
  "refresh",
  "drift",
  "destroy",
  "output",
  "unlock",
  "load-tokens",
] as const;
export type CommandInput = (typeof commands)[number];
export type Command = Exclude<CommandInput, "auto">;
