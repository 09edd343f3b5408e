// What the authorizer's tests share: keys, a signer that signs anything, and settings for a gate with two consumers.
import {
  createHash,
  createHmac,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from "node:crypto";
import { decide } from "../../authorizer/decide.ts";
import { createHandler, type Collaborators } from "../../authorizer/handler.ts";
import { parseSettings } from "../../authorizer/settings.ts";

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
export const secretArn =
  "arn:aws:secretsmanager:eu-west-1:111122223333:secret:openai-key-AbCdEf";
export const methodArn =
  "arn:aws:execute-api:eu-west-1:111122223333:abc123def4/v1/POST/openai/chat/completions";
export const stageArn =
  "arn:aws:execute-api:eu-west-1:111122223333:abc123def4/v1/";

/** The settings file as the deploy job writes it. */
export const settingsFile = {
  version: 1,
  gate,
  stage,
  header: "Authorization",
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
      resources: ["POST/openai/*", "GET/score"],
      upstreams: ["openai"],
    },
    {
      id: "team-b",
      hashes: [sha256(tokenB)],
      identities: [],
      expires: "2027-06-30",
      resources: ["GET/score"],
      upstreams: [],
    },
  ],
  store: null,
  custom: null,
  proof: { publicKey: toJwk(proofKeys) },
};

export const parse = (changes: object = {}) =>
  parseSettings(JSON.stringify({ ...settingsFile, ...changes }));

/** What the deploy job's own checks are, decided with the default settings. */
export const decideProof = (token: string) => decide(token, parse(), now);

/** What Lambda says about the function itself. */
export const invocation = {
  invokedFunctionArn:
    "arn:aws:lambda:eu-west-1:111122223333:function:gate-authorizer",
};

const unexpected = () => Promise.reject(new Error("not expected to be asked"));

/** A handler over fakes, and the log lines it wrote. */
export function createTestHandler(collaborators: Partial<Collaborators> = {}) {
  const lines: string[] = [];
  const handler = createHandler({
    settings: parse(),
    readSecret: () => Promise.resolve(upstreamSecret),
    readKeys: unexpected,
    readToken: unexpected,
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

export const tokenEvent = (
  authorizationToken: unknown,
  arn: unknown = methodArn,
) => ({
  type: "TOKEN",
  authorizationToken,
  methodArn: arn,
});
