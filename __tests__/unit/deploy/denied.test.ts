import { explainSdkError } from "../../../src/deploy/denied.ts";
import { GateFailure } from "../../../src/gate/failure.ts";

const sdkError = (name: string, message: string, httpStatusCode: number) =>
  Object.assign(new Error(message), {
    name,
    $fault: "client",
    $metadata: { httpStatusCode },
  });

const refusal =
  "User: arn:aws:sts::111122223333:assumed-role/gate-deploy/x is not authorized to perform: s3:ListBucket on resource: arn:aws:s3:::states because no identity-based policy allows the s3:ListBucket action";

test.each<[string, Error, string, string]>([
  [
    "a refusal",
    sdkError("AccessDenied", refusal, 403),
    "aws-denied",
    "A call to AWS failed (AccessDenied): AWS refuses s3:ListBucket on arn:aws:s3:::states to the role of this run: add the statement",
  ],
  [
    "a refusal without a text, as of a HEAD,",
    sdkError("403", "UnknownError", 403),
    "aws-denied",
    "A call to AWS failed (HTTP 403): UnknownError: run the job again",
  ],
  [
    "throttling",
    sdkError("SlowDown", "Please reduce your request rate.", 503),
    "aws-throttled",
    "A call to AWS failed now (SlowDown): run the job again in a minute",
  ],
  [
    "all else",
    sdkError("ValidationException", "x".repeat(1000), 400),
    "engine",
    `A call to AWS failed (ValidationException): ${"x".repeat(300)}: run the job again, and report it if it stays`,
  ],
])("%s is one line", (_, error, reason, start) => {
  const explained = explainSdkError(error);
  expect(explained).toMatchObject({ reason });
  expect((explained as Error).message.slice(0, start.length)).toBe(start);
});

test.each([
  ["a failure", new GateFailure("locked", "The stack is locked")],
  ["a bug", new TypeError("x is not a function")],
  ["a text", "thrown"],
])("%s stays as it is", (_, error) => {
  expect(explainSdkError(error)).toBe(error);
});
