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

export const eventOf = (token: string) => ({
  type: "TOKEN",
  methodArn: `arn:aws:execute-api:${region}:${account}:abcdefghij/v1/POST/openai/chat`,
  authorizationToken: `Bearer ${token}`,
});

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
    resources: ["POST/openai/*", "GET/openai/*"],
    upstreams: Object.keys(upstreams),
  };
  const own = Array.from({ length: consumers }, (_, index) => ({
    id: `consumer-${index}`,
    hashes: table ? [] : [hashOf(index)],
    ...access,
  }));
  return JSON.stringify({
    version: 1,
    gate: "bench/prod",
    stage: "v1",
    header: "Authorization",
    upstreams,
    issuers,
    consumers: own,
    store: table ? { table: "bench-tokens" } : null,
    custom: null,
    proof: null,
  });
}
