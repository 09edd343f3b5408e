import {
  buildSettings,
  type ProofPublicKey,
} from "../../src/gate/access/settings.ts";
import {
  fewInputs,
  fullConfig,
  gateOf,
  otherToken,
  secretArn,
  sha256,
  sourceOf,
  token,
} from "./sources.ts";

const publicKey: ProofPublicKey = {
  kty: "OKP",
  crv: "Ed25519",
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
};

test("the authorizer is told what it decides by, and no more", () => {
  const gate = gateOf(sourceOf(fewInputs, fullConfig));
  const settings = buildSettings(gate, publicKey);
  expect(settings).toEqual({
    version: 1,
    gate: "ai-gate/prod",
    stage: "live",
    header: "x-api-key",
    upstreams: {
      anthropic: {
        prefix: "",
        secret: { store: "ssm", name: "/ai/anthropic" },
      },
      openai: {
        prefix: "Bearer ",
        secret: { store: "secrets-manager", arn: secretArn },
      },
    },
    consumers: [
      {
        id: "team-a",
        hashes: [sha256(token)],
        expires: "2027-06-30",
        resources: ["GET/openai/*", "POST/openai/*", "POST/score/*"],
        upstreams: ["openai"],
      },
      {
        id: "team-b",
        hashes: [sha256(otherToken), "ab".repeat(32)],
        resources: ["*"],
        upstreams: ["anthropic", "openai"],
      },
    ],
    proof: { publicKey },
  });
  expect(JSON.stringify(settings)).not.toContain(token);
});

test("without a proof there is no key", () => {
  const gate = gateOf(sourceOf(fewInputs, fullConfig));
  expect(buildSettings(gate, null).proof).toBeNull();
});
