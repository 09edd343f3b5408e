// Summaries of gates, and what is told from one to another as lines, for the tests of differences.
import { diffSummaries } from "../../src/gate/difference/differences.ts";
import type { Grant } from "../../src/gate/gate.ts";
import type { GateDifference } from "../../src/gate/difference/difference.ts";
import type {
  ConsumerSummary,
  GateSummary,
  IssuerSummary,
  RouteSummary,
} from "../../src/gate/difference/summary.ts";

export const route = (
  path: string,
  more: Partial<RouteSummary> = {},
): RouteSummary => ({
  path,
  methods: ["GET"],
  upstream: "a",
  host: "a.example.com",
  target: "https://a.example.com",
  guarded: true,
  credential: true,
  credentialHeader: "Authorization",
  credentialPrefix: "Bearer ",
  credentialSecret: "key-a",
  credentialStore: "secrets-manager",
  credentialDigest: "1",
  headers: {},
  stream: true,
  timeout: 900,
  ...more,
});

/** Access to whole routes. */
export const may = (...routes: readonly string[]): Grant[] =>
  routes.map((path) => ({ route: path }));

export const consumer = (
  id: string,
  more: Partial<ConsumerSummary> = {},
): ConsumerSummary => ({
  id,
  modes: ["token"],
  tokenIds: ["1"],
  identities: [],
  access: may("/a"),
  disabled: false,
  ...more,
});

export const issuer = (more: Partial<IssuerSummary> = {}): IssuerSummary => ({
  name: "staff",
  issuer: "https://staff.example.com",
  audiences: ["gate"],
  audienceClaim: "aud",
  algorithms: ["RS256"],
  keys: "discovery",
  clockSkew: 30,
  conditions: [],
  ...more,
});

export const auth: GateSummary["auth"] = {
  modes: ["token"],
  cacheTtl: 60,
  store: "bundled",
  issuers: [],
};
export const custom: GateSummary["auth"] = { ...auth, modes: ["custom"] };
export const withIssuer = (more: Partial<IssuerSummary> = {}) => ({
  auth: { ...auth, issuers: [issuer(more)] },
});

export const base: GateSummary = {
  version: 4,
  stageName: "v1",
  tokenHeaders: ["Authorization"],
  stripHeaders: [],
  proof: true,
  auth,
  routes: [route("/a"), route("/b", { methods: ["GET", "POST"] })],
  consumers: [consumer("ci")],
  plans: [],
  throttle: { rate: 100, burst: 200 },
  origins: [],
};
export const gate = (more: Partial<GateSummary> = {}): GateSummary => ({
  ...base,
  ...more,
});

/** One line a difference: `!` when it concerns security, then code, subject and sentence. */
const lines = (differences: readonly GateDifference[]) =>
  differences.map(
    ({ security, code, subject, sentence }) =>
      `${security ? "! " : ""}${code} ${subject}: ${sentence}`,
  );

export type Row = [
  string,
  Partial<GateSummary>,
  Partial<GateSummary>,
  string[],
];

/** What is told from the first gate to the second. */
export function tell(rows: readonly Row[]) {
  test.each(rows)("%s", (_, before, after, expected) => {
    expect(lines(diffSummaries(gate(before), gate(after)))).toEqual(expected);
  });
}
