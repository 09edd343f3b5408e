// One gate that knows opaque tokens, two JWT issuers (Cognito's access tokens, Auth0's) and GitHub workflows at once, deployed
// through dist/ and called with tokens of issuers that really sign. Nothing but the right credential passes, and only to its
// own routes; keys rotate; issuers go away and come back.
import { createHmac, createPublicKey } from "node:crypto";
import {
  startGithubIssuer,
  type GithubIssuer,
} from "../../local/issuer/issuer-github.ts";
import { startIssuer, type LocalIssuer } from "../../local/issuer/issuer.ts";
import { putParameter } from "../../local/demo/seed.ts";
import { outcomeOf } from "../fixtures/client.ts";
import { type Rig, type Run, startRig } from "../fixtures/action-rig.ts";
import { eventually } from "../fixtures/eventually.ts";

jest.setTimeout(180_000);

const opaque = "team-a.0123456789abcdefghijklmnopqrstuvwxyz";
const client = "1example23456789abcdefghij";
const api = "https://api.example.com";
const upstreamKey = "sk-modes-0123456789";

let rig: Rig;
let cognito: LocalIssuer;
let auth0: LocalIssuer;
let isAuth0Down = false;
let other: LocalIssuer;
let github: GithubIssuer;
let gate: Run;

const config = () => `
auth:
  mode: [token, jwt, github-oidc]
  issuers:
    cognito:
      issuer: ${cognito.issuer}
      audience: ${client}
      audience-claim: client_id
      claims: { token_use: access }
    auth0:
      issuer: ${auth0.issuer}
      audience: ${api}
      algorithms: [RS256, ES256, EdDSA]
      max-lifetime: 86400
upstreams:
  openai: { url: https://api.openai.com/v1, secret: ssm:/ai/openai }
  plain: { url: https://upstream.example.com/score }
routes:
  - { path: "/openai/{proxy+}", methods: [POST], upstream: openai }
  - { path: /score, methods: [POST], upstream: plain }
  - { path: /deploy, methods: [POST], upstream: plain }
consumers:
  - { id: team-a, token: { env: TEAM_A_TOKEN }, routes: ["/openai/**"] }
  - { id: web, jwt: { issuer: cognito, claims: { scope: "gate:call", "cognito:groups": [admins, ops] } }, routes: ["/openai/**", /score] }
  - { id: app, jwt: { issuer: auth0, claims: { permissions: ["read:score"] } }, routes: [/score] }
  - { id: ci, github: { repository-id: "456789", ref: refs/heads/main }, routes: [/deploy] }
  - { id: ci-pull, github: { repository-id: "456789", event: pull_request }, routes: [/score] }
`;

beforeAll(async () => {
  rig = await startRig({
    hosts: {
      "cognito-idp.eu-west-1.amazonaws.com": (request, response) =>
        cognito.answer(request, response),
      "acme.eu.auth0.com": (request, response) => {
        if (isAuth0Down) request.socket.destroy();
        else auth0.answer(request, response);
      },
      "token.actions.githubusercontent.com": (request, response) =>
        github.answer(request, response),
    },
  });
  const { authority } = rig.cloud;
  const pool = "/eu-west-1_AbCdEfGhI";
  [cognito, auth0, other, github] = await Promise.all([
    startIssuer({
      authority,
      issuer: `https://cognito-idp.eu-west-1.amazonaws.com${pool}`,
      path: pool,
    }),
    startIssuer({
      authority,
      issuer: "https://acme.eu.auth0.com/",
      path: "/",
      algorithms: ["RS256", "ES256", "EdDSA"],
    }),
    startIssuer({ authority }),
    startGithubIssuer({
      authority,
      issuer: "https://token.actions.githubusercontent.com",
    }),
  ]);
  await putParameter(rig.cloud, "/ai/openai", upstreamKey);
  gate = await rig.up("mixed", {
    files: { "ai-gate.yml": config() },
    environment: { TEAM_A_TOKEN: opaque },
  });
});
afterAll(async () => {
  await Promise.all(
    [cognito, auth0, other, github].map((issuer) => issuer.stop()),
  );
  await rig.cloud.stop();
});

const accessClaims = {
  sub: "0b1c2d3e-user",
  token_use: "access",
  client_id: client,
  scope: "openid gate:call",
  "cognito:groups": ["ops"],
  username: "jane",
};
const auth0Claims = {
  sub: "auth0|5f7c8ec7c33c6c004bbafe82",
  aud: [api, "https://acme.eu.auth0.com/userinfo"],
  azp: "client",
  scope: "openid profile",
  permissions: ["read:score"],
};
const web = (claims: object = {}) =>
  cognito.token({ ...accessClaims, ...claims });
const app = (claims: object = {}, algorithm?: string) =>
  auth0.token(
    { ...auth0Claims, ...claims },
    algorithm === undefined ? {} : { algorithm },
  );
const audience = "ai-gate.acme.app/mixed";
const ci = (job: Parameters<GithubIssuer["jobToken"]>[0] = {}) =>
  github.jobToken(job, audience);

test("the proof of a gate with every mode holds, and the audience for workflows is printed", () => {
  const proof = JSON.parse(gate.outputs["proof"] ?? "[]") as {
    status: string;
  }[];
  expect(proof.filter(({ status }) => status === "failed")).toEqual([]);
  expect(gate.outputs["audience"]).toBe(audience);
});

const routes = ["/openai/chat/completions", "/score", "/deploy"];
const callers: [string, () => Promise<string>, readonly number[]][] = [
  ["an opaque token", () => Promise.resolve(opaque), [400, 403, 403]],
  ["a Cognito access token", () => web(), [400, 200, 403]],
  ["an Auth0 access token, RS256", () => app(), [403, 200, 403]],
  ["an Auth0 access token, ES256", () => app({}, "ES256"), [403, 200, 403]],
  ["an Auth0 access token, EdDSA", () => app({}, "EdDSA"), [403, 200, 403]],
  ["a workflow's push", () => ci(), [403, 403, 200]],
  [
    "a workflow's push, ids in the subject",
    () => ci({ immutableSubject: true }),
    [403, 403, 200],
  ],
  [
    "a workflow's pull request",
    () => ci({ event: "pull_request" }),
    [403, 200, 403],
  ],
];

/** On a busy machine the keys of an issuer may come too late for the first call that needs them: then the gate answers 500. */
const statusOf = (route: string, token: string): Promise<number> =>
  eventually(async () => {
    const { status } = await rig.call(gate, route, token);
    return status !== 500 && status;
  });

// The mock service answers 400 to a chat without messages: that is an answer of the upstream, so the call has passed.
test.each(callers)(
  "%s passes to its own routes only",
  async (_, mint, expected) => {
    const token = await mint();
    const answers = [];
    for (const route of routes) answers.push(await statusOf(route, token));
    expect(answers).toEqual(expected);
  },
);

test("the upstream sees the consumer and its own key, and no caller's token", async () => {
  rig.cloud.upstream.clear();
  const tokens = [opaque, await web(), await app(), await ci()];
  for (const token of tokens)
    for (const route of routes) await rig.call(gate, route, token);
  const requests = rig.cloud.upstream.requests();
  expect(
    requests.map(({ headers, path }) => [path, headers["x-gate-consumer"]]),
  ).toEqual([
    ["/v1/chat/completions", "team-a"],
    ["/v1/chat/completions", "web"],
    ["/score", "web"],
    ["/score", "app"],
    ["/score", "ci"],
  ]);
  for (const { host, headers } of requests)
    expect(headers["authorization"]).toBe(
      host === "api.openai.com" ? `Bearer ${upstreamKey}` : "none",
    );
  for (const token of tokens)
    expect(JSON.stringify(requests)).not.toContain(token);
});

const now = () => Math.floor(Date.now() / 1000);
const people: [string, () => Promise<string>][] = [
  ["another client of the pool", () => web({ client_id: "other" })],
  ["an ID token of the pool", () => web({ token_use: "id", aud: client })],
  ["the client only in aud", () => web({ client_id: undefined, aud: client })],
  ["a Cognito token without the scope", () => web({ scope: "openid" })],
  ["a scope that only starts so", () => web({ scope: "gate:call-me" })],
  ["an unnamed group", () => web({ "cognito:groups": ["users"] })],
  ["another audience", () => app({ aud: "https://other.example.com" })],
  ["no audience", () => app({ aud: undefined })],
  ["an audience inside another", () => app({ aud: `${api}/` })],
  ["an expired token", () => app({ exp: now() - 1, iat: now() - 600 })],
  ["a token without an end", () => app({ exp: undefined })],
  ["a token of tomorrow", () => app({ nbf: now() + 3600 })],
  [
    "a token that lives longer than the issuer may let it",
    () => app({ exp: now() + 172_800 }),
  ],
  ["no permission", () => app({ permissions: [] })],
  [
    "another issuer's signature",
    () => other.token({ ...auth0Claims, iss: auth0.issuer }),
  ],
  ["another issuer", () => other.token(auth0Claims)],
  [
    "one issuer's signature for another's claims",
    () => cognito.token({ ...auth0Claims, iss: auth0.issuer }),
  ],
  [
    "the issuer without its slash",
    () => app({ iss: auth0.issuer.slice(0, -1) }),
  ],
  ["the public key as an HMAC secret", () => confused("HS256")],
  ["alg none", () => confused("none")],
  [
    "a critical header",
    () => auth0.token(auth0Claims, { header: { crit: ["b64"], b64: true } }),
  ],
  [
    "a key brought along",
    () => auth0.token(auth0Claims, { header: { jwk: auth0.keys()[0] } }),
  ],
  [
    "a key id that is a path",
    () => auth0.token(auth0Claims, { header: { kid: "../../keys" } }),
  ],
  [
    "a key id that every object has",
    () => auth0.token(auth0Claims, { header: { kid: "__proto__" } }),
  ],
  [
    "a proof of the caller's own making",
    () =>
      auth0.token(
        {
          iss: "ai-gate-action",
          aud: audience,
          sub: "team-a",
          stage: "v1",
          run: "1",
          exp: now() + 200,
        },
        { algorithm: "EdDSA", header: { kid: undefined } },
      ),
  ],
];
const workflows: [string, () => Promise<string>][] = [
  ["another repository", () => ci({ repositoryId: "999999" })],
  [
    "the repository's name with another id",
    () => ci({ repository: "acme/app", repositoryId: "1" }),
  ],
  ["another branch", () => ci({ ref: "refs/heads/next" })],
  ["a pull request's target", () => ci({ event: "pull_request_target" })],
  ["a workflow run", () => ci({ event: "workflow_run" })],
  ["a comment", () => ci({ event: "issue_comment" })],
  ["GitHub's default audience", () => github.jobToken({})],
  ["AWS's audience", () => github.jobToken({}, "sts.amazonaws.com")],
  [
    "another gate's audience",
    () => github.jobToken({}, "ai-gate.acme.app/other"),
  ],
];

// Each on the route that its right twin may call.
test.each([
  ...people.map(([what, mint]) => [what, "/score", mint] as const),
  ...workflows.map(([what, mint]) => [what, "/deploy", mint] as const),
])("401 for %s, on %s", async (_, route, mint) => {
  const token = await mint();
  rig.cloud.upstream.clear();
  const answer = await rig.call(gate, route, token);
  expect(outcomeOf(answer)).toBe("401 UNAUTHORIZED");
  expect(rig.cloud.upstream.requests()).toEqual([]);
});

/** Auth0's claims under a header of a symmetric algorithm (the published key is the secret) or of none. */
function confused(alg: "HS256" | "none"): Promise<string> {
  const [key] = auth0.keys();
  const pem = createPublicKey({ key: key!, format: "jwk" }).export({
    type: "spki",
    format: "pem",
  });
  const part = (value: object) =>
    Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { ...auth0Claims, iss: auth0.issuer, exp: now() + 600 };
  const signed = `${part({ alg, typ: "JWT", kid: key!["kid"] })}.${part(claims)}`;
  const signature =
    alg === "none"
      ? ""
      : createHmac("sha256", pem).update(signed).digest("base64url");
  return Promise.resolve(`${signed}.${signature}`);
}

describe("while issuers change", () => {
  test("a new key passes and the old one does not, without a deployment", async () => {
    const old = await app();
    expect((await rig.call(gate, "/score", old)).status).toBe(200);
    await auth0.rotate();
    // What a process that runs on makes of it is modes-issuers.test.ts's business; here a new one starts.
    await rig.makeCold(gate, "mixed");
    expect((await rig.call(gate, "/score", await app())).status).toBe(200);
    expect(
      (await rig.call(gate, "/score", await app({}, "ES256"))).status,
    ).toBe(200);
    expect((await rig.call(gate, "/score", old)).status).toBe(401);
    const forged = await other.token({ ...auth0Claims, iss: auth0.issuer });
    expect((await rig.call(gate, "/score", forged)).status).toBe(401);
  });

  test("an issuer that is down: known keys still verify, a cold start is closed for it and open for the others", async () => {
    await rig.makeCold(gate, "mixed");
    expect((await rig.call(gate, "/score", await app())).status).toBe(200);
    isAuth0Down = true;
    // Another token than before, so that API Gateway's own cache has no answer.
    expect(
      (await rig.call(gate, "/score", await app({ jti: "2" }))).status,
    ).toBe(200);
    await rig.makeCold(gate, "mixed");
    rig.cloud.upstream.clear();
    expect((await rig.call(gate, "/score", await app())).status).toBe(500);
    expect(rig.cloud.upstream.requests()).toEqual([]);
    expect((await rig.call(gate, "/score", await web())).status).toBe(200);
    isAuth0Down = false;
    await rig.makeCold(gate, "mixed");
    expect((await rig.call(gate, "/score", await app())).status).toBe(200);
  });
});
