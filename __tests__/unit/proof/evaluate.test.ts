import type { Answer, Check, Expectation } from "../../../src/proof/check.ts";
import { evaluate, evaluateNoAnswer } from "../../../src/proof/evaluate.ts";

const check = (expect: Expectation): Check => ({
  id: "x",
  title: "x",
  method: "GET",
  path: "/x",
  credential: "none",
  expect,
});

const answer = (
  status: number,
  gateError?: string,
  more: Partial<Answer> = {},
): Answer => ({
  status,
  headers: {},
  chunked: false,
  pieces: 1,
  ...(gateError !== undefined && { gateError }),
  ...more,
});

/** `answer: evaluation` rows; an answer without a word behind its status is the upstream's, `!` means broken. */
test.each<[Expectation, string, string]>([
  ["unauthorized", "401 UNAUTHORIZED", "passed"],
  // The upstream's own 401: the call got through the gate.
  ["unauthorized", "401", "failed!"],
  ["unauthorized", "200", "failed!"],
  ["unauthorized", "302", "failed!"],
  ["unauthorized", "400", "failed!"],
  ["unauthorized", "403 ACCESS_DENIED", "failed!"],
  ["unauthorized", "404 MISSING_AUTHENTICATION_TOKEN", "failed!"],
  ["unauthorized", "500 AUTHORIZER_FAILURE", "failed"],
  ["unauthorized", "500 AUTHORIZER_CONFIGURATION_ERROR", "failed"],
  ["unauthorized", "500", "failed!"],
  ["unauthorized", "500 API_CONFIGURATION_ERROR", "failed!"],
  ["refused", "500 AUTHORIZER_FAILURE", "failed"],
  ["unauthorized", "429 THROTTLED", "not-made"],
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
  ["reached", "401", "warning"],
  ["reached", "403", "warning"],
  ["reached", "503", "warning"],
  ["reached", "401 UNAUTHORIZED", "failed"],
  ["reached", "403 ACCESS_DENIED", "failed"],
  ["reached", "404 MISSING_AUTHENTICATION_TOKEN", "failed"],
  ["reached", "500 AUTHORIZER_CONFIGURATION_ERROR", "failed"],
  ["reached", "504 INTEGRATION_TIMEOUT", "failed"],
  ["reached", "403 INVALID_API_KEY", "failed"],
  ["reached", "429 QUOTA_EXCEEDED", "not-made"],
  ["streamed", "403 ACCESS_DENIED", "not-made"],
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

test("an open gate is loud, an upstream's refusal is named", () => {
  expect(evaluate(check("unauthorized"), answer(200)).message).toMatch(
    /^THE GATE IS OPEN/,
  );
  expect(evaluate(check("unknown"), answer(200)).message).toMatch(
    /^THE GATE IS OPEN/,
  );
  expect(evaluate(check("reached"), answer(401)).message).toContain(
    "the upstream refuses the gate's credential",
  );
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
      "no answer (ENOTFOUND); check that the gate's URL can be reached from this runner",
    retry: "until-deadline",
    broken: false,
  });
});
