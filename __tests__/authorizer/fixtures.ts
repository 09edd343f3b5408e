// What the authorizer's tests share: keys, a signer that signs anything, a gate with its routes and consumers, and calls of it.
import {
  createHash,
  createHmac,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from "node:crypto";
import type { AuthorizerSettings } from "../../contract/authorizer-settings.ts";
import { decide } from "../../authorizer/decide.ts";
import { createHandler, type Collaborators } from "../../authorizer/handler.ts";
import { parseSettings, type Settings } from "../../authorizer/settings.ts";

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const proofKeys: KeyPair = generateKeyPairSync("ed25519");
export const foreignKeys: KeyPair = generateKeyPairSync("ed25519");
export const rsaKeys: KeyPair = generateKeyPairSync("rsa", {
  modulusLength: 2048,
});
export const weakRsaKeys: KeyPair = generateKeyPairSync("rsa", {
  modulusLength: 1024,
});
export const ecKeys: KeyPair = generateKeyPairSync("ec", {
  namedCurve: "P-256",
});
export const ec384Keys: KeyPair = generateKeyPairSync("ec", {
  namedCurve: "P-384",
});

export const toJwk = ({ publicKey }: KeyPair) =>
  publicKey.export({ format: "jwk" });

export type Part = string | Buffer | object;

export const encode = (part: Part): string => {
  const bytes =
    typeof part === "string" || Buffer.isBuffer(part)
      ? part
      : JSON.stringify(part);
  return Buffer.from(bytes).toString("base64url");
};

/** Signs whatever it is given; the header says what it likes, `algorithm` says what is really done. */
export function signJws(
  header: Part,
  payload: Part,
  privateKey: KeyObject,
  algorithm = "EdDSA",
): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signBytes(input, privateKey, algorithm).toString("base64url")}`;
}

export function signBytes(
  input: string,
  key: KeyObject,
  algorithm: string,
): Buffer {
  const hash = `sha${algorithm.slice(2)}`;
  if (algorithm === "EdDSA") return sign(null, Buffer.from(input), key);
  if (algorithm.startsWith("RS")) return sign(hash, Buffer.from(input), key);
  return sign(hash, Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
}

export function hmacJws(
  header: Part,
  payload: Part,
  secret: string | Buffer,
  hash = "sha256",
): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${createHmac(hash, secret).update(input).digest("base64url")}`;
}

export const now = Date.now();
export const nowSeconds = Math.floor(now / 1000);
export const gate = "ai-gate/prod";
const stage = "v1";
export const proofHeader = { alg: "EdDSA", typ: "JWT" };
export const proofClaims = {
  iss: "ai-gate-action",
  aud: gate,
  sub: "team-a",
  iat: nowSeconds,
  exp: nowSeconds + 300,
  stage,
  run: "1234567890",
};

export const signProof = (claims: object = {}, header: object = {}) =>
  signJws(
    { ...proofHeader, ...header },
    { ...proofClaims, ...claims },
    proofKeys.privateKey,
  );

export const tokenA = "Kq3zT8vR1mW6yB4nX9cL2pD7hF5jG0sA";
export const tokenA2 = "rotated.Zx8Qw3Er6Ty1Ui4Op7As2Df5~+/=";
export const tokenB = "team-b-Vb5Nm8Qw1Er4Ty7Ui0Op3As6D";
export const sha256 = (text: string) =>
  createHash("sha256").update(text).digest("hex");

export const upstreamSecret = "sk-upstream-canary-4711";
export const tokenC = "team-c.Hn6Gb2Vf9Cd4Xs8Za1Qw5Er7T";
export const tokenAdmin = "admin.Lp9Ok2Ij8Uh3Yg7Tf4Rd6Es5";

export const secretArn =
  "arn:aws:secretsmanager:eu-west-1:111122223333:secret:openai-key-AbCdEf";
export const functionArn =
  "arn:aws:lambda:eu-west-1:111122223333:function:gate-authorizer";
export const stageArn =
  "arn:aws:execute-api:eu-west-1:111122223333:abc123def4/v1/";

/** What no route of a gate passes on, as src/gate lists it. */
export const overwritten = [
  "authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "ocp-apim-subscription-key",
  "proxy-authorization",
  "x-gate-consumer",
  "x-http-method-override",
  "x-original-url",
  "x-rewrite-url",
].flatMap((name) => [...new Set([name, name.replaceAll("-", "_")])]);

const route = (path: string, changes: object = {}) => ({
  path,
  methods: ["GET", "POST"],
  upstream: "openai",
  tokenHeaders: ["Authorization", "x-api-key"],
  overwritten,
  urlParameters: [],
  ...changes,
});

/** The settings file as the deploy job writes it. */
export const settingsFile = {
  version: 2,
  gate,
  stage,
  routes: [
    route("/openai/{proxy+}"),
    route("/openai/models", { methods: ["GET"] }),
    route("/score", { upstream: null }),
    route("/models/{model}", {
      upstream: "an-thropic",
      tokenHeaders: ["X-Api-Key", "authorization"],
      urlParameters: ["model"],
    }),
    route("/usage"),
    route("/{tenant}/usage"),
    route("/t/{tenant}/{proxy+}", { urlParameters: ["tenant"] }),
  ],
  upstreams: {
    openai: {
      prefix: "Bearer ",
      secret: { store: "secrets-manager", arn: secretArn },
    },
    "an-thropic": {
      prefix: "",
      secret: { store: "ssm", name: "/ai/anthropic" },
    },
  },
  issuers: [],
  consumers: [
    {
      id: "team-a",
      hashes: [sha256(tokenA), sha256(tokenA2)],
      identities: [],
      access: [
        { route: "/openai/{proxy+}", methods: ["POST"] },
        { route: "/score", methods: ["GET"] },
        { route: "/models/{model}", methods: ["GET", "POST"] },
        { route: "/{tenant}/usage" },
      ],
    },
    {
      id: "team-b",
      hashes: [sha256(tokenB)],
      identities: [],
      expires: "2027-06-30",
      access: [{ route: "/score", methods: ["GET"] }],
    },
    {
      id: "team-c",
      hashes: [sha256(tokenC)],
      identities: [],
      access: [
        { route: "/openai/{proxy+}", below: "/openai/v1" },
        { route: "/openai/{proxy+}", exactly: "/openai/x", methods: ["GET"] },
        { route: "/openai/models" },
        { route: "/t/{tenant}/{proxy+}", below: "/t/acme/v1" },
      ],
    },
    { id: "ops", hashes: [sha256(tokenAdmin)], identities: [], access: "*" },
  ],
  store: null,
  custom: null,
  proof: { publicKey: toJwk(proofKeys) },
} satisfies Record<keyof AuthorizerSettings, unknown>;

export const parse = (changes: object = {}) =>
  parseSettings(JSON.stringify({ ...settingsFile, ...changes }));

export const plainSettings = parse();

/** The changes of a gate whose callers a user's own function knows. */
export const customGate = (type: "token" | "request" = "token") => ({
  consumers: [],
  proof: null,
  custom: { function: "gate-custom", type },
});

type Lists = Readonly<Record<string, string | readonly string[]>>;

export interface CallParts {
  readonly method?: string;
  readonly resource?: string;
  /** As API Gateway has it: without the stage. */
  readonly path?: string;
  readonly pathParameters?: Readonly<Record<string, string>> | null;
  readonly headers?: Lists;
  readonly query?: Lists;
  /** Whatever else the event is to have, or to have otherwise. */
  readonly event?: object;
}

const usualHeaders = {
  Accept: "*/*",
  "Content-Type": "application/json",
  Host: "abc123def4.execute-api.eu-west-1.amazonaws.com",
  "User-Agent": "OpenAI/Python 1.0.0",
  "X-Amzn-Trace-Id": "Root=1-00000000-000000000000000000000000",
  "X-Forwarded-For": "198.51.100.7",
  "X-Forwarded-Port": "443",
  "X-Forwarded-Proto": "https",
};

const lastOf = (lists: Readonly<Record<string, readonly string[]>>) =>
  Object.fromEntries(
    Object.entries(lists).map(([name, values]) => [name, values.at(-1)]),
  );
const listsOf = (given: Lists): Record<string, readonly string[]> =>
  Object.fromEntries(
    Object.entries(given).map(([name, values]) => [name, [values].flat()]),
  );

/** The event of a REQUEST authorizer (AWS's documentation of its input); unless told, a POST below `/openai/{proxy+}`. */
export function eventOf({
  method = "POST",
  resource = "/openai/{proxy+}",
  path = "/openai/chat/completions",
  pathParameters = parametersOf(resource, path),
  headers = {},
  query = {},
  event = {},
}: CallParts = {}) {
  const multiValueHeaders = listsOf({ ...usualHeaders, ...headers });
  const multiValueQueryStringParameters = listsOf(query);
  return {
    type: "REQUEST",
    methodArn: `${stageArn}${method}${path}`,
    resource,
    path,
    httpMethod: method,
    headers: lastOf(multiValueHeaders),
    multiValueHeaders,
    queryStringParameters: lastOf(multiValueQueryStringParameters),
    multiValueQueryStringParameters,
    pathParameters,
    stageVariables: {},
    requestContext: {
      accountId: "111122223333",
      apiId: "abc123def4",
      httpMethod: method,
      identity: { sourceIp: "198.51.100.7" },
      path: `/v1${path}`,
      requestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
      resourcePath: resource,
      stage,
    },
    ...event,
  };
}

/** What API Gateway takes out of the path; it drops a slash at the end. */
function parametersOf(resource: string, path: string) {
  const pattern = resource
    .replace(/\{[^}]+\+\}/, "(.+?)")
    .replaceAll(/\{[^}]+\}/g, "([^/]+)");
  const names = [...resource.matchAll(/\{([^}+]+)/g)].map(([, name]) => name!);
  const values = new RegExp(`^${pattern}/?$`).exec(path)?.slice(1) ?? [];
  return Object.fromEntries(names.map((name, at) => [name, values[at] ?? ""]));
}

export const withBearer = (token: string, call: CallParts = {}): CallParts => ({
  ...call,
  headers: { Authorization: `Bearer ${token}`, ...call.headers },
});

/** The route that every consumer of these tests may call. */
export const score = { method: "GET", resource: "/score", path: "/score" };

/** An event whose `Authorization` header holds the text. */
export const headerEvent = (value: string, call: CallParts = score) =>
  eventOf({ ...call, headers: { Authorization: value } });

/** What the authorizer decides of a call, as its handler decides it. */
export const decideCall = (
  call: CallParts,
  settings: Settings = plainSettings,
  time = now,
) => decide({ event: eventOf(call), functionArn }, settings, time);

export const decideToken = (
  token: string,
  settings?: Settings,
  time?: number,
  call: CallParts = score,
) => decideCall(withBearer(token, call), settings, time);

export const unauthorized = (reason: string) =>
  expect.objectContaining({ kind: "unauthorized", reason }) as object;

export const forbidden = (reason: string) =>
  expect.objectContaining({ kind: "forbidden", reason }) as object;

/** What Lambda says about the function itself. */
export const invocation = { invokedFunctionArn: functionArn };

const unexpected = () => Promise.reject(new Error("not expected to be asked"));

/** A handler over fakes, and the log lines it wrote. */
export function createTestHandler(collaborators: Partial<Collaborators> = {}) {
  const lines: string[] = [];
  const handler = createHandler({
    settings: plainSettings,
    readSecret: () => Promise.resolve(upstreamSecret),
    readKeys: unexpected,
    readEntry: unexpected,
    askCustom: unexpected,
    now: () => now,
    writeLine: (line) => void lines.push(line),
    ...collaborators,
  });
  return {
    handler: (event: unknown, called: unknown = invocation) =>
      handler(event, called),
    lines,
  };
}
