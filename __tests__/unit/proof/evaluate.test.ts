import type { Answer, Check, Expectation } from "../../../src/proof/check.ts";
import { evaluate, evaluateNoAnswer } from "../../../src/proof/evaluate.ts";

const check = (expect: Expectation, more: Partial<Check> = {}): Check => ({
  id: "x",
  title: "x",
  shows: "x",
  method: "GET",
  path: "/x",
  credential: "none",
  expect,
  ...more,
});

const answer = (
  status: number,
  gateError?: string,
  more: Partial<Answer> = {},
): Answer => ({
  status,
  allows: {},
  chunked: false,
  pieces: 1,
  ...(gateError !== undefined && { gateError }),
  ...more,
});

/** Of a gate or consumer with networks, where this run may be outside. */
test.each<[Check["network"], Expectation, string, string]>([
  ["gate", "unauthorized", "403 ACCESS_DENIED", "passed, outside"],
  ["gate", "refused", "403 ACCESS_DENIED", "passed, outside"],
  ["gate", "unauthorized", "401 UNAUTHORIZED", "passed"],
  ["gate", "unauthorized", "403", "failed!"],
  ["gate", "unauthorized", "403 INVALID_API_KEY", "failed!"],
  ["gate", "unauthorized", "200", "failed!"],
  ["gate", "unauthorized", "404 MISSING_AUTHENTICATION_TOKEN", "failed"],
  ["consumer", "accepted", "401 UNAUTHORIZED", "not-made"],
  ["consumer", "streamed", "401 UNAUTHORIZED", "not-made"],
  ["consumer", "denied", "401 UNAUTHORIZED", "not-made"],
  ["consumer", "bad-body", "401 UNAUTHORIZED", "not-made"],
  ["consumer", "denied", "403 ACCESS_DENIED", "passed"],
  ["consumer", "denied", "200", "failed!"],
  ["consumer", "accepted", "403 ACCESS_DENIED", "failed"],
  ["consumer", "accepted", "500 AUTHORIZER_FAILURE", "failed"],
  ["consumer", "accepted", "200", "passed"],
])("networks of the %s: %s, %s: %s", (network, expectation, given, wanted) => {
  const [status = "", gateError] = given.split(" ");
  const credential = network === "gate" ? "none" : { consumer: "team-a" };
  const { broken, outside, ...evaluation } = evaluate(
    check(expectation, { credential, ...(network && { network }) }),
    answer(Number(status), gateError),
  );
  expect(
    `${evaluation.status}${broken ? "!" : ""}${outside ? ", outside" : ""}`,
  ).toBe(wanted);
});

/** `answer: evaluation` rows; an answer without a word behind its status is the upstream's, `!` means broken. */
test.each<[Expectation, string, string]>([
  ["unauthorized", "401 UNAUTHORIZED", "passed"],
  // The upstream's own 401: the call got through the gate.
  ["unauthorized", "401", "failed!"],
  ["unauthorized", "200", "failed!"],
  ["unauthorized", "302", "failed!"],
  ["unauthorized", "400", "failed!"],
  ["unauthorized", "403", "failed!"],
  ["unauthorized", "404", "failed!"],
  // Passed the authorizer, whatever stopped it then.
  ["unauthorized", "504 INTEGRATION_FAILURE", "failed!"],
  ["unauthorized", "504 INTEGRATION_TIMEOUT", "failed!"],
  ["unauthorized", "403 INVALID_API_KEY", "failed!"],
  ["unauthorized", "400 BAD_REQUEST_BODY", "failed!"],
  ["unauthorized", "400 BAD_REQUEST_PARAMETERS", "failed!"],
  ["unauthorized", "413 REQUEST_TOO_LARGE", "failed!"],
  ["unauthorized", "415 UNSUPPORTED_MEDIA_TYPE", "failed!"],
  // May stand for anything.
  ["unauthorized", "403 DEFAULT_4XX", "failed!"],
  ["unauthorized", "500 DEFAULT_5XX", "failed!"],
  // Stopped before any integration, if not by the authorizer.
  ["unauthorized", "403 ACCESS_DENIED", "failed"],
  ["unauthorized", "403 WAF_FILTERED", "failed"],
  ["refused", "403 WAF_FILTERED", "passed"],
  ["unauthorized", "404 MISSING_AUTHENTICATION_TOKEN", "failed"],
  ["unauthorized", "404 RESOURCE_NOT_FOUND", "failed"],
  ["unauthorized", "404 INVALID_SIGNATURE", "failed"],
  ["unauthorized", "404 EXPIRED_TOKEN", "failed"],
  ["refused", "404 MISSING_AUTHENTICATION_TOKEN", "failed"],
  ["refused", "504 INTEGRATION_FAILURE", "failed!"],
  ["unauthorized", "500 AUTHORIZER_FAILURE", "failed"],
  ["unauthorized", "500 AUTHORIZER_CONFIGURATION_ERROR", "failed"],
  ["unauthorized", "500", "failed!"],
  ["unauthorized", "500 API_CONFIGURATION_ERROR", "failed!"],
  ["refused", "500 AUTHORIZER_FAILURE", "failed"],
  ["unauthorized", "429 THROTTLED", "failed"],
  ["refused", "429 THROTTLED", "failed"],
  ["unauthorized", "429", "failed!"],
  ["refused", "401 UNAUTHORIZED", "passed"],
  ["refused", "403 ACCESS_DENIED", "passed"],
  ["refused", "403", "failed!"],
  ["refused", "200", "failed!"],
  ["denied", "403 ACCESS_DENIED", "passed"],
  // Not denied, only not counted: the call lacked the key of its plan.
  ["denied", "403 INVALID_API_KEY", "failed"],
  ["denied", "403", "failed!"],
  ["denied", "200", "failed!"],
  ["denied", "401 UNAUTHORIZED", "failed"],
  ["denied", "500 AUTHORIZER_FAILURE", "failed"],
  ["bad-body", "400 BAD_REQUEST_BODY", "passed"],
  ["bad-body", "400", "failed!"],
  ["bad-body", "200", "failed!"],
  ["bad-body", "403 ACCESS_DENIED", "failed"],
  ["reached", "400 BAD_REQUEST_BODY", "failed"],
  ["gone", "404 MISSING_AUTHENTICATION_TOKEN", "passed"],
  ["gone", "405 METHOD_NOT_ALLOWED", "passed"],
  ["gone", "405", "failed"],
  ["gone", "200", "failed!"],
  ["gone", "401 UNAUTHORIZED", "failed"],
  ["gone-or-guarded", "405 METHOD_NOT_ALLOWED", "passed"],
  ["unauthorized", "405 METHOD_NOT_ALLOWED", "failed!"],
  ["unknown", "405 METHOD_NOT_ALLOWED", "failed"],
  ["unknown", "404 MISSING_AUTHENTICATION_TOKEN", "passed"],
  ["unknown", "404", "failed"],
  ["unknown", "401 UNAUTHORIZED", "failed"],
  ["unknown", "200", "failed!"],
  ["unknown", "307", "failed!"],
  ["gone-or-denied", "404 MISSING_AUTHENTICATION_TOKEN", "passed"],
  ["gone-or-denied", "405 METHOD_NOT_ALLOWED", "passed"],
  ["gone-or-denied", "403 ACCESS_DENIED", "passed"],
  // The authorizer's: something is behind it.
  ["gone-or-denied", "401 UNAUTHORIZED", "failed"],
  ["gone-or-denied", "403", "failed"],
  ["gone-or-denied", "200", "failed!"],
  ["gone-or-guarded", "404 MISSING_AUTHENTICATION_TOKEN", "passed"],
  ["gone-or-guarded", "401 UNAUTHORIZED", "passed"],
  ["gone-or-guarded", "403 ACCESS_DENIED", "passed"],
  ["gone-or-guarded", "401", "failed"],
  ["gone-or-guarded", "200", "failed!"],
  ["healthy", "200", "passed"],
  ["healthy", "404 MISSING_AUTHENTICATION_TOKEN", "failed"],
  ["reached", "200", "passed"],
  ["reached", "400", "passed"],
  ["reached", "404", "passed"],
  // The gate let it through: what the upstream thinks of its credential, another check says.
  ["reached", "401", "passed"],
  ["reached", "503", "passed"],
  ["reached", "401 UNAUTHORIZED", "failed"],
  ["reached", "403 ACCESS_DENIED", "failed"],
  ["reached", "404 MISSING_AUTHENTICATION_TOKEN", "failed"],
  ["reached", "500 AUTHORIZER_CONFIGURATION_ERROR", "failed"],
  ["reached", "504 INTEGRATION_TIMEOUT", "failed"],
  ["reached", "403 INVALID_API_KEY", "failed"],
  ["reached", "429 QUOTA_EXCEEDED", "not-made"],
  ["accepted", "200", "passed"],
  ["accepted", "400", "passed"],
  ["accepted", "404", "passed"],
  ["accepted", "503", "warning"],
  ["accepted", "401 UNAUTHORIZED", "failed"],
  ["accepted", "403 ACCESS_DENIED", "failed"],
  ["accepted", "403 INVALID_API_KEY", "failed"],
  ["accepted", "404 MISSING_AUTHENTICATION_TOKEN", "failed"],
  ["accepted", "504 INTEGRATION_FAILURE", "failed"],
  ["accepted", "429 THROTTLED", "not-made"],
  ["accepted", "429", "passed"],
  ["streamed", "403 ACCESS_DENIED", "not-made"],
  ["readable-refusal", "200", "failed!"],
  ["readable-refusal", "401", "failed!"],
  ["readable-refusal", "500 AUTHORIZER_FAILURE", "failed"],
  ["readable-answer", "403 ACCESS_DENIED", "not-made"],
  ["streamed", "400", "not-made"],
])("%s answered %s: %s", (expectation, answered, expected) => {
  const [status, gateError] = answered.split(" ");
  const evaluation = evaluate(
    check(expectation),
    answer(Number(status), gateError),
  );
  expect(evaluation.status + (evaluation.broken ? "!" : "")).toBe(expected);
  expect(evaluation.message === "").toBe(expected === "passed");
});

test.each([
  [true, 1, "passed"],
  [false, 2, "passed"],
  [false, 1, "not-made"],
  [false, 0, "not-made"],
])("an answer chunked %s in %s pieces is %s", (chunked, pieces, status) => {
  const evaluation = evaluate(
    check("streamed"),
    answer(200, undefined, { chunked, pieces }),
  );
  expect(evaluation.status).toBe(status);
});

test.each([
  ["UNAUTHORIZED", "refuses the proof's credential"],
  ["BAD_REQUEST_BODY", "`models`"],
  ["ACCESS_DENIED", "the consumer's `routes`"],
  ["INVALID_API_KEY", "`proof-timeout`"],
  ["AUTHORIZER_FAILURE", "upstream's secret"],
  ["AUTHORIZER_CONFIGURATION_ERROR", "invoke permission"],
  ["INTEGRATION_FAILURE", "the upstream's URL"],
  ["INTEGRATION_TIMEOUT", "`timeout`"],
  ["WAF_FILTERED", "WAF_FILTERED"],
])("the gate's %s says what to do", (gateError, words) => {
  expect(evaluate(check("reached"), answer(500, gateError)).message).toContain(
    words,
  );
});

test.each([
  ["504 INTEGRATION_FAILURE", /^THE GATE IS OPEN: only the upstream/],
  ["504 INTEGRATION_TIMEOUT", /^THE GATE IS OPEN: only the upstream/],
  ["403 ACCESS_DENIED", /^NOT PROVED .*denied \(403\)/],
  ["403 WAF_FILTERED", /^NOT PROVED .*firewall/],
  ["404 MISSING_AUTHENTICATION_TOKEN", /^NOT PROVED .*no such route/],
  ["403 INVALID_API_KEY", /^the gate does not answer 401 here/],
  ["500 AUTHORIZER_FAILURE", /^the authorizer is failing/],
])("a call without a credential answered %s: %s", (answered, words) => {
  const [status, gateError] = answered.split(" ");
  const { message } = evaluate(
    check("unauthorized"),
    answer(Number(status), gateError),
  );
  expect(message).toMatch(words);
});

test.each(["unauthorized", "refused", "readable-refusal"] as const)(
  "%s: API Gateway's bare 403 is an open gate, unless the health route has it too",
  (expectation) => {
    const bareError = "ForbiddenException";
    const given = answer(403, undefined, { bareError });
    const evaluation = evaluate(check(expectation), given);
    expect(evaluation).toMatchObject({ broken: true, unless: bareError });
    expect(evaluation.message).toMatch(/^THE GATE IS OPEN/);
    expect(evaluate(check(expectation), answer(403))).not.toHaveProperty(
      "unless",
    );
  },
);

test("an open gate is loud, an upstream's refusal is named", () => {
  expect(evaluate(check("unauthorized"), answer(200)).message).toMatch(
    /^THE GATE IS OPEN/,
  );
  expect(evaluate(check("unknown"), answer(200)).message).toMatch(
    /^THE GATE IS OPEN/,
  );
  const upstream = { name: "openai", hasCredential: true, asked: "question" };
  const { message } = evaluate(
    check("accepted", { upstream, path: "/openai/models" } as Partial<Check>),
    answer(401),
  );
  expect(message).toBe(
    "the upstream openai refuses the gate's credential: it answered 401 to GET /openai/models; check the upstream's secret and header",
  );
});

/** What the upstream answers (status and what its body says), by how it was asked; `no secret` where the gate sends none. */
test.each<[string, string, string, string]>([
  ["question", "401", "refused", "check the upstream's secret and header"],
  ["question", "403", "refused", "check the upstream's secret and header"],
  ["named-path", "401", "refused", "check the upstream's secret and header"],
  ["made-up-path", "401", "refused", "check the upstream's secret and header"],
  ["named-path", "403", "warning", "may refuse the gate's credential"],
  ["made-up-path", "403", "warning", "may refuse the gate's credential"],
  // Google's way.
  ["question", "400 API_KEY_INVALID", "refused", "it answered 400"],
  ["made-up-path", "400 API_KEY_INVALID", "refused", "it answered 400"],
  // A key that OpenAI restricts is not wrong.
  ["question", "401 Missing scopes", "warning", "the permissions"],
  ["question", "403 Missing scopes", "warning", "the permissions"],
  ["question no secret", "401", "warning", "give the upstream a `secret`"],
  ["made-up-path no secret", "401", "warning", "wants a credential"],
  ["made-up-path no secret", "403", "warning", "wants a credential"],
  ["question no secret", "400 API_KEY_INVALID", "warning", "a credential"],
  ["question", "200 UnknownOperationException", "failed", "no such path"],
  ["named-path", "200 UnknownOperationException", "warning", "no such path"],
  // As good as a 404 there.
  ["made-up-path", "200 UnknownOperationException", "passed", ""],
])("asked by %s, an upstream that answers %s: %s", (how, what, is, words) => {
  const [asked = ""] = how.split(" ");
  const [, status, mark] = /^(\d+) ?(.*)$/.exec(what) ?? [];
  const upstream = {
    name: "openai",
    hasCredential: !how.endsWith("no secret"),
    asked,
  };
  const evaluation = evaluate(
    check("accepted", { upstream } as Partial<Check>),
    answer(
      Number(status),
      undefined,
      (mark ? { mark } : {}) as Partial<Answer>,
    ),
  );
  expect(evaluation).toMatchObject({
    status: is === "refused" ? "failed" : is,
    message: expect.stringContaining(words),
    broken: false,
    retry: is === "passed" ? "no" : "few-times",
  });
  expect(evaluation.upstreamRefused ?? false).toBe(is === "refused");
});

test("a key that the gate made itself has no secret to check", () => {
  const upstream = {
    name: "bedrock",
    hasCredential: true,
    isMinted: true,
    asked: "question",
  } as const;
  const { message, upstreamRefused } = evaluate(
    check("accepted", { upstream }),
    answer(403),
  );
  expect(upstreamRefused).toBe(true);
  expect(message).toContain("check the upstream's `models`");
  expect(message).not.toContain("secret");
});

/** SageMaker's own answers; those of the model are 424. */
test.each<[number, string, string, string]>([
  [403, "failed", "until-deadline", "`sagemaker:InvokeEndpoint`"],
  [400, "failed", "few-times", "in service"],
  [424, "passed", "no", ""],
  [500, "warning", "few-times", "the upstream itself answered 500"],
])(
  "an endpoint that is called as a role answers %i: %s",
  (status, is, retry, words) => {
    const upstream = {
      name: "scorer",
      hasCredential: false,
      hasRole: true,
      asked: "named-path",
    } as const;
    const { message, ...evaluation } = evaluate(
      check("accepted", { upstream }),
      answer(status),
    );
    expect(evaluation).toEqual({
      ...{ status: is, retry, broken: false },
      ...(is === "failed" && { upstreamRefused: true }),
    });
    expect(message).toContain(words);
    expect(message).not.toContain("secret");
  },
);

test("a redirect beside the gate is a warning that names where it leads", () => {
  const upstream = { name: "o", hasCredential: true, asked: "question" };
  const asked = check("accepted", { upstream } as Partial<Check>);
  const { message, status } = evaluate(
    asked,
    answer(302, undefined, { redirectsTo: "api.example.com" }),
  );
  expect(status).toBe("warning");
  expect(message).toContain("api.example.com");
  expect(message).toContain("around the gate");
  expect(evaluate(asked, answer(302)).status).toBe("passed");
});

test.each<[number, Partial<Answer>, string]>([
  [401, { chunked: true, pieces: 2 }, "not-made"],
  [403, { chunked: true, pieces: 2 }, "not-made"],
  [400, { chunked: true, mark: "API_KEY_INVALID" }, "not-made"],
  [200, { chunked: true, mark: "UnknownOperationException" }, "not-made"],
  [400, { chunked: true }, "passed"],
])("a refused call shows no streaming: %i %o is %s", (code, more, status) => {
  expect(
    evaluate(check("streamed"), answer(code, undefined, more)).status,
  ).toBe(status);
});

const page = "https://app.example.com";

test.each<[string, Expectation, number, Answer["allows"], string]>([
  ["its origin", "readable-refusal", 401, { origin: page }, "passed"],
  ["any origin", "readable-refusal", 403, { origin: "*" }, "passed"],
  ["none", "readable-refusal", 401, {}, "failed"],
  ["another", "readable-refusal", 401, { origin: `${page}:8443` }, "failed"],
  ["two", "readable-refusal", 401, { origin: `${page}, *` }, "failed"],
  ["its origin", "readable-answer", 200, { origin: page }, "passed"],
  ["any origin", "readable-answer", 400, { origin: "*" }, "passed"],
  ["none", "readable-answer", 200, {}, "warning"],
  ["another", "readable-answer", 401, { origin: "null" }, "warning"],
  ["none", "no-permission", 200, {}, "passed"],
  [
    "another",
    "no-permission",
    401,
    { origin: "https://other.example" },
    "passed",
  ],
  ["its origin", "no-permission", 200, { origin: page }, "failed"],
  ["any origin", "no-permission", 401, { origin: "*" }, "failed"],
])(
  "an answer that allows %s: %s of %i",
  (_, expectation, status, allows, is) => {
    const isOwn = /refusal|leave/.test(expectation) && status > 400;
    const evaluation = evaluate(
      check(expectation, { origin: page }),
      answer(status, isOwn ? "UNAUTHORIZED" : undefined, { allows }),
    );
    expect(evaluation).toMatchObject({ status: is, broken: false });
    if (is !== "passed") expect(evaluation.message).toContain(page);
  },
);

test.each<[string, number, Answer["allows"], string]>([
  ["all", 200, {}, "passed"],
  ["in any case", 200, { headers: "AUTHORIZATION" }, "passed"],
  ["without the method", 200, { methods: "GET" }, "failed"],
  ["without methods", 200, { methods: "" }, "failed"],
  // The wildcard does not cover it.
  ["every header", 200, { headers: "*" }, "failed"],
  ["another origin", 200, { origin: "https://x.example" }, "failed"],
  ["with a status that browsers refuse", 403, {}, "failed"],
])("a preflight that allows %s", (_, status, more, is) => {
  const allows = {
    origin: page,
    methods: "GET,POST",
    headers: "*,Authorization",
    ...more,
  };
  const preflight = { origin: page, preflightFor: "POST" } as const;
  expect(
    evaluate(
      check("preflight", preflight),
      answer(status, undefined, { allows }),
    ).status,
  ).toBe(is);
});

test("the wildcard of a preflight covers every other header", () => {
  const allows = { origin: "*", methods: "POST", headers: "*" };
  const asked = { origin: page, preflightFor: "POST", header: "x-api-key" };
  expect(
    evaluate(
      check("preflight", asked as Partial<Check>),
      answer(200, undefined, { allows }),
    ).status,
  ).toBe("passed");
});

test.each([
  ["THROTTLED", "`throttle`", "until-deadline"],
  // A quota comes back in hours at least.
  ["QUOTA_EXCEEDED", "`quota`", "no"],
])("%s names %s and is waited out: %s", (gateError, words, retry) => {
  const evaluation = evaluate(check("reached"), answer(429, gateError));
  expect(evaluation.message).toContain(words);
  expect(evaluation).toMatchObject({ retry, broken: false });
});

test.each([
  ["unauthorized", "invoke permission"],
  ["refused", "the error `Unauthorized`, exactly"],
] as const)(
  "an authorizer that fails is reported as that, with what helps where %s is expected",
  (expect_, words) => {
    const { message } = evaluate(
      check(expect_),
      answer(500, "AUTHORIZER_FAILURE"),
    );
    expect(message).toMatch(/^the authorizer is failing: no caller passes/);
    expect(message).toContain(words);
  },
);

test("silence fails, asks again, and is not an open gate", () => {
  expect(evaluateNoAnswer("ENOTFOUND")).toEqual({
    status: "failed",
    message:
      "no answer (ENOTFOUND); check that the gate's URL can be reached from this runner, and that nobody deleted the API",
    retry: "until-deadline",
    broken: false,
  });
});
