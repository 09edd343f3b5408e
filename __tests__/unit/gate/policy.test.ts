import {
  buildLogPolicy,
  buildPolicy,
  buildTrustPolicy,
} from "../../../src/gate/iam-policies.ts";
import {
  fewInputs,
  fullConfig,
  gateOf,
  goodInputs,
  secretArn,
  sourceOf,
} from "../../fixtures/sources.ts";

const logs =
  "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/x-authorizer";
const ownLog = {
  Sid: "WriteOwnLog",
  Effect: "Allow",
  Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
  Resource: [`${logs}:*`],
};

test("only Lambda may take the role", () => {
  expect(buildTrustPolicy()).toEqual({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "lambda.amazonaws.com" },
        Action: "sts:AssumeRole",
      },
    ],
  });
});

test("the role may read exactly the secrets the gate refers to", () => {
  const gate = gateOf(sourceOf(fewInputs, fullConfig));
  expect(buildPolicy(gate, logs).Statement).toEqual([
    ownLog,
    {
      Sid: "ReadSecrets",
      Effect: "Allow",
      Action: "secretsmanager:GetSecretValue",
      Resource: [secretArn, `${secretArn}-??????`],
    },
    {
      Sid: "ReadParameters",
      Effect: "Allow",
      Action: "ssm:GetParameter",
      Resource: ["arn:aws:ssm:eu-west-1:111122223333:parameter/ai/anthropic"],
    },
  ]);
});

test("without secrets it may only write its log", () => {
  const gate = gateOf(
    sourceOf({ ...goodInputs, "upstream-secret": undefined }),
  );
  expect(buildPolicy(gate, logs).Statement).toEqual([ownLog]);
});

test("it may look up tokens in the one table, and ask the one authorizer", () => {
  const gate = gateOf(
    sourceOf({ ...goodInputs, "upstream-secret": undefined }),
  );
  expect(buildPolicy(gate, logs, { table: "x-tokens" }).Statement).toEqual([
    ownLog,
    {
      Sid: "LookUpTokens",
      Effect: "Allow",
      Action: "dynamodb:GetItem",
      Resource: ["arn:aws:dynamodb:eu-west-1:111122223333:table/x-tokens"],
    },
  ]);
  expect(
    buildPolicy(gate, logs, { customFunction: "x-own" }).Statement,
  ).toEqual([
    ownLog,
    {
      Sid: "AskOwnAuthorizer",
      Effect: "Allow",
      Action: "lambda:InvokeFunction",
      Resource: ["arn:aws:lambda:eu-west-1:111122223333:function:x-own"],
    },
  ]);
});

test("the user's own authorizer behind the gate's may only write its log", () => {
  expect(buildLogPolicy(logs).Statement).toEqual([ownLog]);
});
