import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import {
  type Authority,
  createAuthority,
} from "../../../../local/system/certificates.ts";
import {
  startGithubIssuer,
  type GithubIssuer,
} from "../../../../local/issuer/issuer-github.ts";
import { workflowClaims } from "../../../../local/issuer/issuer-github-claims.ts";
import {
  startIssuer,
  type LocalIssuer,
} from "../../../../local/issuer/issuer.ts";
import { runCommand } from "../../../../local/system/processes.ts";

jest.setTimeout(60_000);

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority();
});
const open: LocalIssuer[] = [];
afterAll(() => Promise.all(open.map((one) => one.stop())));

async function start(
  options: Partial<Parameters<typeof startIssuer>[0]> = {},
): Promise<LocalIssuer> {
  const issuer = await startIssuer({ authority, ...options });
  open.push(issuer);
  return issuer;
}

/** Trusts the authority and nothing else. */
function read(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const options = { ca: authority.certificate, headers, agent: false };
    get(url, options, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      answer.on("end", () => {
        const body: unknown = text === "" ? undefined : JSON.parse(text);
        resolve({ status: answer.statusCode ?? 0, body });
      });
    }).on("error", reject);
  });
}

async function keysOf(issuer: LocalIssuer) {
  const { body } = await read(issuer.jwksUri);
  return createLocalJWKSet(body as Parameters<typeof createLocalJWKSet>[0]);
}

test.each([
  ["nothing", undefined, ""],
  ["Auth0's slash", "/", "/"],
  ["Cognito's pool", "/eu-west-1_AbCdEfGhI", "/eu-west-1_AbCdEfGhI"],
])(
  "discovery below an issuer that ends with %s leads to its keys",
  async (_, at, end) => {
    const issuer = await start(at === undefined ? {} : { path: at });
    expect(issuer.issuer).toBe(`https://localhost:${issuer.port}${end}`);
    const from = issuer.issuer.replace(/\/$/, "");
    const { body } = await read(`${from}/.well-known/openid-configuration`);
    expect(body).toMatchObject({
      issuer: issuer.issuer,
      jwks_uri: issuer.jwksUri,
    });
    const token = await issuer.token({ sub: "me", aud: "it" });
    await jwtVerify(token, await keysOf(issuer), {
      issuer: issuer.issuer,
      audience: "it",
    });
    expect(issuer.requests()).toEqual([
      `GET ${end === "/" ? "" : end}/.well-known/openid-configuration`,
      `GET ${end === "/" ? "" : end}/.well-known/jwks.json`,
    ]);
  },
);

test("beside its own path there is nothing", async () => {
  const issuer = await start({ path: "/pool" });
  const url = `https://localhost:${issuer.port}/.well-known/openid-configuration`;
  expect((await read(url)).status).toBe(404);
});

test.each(["RS256", "ES256", "EdDSA"])(
  "signs with %s, and claims and header are the caller's",
  async (algorithm) => {
    const issuer = await start({ algorithms: ["RS256", "ES256", "EdDSA"] });
    const { body } = await read(
      `${issuer.issuer}/.well-known/openid-configuration`,
    );
    expect(body).toMatchObject({
      id_token_signing_alg_values_supported: ["RS256", "ES256", "EdDSA"],
    });
    const token = await issuer.token(
      { sub: "me", nbf: undefined, exp: 4_000_000_000 },
      { algorithm, header: { typ: "at+jwt" } },
    );
    const { payload, protectedHeader } = await jwtVerify(
      token,
      await keysOf(issuer),
    );
    expect(protectedHeader).toMatchObject({ alg: algorithm, typ: "at+jwt" });
    expect(payload).toMatchObject({ sub: "me", exp: 4_000_000_000 });
    expect(payload).not.toHaveProperty("nbf");
  },
);

test("the key set has no private part", async () => {
  const issuer = await start({ algorithms: ["RS256", "ES256", "EdDSA"] });
  const { body } = await read(issuer.jwksUri);
  expect(issuer.keys()).toHaveLength(3);
  expect(JSON.stringify(body)).not.toMatch(/"(d|p|q|dp|dq|qi)":/);
});

test("rotated keys verify what is signed from then on, and nothing older", async () => {
  const issuer = await start();
  const old = await issuer.token({ sub: "me" });
  await issuer.rotate();
  const keys = await keysOf(issuer);
  await expect(jwtVerify(old, keys)).rejects.toThrow("no applicable key");
  await jwtVerify(await issuer.token({ sub: "me" }), keys);
});

test("down refuses connections, up answers on the same port with the same keys", async () => {
  const issuer = await start();
  const token = await issuer.token({ sub: "me" });
  await issuer.down();
  await expect(read(issuer.jwksUri)).rejects.toMatchObject({
    code: "ECONNREFUSED",
  });
  await issuer.up();
  await jwtVerify(token, await keysOf(issuer));
  issuer.clear();
  expect(issuer.requests()).toEqual([]);
});

describe("GitHub's issuer", () => {
  let github: GithubIssuer;
  beforeAll(async () => {
    github = await startGithubIssuer({ authority });
    open.push(github);
  });

  test.each([
    ["a push", {}, "repo:acme/app:ref:refs/heads/main"],
    ["a tag", { ref: "refs/tags/v1" }, "repo:acme/app:ref:refs/tags/v1"],
    ["a pull request", { event: "pull_request" }, "repo:acme/app:pull_request"],
    [
      "a pull request's target",
      { event: "pull_request_target" },
      "repo:acme/app:ref:refs/heads/main",
    ],
    [
      "an environment, before all else",
      { environment: "prod:eu", event: "pull_request" },
      "repo:acme/app:environment:prod%3Aeu",
    ],
    [
      "ids in the subject",
      { immutableSubject: true },
      "repo:acme@123456/app@456789:ref:refs/heads/main",
    ],
  ])("the subject of %s", (_, job, subject) => {
    expect(workflowClaims(job)).toMatchObject({ sub: subject });
  });

  test("a target's run of a fork's pull request claims the base branch; its own run the merge", () => {
    expect(workflowClaims({ event: "pull_request_target" })).toMatchObject({
      ref: "refs/heads/main",
      workflow_ref: "acme/app/.github/workflows/deploy.yml@refs/heads/main",
      event_name: "pull_request_target",
    });
    expect(workflowClaims({ event: "pull_request" })).toMatchObject({
      ref: "refs/pull/7/merge",
      head_ref: "feature",
      base_ref: "main",
    });
  });

  test("ids are text, and a token lives five minutes", async () => {
    const token = await github.jobToken({ repositoryId: "74" }, "gate/prod");
    const { payload } = await jwtVerify(token, await keysOf(github), {
      audience: "gate/prod",
      issuer: github.issuer,
    });
    expect(payload).toMatchObject({
      repository_id: "74",
      repository_owner_id: "123456",
    });
    expect(payload.exp! - payload.iat!).toBe(300);
    expect(github.jwksUri).toBe(`${github.issuer}/.well-known/jwks`);
  });

  test("the request token is good for its own job, whatever audience it asks for", async () => {
    const environment = github.jobEnvironment({ ref: "refs/heads/next" });
    const url = environment["ACTIONS_ID_TOKEN_REQUEST_URL"]!;
    const authorization = `bearer ${environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]!}`;
    const ask = async (audience: string) => {
      const { body } = await read(url + audience, { authorization });
      return decodeJwt((body as { value: string }).value);
    };
    expect(await ask("&audience=gate%2Fprod")).toMatchObject({
      aud: "gate/prod",
      ref: "refs/heads/next",
    });
    expect(await ask("")).toMatchObject({ aud: "https://github.com/acme" });
    expect((await read(url)).status).toBe(401);
    expect((await read(url, { authorization: "bearer other" })).status).toBe(
      401,
    );
  });

  test("core.getIDToken gets one in a process with a job's environment", async () => {
    const directory = mkdtempSync(path.join(tmpdir(), "ai-gate-issuer-"));
    const certificate = path.join(directory, "ca.pem");
    writeFileSync(certificate, authority.certificate);
    const core = path.resolve("node_modules/@actions/core/lib/core.js");
    const script = `import { getIDToken } from ${JSON.stringify(core)};
      process.stdout.write("\\n" + await getIDToken("gate/prod"));`;
    const { stdout } = await runCommand({
      file: process.execPath,
      arguments: ["--input-type=module", "-e", script],
      env: { ...github.jobEnvironment({}), NODE_EXTRA_CA_CERTS: certificate },
      directory,
    });
    rmSync(directory, { recursive: true });
    const token = stdout.split("\n").at(-1)!;
    expect(decodeJwt(token)).toMatchObject({
      aud: "gate/prod",
      iss: github.issuer,
    });
    expect(stdout).toContain(`::add-mask::${token}`);
  });
});
