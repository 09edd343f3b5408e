// Whatever stands anywhere in a config file: it is a problem with a place, or a gate that the authorizer takes.
import { parseSettings } from "../../../authorizer/settings.ts";
import { buildSettings } from "../../../src/gate/authorizer-settings.ts";
import { buildDocument } from "../../../src/gate/openapi/openapi.ts";
import { parseGate } from "../../../src/config/parse-gate.ts";
import {
  fewInputs,
  pythonHandler,
  sha256,
  sourceOf,
  workspaceOf,
} from "../../fixtures/sources.ts";

type Json = Record<string | number, unknown>;

const config: Json = {
  auth: {
    mode: ["token", "jwt", "github-oidc"],
    "cache-ttl": 0,
    issuers: {
      s: {
        issuer: "https://login.example.com",
        audience: ["a"],
        "audience-claim": "aud",
        algorithms: ["RS256"],
        "jwks-uri": "https://login.example.com/jwks",
        claims: { x: ["a"] },
        "clock-skew": 3,
        "max-lifetime": 5,
      },
    },
    github: { issuer: "https://github.acme.com/_services/token" },
  },
  upstreams: {
    a: { url: "https://a.example.com", headers: { x: "y" } },
    f: {
      kind: "lambda",
      arn: "arn:aws:lambda:eu-west-1:111122223333:function:f",
    },
    s: { kind: "sagemaker", endpoint: "s" },
    p: { kind: "mcp", url: "https://m.example.com/mcp", scopes: ["r"] },
    m: { kind: "mock", body: { x: "y" }, status: 201, "content-type": "a/b" },
  },
  routes: [
    { path: "/a", methods: ["GET"], upstream: "a" },
    { path: "/f", upstream: "f", stream: true },
    { path: "/s", upstream: "s" },
    { path: "/p", upstream: "p" },
    { path: "/m", upstream: "m" },
  ],
  consumers: [
    {
      id: "a",
      token: { sha256: "a".repeat(64) },
      jwt: { issuer: "s", claims: { sub: ["u"] } },
      github: { "repository-id": 1, ref: ["refs/x"], event: ["push"] },
      plan: "p",
      routes: ["/a", "/m"],
      expires: "2030-01-01",
      disabled: false,
    },
    { id: "b", token: [{ sha256: "b".repeat(64) }], plan: "p" },
  ],
  plans: { p: { rate: 1, burst: 1, quota: { limit: 1, period: "day" } } },
  store: "bundled",
};

const values: readonly unknown[] = [
  undefined,
  null,
  0,
  1e300,
  "",
  "*",
  "custom",
  "__proto__",
  [],
  [null],
  { constructor: null },
];

function pathsIn(value: unknown, path: (string | number)[] = []) {
  const own: (string | number)[][] = path.length > 0 ? [path] : [];
  if (typeof value !== "object" || value === null) return own;
  for (const [key, one] of Object.entries(value))
    own.push(...pathsIn(one, [...path, key]));
  return own;
}

function changed(path: readonly (string | number)[], value: unknown): string {
  const copy = structuredClone(config);
  const parent = path
    .slice(0, -1)
    .reduce<Json>((node, key) => node[key] as Json, copy);
  parent[path.at(-1) ?? ""] = value;
  return JSON.stringify(copy);
}

const files = workspaceOf({ "authorizer/authorizer.py": pythonHandler });

test.each(pathsIn(config).map((path) => [path.join("."), path] as const))(
  "anything at %s",
  (_name, path) => {
    for (const value of values) {
      const parsed = parseGate(
        sourceOf(fewInputs, changed(path, value), files),
      );
      if ("problems" in parsed) {
        for (const { where, message, position } of parsed.problems) {
          expect([where, message]).not.toContain("");
          // What is not there has no line.
          if (where !== "tokens" && where !== "routes")
            expect(position?.line).toBe(1);
        }
        continue;
      }
      const { gate } = parsed;
      const { auth } = gate;
      const issuers = (auth.mode === "custom" ? [] : auth.issuers).map(
        (issuer) => ({
          ...issuer,
          keys: { kind: "uri" as const, uri: "https://a.example.com/jwks" },
        }),
      );
      const settings = buildSettings(
        { ...gate, auth: auth.mode === "custom" ? auth : { ...auth, issuers } },
        { proofKey: null, sha256, table: "tokens", customFunction: "own" },
      );
      expect(parseSettings(JSON.stringify(settings)).stage).toBe(
        gate.stageName,
      );
      buildDocument(gate, {
        name: "x",
        authorizerUri: "uri",
        sha256,
        proofKey: null,
        roles: Object.fromEntries(
          gate.upstreams.map(({ name }) => [name, "r"]),
        ),
      });
    }
  },
);
