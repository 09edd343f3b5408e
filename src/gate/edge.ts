// How callers reach a gate: the host name, the versions of TLS, and what stands in front of it.
/** A domain name of the user's own, which leads to the gate. */
export interface Domain {
  readonly name: string;
  /** Of the gate's region; without one the domain name exists in API Gateway already, and the gate only maps a base path of it. */
  readonly certificate?: string;
  /** One segment without slashes; empty for the whole domain. */
  readonly basePath: string;
  /** Whether the gate also answers at the host name that AWS gives each API. */
  readonly defaultEndpoint: boolean;
}

/**
 * Policies of API Gateway for regional endpoints that take TLS 1.2 and newer (developer guide, "Supported security policies").
 * `TLS_1_2` is the one of before 2025, for regions without the others.
 */
export const tlsPolicies = [
  "SecurityPolicy_TLS13_1_2_2021_06",
  "SecurityPolicy_TLS13_1_2_PQ_2025_09",
  "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
  "SecurityPolicy_TLS13_1_2_FIPS_PQ_2025_09",
  "SecurityPolicy_TLS13_1_2_FIPS_PFS_PQ_2025_09",
  "SecurityPolicy_TLS13_1_2_Ext2_PQ_2025_09",
  "SecurityPolicy_TLS13_1_2_Ext2_FIPS_PQ_2025_09",
  "SecurityPolicy_TLS13_1_3_2025_09",
  "SecurityPolicy_TLS13_1_3_FIPS_2025_09",
  "TLS_1_2",
] as const;

export type TlsPolicy = (typeof tlsPolicies)[number];

/** The oldest version that a client may have, also of a policy that this action never sets. */
export const oldestTls = (policy: string): string =>
  /^SecurityPolicy_TLS13_1_3_/.test(policy)
    ? "1.3"
    : policy === "TLS_1_0"
      ? "1.0"
      : "1.2";

/** Policies of 2025 need a mode. `STRICT` would refuse calls whose host name is not that of the connection, as through a proxy. */
export const accessModeOf = (policy: TlsPolicy): "BASIC" | undefined =>
  policy.startsWith("SecurityPolicy_") ? "BASIC" : undefined;

/** What stands for the stage's URL at the domain, without a slash at its end. */
export const domainUrlOf = ({
  basePath,
  name,
}: Pick<Domain, "basePath" | "name">): string =>
  `https://${name}${basePath && `/${basePath}`}`;
