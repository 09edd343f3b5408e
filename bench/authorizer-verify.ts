// Verifications a second of the authorizer's JWS check against Node's bare crypto.verify on the same bytes, in turn.
import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { verifyJws } from "../authorizer/jwt/envelope.ts";
import type { Measure } from "./figures.ts";
import { median } from "./statistics.ts";

type Algorithm = "RS256" | "ES256" | "EdDSA";

const pairs = {
  RS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  EdDSA: () => generateKeyPairSync("ed25519"),
};

const rounds = 7;
const roundMs = 250;

/** One measure an algorithm. */
export async function benchVerify(): Promise<Measure[]> {
  const measures: Measure[] = [];
  for (const algorithm of ["RS256", "ES256", "EdDSA"] as const) {
    const { ours, bare } = prepare(algorithm);
    const samples: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      samples[0].push(await perSecond(ours));
      samples[1].push(await perSecond(bare));
    }
    const [mine, raw] = samples.map(median) as [number, number];
    measures.push({
      what: `JWTs verified (${algorithm}), over what bare \`crypto.verify\` does in the same time`,
      value: mine / raw,
      unit: "share",
    });
  }
  return measures;
}

function prepare(algorithm: Algorithm) {
  const { privateKey, publicKey } = pairs[algorithm]();
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "bench" };
  const part = (value: object) =>
    Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${part({ alg: algorithm, kid: "bench", typ: "JWT" })}.${part(claims)}`;
  const hash = algorithm === "EdDSA" ? null : "sha256";
  const encoding = { dsaEncoding: "ieee-p1363" } as const;
  const signature = sign(hash, Buffer.from(input), {
    key: privateKey,
    ...encoding,
  });
  const token = `${input}.${signature.toString("base64url")}`;
  const jwks = { keys: [jwk] };
  const key: KeyObject = createPublicKey({ key: jwk, format: "jwk" });
  const options = algorithm === "ES256" ? { key, ...encoding } : key;
  return {
    ours: () => verifyJws(token, jwks, [algorithm]),
    bare: () => {
      if (!verify(hash, Buffer.from(input), options, signature))
        throw new Error("the bench's own token does not verify");
      return Promise.resolve();
    },
  };
}

async function perSecond(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  let count = 0;
  while (performance.now() - started < roundMs) {
    await work();
    count += 1;
  }
  return (count * 1000) / (performance.now() - started);
}

/** The size and kind of claims that a GitHub workflow's token has. */
const claims = {
  jti: "example-id",
  sub: "repo:octo-org/octo-repo:environment:prod",
  aud: "ai-gate.octo-org.octo-repo/prod",
  ref: "refs/heads/main",
  sha: "example-sha".repeat(4),
  repository: "octo-org/octo-repo",
  repository_owner: "octo-org",
  repository_owner_id: "65",
  repository_id: "74",
  run_id: "1234567890",
  run_number: "10",
  run_attempt: "2",
  actor: "octocat",
  actor_id: "12",
  workflow: "example-workflow",
  head_ref: "",
  base_ref: "",
  event_name: "workflow_dispatch",
  ref_type: "branch",
  environment: "prod",
  job_workflow_ref:
    "octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main",
  iss: "https://token.actions.githubusercontent.com",
  nbf: 1632492967,
  exp: 1632493867,
  iat: 1632493567,
};
