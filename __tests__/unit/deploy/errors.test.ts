import type { EngineEvent } from "@pulumi/pulumi/automation";
import {
  CommandError,
  ConcurrentUpdateError,
} from "@pulumi/pulumi/automation/errors";
import { explainEngineError } from "../../../src/deploy/engine-errors.ts";

const urn = (type: string, name: string) =>
  `urn:pulumi:prod::ai-gate.acme.app::${type}::${name}`;
const functionUrn = urn("aws:lambda/function:Function", "authorizer");
const stackUrn = urn("pulumi:pulumi:Stack", "ai-gate.acme.app-prod");

let sequence = 0;
const diagnostic = (
  message: string,
  at: { urn?: string; severity?: "error" | "warning" | "info" } = {},
): EngineEvent => ({
  sequence: (sequence += 1),
  timestamp: 0,
  diagnosticEvent: {
    message,
    color: "never",
    severity: at.severity ?? "error",
    ...(at.urn === undefined ? {} : { urn: at.urn }),
  },
});

const explain = (
  events: EngineEvent[],
  message = "code: 255\n stdout: \n stderr: error: update failed\n",
) => explainEngineError(new CommandError(message), events);

test.each([
  [
    "ExpiredToken: The security token included in the request is expired",
    "no-credentials",
  ],
  [
    "api error InvalidClientTokenId: The security token is invalid",
    "no-credentials",
  ],
  [
    "UnrecognizedClientException: The security token is invalid",
    "no-credentials",
  ],
  [
    "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.",
    "no-credentials",
  ],
  ["SignatureDoesNotMatch: check your key", "no-credentials"],
  ["No valid credential sources found", "no-credentials"],
  ["invalid AWS credentials", "no-credentials"],
  ["StatusCode: 403, AccessDeniedException: no", "aws-denied"],
  ["UnauthorizedOperation", "aws-denied"],
  [
    "StatusCode: 429, TooManyRequestsException: Too Many Requests",
    "aws-throttled",
  ],
  ["ThrottlingException: Rate exceeded", "aws-throttled"],
  [
    "operation error S3: HeadObject, https response error StatusCode: 403, api error Forbidden: Forbidden",
    "aws-denied",
  ],
  [
    "operation error S3: HeadObject, StatusCode: 503, api error ServiceUnavailable: Service Unavailable",
    "aws-throttled",
  ],
  [
    "operation error IAM: GetRole, https response error StatusCode: 500, api error ServiceFailure: failed",
    "aws-throttled",
  ],
  ["RequestLimitExceeded: Request limit exceeded.", "aws-throttled"],
  ["api error SlowDown: Please reduce your request rate.", "aws-throttled"],
  [
    "StatusCode: 409, LimitExceeded: Cannot exceed quota for RolesPerAccount: 1000",
    "aws-quota",
  ],
  [
    "StatusCode: 429, LimitExceededException: Maximum number of API Keys",
    "aws-quota",
  ],
  [
    "StatusCode: 400, CodeStorageExceededException: Code storage limit exceeded.",
    "aws-quota",
  ],
  ["incorrect passphrase", "invalid-input"],
  ["passphrase must be set with PULUMI_CONFIG_PASSPHRASE", "invalid-input"],
  ["NoSuchBucket: The specified bucket does not exist", "invalid-input"],
  ["PULUMI_ACCESS_TOKEN must be set for login", "invalid-input"],
  ["BadRequestException: Invalid mapping expression", "engine"],
])("%s is %s", (text, reason) => {
  const failure = explain([diagnostic(text, { urn: functionUrn })]);
  expect(failure.reason).toBe(reason);
  expect(failure.message.startsWith(`Function authorizer: ${text}: `)).toBe(
    true,
  );
  expect(failure.message).not.toContain("\n");
});

test.each([
  [
    "could not deserialize deployment: failed to decrypt: incorrect passphrase",
    "the state was encrypted with another passphrase. If the step's `env` has PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE), set it to the one that the gate was brought up with, or take it out if there was none; if not, the passphrase is the SSM parameter /ai-gate/state-passphrase: put its former value back, which its history has",
  ],
  [
    "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables",
    "the state is encrypted with a passphrase, and this run has none; set the input `secrets-provider: passphrase`",
  ],
  ...[
    "place 1: unexpected end of JSON input",
    "json: cannot unmarshal number into Go struct field CheckpointV3.stack of type tokens.QName",
    "invalid character 'x' looking for beginning of value",
  ].map((fault): [string, string] => [
    `failed to load checkpoint: ${fault}`,
    "the stack's state is damaged; put back the version before it (docs/state.md has the commands)",
  ]),
])("%s says what of the state is to be set right", (text, advice) => {
  const { message } = explain([], `code: 255\n stderr: error: ${text}\n`);
  expect(message).toBe(`${text}: ${advice}`);
});

const violation = (enforcementLevel: string) =>
  ({
    sequence: 0,
    timestamp: 0,
    policyEvent: {
      resourceUrn: functionUrn,
      policyName: "rule",
      policyPackName: "rules",
      policyPackVersion: "1.0.0",
      message: "Do this.",
      enforcementLevel,
    },
  }) as unknown as EngineEvent;

describe("policy packs", () => {
  test("what they refuse speaks before the engine", () => {
    const failure = explain([
      violation("advisory"),
      diagnostic("AccessDenied", { urn: functionUrn }),
      violation("mandatory"),
      diagnostic("preview failed", { urn: stackUrn }),
    ]);
    expect(failure).toMatchObject({
      reason: "policy",
      message:
        "the policy rule of the pack rules 1.0.0 refuses Function authorizer: Do this.; change the gate, or the policy",
    });
  });

  test("what is only said is no reason", () => {
    const failure = explain([
      violation("advisory"),
      diagnostic("AccessDenied", { urn: functionUrn }),
    ]);
    expect(failure.reason).toBe("aws-denied");
  });

  test.each([
    'policy pack "/w/policies" failed to start: could not read plugin [/w/policies]: spawn node ENOENT',
    'policy pack not found at "/w/policies"',
    "it looks like the policy pack's dependencies are not installed; try running npm install",
    'failed to load Pulumi policy project located at "/w/policies": open',
    'configuring policy pack "rules" at "/w/policies": AccessDenied',
    "validating policy config",
  ])("a pack that does not run, whatever it has written: %s", (line) => {
    const message = `code: 255\n stdout: \n stderr: Command failed\nerror: ${line}\nDiagnostics:\n    error: AccessDenied\n err?: Error: AccessDenied`;
    const failure = explain([], message);
    expect(failure.reason).toBe("policy");
    expect(failure.message.startsWith(`${line}: a policy pack`)).toBe(true);
  });

  test.each([
    "failed to run policy: Error validating resource with policy 'a': AccessDenied",
    "failed to run remediation: Error",
  ])("a pack that fails at a resource: %s", (text) => {
    const failure = explain([diagnostic(text, { urn: stackUrn })]);
    expect(failure.reason).toBe("policy");
  });
});

test("the resource that failed speaks before the stack and before warnings", () => {
  const failure = explain([
    diagnostic("deprecated", { urn: functionUrn, severity: "warning" }),
    diagnostic("update failed", { urn: stackUrn }),
    diagnostic("", { urn: functionUrn }),
    diagnostic("creating: BadRequest", { urn: functionUrn }),
    diagnostic("another", { urn: functionUrn }),
  ]);
  expect(failure.message).toBe(
    "Function authorizer: creating: BadRequest: see the log above for the engine's full message",
  );
});

test("without a resource's word, the stack's counts", () => {
  expect(
    explain([diagnostic("update failed", { urn: stackUrn })]).message,
  ).toBe("update failed: see the log above for the engine's full message");
});

test("without events, the CLI's last error line does", () => {
  const message =
    "code: 255\n stdout: \n stderr: warning: x\nerror: first\nerror: could not list bucket: NoSuchBucket\n err?: Error";
  expect(explain([], message)).toMatchObject({
    reason: "invalid-input",
    message: expect.stringMatching(
      /^could not list bucket: NoSuchBucket: /,
    ) as string,
  });
});

test("what the CLI lists below its last error line is read with it", () => {
  const message =
    "code: 255\n stdout: \n stderr: error: 2 errors occurred:\n\t* put lock: api error AccessDenied: no\n\t* delete lock: none\n\nusage\n err?: ";
  expect(explain([], message)).toMatchObject({
    reason: "aws-denied",
    message: expect.stringMatching(
      /^2 errors occurred: \* put lock: api error AccessDenied: no \* delete lock: none: allow/,
    ) as string,
  });
});

/** As recorded of `refresh`, whose lock could not be written. */
test.each([
  [
    "aws-throttled",
    "https response error StatusCode: 503, RequestID: , HostID: , api error SlowDown: Please reduce your request rate.",
  ],
  [
    "aws-denied",
    "https response error StatusCode: 403, RequestID: , HostID: , api error AccessDenied: Access Denied",
  ],
])(
  "what the CLI numbers below its last error line is read: %s",
  (reason, why) => {
    const stderr = `Command failed with exit code 1: pulumi refresh\nSDK 2026/12/02 06:49:42 WARN Response has no supported checksum. Not validating response payload.\nerror: 2 errors occurred:\n    1) operation error S3: PutObject, ${why}\n    2) Unknown\n`;
    const failure = explain(
      [],
      `code: -2\n stdout: \n stderr: ${stderr} err?: Error: ${stderr}`,
    );
    expect(failure).toMatchObject({
      reason,
      message: expect.stringMatching(
        /^2 errors occurred: 1\) operation error S3: PutObject, .* 2\) Unknown: /,
      ) as string,
    });
  },
);

test("messages of several lines become one, with colours and the excess taken out", () => {
  const text = `<{%fg 1%}>1 error occurred:\n\t* creating\n\n${"x ".repeat(250)}`;
  const { message } = explain([diagnostic(text, { urn: functionUrn })]);
  expect(message).toMatch(
    /^Function authorizer: 1 error occurred: \* creating (?:x )+…: see/,
  );
  expect(message.length).toBeLessThan(500);
});

test.each([
  ["400 characters are all kept", 400, "x".repeat(396)],
  ["a word that is too long is left out whole", 401, "…"],
])("%s", (_, length, end) => {
  const text = `the ${"x".repeat(length - 4)}`;
  const { message } = explain([diagnostic(text, { urn: functionUrn })]);
  expect(message).toBe(
    `Function authorizer: the ${end}: see the log above for the engine's full message`,
  );
});

test("a nested type names the resource's own", () => {
  const nested = urn("acme:index:Gate$aws:apigateway/restApi:RestApi", "gate");
  expect(explain([diagnostic("no", { urn: nested })]).message).toMatch(
    /^RestApi gate: no: /,
  );
});

describe("a lock", () => {
  const locked = (stderr: string) =>
    explainEngineError(new ConcurrentUpdateError(stderr), [], "update");

  test("names its holder, and goes before a cancellation", () => {
    const failure = locked(
      "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n  file:///state/.pulumi/locks/organization/p/prod/1.json: created by builder@runner-7 (pid 4242) at 2026-01-02T03:04:05Z",
    );
    expect(failure.reason).toBe("locked");
    expect(failure.message).toMatch(
      /^The stack is locked by builder@runner-7 \(process 4242\) since 2026-01-02T03:04:05Z: .*`lock-timeout`.*`command: unlock`/,
    );
  });

  test("of a service that names none", () => {
    expect(
      locked("[409] Conflict: Another update is currently in progress.")
        .message,
    ).toMatch(/^The stack is locked by another update: /);
  });
});

test("a run that was cancelled is that, whatever the engine reports of it", () => {
  const events = [diagnostic("AccessDenied", { urn: functionUrn })];
  for (const [cancelled, message] of [
    ["update", /: the engine finished the call in flight and saved the state,/],
    ["dry run", /: nothing was changed, run the job again$/],
  ] as const)
    expect(
      explainEngineError(new CommandError("x"), events, cancelled),
    ).toMatchObject({
      reason: "cancelled",
      message: expect.stringMatching(message) as string,
    });
});

test("nothing of what the CLI printed as its result is quoted", () => {
  const state = '{"outputs":{"proofKey":{"plaintext":"canary"}}}';
  for (const stderr of ["", "panic", "error: broken pipe"]) {
    const message = `code: 255\n stdout: ${state}\n error: canary\n stderr: ${stderr}\n err?: \n`;
    expect(explain([], message).message).not.toContain("canary");
  }
});

describe("a refused call", () => {
  const role =
    "arn:aws:iam::111122223333:role/ai-gate-prod-eu-west-1-12345678-authorizer";
  const api = "arn:aws:apigateway:eu-west-1::/restapis";
  const said = (
    action: string,
    resource: string,
    why = `because no identity-based policy allows the ${action} action`,
  ) =>
    `operation error Service: X, https response error StatusCode: 403, RequestID: ${"x".repeat(36)}, api error AccessDenied: User: arn:aws:sts::111122223333:assumed-role/gate-deploy/${"GitHubActions".repeat(20)} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
  const of = (text: string) => {
    const failure = explain([diagnostic(text, { urn: functionUrn })]);
    expect(failure.reason).toBe("aws-denied");
    return failure.message;
  };

  test.each([
    ["iam:CreateRole", role, "EmpowerRoles"],
    ["iam:PassRole", role, "PassRoles"],
    ["iam:PassRole", `${role}-call-1`, "PassCallRoles"],
    ["iam:GetRole", role.replace("role/", "role/teams/ai/"), "ReadRoles"],
    ["apigateway:POST", api, "CreateApi"],
    ["apigateway:POST", `${api}/abc/deployments`, "ChangeApi"],
    [
      "apigateway:PUT",
      `arn:aws:apigateway:eu-west-1::/tags/arn%3Aaws%3Aapigateway`,
      "TagApi",
    ],
    [
      "apigateway:POST",
      "arn:aws-cn:apigateway:cn-north-1::/usageplans",
      "CreatePlans",
    ],
    [
      "lambda:AddPermission",
      "arn:aws:lambda:eu-west-1:111122223333:function:ai-gate-x",
      "PermitCalls",
    ],
    [
      "lambda:AddPermission",
      "arn:aws:lambda:eu-west-1:111122223333:function:tool:live",
      "PermitCallsOfTargets",
    ],
    [
      "logs:DescribeLogGroups",
      "arn:aws:logs:eu-west-1:111122223333:log-group::log-stream:",
      "FindLogGroups",
    ],
    ["s3:PutObject", '"arn:aws:s3:::my-state/.pulumi/x"', "WriteState"],
    [
      "dynamodb:CreateTable",
      "arn:aws:dynamodb:eu-west-1:111122223333:table/ai-gate-x",
      "ChangeTable",
    ],
  ])("%s on %s is allowed by %s", (action, resource, sid) => {
    const message = of(said(action, resource));
    expect(message).toMatch(
      new RegExp(
        `^Function authorizer: AWS refuses ${action} on arn:.*: add the statement ${sid} of`,
      ),
    );
    expect(message).toContain(resource.replaceAll('"', ""));
    expect(message).not.toContain("GitHubActions");
  });

  test("without a resource the first statement with the action is named", () => {
    expect(
      of("User: x is not authorized to perform: iam:CreateRole"),
    ).toContain("EmpowerRoles");
  });

  test("an action of no gate is said to be none", () => {
    expect(of(said("ec2:RunInstances", "*"))).toContain(
      "has no statement for it",
    );
  });

  test.each([
    [
      "with an explicit deny in a service control policy",
      "its service control policy denies it",
    ],
    [
      "with an explicit deny in an identity-based policy: arn:x",
      "its identity-based policy denies it",
    ],
    [
      "because no permissions boundary allows the iam:CreateRole action",
      "its permissions boundary must allow it as well",
    ],
    [
      "because no session policy allows the iam:CreateRole action",
      "its session policy must allow it as well",
    ],
  ])("%s: a statement more is no help", (why, sentence) => {
    const message = of(said("iam:CreateRole", role, why));
    expect(message).toContain(sentence);
    expect(message).not.toContain("add the statement");
  });

  test("what was deleted by hand has no tag", () => {
    expect(of(said("apigateway:DELETE", `${api}/abc`))).toContain(
      "run `refresh` first",
    );
  });
});

test("API Gateway's own role, which an account's first domain name needs, has a statement", () => {
  const failure = explain([
    diagnostic(
      "operation error API Gateway: CreateDomainName, https response error StatusCode: 403, AccessDeniedException: Caller does not have permissions to create a Service Linked Role.",
      { urn: urn("aws:apigateway/domainName:DomainName", "domain") },
    ),
  ]);
  expect(failure.reason).toBe("aws-denied");
  expect(failure.message).toContain("add the statement MakeServiceRole");
});
