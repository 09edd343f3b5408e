// The table of what a user can get wrong without AWS having a say, with every line the action answers it with. Every secret
// in it holds the word "canary", so that one search over a run's output finds any of them.

export interface BadInput {
  readonly what: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** The text of `ai-gate.yml`. */
  readonly config?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** Symbolic links, by relative path. */
  readonly links?: Readonly<Record<string, string>>;
  /** The last line, where it is not the one of the first problem. */
  readonly verdict?: string;
  /** `where: message`, one a problem, with ` @ line:column` where the annotation is on the config file. */
  readonly problems: readonly string[];
}

export const token = "canary.team-a.0123456789abcdefghijklmnop";
export const otherToken = "canary.team-b.0123456789abcdefghijklmnop";

/** A custom authorizer, as far as the action looks into it. */
const handler = "def handler(event, context): ...\n";

/** A gate of one route that holds; each case changes something. */
const simple: Readonly<Record<string, string>> = {
  path: "openai/{proxy+}",
  upstream: "https://api.openai.com/v1",
  tokens: `team-a=${token}`,
};

const upstreams = `upstreams:
  a: { url: https://upstream.example.com/v1 }
`;
const routes = `routes:
  - { path: /a, methods: [GET], upstream: a }
`;
const consumers = `consumers:
  - { id: team-a, token: { env: TEAM_A_TOKEN } }
`;
const rest = upstreams + routes + consumers;
/** A second consumer, on line 7, with something in it that does not hold. */
const second = (more: string) =>
  `${rest}  - { id: team-b, token: { env: TEAM_B_TOKEN }, ${more} }\n`;

const input = (
  what: string,
  inputs: Record<string, string>,
  ...problems: string[]
): BadInput => ({ what, inputs: { ...simple, ...inputs }, problems });

const config = (
  what: string,
  text: string,
  ...problems: string[]
): BadInput => ({ what, config: text, problems });

const inputCases: BadInput[] = [
  input(
    "no stack",
    { stack: "" },
    "stack: no stack was given: name the Pulumi stack of this gate, for example `prod`",
  ),
  input(
    "a stack with a slash",
    { stack: "prod/eu" },
    'stack: "prod/eu" is no stack name: use 1 to 100 letters, digits, dots, underscores and hyphens',
  ),
  {
    ...input(
      "no region anywhere",
      { region: "" },
      "region: no AWS region was given: set the input `region` or the environment variable AWS_REGION",
    ),
    environment: { AWS_REGION: "", AWS_DEFAULT_REGION: "" },
  },
  input(
    "a bad region",
    { region: "europe" },
    'region: "europe" is no AWS region: write it like eu-west-1',
  ),
  {
    ...input(
      "a bad region of the environment",
      { region: "" },
      'region: "moon-1" is no AWS region: write it like eu-west-1',
    ),
    environment: { AWS_REGION: "moon-1" },
  },
  input(
    "a path with spaces",
    { path: "my service" },
    'path: the path "my service" has a space: remove it',
  ),
  input(
    "a path with ..",
    { path: "a/../b" },
    'path: the path "a/../b" has a segment that is or starts with dots only: write the path out',
  ),
  input(
    "a path with an empty segment",
    { path: "a//b" },
    'path: the path "a//b" has an empty segment (two slashes): remove one slash',
  ),
  input(
    "a path with a query",
    { path: "a?b=c" },
    'path: the path "a?b=c" has a query or fragment: a route is a path only',
  ),
  input(
    "greedy not last",
    { path: "{proxy+}/a" },
    'path: the path "{proxy+}/a" has a greedy {name+} before its end: it may only be last',
  ),
  input(
    "a parameter twice",
    { path: "{a}/{a}" },
    'path: the path "{a}/{a}" uses a parameter name twice: rename one',
  ),
  input(
    "a reserved path",
    { path: "healthz" },
    'path: the path "healthz" starts with a segment that API Gateway or the gate answers itself (/healthz, /ping, /sping): use another',
  ),
  input(
    "a bad method",
    { methods: "GET,FETCH" },
    'methods: "FETCH" is no HTTP method the gate knows: use GET, POST, PUT, PATCH, DELETE, HEAD or ANY',
  ),
  input(
    "OPTIONS",
    { methods: "OPTIONS" },
    "methods: OPTIONS cannot be a route's method: it belongs to CORS, so use `cors` in the config file",
  ),
  input(
    "an unknown command",
    { command: "deploy" },
    'command: "deploy" is no command: use one of auto, preview, up, refresh, drift, destroy, output',
  ),
  input(
    "a plan that is empty, since the preview wrote none",
    { "expected-plan": "" },
    "expected-plan: is empty: the preview wrote no plan (it failed or was skipped), its job does not list `plan` among its `outputs`, or GitHub dropped the output because it holds a masked value. Leave the input out to compare with no plan",
  ),
  input(
    "a plan that is none",
    { "expected-plan": "missing" },
    'expected-plan: Invalid value "missing": use the output `plan` of a preview, 64 hex digits in small letters, or leave the input out',
  ),
  input(
    "bad switches",
    { proof: "yes", comment: "1" },
    'proof: "yes" is no switch: use true or false',
    'comment: "1" is no switch: use true or false',
  ),
  input(
    "a bad time for the proof",
    { "proof-timeout": "1h" },
    'proof-timeout: "1h" is no time to wait: give whole seconds from 1 to 600',
  ),
  input(
    "a destroy of no stack",
    { command: "destroy", stack: "" },
    "stack: no stack was given: name the Pulumi stack of this gate, for example `prod`",
  ),
  input(
    "no upstream",
    { upstream: "" },
    "upstream: no upstream was given: set the https URL of the AI service behind the route",
  ),
  input(
    "an upstream over http",
    { upstream: "http://api.openai.com" },
    'upstream: the upstream URL "http://api.openai.com" is not https: the gate sends credentials, so write https://',
  ),
  input(
    "an upstream with credentials",
    {
      upstream: "https://user:canary@api.openai.com",
    },
    "upstream: the upstream URL holds credentials: use `upstream-secret` (`secret` in the config file)",
  ),
  input(
    "an upstream with a query",
    {
      upstream: "https://api.openai.com/?key=canary-in-a-query",
    },
    'upstream: the upstream URL "https://api.openai.com/" has a query: remove it (the caller\'s query is passed on)',
  ),
  input(
    "a loopback upstream",
    { upstream: "https://127.0.0.1/v1" },
    'upstream: the upstream URL "https://127.0.0.1/v1" has a host that only a private network reaches: API Gateway cannot, so use a public host name',
  ),
  input(
    "a private upstream",
    { upstream: "https://10.1.2.3/v1" },
    'upstream: the upstream URL "https://10.1.2.3/v1" has a host that only a private network reaches: API Gateway cannot, so use a public host name',
  ),
  input(
    "a local name",
    { upstream: "https://localhost/v1" },
    'upstream: the upstream URL "https://localhost/v1" has a host that is not a public name: API Gateway cannot reach it, so use a public host name',
  ),
  input(
    "a bad upstream header",
    {
      "upstream-header": "x api key",
      "upstream-secret": "ssm:/ai/key",
    },
    'upstream-header: "x api key" is no header name: use at most 64 letters, digits and hyphens',
  ),
  input(
    "the key itself for its reference",
    {
      "upstream-secret": "sk-canary-0123456789",
    },
    "upstream-secret: the secret is given as a value (20 characters), not as a reference: store it in AWS and give a Secrets Manager ARN (arn:aws:secretsmanager:…) or ssm:/name",
  ),
  input(
    "a malformed secret name",
    { "upstream-secret": "ssm:ai key" },
    'upstream-secret: "ssm:ai key" names no parameter: write ssm:/name with letters, digits and . _ - in each part, not starting with aws or ssm',
  ),
  input(
    "a secret's ARN without a name",
    {
      "upstream-secret":
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:",
    },
    'upstream-secret: the ARN "arn:aws:secretsmanager:eu-west-1:111122223333:secret:" is not a secret\'s ARN: it reads arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME, with no JSON key or version after the name',
  ),
  input(
    "a bad token header",
    { "token-header": "Host" },
    'token-header: the token header "Host" is a header that API Gateway or the gate sets itself: use another',
  ),
  input(
    "no tokens",
    { tokens: "" },
    "tokens: no consumer was given, so nobody could call the gate: give `tokens` (name=token lines; a missing secret arrives empty), `jwt-issuer`, `github-repositories`, or `consumers` in the config file",
  ),
  input(
    "an empty token",
    { tokens: "team-a=" },
    "tokens: line 1: the token is empty: check that the secret exists",
  ),
  input(
    "a short token",
    { tokens: "team-a=canary-short" },
    "tokens: line 1: the token (12 characters) is too short: use at least 32 random characters (openssl rand -hex 32)",
  ),
  input(
    "a token of few characters",
    {
      tokens: `team-a=${"canary".repeat(6)}`,
    },
    "tokens: line 1: the token (36 characters) has fewer than 10 different characters: use random ones (openssl rand -hex 32)",
  ),
  input(
    "a token line without =",
    { tokens: `team-a ${token}` },
    "tokens: line 1 (47 characters) does not start with a name and =: write name=token, the name of at most 64 letters, digits and . _ -",
  ),
  input(
    "one token for two",
    {
      tokens: `team-a=${token}\nteam-b=${token}`,
    },
    'tokens: line 2: the token of "team-b" is also a token of "team-a": give each consumer its own',
  ),
  input(
    "three tokens of one name",
    {
      tokens: ["1", "2", "3"].map((end) => `team-a=${token}${end}`).join("\n"),
    },
    'tokens: the consumer "team-a" has 3 tokens: at most two are allowed, the old and the new one during a rotation',
  ),
  input(
    "bad tags",
    { tags: "team\n=ai" },
    'tags: line 1: "team" is no tag: write key=value',
    "tags: line 2: the tag has no key: write key=value",
  ),
  input(
    "a reserved tag",
    { tags: "aws:x=1" },
    'tags: line 1: "aws:x" starts with aws:, which AWS keeps for itself: use another key',
  ),
  input(
    "a tag of the action's own",
    { tags: "ai-gate:gate=x" },
    'tags: line 1: "ai-gate:gate" starts with ai-gate:, which the action keeps for itself: use another key',
  ),
  input(
    "a bad stage",
    { "stage-name": "my stage" },
    'stage-name: "my stage" is no stage name: use 1 to 128 letters, digits, underscores and hyphens, not test-invoke-stage',
  ),
  input(
    "many at once",
    {
      stack: "",
      region: "nowhere",
      path: "a b",
      methods: "BREW",
      upstream: "http://x",
      tokens: "team-a=canary",
    },
    "stack: no stack was given: name the Pulumi stack of this gate, for example `prod`",
    'region: "nowhere" is no AWS region: write it like eu-west-1',
    'upstream: the upstream URL "http://x" is not https: the gate sends credentials, so write https://',
    'path: the path "a b" has a space: remove it',
    'methods: "BREW" is no HTTP method the gate knows: use GET, POST, PUT, PATCH, DELETE, HEAD or ANY',
    "tokens: line 1: the token (6 characters) is too short: use at least 32 random characters (openssl rand -hex 32)",
  ),
  {
    ...input(
      "the config's name is wrong",
      { config: "gate.yml" },
      'config: "gate.yml" is not there: give the path of a file in the workspace, and run actions/checkout before this step',
    ),
    inputs: { config: "gate.yml" },
  },
  {
    what: "everything at once, with the wrong command",
    inputs: {
      command: "deploy",
      proof: "x",
      backend: "./state",
      config: "gate.yml",
      region: "eu-wset-1",
    },
    environment: { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" },
    problems: [
      'command: "deploy" is no command: use one of auto, preview, up, refresh, drift, destroy, output',
      'proof: "x" is no switch: use true or false',
      'backend: "./state" is no backend: give a URL that begins with s3://, file://, https://, azblob:// or gs://',
      'config: "gate.yml" is not there: give the path of a file in the workspace, and run actions/checkout before this step',
      'region: "eu-wset-1" is no AWS region: write it like eu-west-1',
    ],
    verdict:
      "the inputs are not usable, and there is no state to work on, and there is no gate to deploy",
  },
  {
    what: "the config is a device",
    inputs: { config: "gate.yml" },
    links: { "gate.yml": "/dev/zero" },
    problems: [
      'config: "gate.yml" leads out of the workspace: put the file itself there',
    ],
  },
  {
    what: "the config is a directory",
    inputs: { config: "settings" },
    files: { "settings/a.txt": "" },
    problems: ['config: "settings" is a directory: give a regular file'],
  },
];

const both = (
  name: string,
  value: string,
  text: string,
  ...problems: string[]
): BadInput => ({
  what: `${name} from both`,
  inputs: { [name]: value },
  config: text,
  problems,
});

const configCases: BadInput[] = [
  both(
    "path",
    "b",
    rest,
    "path: the input `path` and the key `routes` of ai-gate.yml both give this: remove one of them @ 3:1",
  ),
  both(
    "tokens",
    `team-a=${token}`,
    rest,
    "tokens: the input `tokens` and the key `consumers` of ai-gate.yml both give this: remove one of them @ 5:1",
  ),
  both(
    "stage-name",
    "v2",
    `stage: v1\n${rest}`,
    "stage-name: the input `stage-name` and the key `stage` of ai-gate.yml both give this: remove one of them @ 1:1",
  ),
  both(
    "token-header",
    "x-key",
    `token-header: x-token\n${rest}`,
    "token-header: the input `token-header` and the key `token-header` of ai-gate.yml both give this: remove one of them @ 1:1",
  ),
  {
    ...both(
      "authorizer",
      "authorizer",
      `auth: { mode: custom, directory: authorizer }\n${upstreams}${routes}`,
      "authorizer: the input `authorizer` and the key `auth.mode` of ai-gate.yml both give this: remove one of them @ 1:9",
    ),
    files: { "authorizer/authorizer.py": handler },
  },
  config(
    "an unclosed list",
    `${upstreams}routes: [ {\n`,
    "ai-gate.yml: the file is not valid YAML: flow map in block collection must be sufficiently indented and end with a } @ 4:1",
  ),
  config(
    "a tab",
    "upstreams:\n\ta: 1\n",
    "ai-gate.yml: the file is not valid YAML: tabs are not allowed as indentation @ 2:1",
  ),
  config(
    "duplicate keys",
    `stage: a\nstage: b\n${rest}`,
    'stage: the key "stage" is given twice: remove one @ 2:1',
  ),
  config(
    "an empty config",
    "",
    "ai-gate.yml: the file is empty: give at least one key, or remove the file and use the inputs @ 1:1",
  ),
  config(
    "a list at the root",
    "- a\n",
    "ai-gate.yml: the file must hold keys at its top (`routes:`, `upstreams:`, …), not a list or a single value @ 1:1",
  ),
  config(
    "an unknown key",
    `stagee: v1\n${rest}`,
    'stagee: the key "stagee" is not known here; did you mean "stage"? @ 1:1',
  ),
  config(
    "half a plan",
    `plans: { basic: { rate: 1 } }\n${rest}`,
    'plans.basic.burst: the key "burst" is required here @ 1:17',
  ),
  config(
    "an unknown plan",
    second("plan: basic"),
    'consumers[1].plan: there is no plan "basic": none is defined under `plans` @ 7:55',
  ),
  config(
    "a domain",
    `domain: { name: ai.example.com }\n${rest}`,
    'domain: the key "domain" is not supported by this version: remove it @ 1:1',
  ),
  config(
    "a firewall",
    `waf: { web-acl: x }\n${rest}`,
    'waf: the key "waf" is not supported by this version: remove it @ 1:1',
  ),
  config(
    "a network",
    `network: { deny: [] }\n${rest}`,
    'network: the key "network" is not supported by this version: remove it @ 1:1',
  ),
  config(
    "a token where only JWTs may be",
    `auth: { mode: jwt }\n${rest}`,
    "consumers[0].token: this gate may know jwt only (`auth.mode`), and this is token: add token to `auth.mode`, or give the consumer another credential @ 7:26",
  ),
  config(
    "an issuer without an audience",
    `auth: { issuers: { staff: { issuer: https://login.example.com } } }\n${upstreams}${routes}consumers:\n  - { id: web, jwt: { issuer: staff } }\n`,
    'auth.issuers.staff.audience: the key "audience" is required here: give the audience that the issuer writes into tokens for this gate (text or a list); without it a token made out to any other service would pass @ 1:27',
  ),
  config(
    "a symmetric algorithm",
    `auth: { issuers: { staff: { issuer: https://login.example.com, audience: gate, algorithms: [HS256, PS256] } } }\n${upstreams}${routes}consumers:\n  - { id: web, jwt: { issuer: staff } }\n`,
    'auth.issuers.staff.algorithms[0]: the algorithm "HS256" is symmetric: whoever can check such a token can also make one, so use RS256, RS384, RS512, ES256, ES384 or EdDSA @ 1:93',
    'auth.issuers.staff.algorithms[1]: the algorithm "PS256" is RSA-PSS, which this version does not check (PS256, PS384 and PS512 are refused): use RS256, RS384, RS512, ES256, ES384 or EdDSA @ 1:100',
  ),
  config(
    "a token where only GitHub workflows may be",
    `auth: { mode: github-oidc }\n${rest}`,
    "consumers[0].token: this gate may know github-oidc only (`auth.mode`), and this is token: add token to `auth.mode`, or give the consumer another credential @ 7:26",
  ),
  config(
    "a Bedrock upstream",
    `upstreams:\n  a: { kind: bedrock, region: us-east-1 }\n${routes}${consumers}`,
    'upstreams.a.kind: the key "kind" is not supported by this version: remove it @ 2:8',
  ),
  config(
    "a GitHub repository by name only",
    `${upstreams}${routes}consumers:\n  - { id: ci, github: { repository: acme/app } }\n`,
    'consumers[0].github.repository: the key "repository" is not taken: names can change hands, so a repository is known by its id: give `repository-id`, which `gh api repos/OWNER/REPO --jq .id` prints @ 6:25',
  ),
  config(
    "a regular expression for a claim",
    `auth: { issuers: { staff: { issuer: https://login.example.com, audience: gate } } }\n${upstreams}${routes}consumers:\n  - { id: web, jwt: { issuer: staff, claims: { sub: "^team-.*$" } } }\n`,
    'consumers[0].jwt.claims.sub: the claim "sub" has "^team-.*$", which reads like a regular expression (^): only * is a wildcard, for any text, so write it without ^ @ 7:53',
  ),
  config(
    "an unknown upstream in a route",
    `upstreams:\n  scorer: { url: https://upstream.example.com }\nroutes:\n  - { path: /a, upstream: score }\n${consumers}`,
    'routes[0].upstream: there is no upstream "score"; did you mean "scorer"? @ 4:27',
    'upstreams.scorer: no route leads to the upstream "scorer": add a route, or remove it @ 2:11',
  ),
  config(
    "an upstream nobody uses",
    `${upstreams}  b: { url: https://b.example.com }\n${routes}${consumers}`,
    'upstreams.b: no route leads to the upstream "b": add a route, or remove it @ 3:6',
  ),
  config(
    "duplicate routes",
    `${upstreams}${routes}  - { path: a/, methods: [GET], upstream: a }\n${consumers}`,
    "routes[1].path: GET /a is defined twice: remove one of them @ 5:13",
  ),
  config(
    "two parameters side by side",
    `${upstreams}routes:\n  - { path: "/a/{b}", upstream: a }\n  - { path: "/a/{c}/d", upstream: a }\n${consumers}`,
    'routes[1].path: the path "/a/{c}/d" has a parameter where "/a/{b}" has another, which API Gateway refuses: give both the same {name}, or a literal segment @ 5:13',
  ),
  config(
    "too many routes",
    `${upstreams}routes:\n${Array.from({ length: 301 }, (_, n) => `  - { path: /r${n}, upstream: a }\n`).join("")}${consumers}`,
    "routes: the routes need 303 API Gateway resources (one for each path and each path on the way to it), more than the 300 an API may have: merge some under {proxy+} @ 4:5",
  ),
  config(
    "a consumer of an unknown route",
    second("routes: [/b]"),
    'consumers[1].routes[0]: "/b" names no route: write the path of one (/a), a /prefix/** of some, or a path below one that ends in {name+} @ 7:58',
  ),
  config(
    "a bad access pattern",
    second('routes: ["/*"]'),
    'consumers[1].routes[0]: "/*" is no access: write a route\'s path, /prefix/** or /** (no other wildcards), with methods before it if only these are meant, as GET,POST /prefix/** @ 7:58',
  ),
  config(
    "an expired consumer",
    second("expires: 2020-01-31"),
    "consumers[1].expires: 2020-01-31 has passed: give a later date, or remove the consumer @ 7:58",
  ),
  config(
    "a bad date",
    second("expires: soon"),
    'consumers[1].expires: "soon" is no date: write YYYY-MM-DD @ 7:58',
  ),
  config(
    "a variable that is not set",
    `${upstreams}${routes}consumers:\n  - { id: ci, token: { env: UNSET_TOKEN } }\n`,
    "consumers[0].token: the environment variable UNSET_TOKEN is not set or empty: pass it to the step with `env:`, and check that the secret exists @ 6:22",
  ),
  config(
    "a bad digest",
    `${upstreams}${routes}consumers:\n  - { id: ci, token: { sha256: abc } }\n`,
    'consumers[0].token: sha256 (3 characters) is not 64 hex digits: give the SHA-256 of the token (printf %s "$TOKEN" | sha256sum) @ 6:22',
  ),
  config(
    "the token itself in the file",
    `${upstreams}${routes}consumers:\n  - { id: ci, token: ${token} }\n`,
    "consumers[0].token: a token is given as `{ env: NAME }`, `{ sha256: HEX }` or a list of at most two of these; the token itself never belongs in the file @ 6:22",
  ),
  config(
    "a method that the route has not",
    second('routes: ["DELETE /a"]'),
    'consumers[1].routes[0]: "DELETE /a" names DELETE, which no route there has: /a has GET; remove the method, or give it to the route @ 7:58',
  ),
  config(
    "a bad cache time",
    `auth: { cache-ttl: 3601 }\n${rest}`,
    "auth.cache-ttl: must be a whole number of seconds from 0 to 3600; 3601 was given @ 1:20",
  ),
  config(
    "a bad throttle",
    `throttle: { rate: 0, burst: 0.5 }\n${rest}`,
    "throttle.rate: must be more than 0 requests per second; 0 was given @ 1:19",
    "throttle.burst: must be a whole number of requests from 1 to 10000; 0.5 was given @ 1:29",
  ),
  config(
    "a bad origin",
    `cors: { origins: [app.example.com] }\n${rest}`,
    'cors.origins[0]: the origin "app.example.com" is no origin: write it like https://app.example.com, in lower case, with no path and no trailing slash; or as the app sends it, like app://obsidian.md @ 1:19',
  ),
  config(
    "a bad retention",
    `logs: { retention-days: 31 }\n${rest}`,
    "logs.retention-days: must be one of the retentions CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653; 31 was given @ 1:25",
  ),
];

const custom = (
  what: string,
  inputs: Record<string, string>,
  ...problems: string[]
): BadInput => ({
  what: `own authorizer: ${what}`,
  inputs: {
    path: "a",
    upstream: "https://upstream.example.com",
    authorizer: "./authorizer",
    ...inputs,
  },
  files: { "authorizer/authorizer.py": handler },
  problems,
});

const customCases: BadInput[] = [
  custom(
    "its directory is missing",
    { authorizer: "missing" },
    'authorizer: there is no directory "missing" in the workspace: check out the repository first, or correct the path',
  ),
  custom(
    "outside the workspace",
    { authorizer: "../authorizer" },
    'authorizer: the directory "../authorizer" leads out of the workspace: move it into the repository',
  ),
  custom(
    "without the handler's file",
    {
      "authorizer-handler": "main.handler",
    },
    'authorizer-handler: the authorizer\'s directory has no main.js, main.mjs, main.cjs or main.py, which the handler "main.handler" names: add the file, or correct the handler',
  ),
  custom(
    "a handler without a function",
    {
      "authorizer-handler": "authorizer",
    },
    'authorizer-handler: "authorizer" is no handler: write file.function, like authorizer.handler',
  ),
  custom(
    "an unsupported runtime",
    { "authorizer-runtime": "python2.7" },
    'authorizer-runtime: "python2.7" is no runtime the gate knows: use nodejs24.x, nodejs22.x, python3.14, python3.13, python3.12 or python3.11',
  ),
  {
    ...custom(
      "a link to the runner's own files",
      {},
      'authorizer: the authorizer\'s directory holds "data.txt", a link that leads out of it: put a copy of the file there',
    ),
    links: { "authorizer/data.txt": "../../temp/canary" },
    environment: {},
  },
  {
    ...custom(
      "a .env inside",
      {},
      'authorizer: the authorizer\'s directory holds what looks like secrets (".env"), and all of it would be uploaded: remove them from it',
    ),
    files: {
      "authorizer/authorizer.py": handler,
      "authorizer/.env": "KEY=canary",
    },
  },
  custom(
    "without the handler",
    { "authorizer-handler": "authorizer.check" },
    'authorizer-handler: the authorizer\'s file "authorizer.py" does not name check: define or import it there, or correct the handler file=authorizer/authorizer.py,line=1,col=1',
  ),
  custom(
    "with tokens",
    { tokens: `team-a=${token}` },
    "tokens: a custom authorizer knows its callers itself: remove `tokens`, `jwt-issuer` and `github-repositories` (`consumers` in the config file), or use the built-in authorizer",
  ),
];

export const badInputs: readonly BadInput[] = [
  ...inputCases,
  ...configCases,
  ...customCases,
];
