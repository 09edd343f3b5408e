// The upstream that can be observed: a function that says what reached it, behind a REST API of its own, which needs no
// service but the account's. The same API holds what a gate has no place for: a template, and a method that asks for a key.
import {
  CreateDeploymentCommand,
  CreateRestApiCommand,
  CreateStageCommand,
  DeleteRestApiCommand,
  PutRestApiCommand,
} from "@aws-sdk/client-api-gateway";
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
} from "@aws-sdk/client-lambda";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { zipSync } from "fflate";
import { refusals } from "./account.ts";
import type { Scratch } from "./scratch.ts";

export interface Echo {
  readonly apiId: string;
  /** Of the stage. */
  readonly url: string;
}

export interface Echoed {
  readonly method: string;
  readonly path: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Base64. */
  readonly body: string;
}

const code = `
exports.handler = async ({ body, headers, httpMethod: method, isBase64Encoded, multiValueHeaders, path }) => {
  const seen = {};
  for (const [name, values] of Object.entries(multiValueHeaders ?? {}))
    seen[name.toLowerCase()] = [...(seen[name.toLowerCase()] ?? []), ...values];
  return {
    statusCode: 200,
    headers: { "Content-Type": "application/json", "Proxy-Authenticate": "Basic" },
    body: JSON.stringify({ method, path, headers: seen, body: isBase64Encoded ? body : Buffer.from(body ?? "").toString("base64") }),
  };
};`;

export async function makeEcho(scratch: Scratch): Promise<Echo> {
  const { account, prefix } = scratch;
  const role = await makeRole(scratch, `${prefix}-echo`);
  const { functionArn } = await makeFunction(scratch, `${prefix}-echo`, role);
  await account.lambda.send(
    new AddPermissionCommand({
      FunctionName: functionArn,
      StatementId: "api",
      Action: "lambda:InvokeFunction",
      Principal: "apigateway.amazonaws.com",
    }),
  );
  return makeApi(scratch, functionArn);
}

export interface Role {
  readonly name: string;
  readonly arn: string;
}

/** One that Lambda may assume and that may do nothing; or, with a policy, one that this account may assume. */
export async function makeRole(
  { account, remove }: Scratch,
  name: string,
  policy?: object,
): Promise<Role> {
  const { Arn: caller = "" } = await account.sts.send(
    new GetCallerIdentityCommand({}),
  );
  const [, partition = "aws", , , id = ""] = caller.split(":");
  const principal = policy
    ? { AWS: `arn:${partition}:iam::${id}:root` }
    : { Service: "lambda.amazonaws.com" };
  remove(`the role ${name}`, () =>
    account.iam({ Action: "DeleteRole", RoleName: name }),
  );
  const made = await account.iam({
    Action: "CreateRole",
    RoleName: name,
    AssumeRolePolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "sts:AssumeRole", Principal: principal },
      ],
    }),
  });
  const arn = /<Arn>([^<]+)<\/Arn>/.exec(made)?.[1] ?? "";
  if (!policy) return { name, arn };
  const named = { RoleName: name, PolicyName: "only" };
  remove(`the policy of ${name}`, () =>
    account.iam({ Action: "DeleteRolePolicy", ...named }),
  );
  await account.iam({
    Action: "PutRolePolicy",
    ...named,
    PolicyDocument: JSON.stringify(policy),
  });
  return { name, arn };
}

/** Tries until Lambda may assume the role; says how often it might not. */
export async function makeFunction(
  { account, remove }: Scratch,
  name: string,
  role: Role,
): Promise<{ functionArn: string; refused: number }> {
  remove(`the function ${name}`, () =>
    account.lambda.send(new DeleteFunctionCommand({ FunctionName: name })),
  );
  let functionArn = "";
  const ZipFile = zipSync({ "index.js": Buffer.from(code) });
  const create = async () => {
    const made = await account.lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Role: role.arn,
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Code: { ZipFile },
      }),
    );
    functionArn = made.FunctionArn ?? "";
  };
  const refused = await refusals(create, ({ name: error, message }) =>
    /InvalidParameterValue/.test(error) ? /assume/.test(message) : false,
  );
  return { functionArn, refused };
}

async function makeApi(
  { account, prefix, remove }: Scratch,
  functionArn: string,
): Promise<Echo> {
  const { apiGateway, region } = account;
  const partition = functionArn.split(":")[1] ?? "aws";
  const document = apiDocument(
    prefix,
    `arn:${partition}:apigateway:${region}:lambda:path/2015-03-31/functions/${functionArn}/invocations`,
  );
  const { id: apiId = "" } = await apiGateway.send(
    new CreateRestApiCommand({
      name: prefix,
      endpointConfiguration: { types: ["REGIONAL"] },
    }),
  );
  remove("the API in front of the echo", () =>
    apiGateway.send(new DeleteRestApiCommand({ restApiId: apiId })),
  );
  await apiGateway.send(
    new PutRestApiCommand({
      restApiId: apiId,
      mode: "overwrite",
      body: Buffer.from(JSON.stringify(document)),
    }),
  );
  const { id: deploymentId } = await apiGateway.send(
    new CreateDeploymentCommand({ restApiId: apiId }),
  );
  await apiGateway.send(
    new CreateStageCommand({ restApiId: apiId, stageName: "v1", deploymentId }),
  );
  const suffix = partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  return { apiId, url: `https://${apiId}.execute-api.${region}.${suffix}/v1` };
}

/** Everything is bytes to this API, so that what arrives is told as it is. */
function apiDocument(title: string, uri: string): object {
  const proxy = { type: "aws_proxy", httpMethod: "POST", uri };
  const responses = { "200": { description: "what was seen" } };
  const mock = (answer: string) => ({
    type: "mock",
    contentHandling: "CONVERT_TO_TEXT",
    requestTemplates: { "application/json": '{"statusCode":200}' },
    responses: {
      default: {
        statusCode: "200",
        contentHandling: "CONVERT_TO_TEXT",
        responseTemplates: { "application/json": answer },
      },
    },
  });
  const method = (integration: object, more: object = {}) => ({
    responses,
    ...more,
    "x-amazon-apigateway-integration": integration,
  });
  const path = {
    name: "proxy",
    in: "path",
    required: true,
    schema: { type: "string" },
  };
  return {
    openapi: "3.0.1",
    info: { title, version: "1" },
    "x-amazon-apigateway-binary-media-types": ["*/*"],
    paths: {
      "/echo/{proxy+}": {
        "x-amazon-apigateway-any-method": method(proxy, { parameters: [path] }),
      },
      "/case": { get: method(mock("[$input.params('X-Case')]")) },
      "/keyed": {
        get: method(mock("{}"), { security: [{ api_key: [] }] }),
      },
    },
    components: {
      securitySchemes: {
        api_key: { type: "apiKey", name: "x-api-key", in: "header" },
      },
    },
  };
}
