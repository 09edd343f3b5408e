import type { SimpleInputs } from "../../../src/config/gate-source.ts";
import {
  fewInputs,
  goodInputs,
  printedProblems,
  problemsOf,
  pythonHandler,
  sourceOf,
  token,
  workspaceOf,
} from "../../fixtures/sources.ts";

const upstreams = `upstreams:
  a: { url: https://a.example.com/v1 }
`;
const routes = `routes:
  - { path: /a, methods: [GET], upstream: a }
`;
const consumers = `consumers:
  - { id: ci, token: { env: TEAM_A_TOKEN } }
`;
const rest = upstreams + routes + consumers;

/** Name of the case, and the text of `ai-gate.yml`. */
type Cases = Readonly<Record<string, string>>;

const yaml: Cases = {
  "an empty file": "",
  "only comments": "# nothing\n",
  "a list at the top": "- a\n",
  "a word at the top": "hello",
  "a line in a comment behind a carriage return": `# note\rstage: b\n${rest}`,
  "a duplicate key": `stage: a\nstage: b\n${rest}`,
  "an unclosed list": `${upstreams}routes: [ {\n`,
  "a path with braces that is not quoted in a flow mapping":
    "routes:\n  - { path: /openai/{proxy+}, methods: [POST], upstream: a }\n",
  "a tab": `upstreams:\n\ta: 1\n`,
  "an anchor": `stage: &s v1\n${rest}`,
  "an unknown tag": `stage: !env V\n${rest}`,
  "two documents": `${rest}---\n${rest}`,
};

const shape: Cases = {
  "an unknown key": `stagee: v1\n${rest}`,
  "a key with a line break": `"a\\nb": v1\n${rest}`,
  "a far-off key": `colour: red\n${rest}`,
  "a domain without a name": `domain: { base-path: ai }\n${rest}`,
  "a domain's URL": `domain: { name: "https://ai.example.com/v1" }\n${rest}`,
  "a wildcard domain": `domain: { name: "*.example.com" }\n${rest}`,
  "a domain in capitals": `domain: { name: AI.example.com }\n${rest}`,
  "a domain of one label": `domain: { name: localhost }\n${rest}`,
  "an address for a domain": `domain: { name: 198.51.100.7 }\n${rest}`,
  "a domain of AWS": `domain: { name: abc.execute-api.eu-west-1.amazonaws.com }\n${rest}`,
  "an unknown key of a domain": `domain: { name: ai.example.com, cert: x }\n${rest}`,
  "a certificate that is no ARN": `domain: { name: ai.example.com, certificate: x }\n${rest}`,
  "a certificate of another region": `domain: { name: ai.example.com, certificate: "arn:aws:acm:us-east-1:111122223333:certificate/1" }\n${rest}`,
  "a certificate of another partition": `domain: { name: ai.example.com, certificate: "arn:aws-cn:acm:cn-north-1:111122223333:certificate/1" }\n${rest}`,
  "a base path with slashes": `domain: { name: ai.example.com, base-path: /ai/v1 }\n${rest}`,
  "a base path of dots": `domain: { name: ai.example.com, base-path: .. }\n${rest}`,
  "an empty base path": `domain: { name: ai.example.com, base-path: "" }\n${rest}`,
  "a base path with a space": `domain: { name: ai.example.com, base-path: "a b" }\n${rest}`,
  "a base path of AWS": `domain: { name: ai.example.com, base-path: ping }\n${rest}`,
  "text for the default endpoint": `domain: { name: ai.example.com, default-endpoint: off }\n${rest}`,
  "a cache with two paths to a route": `domain: { name: ai.example.com }\nauth: { cache-ttl: 60 }\n${rest}`,
  "a domain that ends with a dot": `domain: { name: ai.example.com. }\n${rest}`,
  "a domain in another script": `domain: { name: ai.exämple.com }\n${rest}`,
  "a domain with a port": `domain: { name: "ai.example.com:8443" }\n${rest}`,
  "a label of more than 63 characters": `domain: { name: ${"a".repeat(64)}.example.com }\n${rest}`,
  "a domain with a line break": `domain: { name: "ai.example.com\\n" }\n${rest}`,
  "a base path of 129 characters": `domain: { name: ai.example.com, base-path: ${"a".repeat(129)} }\n${rest}`,
  "an encoded base path": `domain: { name: ai.example.com, base-path: "%61i" }\n${rest}`,
  "an old TLS": `tls: TLS_1_0\n${rest}`,
  "a policy for edges": `tls: SecurityPolicy_TLS13_2025_EDGE\n${rest}`,
  "a firewall": `waf: { web-acl: x }\n${rest}`,
  "a firewall without a web ACL": `waf: {}\n${rest}`,
  "a firewall for CloudFront": `waf: { web-acl: "arn:aws:wafv2:us-east-1:111122223333:global/webacl/gate/1" }\n${rest}`,
  "a firewall of another region": `waf: { web-acl: "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/gate/1" }\n${rest}`,
  "a firewall of another partition": `waf: { web-acl: "arn:aws-us-gov:wafv2:us-gov-west-1:111122223333:regional/webacl/gate/1" }\n${rest}`,
  "a classic firewall": `waf: { web-acl: "arn:aws:waf-regional:eu-west-1:111122223333:webacl/1" }\n${rest}`,
  "another endpoint": `endpoint: edge\n${rest}`,
  "a private gate without VPC endpoints": `endpoint: private\n${rest}`,
  "a private gate with no VPC endpoint": `endpoint: private\nvpc-endpoints: []\n${rest}`,
  "VPC endpoints of a regional gate": `endpoint: regional\nvpc-endpoints: [vpce-0123456789abcdef0]\n${rest}`,
  "a VPC for an endpoint": `endpoint: private\nvpc-endpoints: [vpc-0123456789abcdef0]\n${rest}`,
  "an endpoint service": `endpoint: private\nvpc-endpoints: [vpce-svc-0123456789abcdef0]\n${rest}`,
  "a VPC endpoint in capitals": `endpoint: private\nvpc-endpoints: [vpce-0123456789ABCDEF0]\n${rest}`,
  "a pattern for VPC endpoints": `endpoint: private\nvpc-endpoints: ["vpce-*"]\n${rest}`,
  "an empty VPC endpoint": `endpoint: private\nvpc-endpoints: [""]\n${rest}`,
  "a VPC endpoint with a line break": `endpoint: private\nvpc-endpoints: ["vpce-0123456789abcdef0\\n"]\n${rest}`,
  "a VPC endpoint twice": `endpoint: private\nvpc-endpoints: [vpce-0123456789abcdef0, vpce-0123456789abcdef0]\n${rest}`,
  "too many VPC endpoints": `endpoint: private\nvpc-endpoints: [${Array.from({ length: 11 }, (_, at) => `vpce-0123456789abcde${at + 10}`).join(", ")}]\n${rest}`,
  "a private gate with a domain": `endpoint: private\nvpc-endpoints: [vpce-0123456789abcdef0]\ndomain: { name: ai.example.com }\n${rest}`,
  "a network": `network: { deny: [] }\n${rest}`,
  "an unknown mode": `auth: { mode: open }\n${rest}`,
  "a number for text": `stage: 1\n${rest}`,
  "text for a number": `auth: { cache-ttl: long }\n${rest}`,
  "a long cache": `auth: { cache-ttl: 3601 }\n${rest}`,
  "half a second": `auth: { cache-ttl: 0.5 }\n${rest}`,
  "a retention CloudWatch lacks": `logs: { retention-days: 31 }\n${rest}`,
  "an account's role that is no switch": `logs: { access: true, account-role: maybe }\n${rest}`,
  "alarms without a topic": `alarms: { throttled: 5 }\n${rest}`,
  "an alarm by no call": `alarms: { topic: "arn:aws:sns:eu-west-1:111122223333:a", unauthorized: 0 }\n${rest}`,
  "an unknown alarm": `alarms: { topic: "arn:aws:sns:eu-west-1:111122223333:a", errors: 1 }\n${rest}`,
  "tracing that is no switch": `tracing: yes please\n${rest}`,
  "a tag that is a number": `tags: { cost: 7 }\n${rest}`,
  "no rate": `throttle: { burst: 5 }\n${rest}`,
  "a rate of 0": `throttle: { rate: 0, burst: 5 }\n${rest}`,
  "a burst of half": `throttle: { rate: 1, burst: 0.5 }\n${rest}`,
  "no origins": `cors: { origins: [] }\n${rest}`,
  "one origin as text": `cors: { origins: "*" }\n${rest}`,
  "upstreams as a list": `upstreams:\n  - a\n${routes}${consumers}`,
  "an upstream without URL": `upstreams:\n  a: { headers: {} }\n${routes}${consumers}`,
  "an upstream that is nothing": `upstreams:\n  a:\n${routes}${consumers}`,
  "a header value that is a number": `upstreams:\n  a: { url: https://a.example.com, headers: { x-v: 1 } }\n${routes}${consumers}`,
  "a route without path": `${upstreams}routes:\n  - { upstream: a }\n${consumers}`,
  "methods as text": `${upstreams}routes:\n  - { path: /a, methods: GET, upstream: a }\n${consumers}`,
  "a misspelt key in a route": `${upstreams}routes:\n  - { path: /a, method: [GET], upstream: a }\n${consumers}`,
  "a timeout of 0": `${upstreams}routes:\n  - { path: /a, timeout: 0, upstream: a }\n${consumers}`,
  "a plain token": `${upstreams}${routes}consumers:\n  - { id: ci, token: ${token} }\n`,
  "a plain token in the form of the inputs": `${upstreams}${routes}consumers:\n  - { id: ci, token: { plain: ${token}, line: 1 } }\n`,
  "three tokens": `${upstreams}${routes}consumers:\n  - { id: ci, token: [{ env: A_TOKEN }, { env: B_TOKEN }, { env: C_TOKEN }] }\n`,
  "a list of modes with a wrong one": `auth: { mode: [token, open] }\n${rest}`,
};

const rules: Cases = {
  "a bad stage": `stage: "a b"\n${rest}`,
  "an account's role without an access log": `logs: { account-role: true }\n${rest}`,
  "a topic that is a name": `alarms: { topic: gate-alarms }\n${rest}`,
  "a FIFO topic": `alarms: { topic: "arn:aws:sns:eu-west-1:111122223333:a.fifo" }\n${rest}`,
  "a topic of another region": `alarms: { topic: "arn:aws:sns:us-east-1:111122223333:a" }\n${rest}`,
  "a topic of another partition": `alarms: { topic: "arn:aws-cn:sns:eu-west-1:111122223333:a" }\n${rest}`,
  "an alarm on what nothing counts": `alarms: { topic: "arn:aws:sns:eu-west-1:111122223333:a", throttled: 5 }\n${rest}`,
  "a tag of the action's own": `tags: { "ai-gate:gate": x }\n${rest}`,
  "a tag that AWS refuses": `tags: { team: "a*b" }\n${rest}`,
  "a tag twice but for case": `tags: { team: a, Team: b }\n${rest}`,
  "a bad token header": `token-header: Host\n${rest}`,
  "a bad upstream name": `upstreams:\n  A_b: { url: https://a.example.com }\nroutes: [{ path: /a, upstream: A_b }]\n${consumers}`,
  "an upstream over http": `upstreams:\n  a: { url: http://a.example.com }\n${routes}${consumers}`,
  "a credential header among the static ones": `upstreams:\n  a: { url: https://a.example.com, headers: { authorization: "Bearer x" } }\n${routes}${consumers}`,
  "a static header with a quote": `upstreams:\n  a: { url: https://a.example.com, headers: { x-v: "it's" } }\n${routes}${consumers}`,
  "an empty static header": `upstreams:\n  a: { url: https://a.example.com, headers: { x-v: "" } }\n${routes}${consumers}`,
  "a static header twice": `upstreams:\n  a: { url: https://a.example.com, headers: { x-v: a, X-V: b } }\n${routes}${consumers}`,
  "an upstream nobody uses": `${upstreams}  b: { url: https://b.example.com }\n${routes}${consumers}`,
  "an upstream nobody defined": `${upstreams}${routes}  - { path: /b, upstream: aa }\n${consumers}`,
  "a duplicate route": `${upstreams}${routes}  - { path: a/, methods: [POST, GET], upstream: a }\n${consumers}`,
  "two parameters side by side": `${upstreams}${routes}  - { path: "/a/{b}", upstream: a }\n  - { path: "/a/{c}/d", upstream: a }\n${consumers}`,
  "a parameter beside a greedy one": `${upstreams}${routes}  - { path: "/{b}", upstream: a }\n  - { path: "/{proxy+}", upstream: a }\n${consumers}`,
  "a long timeout without streaming": `${upstreams}routes:\n  - { path: /a, upstream: a, stream: false, timeout: 30 }\n${consumers}`,
  "a placeholder one route does not fill": `upstreams:\n  a: { url: "https://a.example.com/{id}" }\nroutes:\n  - { path: "/a/{id}", upstream: a }\n  - { path: /b, upstream: a }\n${consumers}`,
  "a consumer id with a space": `${upstreams}${routes}consumers:\n  - { id: a b, token: { env: TEAM_A_TOKEN } }\n`,
  "a consumer twice": `${rest}  - { id: ci, token: { env: TEAM_B_TOKEN } }\n`,
  "a token of another": `${rest}  - { id: b, token: { env: TEAM_A_TOKEN } }\n`,
  "a variable that is not set": `${upstreams}${routes}consumers:\n  - { id: ci, token: { env: NOPE_TOKEN } }\n`,
  "a variable that is empty": `${upstreams}${routes}consumers:\n  - { id: ci, token: { env: EMPTY_TOKEN } }\n`,
  "a short token in a variable": `${upstreams}${routes}consumers:\n  - { id: ci, token: { env: SHORT_TOKEN } }\n`,
  "a token for a variable's name": `${upstreams}${routes}consumers:\n  - { id: ci, token: { env: ${token} } }\n`,
  "half a digest": `${upstreams}${routes}consumers:\n  - { id: ci, token: { sha256: abc } }\n`,
  "no date": `${rest}  - { id: b, token: { env: TEAM_B_TOKEN }, expires: soon }\n`,
  "a day that is not": `${rest}  - { id: b, token: { env: TEAM_B_TOKEN }, expires: 2027-02-30 }\n`,
  "a day that was": `${rest}  - { id: b, token: { env: TEAM_B_TOKEN }, expires: 2026-07-31 }\n`,
  "access to nothing": `${rest}  - { id: b, token: { env: TEAM_B_TOKEN }, routes: [/b] }\n`,
  "access below nothing": `${rest}  - { id: b, token: { env: TEAM_B_TOKEN }, routes: ["/a/b/**"] }\n`,
  "another wildcard": `${rest}  - { id: b, token: { env: TEAM_B_TOKEN }, routes: ["/*"] }\n`,
  "a wildcard in the middle": `${rest}  - { id: b, token: { env: TEAM_B_TOKEN }, routes: ["/**/a"] }\n`,
  "an origin with a path": `cors: { origins: [https://a.example.com/] }\n${rest}`,
  "an origin with a wildcard": `cors: { origins: ["https://*.example.com"] }\n${rest}`,
  "an origin of no scheme": `cors: { origins: [app.example.com] }\n${rest}`,
  "an origin in capitals": `cors: { origins: ["https://App.example.com"] }\n${rest}`,
  "an origin twice": `cors: { origins: [https://a.example.com, https://a.example.com] }\n${rest}`,
  "every origin and one more": `cors: { origins: [https://a.example.com, "*"] }\n${rest}`,
  "a custom authorizer without directory": `auth: { mode: custom }\n${upstreams}${routes}`,
  "a directory in token mode": `auth: { mode: token, directory: x }\n${rest}`,
};

test("an upstream of a later version is refused", () => {
  const text = `${upstreams}  b: { kind: vertex, project: ai }\n${routes}${consumers}`;
  expect(
    printedProblems(problemsOf(sourceOf(fewInputs, text))),
  ).toMatchSnapshot();
});

test.each(Object.entries({ ...yaml, ...shape, ...rules }))(
  "%s is refused with one problem at its line",
  (_what, text) => {
    const problems = problemsOf(sourceOf(fewInputs, text));
    expect(problems).toHaveLength(1);
    expect(printedProblems(problems)).toMatchSnapshot();
    expect(JSON.stringify(problems)).not.toContain(token);
  },
);

const twice: [
  input: string,
  inputs: SimpleInputs,
  text: string,
  key: string,
][] = [
  ["path", { path: "b" }, rest, "routes"],
  ["methods", { methods: "GET" }, rest, "routes"],
  ["upstream", { upstream: "https://b.example.com" }, rest, "upstreams"],
  ["upstream-kind", { "upstream-kind": "openai" }, rest, "upstreams"],
  ["upstream-header", { "upstream-header": "x-api-key" }, rest, "upstreams"],
  ["upstream-secret", { "upstream-secret": "ssm:/x" }, rest, "upstreams"],
  ["tokens", { tokens: `ci=${token}` }, rest, "consumers"],
  ["stage-name", { "stage-name": "v2" }, `${rest}stage: v1\n`, "stage"],
  [
    "token-header",
    { "token-header": "x-key" },
    `${rest}token-header: x-key\n`,
    "token-header",
  ],
  [
    "authorizer",
    { authorizer: "a" },
    `${rest}auth: { mode: token }\n`,
    "auth.mode",
  ],
];

test.each(twice)("%s is given by both", (where, inputs, text, key) => {
  const [problem] = problemsOf(sourceOf({ ...fewInputs, ...inputs }, text));
  expect(problem).toMatchObject({
    where,
    message: expect.stringContaining(`\`${key}\``) as string,
    position: { file: "ai-gate.yml" },
  });
});

test.each([
  ["routes without upstreams", routes + consumers],
  ["upstreams without routes", upstreams + consumers],
])("%s are refused", (_what, text) => {
  const problems = problemsOf(sourceOf(fewInputs, text));
  expect(problems).not.toEqual([]);
  expect(printedProblems(problems)).toMatchSnapshot();
});

test("problems of shape and of rules come together, once each", () => {
  const text = `stagee: v1
upstreams:
  a: { url: http://a.example.com }
  b: { headers: {} }
routes:
  - { path: a b, upstream: a }
  - { upstream: b }
consumers:
  - { id: ci, token: { env: SHORT_TOKEN }, routes: [/nothing] }
  - { id: "?", token: plain }
cors: { origins: [] }
`;
  const problems = problemsOf(sourceOf({ region: "x" }, text));
  expect(problems.map(({ where }) => where).sort()).toEqual([
    "consumers[0].token",
    "consumers[1].token",
    "cors.origins",
    "region",
    "routes[0].path",
    "routes[1].path",
    "stack",
    "stagee",
    "upstreams.a.url",
    "upstreams.b",
  ]);
});

test("keys of Object's prototype are just unknown keys", () => {
  const problems = problemsOf(
    sourceOf(fewInputs, `${rest}constructor: 1\ntoString: 2\n`),
  );
  expect(problems.map(({ where }) => where)).toEqual([
    "constructor",
    "toString",
  ]);
});

const origin = (one: string) =>
  sourceOf(fewInputs, `cors: { origins: ${JSON.stringify([one])} }\n${rest}`);

test.each([
  "*",
  "https://app.example.com",
  "https://app.example.com:8443",
  "http://localhost:3000",
  "http://127.0.0.1:3000",
  "http://[::1]:3000",
  "http://tauri.localhost",
  "https://a_b.example.com",
  "https://xn--bcher-kva.example",
  "app://obsidian.md",
  "vscode-file://vscode-app",
  "tauri://localhost",
  "capacitor://localhost",
  "ionic://localhost",
  "capacitor-electron://-",
  "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
  "moz-extension://2f9ba3a8-3a1b-4f0e-9a55-0d5b1c4b5d11",
  "safari-web-extension://2F9BA3A8-3A1B-4F0E-9A55-0D5B1C4B5D11",
])("the origin %s is taken", (one) => {
  expect(problemsOf(origin(one))).toEqual([]);
});

test.each([
  "null",
  "",
  "https://",
  "https://app.example.com/",
  "https://app.example.com?a",
  "https://app.example.com#a",
  "https://app.example.com:443",
  "https://user@app.example.com",
  "HTTPS://app.example.com",
  'https://a".example.com',
  "https://a'.example.com",
  "https://$a.example.com",
  "https://${a}.example.com",
  "https://a\\.example.com",
  "https://a.example.com\n",
  " https://a.example.com",
  "https://a b.example.com",
  "https://bücher.example",
  "http://[$a]",
  'http://["]',
  "https://a.example.com\u0000",
  "app://",
  "app://obsidian.md/",
  "app://obsidian.md/index.html",
  'app://a"',
  "app://$a",
  "app://${a}",
  "app://#a",
  "app://a'b",
  "app://a\\b",
  "app://a b",
  "App://obsidian.md",
  "1app://a",
  "app:a",
  "app:/a",
  "$app://a",
  "file://a",
  "data://a",
  "blob://a",
  "about://blank",
  "javascript://a",
  "ws://a.example.com",
  "wss://a.example.com",
  "https://App.example.com",
])("the origin %j is a problem", (one) => {
  expect(problemsOf(origin(one))).toMatchObject([{ where: "cors.origins[0]" }]);
});

test("too many origins, and header values that cannot be mapped", () => {
  const origins = Array.from(
    { length: 21 },
    (_, n) => `https://a${n}.example.com`,
  );
  const headers = `{ x-a: " b", x-c: ${"d".repeat(1025)} }`;
  const text = `${rest.replace("/v1 }", `, headers: ${headers} }`)}cors: { origins: [${origins.join(", ")}] }\n`;
  const problems = problemsOf(sourceOf(fewInputs, text));
  expect(problems).toHaveLength(3);
  expect(printedProblems(problems)).toMatchSnapshot();
});

test("a route with a bad path does not make its consumer's access one too", () => {
  const text = `${upstreams}routes:
  - { path: "a b", upstream: a }
  - { path: /c, upstream: a }
${consumerOf("[/a-b]")}`;
  expect(problemsOf(sourceOf(fewInputs, text))).toMatchObject([
    { where: "routes[0].path" },
  ]);
});

test("more resources than an API may have is a problem", () => {
  const many = Array.from(
    { length: 150 },
    (_, index) => `  - { path: /p${index}/q, upstream: a }`,
  );
  const text = `${upstreams}routes:\n${many.join("\n")}\n${consumers}`;
  const problems = problemsOf(sourceOf(fewInputs, text));
  expect(problems).toMatchObject([{ where: "routes", position: { line: 4 } }]);
  expect(printedProblems(problems)).toMatchSnapshot();
});

test.each([
  ["no route", "/c/**"],
  ["one value of a parameter", "/a/7"],
  ["a method that is not there", '"GET,DELETE,PUT /a/**"'],
  ["a method that no route has", '"PUT /**"'],
  ["an unknown method", '"FETCH /b/x"'],
])("access to %s is refused", (_what, entry) => {
  const text = `${upstreams}routes:
  - { path: "/a/{id}", methods: [GET], upstream: a }
  - { path: /a/admin, methods: [GET], upstream: a }
  - { path: "/b/{proxy+}", upstream: a }
${consumerOf(`[${entry}, /a/admin, /nothing]`)}`;
  const problems = problemsOf(sourceOf(fewInputs, text));
  expect(problems).toMatchObject([
    { where: "consumers[0].routes[0]", position: { line: 8 } },
    { where: "consumers[0].routes[2]" },
  ]);
  expect(printedProblems(problems)).toMatchSnapshot();
});

test("what the authorizer cannot keep apart or hold is a problem", () => {
  const headers = Array.from({ length: 51 }, (_, at) => `x-h${at}: v`);
  const text = `token-header: [Authorization, x_key, X-Key]
strip-headers: [X-Gate-Consumer, content-type, a b, X-Team, x_team]
auth: { cache-ttl: 1 }
upstreams: { a: { url: "https://a.example.com", headers: { ${headers.join(", ")}, x_key: v, X-HTTP-Method-Override: GET } } }
${routes}${consumers}`;
  const problems = problemsOf(sourceOf(fewInputs, text));
  expect(problems).toHaveLength(9);
  expect(printedProblems(problems)).toMatchSnapshot();
});

test.each([
  ["token-header", "Authorization,a,b,c,d,e,f,g,h"],
  ["strip-headers", Array.from({ length: 21 }, (_, at) => `x-${at}`).join()],
])("too many names in %s", (name, value) => {
  const problems = problemsOf(sourceOf({ ...goodInputs, [name]: value }));
  expect(problems).toMatchObject([{ where: name }]);
  expect(printedProblems(problems)).toMatchSnapshot();
});

test.each([{ type: "x" }, { "token-header": ["a", "b"] }])(
  "an own authorizer with %j is refused",
  (more) => {
    const { type, ...top } = { type: undefined, ...more };
    const text = JSON.stringify({
      ...top,
      auth: { mode: "custom", directory: "own", ...(type && { type }) },
      upstreams: { a: { url: "https://a.example.com" } },
      routes: [{ path: "/a", upstream: "a" }],
    });
    const files = workspaceOf({ "own/authorizer.py": pythonHandler });
    const problems = problemsOf(sourceOf(fewInputs, text, files));
    expect(problems).toHaveLength(1);
    expect(printedProblems(problems)).toMatchSnapshot();
  },
);

/** One consumer with the given access. */
function consumerOf(access: string): string {
  return `consumers:
  - { id: ci, token: { env: TEAM_A_TOKEN }, routes: ${access} }
`;
}

test("all that is wrong with a domain and a firewall is said at once", () => {
  const text = `domain: { name: AI, certificate: x, base-path: / }\nwaf: { web-acl: x }\n${rest}`;
  expect(
    problemsOf(sourceOf(fewInputs, text)).map(({ where }) => where),
  ).toEqual([
    "domain.name",
    "domain.certificate",
    "domain.base-path",
    "waf.web-acl",
  ]);
});
