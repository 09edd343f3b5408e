// JWTs through a whole gate: from the config file to the call that reaches the upstream.
import { generateKeyPair, exportJWK, SignJWT, type JWTPayload } from "jose";
import { workspaceOf } from "../../fixtures/sources.ts";
import {
  denied,
  outcome,
  secrets,
  source,
  unauthorized,
  valuesOf,
} from "../../fixtures/gates.ts";
import {
  startGate,
  stopAll,
  type RunningGate,
} from "../../fixtures/local-gate.ts";

const config = `
auth:
  mode: [jwt, token]
  issuers:
    staff: { issuer: https://login.example.com, audience: gate, jwks: keys.json, claims: { kind: access } }
upstreams:
  openai: { url: https://api.openai.com/v1, secret: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:openai-key" }
  other: { url: https://other.example.com }
routes:
  - { path: "/openai/{proxy+}", methods: [POST], upstream: openai }
  - { path: /other, methods: [GET], upstream: other }
consumers:
  - { id: admin, jwt: { issuer: staff, claims: { scope: "gate:admin" } } }
  - { id: off, jwt: { issuer: staff, claims: { sub: gone } }, disabled: true }
  - { id: user, jwt: { issuer: staff }, routes: ["/openai/**"] }
  - { id: team-a, token: { env: TOKEN_TEAM_A } }
`;

let gate: RunningGate;
let sign: (claims: JWTPayload, audience?: string) => Promise<string>;

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair("RS256", {
    extractable: true,
  });
  const key = { ...(await exportJWK(publicKey)), kid: "one", use: "sig" };
  const files = workspaceOf({ "keys.json": JSON.stringify({ keys: [key] }) });
  gate = await startGate(source(config, files), { secrets });
  sign = (claims, audience = "gate") =>
    new SignJWT({ kind: "access", sub: "somebody", ...claims })
      .setProtectedHeader({ alg: "RS256", kid: "one" })
      .setIssuer("https://login.example.com")
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime("5m")
      .sign(privateKey);
});
afterAll(stopAll);
beforeEach(() => void gate.seen.splice(0));

const ask = async (method: string, path: string, jwt: string) =>
  outcome(
    await gate.ask(method, path, {
      headers: { Authorization: `Bearer ${jwt}` },
    }),
  );

test.each<[string, JWTPayload, string, string]>([
  ["an admin may call everything", { scope: "x gate:admin" }, "200", "200"],
  ["a user only what it was given", {}, "200", denied],
  ["a disabled one nothing", { sub: "gone" }, unauthorized, unauthorized],
  ["another kind of token nothing", { kind: "id" }, unauthorized, unauthorized],
  ["another audience's nothing", { aud: "else" }, unauthorized, unauthorized],
])("%s", async (_what, { aud, ...claims }, openai, other) => {
  const jwt = await sign(claims, typeof aud === "string" ? aud : undefined);
  expect(await ask("POST", "/openai/chat", jwt)).toBe(openai);
  expect(await ask("GET", "/other", jwt)).toBe(other);
});

test("the upstream sees the consumer and its own credential, and no JWT", async () => {
  await ask("POST", "/openai/chat", await sign({}));
  const [seen] = gate.seen;
  expect(seen && valuesOf(seen, "x-gate-consumer")).toEqual(["user"]);
  expect(seen && valuesOf(seen, "authorization")).toEqual([
    "Bearer sk-openai-canary",
  ]);
});

test("a JWT of 8 KB still gets to the authorizer", async () => {
  const long = await sign({ scope: "gate:admin", pad: "x".repeat(5500) });
  expect(long.length).toBeGreaterThan(7500);
  expect(await ask("GET", "/other", long)).toBe("200");
});
