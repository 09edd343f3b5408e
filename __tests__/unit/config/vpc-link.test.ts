import {
  fewInputs,
  gateOf,
  printedProblems,
  problemsOf,
  sourceOf,
} from "../../fixtures/sources.ts";

const source = (upstream: string) =>
  sourceOf(
    fewInputs,
    `upstreams:
  a: ${upstream}
routes:
  - { path: /a, methods: [POST], upstream: a }
consumers:
  - { id: ci, token: { env: TEAM_A_TOKEN } }
`,
  );

test.each(["http", "openai", "mcp"])(
  "an upstream of the kind %s may be behind a VPC link",
  (kind) => {
    const given = `{ kind: ${kind}, url: https://models.internal.example.com/v1, vpc-link: a1b2c3 }`;
    expect(gateOf(source(given)).upstreams).toMatchObject([
      { vpcLink: "a1b2c3" },
    ]);
  },
);

const url = "url: https://a.example.com";
const bad = {
  "an ARN": `{ ${url}, vpc-link: "arn:aws:apigateway:eu-west-1::/vpclinks/a1b2c3" }`,
  "a short id": `{ ${url}, vpc-link: a1b2 }`,
  capitals: `{ ${url}, vpc-link: A1B2C3 }`,
  nothing: `{ ${url}, vpc-link: "" }`,
  "a stage variable": `{ ${url}, vpc-link: "\${stageVariables.link}" }`,
  "a VPC": `{ ${url}, vpc-link: vpc-0123456789abcdef0 }`,
  http: "{ url: http://a.example.com, vpc-link: a1b2c3 }",
  "no URL": "{ kind: openai, vpc-link: a1b2c3 }",
  Bedrock:
    "{ kind: bedrock, models: [amazon.nova-micro-v1:0], vpc-link: a1b2c3 }",
  "a function": `{ kind: lambda, arn: "arn:aws:lambda:eu-west-1:111122223333:function:a", vpc-link: a1b2c3 }`,
  "a mock": "{ kind: mock, vpc-link: a1b2c3 }",
};

test("what is no VPC link, or has no use of one, is refused", () => {
  const lines = Object.entries(bad).map(
    ([name, given]) =>
      `# ${name}\n${printedProblems(problemsOf(source(given)))}`,
  );
  expect(lines.join("\n\n")).toMatchSnapshot();
});
