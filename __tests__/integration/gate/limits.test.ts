// What validation accepts, the authorizer can start with: at the limit of everything that an issuer and a consumer may have there
// is a gate whose settings can be read; one beyond it is a problem at its line.
import {
  readSettings,
  settingsLimits as limits,
} from "../../../contract/authorizer-settings.ts";
import example from "../../../contract/authorizer-settings.example.json";
import { parseGate } from "../../../src/config/parse-gate.ts";
import { fewInputs, sourceOf, workspaceOf } from "../../fixtures/sources.ts";
import { generateKeyPairSync } from "node:crypto";

type Json = Record<string, unknown>;

const many = <Item>(count: number, item: (at: number) => Item): Item[] =>
  Array.from({ length: count }, (_, at) => item(at));

const issuer = (more: Json = {}, at = 0) => ({
  issuer: `https://login${at}.example.com`,
  audience: "gate",
  ...more,
});
const named = (count: number, more: (at: number) => Json = () => ({})) =>
  Object.fromEntries(
    many(count, (at) => [`i${at}`, issuer(more(at), at)] as const),
  );
const consumersOf = (issuers: Json, more: Json = {}) =>
  Object.keys(issuers).map((name) => ({
    id: name,
    jwt: { issuer: name, ...more },
  }));

function configOf(issuers: Json, rest: Json = {}): string {
  return JSON.stringify({
    auth: { issuers },
    upstreams: { a: { url: "https://a.example.com" } },
    routes: [{ path: "/a", upstream: "a" }],
    consumers: consumersOf(issuers),
    ...rest,
  });
}

const one = (more: Json) => configOf({ i0: issuer(more) });
const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const key = publicKey.export({ format: "jwk" });
const files = workspaceOf(
  Object.fromEntries(
    [limits.keys, limits.keys + 1].map((count) => [
      `${count}.json`,
      JSON.stringify({ keys: many(count, (at) => ({ ...key, kid: `${at}` })) }),
    ]),
  ),
);

/** @returns the problems; none when there is a gate, of whose issuers and consumers the authorizer's own reader was asked. */
function problemsIn(text: string) {
  const parsed = parseGate(sourceOf(fewInputs, text, files));
  if ("problems" in parsed) return parsed.problems;
  const { auth, consumers } = parsed.gate;
  if (auth.mode === "custom") throw new Error("there are no issuers");
  const settings = {
    ...example,
    issuers: auth.issuers.map(({ keys, ...others }) => ({
      ...others,
      keys:
        keys.kind === "given"
          ? { jwks: keys.jwks }
          : { uri: keys.kind === "uri" ? keys.uri : "https://a.example.com" },
    })),
    consumers: consumers.map(({ id, identities }) => ({
      id,
      hashes: [],
      identities,
      access: "*",
    })),
  };
  expect(readSettings(structuredClone(settings)).issuers).toHaveLength(
    auth.issuers.length,
  );
  return [];
}

const text = (length: number) => "x".repeat(length);

test.each<[string, number, (count: number) => string, RegExp]>([
  [
    "issuers",
    limits.issuers,
    (n) => configOf(named(n)),
    /^Too many issuers .*: use at most 100$/,
  ],
  [
    "issuers beside GitHub",
    limits.issuers - 1,
    (n) => {
      const issuers = named(n);
      const github = { id: "ci", github: { "repository-id": 1 } };
      return configOf(issuers, {
        consumers: [...consumersOf(issuers), github],
      });
    },
    /^Too many issuers .*: use at most 99$/,
  ],
  [
    "audiences",
    limits.audiences,
    (n) => one({ audience: many(n, (at) => `a${at}`) }),
    /^Too many audiences .*: use at most 100$/,
  ],
  [
    "claims of an issuer",
    limits.conditions,
    (n) =>
      one({ claims: Object.fromEntries(many(n, (at) => [`c${at}`, "x"])) }),
    /^Too many claims .*: use at most 100$/,
  ],
  [
    "claims of a consumer",
    limits.conditions,
    (n) =>
      configOf(
        { i0: issuer() },
        {
          consumers: consumersOf(
            { i0: 1 },
            { claims: Object.fromEntries(many(n, (at) => [`c${at}`, "x"])) },
          ),
        },
      ),
    /^Too many claims .*: use at most 100$/,
  ],
  [
    "values of a claim",
    limits.values,
    (n) => one({ claims: { c: many(n, (at) => at) } }),
    /use at most 1000/,
  ],
  [
    "the length of a claim's value",
    limits.claimText,
    (n) => one({ claims: { c: text(n) } }),
    /^Too long .1025 characters.: use at most 1024$/,
  ],
  [
    "the length of a claim's name",
    limits.claimText,
    (n) => one({ claims: { [text(n)]: "x" } }),
    /^Invalid name of a claim .*: use 1 to 1024 characters$|^Invalid YAML/,
  ],
  [
    "the length of an audience",
    limits.claimText,
    (n) => one({ audience: text(n) }),
    /is longer than 1024 characters/,
  ],
  [
    "the length of the audience's claim",
    limits.claimText,
    (n) => one({ "audience-claim": text(n) }),
    /^Invalid name of a claim/,
  ],
  [
    "the length of an issuer",
    512,
    (n) => one({ issuer: `https://a.example.com/${text(n - 22)}` }),
    /more than 512/,
  ],
  [
    "the length of the keys' URL",
    512,
    (n) => one({ "jwks-uri": `https://a.example.com/${text(n - 22)}` }),
    /more than 512/,
  ],
  [
    "keys",
    limits.keys,
    (n) => one({ jwks: `${n}.json`, algorithms: ["ES256"] }),
    /too many keys .101.: use at most 100$/,
  ],
  [
    "the issuer's clock",
    limits.clockSkew,
    (n) => one({ "clock-skew": n }),
    /from 0 to 60/,
  ],
])(
  "%s: the limit is taken, and one more is a problem",
  (_what, limit, textOf, message) => {
    expect(problemsIn(textOf(limit))).toEqual([]);
    const [problem, ...others] = problemsIn(textOf(limit + 1));
    expect(others).toEqual([]);
    expect(problem?.message).toMatch(message);
    expect(problem?.position?.line).toBe(1);
  },
);

test.each([
  "HTTPS://login.example.com",
  "Https://login.example.com",
  "https:login.example.com",
  "https:/login.example.com",
  "https:///login.example.com",
  "https:\\\\login.example.com",
  "https://login.example.com\\a",
  "https://login.example.com/\ta",
  " https://login.example.com",
  "https://login.example.com/ü",
  "https://login.example.com:443",
  "https://LOGIN.example.com/a//b/../c",
  "https://login.example.com/%00",
  "https://login.example.com/?",
  "https://login.example.com/#",
  "https://login.example.com:",
  "https://@login.example.com",
])("the URL %j is a problem, or the authorizer takes it", (url) => {
  for (const more of [{ issuer: url }, { "jwks-uri": url }])
    for (const { position } of problemsIn(one(more)))
      expect(position?.line).toBe(1);
});

test.each([
  "HTTPS://login.example.com",
  "https:login.example.com",
  "https:/login.example.com",
  "https:///login.example.com",
])("the URL %j is a problem, since the authorizer does not take it", (url) => {
  for (const more of [{ issuer: url }, { "jwks-uri": url }])
    expect(problemsIn(one(more))).toMatchObject([
      {
        message: expect.stringContaining(
          "does not begin with https:// in small letters and a host",
        ) as string,
      },
    ]);
  expect(
    problemsIn(
      configOf(
        {},
        {
          auth: { github: { issuer: url } },
          consumers: [{ id: "ci", github: { "repository-id": 1 } }],
        },
      ),
    ),
  ).toMatchObject([{ where: "auth.github.issuer" }]);
});

const privateHosts = [
  "169.254.169.254",
  "10.0.0.5",
  "10.0.0.5.",
  "172.16.0.1",
  "192.168.1.1",
  "100.64.0.1",
  "127.0.0.1:8443",
  "2130706433",
  "0x7f.1",
  "0177.0.0.1",
  "0xa9fea9fe",
  "[::1]",
  "[::ffff:10.0.0.5]",
  "[fd00:ec2::254]",
  "localhost",
  "localhost:8443",
  "localhost.",
  "login",
  "instance-data.ec2.internal",
  "metadata.google.internal.",
  "printer.local",
  "nas.home.arpa",
  "login.example.com:22",
  "login.example.com:80",
];

test.each(privateHosts)("no key comes from %s", (host) => {
  const url = `https://${host}`;
  for (const [where, config] of [
    ["auth.issuers.i0.issuer", one({ issuer: url })],
    ["auth.issuers.i0.jwks-uri", one({ "jwks-uri": `${url}/keys` })],
    [
      "auth.github.issuer",
      configOf(
        {},
        {
          auth: { github: { issuer: `${url}/_services/token` } },
          consumers: [{ id: "ci", github: { "repository-id": 1 } }],
        },
      ),
    ],
    [
      "upstreams.a.url",
      configOf({ i0: issuer() }, { upstreams: { a: { url } } }),
    ],
  ] as const)
    expect(problemsIn(config)).toMatchObject([
      {
        where,
        message: expect.stringMatching(
          /has (a host that|an IPv6 address|a port that)/,
        ) as string,
      },
    ]);
});

test.each([
  "8.8.8.8",
  "login.example.com:8443",
  "172.32.0.1",
  "xn--bcher-kva.example",
])("keys may come from %s", (host) => {
  expect(problemsIn(one({ issuer: `https://${host}` }))).toEqual([]);
});

test("GitHub's issuer is not another one's too", () => {
  const url = "https://github.acme.com/oidc";
  const config = configOf(
    { i0: issuer({ issuer: url }) },
    {
      auth: {
        issuers: { i0: issuer({ issuer: url }) },
        github: { issuer: url },
      },
      consumers: [
        ...consumersOf({ i0: 1 }),
        { id: "ci", github: { "repository-id": 1 } },
      ],
    },
  );
  expect(problemsIn(config)).toMatchObject([
    {
      where: "auth.github.issuer",
      message: expect.stringContaining('Same URL as the issuer "i0"') as string,
    },
  ]);
});

test("Ed25519 is another name of EdDSA, and not a second algorithm", () => {
  expect(problemsIn(one({ algorithms: ["Ed25519", "ES256"] }))).toEqual([]);
  expect(problemsIn(one({ algorithms: ["EdDSA", "Ed25519"] }))).toMatchObject([
    {
      where: "auth.issuers.i0.algorithms[1]",
      message: 'Duplicate algorithm "Ed25519": remove one',
    },
  ]);
});
