// What the program declares for upstreams that are not a URL: permissions of functions, roles for endpoints.
import type { Gate, Route, Upstream } from "../../../src/gate/gate.ts";
import { gate, run } from "../../fixtures/program-run.ts";

const account = "111122223333";
const tool = `arn:aws:lambda:eu-west-1:${account}:function:tool`;
const tokenHeaders = ["Authorization"];
const upstreams: readonly Upstream[] = [
  { name: "tool", kind: "lambda", functionArn: tool, tokenHeaders },
  { name: "live", kind: "lambda", functionArn: `${tool}:live`, tokenHeaders },
  { name: "scorer", kind: "sagemaker", endpoint: "Scorer-v2", tokenHeaders },
  { name: "other", kind: "sagemaker", endpoint: "other", tokenHeaders },
  {
    name: "trial",
    kind: "mock",
    status: 200,
    contentType: "application/json",
    body: "{}",
    tokenHeaders,
  },
];
const route = (upstream: string, more: Partial<Route>): Route => ({
  path: `/${upstream}`,
  methods: ["POST"],
  upstream,
  stream: false,
  timeout: 29,
  ...more,
});
const targets: Gate = {
  ...gate,
  upstreams,
  routes: [
    route("tool", {
      path: "/tool/{id}/{proxy+}",
      methods: ["GET", "POST"],
    }),
    route("tool", { path: "/a::b" }),
    route("live", { stream: true, timeout: 60 }),
    route("scorer", {}),
    route("other", {}),
    route("trial", { methods: ["GET"] }),
  ],
};

const more = (registered: readonly string[]) =>
  registered.filter(
    (one) => /Permission|Role/.test(one) && !one.includes(" authorizer-"),
  );

test("a permission for each method of a route to a function, a role for each endpoint", async () => {
  const { registered } = await run({ gate: targets });
  expect(more(registered)).toEqual([
    "aws:iam/role:Role sagemaker-other-role",
    "aws:iam/role:Role sagemaker-scorer-role",
    "aws:iam/rolePolicy:RolePolicy sagemaker-other-policy",
    "aws:iam/rolePolicy:RolePolicy sagemaker-scorer-policy",
    "aws:lambda/permission:Permission lambda-live-post-b82f9d7d",
    "aws:lambda/permission:Permission lambda-tool-get-25412941",
    "aws:lambda/permission:Permission lambda-tool-post-25412941",
    "aws:lambda/permission:Permission lambda-tool-post-56765470",
  ]);
});

test("a function may be called by exactly this method and path of this API's stage", async () => {
  const { ledger } = await run({ gate: targets });
  const permissions = ledger
    .filter(
      ({ name, type }) =>
        type.endsWith("Permission") && name.startsWith("lambda-"),
    )
    .map(({ inputs }) => inputs as Record<string, unknown>);
  const expected = (sourceArn: string, qualifier?: string) => ({
    action: "lambda:InvokeFunction",
    principal: "apigateway.amazonaws.com",
    function: tool,
    sourceArn,
    ...(qualifier && { qualifier }),
  });
  expect(permissions).toHaveLength(4);
  expect(permissions).toEqual(
    expect.arrayContaining([
      expected("arn:execution/v1/GET/tool/*/*"),
      expected("arn:execution/v1/POST/tool/*/*"),
      expected("arn:execution/v1/POST/a::b"),
      expected("arn:execution/v1/POST/live", "live"),
    ]),
  );
});

test("an endpoint's role is API Gateway's, and may call that endpoint only", async () => {
  const { of } = await run({ gate: targets });
  const { assumeRolePolicy, ...rest } = of("sagemaker-scorer-role") as {
    assumeRolePolicy: string;
  };
  expect(JSON.parse(assumeRolePolicy)).toEqual({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "apigateway.amazonaws.com" },
        Action: "sts:AssumeRole",
      },
    ],
  });
  expect(rest).toEqual({
    name: expect.stringMatching(/^ai-gate-prod-12345678-call-[0-9a-f]{8}$/),
    tags: { team: "ml" },
  });
  expect(rest).not.toEqual(of("sagemaker-other-role"));
  const policy = of("sagemaker-scorer-policy") as {
    policy: string;
    role: string;
  };
  expect(policy.role).toBe("sagemaker-scorer-role-id");
  const { Statement } = JSON.parse(policy.policy) as {
    Statement: { Action: string; Resource: string[] }[];
  };
  expect(Statement).toEqual([
    {
      Sid: "InvokeEndpoint",
      Effect: "Allow",
      Action: "sagemaker:InvokeEndpoint",
      Resource: [
        expect.stringMatching(/^arn:.*:endpoint\/Scorer-v2$/),
        expect.stringMatching(/^arn:.*:endpoint\/scorer-v2$/),
      ],
    },
  ]);
});

test("the document names each integration, and the endpoint's role", async () => {
  const { of } = await run({ gate: targets });
  const { paths } = JSON.parse((of("gate") as { body: string }).body) as {
    paths: Record<string, Record<string, Record<string, object>>>;
  };
  const integration = (path: string, method: string) =>
    paths[path]?.[method]?.["x-amazon-apigateway-integration"];
  const lambda = "arn:aws:apigateway:eu-west-1:lambda:path";
  for (const method of ["get", "post"])
    expect(integration("/tool/{id}/{proxy+}", method)).toEqual({
      type: "aws_proxy",
      httpMethod: "POST",
      uri: `${lambda}/2015-03-31/functions/${tool}/invocations`,
      responseTransferMode: "BUFFERED",
      timeoutInMillis: 29_000,
    });
  expect(integration("/live", "post")).toEqual({
    type: "aws_proxy",
    httpMethod: "POST",
    uri: `${lambda}/2021-11-15/functions/${tool}:live/response-streaming-invocations`,
    responseTransferMode: "STREAM",
    timeoutInMillis: 60_000,
  });
  expect(integration("/scorer", "post")).toMatchObject({
    type: "aws",
    httpMethod: "POST",
    uri: "arn:aws:apigateway:eu-west-1:runtime.sagemaker:path/endpoints/Scorer-v2/invocations",
    credentials: "arn:aws:iam/role:Role:sagemaker-scorer-role",
    timeoutInMillis: 29_000,
  });
  expect(integration("/trial", "get")).toMatchObject({ type: "mock" });
});

test("another endpoint is another deployment; without these kinds nothing is more than before", async () => {
  const trigger = async (given: Gate) =>
    (await run({ gate: given })).of("snapshot")?.triggers as unknown;
  const moved = upstreams.map((one) =>
    one.kind === "sagemaker" ? { ...one, endpoint: "moved" } : one,
  );
  expect(await trigger({ ...targets, upstreams: moved })).not.toEqual(
    await trigger(targets),
  );
  expect(more((await run()).registered)).toEqual([]);
});
