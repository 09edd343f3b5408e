// The rules of JWT issuers: whose tokens the gate takes, and what must hold for every one of them. Pure.
import { settingsLimits } from "../../../contract/authorizer-settings.ts";
import {
  algorithmNamed,
  type JwtAlgorithm,
  jwtAlgorithms,
  usableAlgorithm,
} from "../../../contract/public-keys.ts";
import { defaults, type Issuer, type IssuerKeys } from "../../gate/gate.ts";
import type { Draft, DraftAuth, DraftIssuer } from "../draft.ts";
import type { GateSource } from "../gate-source.ts";
import { entriesOf, type Given, listOf, type Report } from "../location.ts";
import { listed, quoted } from "../messages.ts";
import { pathOutside, plainPath } from "./custom-authorizer.ts";
import {
  checkAudiences,
  checkClaims,
  claimNameFault,
} from "./jwt-conditions.ts";
import {
  checkCognito,
  checkIssuerUrl,
  checkKeysUrl,
  isGithubUrl,
} from "./urls.ts";

/** The name under which GitHub Actions is an issuer. */
export const githubName = "github";

interface Checking {
  readonly source: GateSource;
  readonly report: Report;
}

/** @returns the issuers that hold, GitHub last if a consumer is a workflow; the others were reported. */
export function checkIssuers(
  draft: Draft,
  gateId: string,
  checking: Checking,
): Issuer[] {
  const { auth, consumers, whole } = draft;
  const { report } = checking;
  const used = new Set(consumers.map(({ jwt }) => jwt?.issuer.value));
  const issuers = auth.issuers.flatMap((one) => {
    if (whole && !used.has(one.name) && one.name !== githubName)
      report(
        one.place,
        `no consumer has a JWT of the issuer ${quoted(one.name)}: add \`jwt: { issuer: ${one.name} }\` to one, or remove it`,
      );
    return checkIssuer(one, checking);
  });
  const workflows = consumers.some(({ github }) => github !== undefined);
  if (auth.githubIssuer !== undefined && !workflows && whole)
    report(
      auth.githubIssuer.place,
      "no consumer is a GitHub workflow: add one with `github`, or remove it",
    );
  const github = workflows
    ? [githubIssuer(auth.githubIssuer, gateId, report)]
    : [];
  reportTwins(auth.issuers, report);
  reportGithubTwin(auth, report);
  const most = settingsLimits.issuers - github.length;
  const last = auth.issuers[most];
  if (last !== undefined)
    report(
      last.place,
      `${auth.issuers.length} issuers are too many: give at most ${most}${github.length > 0 ? " beside GitHub" : ""}`,
    );
  return [...issuers, ...github];
}

/** The audience is always the gate's own: any other can be had by workflows that mean another service. */
function githubIssuer(
  given: Given<string> | undefined,
  gateId: string,
  report: Report,
): Issuer {
  const issuer = given?.value ?? defaults.githubIssuer;
  if (given !== undefined) checkIssuerUrl(given, report);
  return {
    name: githubName,
    issuer,
    audiences: [gateId],
    audienceClaim: "aud",
    algorithms: [defaults.algorithm],
    // GitHub documents the place (OpenID Connect reference), of github.com and of Enterprise alike: nothing to ask at deploy time.
    keys: {
      kind: "uri",
      uri: `${issuer.replace(/\/$/, "")}/.well-known/jwks`,
    },
    clockSkew: defaults.clockSkew,
    conditions: [],
  };
}

/** The claim `iss` picks the issuer, so each may be there once. */
function reportTwins(issuers: readonly DraftIssuer[], report: Report): void {
  const urls = issuers.map(({ issuer }) => issuer.value);
  for (const [index, { issuer }] of issuers.entries()) {
    const first = issuers[urls.indexOf(issuer.value)];
    if (first !== undefined && first !== issuers[index])
      report(
        issuer.place,
        `the issuers ${quoted(first.name)} and ${quoted(issuers[index]?.name ?? "")} have one URL, by which tokens are told apart: make them one, with both audiences, and tell consumers apart by \`claims\``,
      );
  }
}

function reportGithubTwin(
  { githubIssuer: given, issuers }: DraftAuth,
  report: Report,
): void {
  const other = issuers.find(({ issuer }) => issuer.value === given?.value);
  if (given !== undefined && other !== undefined)
    report(
      given.place,
      `the issuer ${quoted(other.name)} has the same URL, by which tokens are told apart: remove one of them`,
    );
}

function checkIssuer(draft: DraftIssuer, checking: Checking): Issuer[] {
  const { report } = checking;
  const { name, place, issuer } = draft;
  if (name === githubName)
    report(
      place,
      "the name github is GitHub Actions': give the issuer another name, or use `github` in the consumer",
    );
  else if (!/^[a-z][a-z0-9-]{0,31}$/.test(name))
    report(
      place,
      `${quoted(name)} is no issuer name: use 1 to 32 lower-case letters, digits and hyphens, a letter first`,
    );
  if (isGithubUrl(issuer.value))
    report(
      issuer.place,
      "GitHub Actions' tokens need more care than claims: use `github` in the consumer, with a repository-id (and `auth.github` for GitHub Enterprise)",
    );
  else checkIssuerUrl(issuer, report);
  checkCognito(draft, report);
  const algorithms = checkAlgorithms(draft, report);
  const keys = checkKeys(draft, algorithms, checking);
  const { clockSkew = defaults.clockSkew, maxLifetime } = draft;
  return [
    {
      name,
      issuer: issuer.value,
      audiences: checkAudiences(draft, report),
      audienceClaim: checkAudienceClaim(draft, report),
      algorithms,
      keys,
      clockSkew,
      ...(maxLifetime !== undefined && { maxLifetime }),
      conditions: checkClaims(draft.claims, report),
    },
  ];
}

function checkAudienceClaim(
  { audienceClaim: given }: DraftIssuer,
  report: Report,
): string {
  if (given === undefined) return "aud";
  const fault = claimNameFault(given.value);
  if (fault !== undefined)
    report(given.place, `${quoted(given.value)} ${fault}`);
  return given.value;
}

function checkAlgorithms(
  { algorithms: given }: DraftIssuer,
  report: Report,
): JwtAlgorithm[] {
  if (given === undefined) return [defaults.algorithm];
  const names = given.map(({ value }) => algorithmNamed(value) ?? value);
  for (const [index, { value, place }] of given.entries()) {
    const fault =
      algorithmFault(value) ??
      (names.indexOf(names[index] ?? "") < index
        ? "is given twice: remove one"
        : undefined);
    if (fault !== undefined)
      report(place, `the algorithm ${quoted(value)} ${fault}`);
  }
  return jwtAlgorithms.filter((name) => names.includes(name));
}

function algorithmFault(name: string): string | undefined {
  if (algorithmNamed(name) !== undefined) return undefined;
  const use = `use ${listed(jwtAlgorithms)}`;
  if (/^none$/i.test(name))
    return `leaves tokens unsigned, so anybody could make one: ${use}`;
  if (/^HS/i.test(name))
    return `is symmetric: whoever can check such a token can also make one, so ${use}`;
  if (/^PS/i.test(name))
    return `is RSA-PSS, which this version does not check (PS256, PS384 and PS512 are refused): ${use}`;
  return `is not one the gate checks: ${use}`;
}

function checkKeys(
  { jwksUri, jwks }: DraftIssuer,
  algorithms: readonly JwtAlgorithm[],
  checking: Checking,
): IssuerKeys {
  const { report } = checking;
  if (jwksUri !== undefined && jwks !== undefined)
    report(
      jwks.place,
      "the keys are given twice, as `jwks-uri` and as `jwks`: remove one of them",
    );
  else if (jwks !== undefined && algorithms.length > 0) {
    const keys = checkJwks(jwks, algorithms, checking);
    return keys === undefined
      ? { kind: "discovery" }
      : { kind: "given", jwks: keys };
  }
  if (jwksUri === undefined) return { kind: "discovery" };
  checkKeysUrl(jwksUri, report);
  return { kind: "uri", uri: jwksUri.value };
}

// An issuer's public keys as a file of the workspace. Pure.

/** Members only a private or a shared key has (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1). */
const secretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/** What the authorizer reads of a key; certificates and the like would only make its settings larger. */
const publicMembers = [
  "kty",
  "kid",
  "use",
  "alg",
  "key_ops",
  "n",
  "e",
  "crv",
  "x",
  "y",
];

/** As of a key set that is fetched. */
const longestFile = 256 * 1024;

type Key = Readonly<Record<string, unknown>>;

/** @returns the keys that can verify a token; undefined when something was reported. */
function checkJwks(
  given: Given<string>,
  algorithms: readonly JwtAlgorithm[],
  { source, report }: { source: GateSource; report: Report },
): { keys: object[] } | undefined {
  const path = plainPath(given.value);
  const outside = pathOutside(path, "keys/jwks.json");
  const text = outside === undefined ? source.file(path) : undefined;
  const result =
    outside !== undefined
      ? outside
      : text === undefined
        ? "is no file of the workspace that can be read: check out the repository first, or correct the path"
        : typeof text === "string"
          ? readKeys(text, algorithms)
          : text.fault;
  if (typeof result !== "string") return { keys: result };
  report(given.place, `the key file ${quoted(given.value)} ${result}`);
  return undefined;
}

/** @returns the usable keys, or what is wrong. The file is never quoted: it may hold a private key. */
function readKeys(
  text: string,
  algorithms: readonly JwtAlgorithm[],
): Key[] | string {
  if (text.length > longestFile)
    return `has ${text.length} characters: give at most ${longestFile}`;
  const data = parseJson(text);
  if (data === undefined)
    return "is not JSON, or has a member twice or one called __proto__: give the JSON Web Key Set that the issuer publishes";
  const list = entriesOf(data).find(([name]) => name === "keys")?.[1];
  if (!Array.isArray(list))
    return 'is no JSON Web Key Set: it reads {"keys": [ … ]}';
  if (list.length > settingsLimits.keys)
    return `has ${list.length} keys: give at most ${settingsLimits.keys}`;
  const keys = listOf(list).map((key) => Object.fromEntries(entriesOf(key)));
  const secret = keys.findIndex((key) =>
    secretMembers.some((name) => Object.hasOwn(key, name)),
  );
  if (secret >= 0)
    return `holds a private or shared key (keys[${secret}]): whoever can read the repository can make tokens with it, so replace that key pair and give public keys only`;
  const ids = keys.map(({ kid }) => kid);
  const twice = ids.findIndex(
    (kid, index) => kid !== undefined && ids.indexOf(kid) < index,
  );
  if (twice >= 0)
    return `has two keys with the kid of keys[${twice}]: tokens of neither would pass, so remove one`;
  const usable = keys.filter(
    (key) => usableAlgorithm(key, algorithms) !== undefined,
  );
  return usable.length > 0
    ? usable.map(publicPart)
    : `has no key for ${listed(algorithms)}: it needs a public signing key of that kind (RSA of 2048 to 8192 bits), with \`alg\` where several of these algorithms fit`;
}

/** @returns the data; undefined for text that is no JSON, or of which a part would be lost. */
function parseJson(text: string): unknown {
  const names: string[] = [];
  try {
    const data: unknown = JSON.parse(
      text,
      function (this: unknown, name, value) {
        if (!Array.isArray(this)) names.push(name);
        return value as unknown;
      },
    );
    // The root is under a name of its own; and of two members of one name the first is lost.
    const written = text.match(/"(?:[^"\\]|\\.)*"\s*(?=:)/g)?.length ?? 0;
    return names.includes("__proto__") || names.length - 1 < written
      ? undefined
      : data;
  } catch {
    return undefined;
  }
}

function publicPart(key: Key): Key {
  return Object.fromEntries(
    publicMembers.flatMap((name) =>
      Object.hasOwn(key, name) ? [[name, key[name]]] : [],
    ),
  );
}
