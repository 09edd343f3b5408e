// What can be wrong about how calls come in, where they go on, and what is recorded: each message names the key, what was given, what
// is allowed, and what to do.
import {
  fewInputs,
  printedProblems,
  problemsOf,
  sourceOf,
} from "../../fixtures/sources.ts";

const topic = `topic: "arn:aws:sns:eu-west-1:111122223333:a"`;
const rest = (upstream = "url: https://a.example.com") => `
upstreams: { a: { ${upstream} } }
routes: [{ path: /a, methods: [GET], upstream: a }]
consumers: [{ id: ci, token: { env: TEAM_A_TOKEN } }]
`;

/** Key, lines of the file, and what the message says of the value and of what is allowed. */
type Row = readonly [key: string, text: string, given: string, allowed: string];

const top: readonly Row[] = [
  ["network", "network: [10.0.0.0/8]", "(a list)", "a mapping of keys"],
  ["network.allow", "network: { allow: }", "(nothing)", "a list"],
  ["network.allow[0]", "network: { allow: [7] }", "7", "text, in quotes"],
  [
    "network.deny[0]",
    "network: { deny: [198.51.100.7/24] }",
    `"198.51.100.7/24"`,
    "write 198.51.100.0/24",
  ],
  ["logs", "logs: true", "true", "a mapping of keys"],
  ["logs.access", "logs: { access: [a] }", "(a list)", "true or false"],
  ["logs.retention-days", "logs: { retention-days: 0 }", "0", "1, 3, 5"],
  [
    "logs.retention-days",
    `logs: { retention-days: "30" }`,
    `"30"`,
    "use a retention",
  ],
  ["logs.format", "logs: { format: clf }", `"format"`, "retention-days"],
  ["alarms", "alarms: ops", "(text)", "a mapping of keys"],
  ["alarms.topic", "alarms: { topic: 7 }", "7", "text, in quotes"],
  [
    "alarms.topic",
    `alarms: { topic: "arn:aws:sqs:eu-west-1:111122223333:a" }`,
    "arn:aws:sqs:eu-west-1:111122223333:a",
    "write it like arn:aws:sns:",
  ],
  [
    "alarms.server-errors",
    `alarms: { ${topic}, server-errors: 1.5 }`,
    "1.5",
    "a whole number of calls",
  ],
  [
    "alarms.unauthorized",
    `alarms: { ${topic}, unauthorized: 1000001 }`,
    "1000001",
    "from 1 to 1000000",
  ],
  ["tracing", "tracing: 1", "1", "true or false"],
  ["tracing", "tracing: { rate: 5 }", "(a mapping)", "true or false"],
  ["domain", "domain: ai.example.com", "(text)", "a mapping of keys"],
  ["domain.name", "domain: { name: 7 }", "7", "text, in quotes"],
  [
    "domain.name",
    "domain: { name: -a.example.com }",
    `"-a.example.com"`,
    "write it like ai.example.com",
  ],
  [
    "domain.name",
    "domain: { name: a_b.example.com }",
    `"a_b.example.com"`,
    "write it like ai.example.com",
  ],
  [
    "domain.certificate",
    `domain: { name: ai.example.com, certificate: "arn:aws:iam::111122223333:server-certificate/a" }`,
    "server-certificate/a",
    "arn:aws:acm:REGION:ACCOUNT:certificate/ID",
  ],
  [
    "domain.base-path",
    "domain: { name: ai.example.com, base-path: sping }",
    `"sping"`,
    "use another one",
  ],
  ["tls", "tls: 1.2", "1.2", "a security policy of API Gateway"],
  ["tls", "tls: TLS_1_3", `"TLS_1_3"`, "SecurityPolicy_TLS13_1_3_2025_09"],
  [
    "tls",
    "tls: SecurityPolicy_TLS13_1_3_2025_10",
    `"SecurityPolicy_TLS13_1_3_2025_10"`,
    "TLS_1_2",
  ],
  ["waf", "waf: true", "true", "a mapping of keys"],
  ["waf.web-acl", "waf: { web-acl: [a] }", "(a list)", "text"],
  ["waf.acl", "waf: { acl: x, web-acl: y }", `"acl"`, "web-acl"],
  [
    "waf.web-acl",
    `waf: { web-acl: "arn:aws:wafv2:eu-west-1:111122223333:regional/rulegroup/a/1" }`,
    "regional/rulegroup/a/1",
    "regional/webacl/NAME/ID",
  ],
  ["endpoint", "endpoint: PRIVATE", `"PRIVATE"`, "regional or private"],
  ["endpoint", "endpoint: [private]", "(a list)", "regional or private"],
  [
    "vpc-endpoints",
    "endpoint: private\nvpc-endpoints: vpce-0123456789abcdef0",
    "(text)",
    "a list",
  ],
  [
    "vpc-endpoints[0]",
    "endpoint: private\nvpc-endpoints: [vpce-0123]",
    `"vpce-0123"`,
    "vpce-0123456789abcdef0",
  ],
];

const url = "url: https://a.example.com";
const upstreams: readonly Row[] = [
  [
    "upstreams.a.vpc-link",
    `${url}, vpc-link: "vpclink/a1b2c3"`,
    `"vpclink/a1b2c3"`,
    "a1b2c3 (aws apigateway get-vpc-links)",
  ],
  ["upstreams.a.vpc-link", `${url}, vpc-link: 123456`, "123456", "in quotes"],
  ["upstreams.a.vpc-link", `${url}, vpc-link: true`, "true", "in quotes"],
  ["upstreams.a.vpc-link", `${url}, vpc-link: [a1b2c3]`, "(a list)", "text"],
];

test.each<Row>([
  ...top.map<Row>(([key, text, ...said]) => [key, text + rest(), ...said]),
  ...upstreams.map<Row>(([key, text, ...said]) => [key, rest(text), ...said]),
])("%s of %j", (key, text, given, allowed) => {
  const problems = problemsOf(sourceOf(fewInputs, text));
  const said = problems.find(({ where }) => where === key)?.message;
  expect(said).toContain(given);
  expect(said).toContain(allowed);
  expect(said).toMatch(/: (?:use|write) /);
  expect(printedProblems(problems)).toMatch(/ @ \d+:\d+: /);
});

test("all of them at once, each at its line", () => {
  const text = `network: { allow: [10.0.0.1/8] }
logs: { retention-days: 2 }
alarms: { topic: a }
tracing: on
domain: { name: "*.example.com" }
tls: TLS_1_0
waf: { web-acl: x }
endpoint: edge
${rest(`${url}, vpc-link: X`)}`;
  const problems = problemsOf(sourceOf(fewInputs, text));
  expect(problems.map(({ where }) => where).sort()).toEqual([
    "alarms.topic",
    "domain.name",
    "endpoint",
    "logs.retention-days",
    "network.allow[0]",
    "tls",
    "tracing",
    "upstreams.a.vpc-link",
    "waf.web-acl",
  ]);
});
