// A gate of any size for the authorizer's benchmark: its settings file, its tokens, and the calls that carry them.
import { createHash } from "node:crypto";

const region = "eu-west-1";
const account = "111122223333";

/** What a Lambda of that account sees of itself. */
export const environment = {
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "bench",
};

export const invocation = {
  invokedFunctionArn: `arn:aws:lambda:${region}:${account}:function:bench-authorizer`,
};

export const tokenOf = (index: number): string =>
  createHash("sha256").update(`bench ${index}`).digest("base64url");

export const hashOf = (index: number): string =>
  createHash("sha256").update(tokenOf(index)).digest("hex");

/** The event of a REQUEST authorizer, with the headers that a client and API Gateway send. */
export function eventOf(token: string) {
  const path = "/openai/chat/completions";
  const multiValueHeaders = {
    Accept: ["application/json"],
    "Accept-Encoding": ["gzip, deflate"],
    Authorization: [`Bearer ${token}`],
    "Content-Type": ["application/json"],
    Host: ["abcdefghij.execute-api.eu-west-1.amazonaws.com"],
    "User-Agent": ["OpenAI/Python 1.0.0"],
    "X-Amzn-Trace-Id": ["Root=1-00000000-000000000000000000000000"],
    "X-Forwarded-For": ["198.51.100.7"],
    "X-Forwarded-Port": ["443"],
    "X-Forwarded-Proto": ["https"],
    "X-Stainless-Lang": ["python"],
    "X-Stainless-Runtime": ["CPython"],
  };
  return {
    type: "REQUEST",
    methodArn: `arn:aws:execute-api:${region}:${account}:abcdefghij/v1/POST${path}`,
    resource: "/openai/{proxy+}",
    path,
    httpMethod: "POST",
    multiValueHeaders,
    queryStringParameters: {},
    multiValueQueryStringParameters: {},
    pathParameters: { proxy: "chat/completions" },
    requestContext: {
      accountId: account,
      apiId: "abcdefghij",
      path: `/v1${path}`,
      stage: "v1",
    },
  };
}

interface Parts {
  /** Consumers with a token each in the file. */
  readonly consumers: number;
  readonly table?: boolean;
  readonly issuers?: readonly object[];
  readonly upstreams?: object;
}

/** The text of settings.json. With a table, one consumer without a token stands for all its items. */
export function settingsOf(parts: Parts): string {
  const { consumers, table = false, issuers = [], upstreams = {} } = parts;
  const access = {
    identities: [],
    access: [{ route: "/openai/{proxy+}", below: "/openai/chat" }],
  };
  const [upstream = null] = Object.keys(upstreams);
  const own = Array.from({ length: consumers }, (_, index) => ({
    id: `consumer-${index}`,
    hashes: table ? [] : [hashOf(index)],
    ...access,
  }));
  return JSON.stringify({
    version: 2,
    gate: "bench/prod",
    stage: "v1",
    routes: [
      {
        path: "/openai/{proxy+}",
        methods: ["GET", "POST"],
        upstream,
        tokenHeaders: ["Authorization", "x-api-key"],
        overwritten: ["authorization", "x-api-key", "x_api_key"],
        queryParameters: [],
        urlParameters: [],
      },
    ],
    upstreams,
    issuers,
    consumers: own,
    store: table ? { table: "bench-tokens" } : null,
    custom: null,
    proof: null,
  });
}
