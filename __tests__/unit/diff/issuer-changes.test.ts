import type { IssuerSummary } from "../../../src/diff/summary.ts";
import {
  auth,
  any,
  expectNoDifference,
  expectSnapshots,
  issuer,
  withIssuer,
} from "../../fixtures/summaries.ts";

const twoIssuers = (name: string, more: Partial<IssuerSummary> = {}) => ({
  auth: { ...auth, issuers: [issuer(), issuer({ ...more, name })] },
});

describe("issuers", () => {
  expectSnapshots([
    [
      "the second of two",
      twoIssuers("other"),
      twoIssuers("other", { audiences: ["gate", "more"] }),
    ],
    ["one more", {}, withIssuer({ audiences: ["gate", "other"] })],
    ["GitHub", {}, withIssuer({ name: "github" })],
    ["one less", withIssuer(), {}],
    [
      "somebody else",
      withIssuer(),
      withIssuer({ issuer: "https://other.example.com" }),
    ],
    [
      "another audience claim",
      withIssuer(),
      withIssuer({ audienceClaim: "client_id" }),
    ],
    [
      "keys from elsewhere",
      withIssuer({ keys: "https://a.example.com" }),
      withIssuer({ keys: "https://b.example.com" }),
    ],
    [
      "keys of a discovery",
      withIssuer({ keys: "https://a.example.com" }),
      withIssuer({ keys: "discovery" }),
    ],
    [
      "other keys of the second of two",
      { auth: { ...auth, issuers: [issuer({ name: "one" }), issuer()] } },
      {
        auth: {
          ...auth,
          issuers: [issuer({ name: "one" }), issuer({ keys: "https://k" })],
        },
      },
    ],
    [
      "keys from a file",
      withIssuer({ keys: "https://a.example.com" }),
      withIssuer({ keys: '[{"kty":"OKP"}]' }),
    ],
    ["audiences", withIssuer(), withIssuer({ audiences: ["other"] })],
    ["algorithms", withIssuer(), withIssuer({ algorithms: ["ES256"] })],
    [
      "a condition more",
      withIssuer(),
      withIssuer({ conditions: [any("token_use", "access")] }),
    ],
    [
      "a condition less",
      withIssuer({ conditions: [any("token_use", "access")] }),
      withIssuer(),
    ],
    [
      "another condition is both",
      withIssuer({ conditions: [any("a", "x")] }),
      withIssuer({ conditions: [any("b", "x")] }),
    ],
    ["a lifetime", withIssuer(), withIssuer({ maxLifetime: 3600 })],
    ["no lifetime", withIssuer({ maxLifetime: 3600 }), withIssuer()],
    [
      "a clock that may run ahead more",
      withIssuer(),
      withIssuer({ clockSkew: 60 }),
    ],
    [
      "a clock that may run ahead less",
      withIssuer(),
      withIssuer({ clockSkew: 0 }),
    ],
  ]);
  expectNoDifference([
    [
      "conditions and their values in another order",
      withIssuer({ conditions: [any("a", "x", 1), any("b", true)] }),
      withIssuer({ conditions: [any("b", true), any("a", 1, "x")] }),
    ],
  ]);
});
