// How callers reach the gate: its URL, TLS, and the firewall in front of it.
import { domainUrlOf, oldestTls } from "../gate/edge.ts";
import { amount, compare, list, type Row, rows, value } from "./compare.ts";
import type { Finding } from "./finding-codes.ts";
import type { GateSummary } from "./summary.ts";
import { quote, quoteList } from "./wording.ts";

export const diffEndpoint = (
  before: GateSummary,
  after: GateSummary,
): Finding[] =>
  Object.entries(bySubject).flatMap(([subject, row]) =>
    compare(row, [before, after], subject),
  );

const wordUrl = ({ domain }: GateSummary): string =>
  domain ? quote(domainUrlOf(domain)) : "AWS's default endpoint";

/** A gate of before took what API Gateway takes unless it is told otherwise. */
const tlsOf = ({ tls = "TLS_1_0" }: GateSummary): string => tls;

const changedPolicy: Row<GateSummary> = (before, after) => {
  const [was, is] = [tlsOf(before), tlsOf(after)];
  return was !== is && oldestTls(was) === oldestTls(is)
    ? [
        [
          "edge-widened",
          `connections are negotiated by ${quote(is)} instead of ${quote(was)}, which has other ciphers`,
        ],
      ]
    : [];
};

const changedAcl: Row<GateSummary> = ({ webAcl: was }, { webAcl: is }) => {
  if (was?.digest === is?.digest) return [];
  if (was === undefined)
    return is
      ? [["edge-narrowed", `calls pass the web ACL ${quote(is.name)} first`]]
      : [];
  return [
    [
      "edge-widened",
      is
        ? `calls pass another web ACL, ${quote(is.name)} instead of ${quote(was.name)}`
        : `calls no longer pass the web ACL ${quote(was.name)}`,
    ],
  ];
};

const changedEndpoints: Row<GateSummary> = (before, after) => {
  const { vpcEndpoints: was } = before;
  const { vpcEndpoints: is } = after;
  if (was !== undefined && is !== undefined)
    return rows(
      list<readonly string[]>(
        ["edge-widened", "edge-narrowed"],
        (one, other) => one.filter((id) => !other.includes(id)).map(quote),
        (ids) => `the gate may also be called through ${ids}`,
        (ids) =>
          `the gate may no longer be called through ${ids}; this breaks its callers`,
      ),
    )(was, is);
  if (is !== undefined)
    return [
      [
        "url-change",
        "the gate is private and no longer answers on the internet; callers elsewhere than in its VPCs lose it",
      ],
      [
        "edge-narrowed",
        `the gate is called through ${wordEndpoints(is)} alone`,
      ],
    ];
  return was === undefined
    ? []
    : [
        [
          "url-change",
          "the gate becomes another API with another URL; callers need the new one",
        ],
        [
          "edge-widened",
          `the gate answers on the internet, no longer through ${wordEndpoints(was)} alone`,
        ],
      ];
};

/** "the VPC endpoint `vpce-0123456789abcdef0`" */
export const wordEndpoints = (ids: readonly string[]): string =>
  `the VPC endpoint${ids.length === 1 ? "" : "s"} ${quoteList(ids, "and")}`;

const bySubject: Readonly<Record<string, Row<GateSummary>>> = {
  endpoint: changedEndpoints,
  domain: rows(
    value(
      "url-change",
      wordUrl,
      (is, was) =>
        `the gate's URL is that of ${is} instead of ${was}; callers need the new one`,
    ),
    (before, after) =>
      before.domain?.isMade === true &&
      after.domain?.isMade === false &&
      before.domain.name === after.domain.name
        ? [
            [
              "url-change",
              `the gate no longer makes the domain name ${quote(after.domain.name)} and deletes it; it answers again once it is made elsewhere`,
            ],
          ]
        : [],
  ),
  "default-endpoint": amount(
    ["edge-widened", "url-change"],
    ({ domain }) => domain?.defaultEndpoint ?? true,
    (is) =>
      is
        ? "the gate answers at AWS's default endpoint again, not at its domain alone"
        : "the gate no longer answers at AWS's default endpoint, only at its domain; callers of the former get 403",
  ),
  tls: rows(
    amount(
      ["edge-widened", "edge-narrowed"],
      (summary) => oldestTls(tlsOf(summary)),
      (is, was) => `callers need TLS ${is} or newer instead of ${was}`,
      (one, other) => one < other,
    ),
    changedPolicy,
  ),
  waf: changedAcl,
};
