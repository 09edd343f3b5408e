// The IAM path of the roles that the gate makes, and the boundary of what they may ever do.
import { compare, type Row, value } from "./compare.ts";
import type { Finding } from "./finding-codes.ts";
import type { GateSummary } from "./summary.ts";
import { quote } from "./wording.ts";

type Roles = NonNullable<GateSummary["roles"]>;

/** Nothing is known of a summary of before. */
export const diffRoles = (
  before: GateSummary,
  after: GateSummary,
): Finding[] =>
  before.roles === undefined || after.roles === undefined
    ? []
    : [
        ...compare(
          boundary,
          [before.roles, after.roles],
          "permissions-boundary",
        ),
        ...compare(path, [before.roles, after.roles], "role-path"),
      ];

export const isOtherBoundary = (
  before: GateSummary | undefined,
  after: GateSummary | undefined,
): boolean =>
  before?.roles !== undefined &&
  after?.roles !== undefined &&
  before.roles.boundary?.digest !== after.roles.boundary?.digest;

const boundary: Row<Roles> = ({ boundary: was }, { boundary: is }) => {
  if (was?.digest === is?.digest) return [];
  if (was === undefined)
    return is
      ? [
          [
            "policy-narrowed",
            `the gate's roles get the permissions boundary ${quote(is.name)}: AWS refuses what it does not allow`,
          ],
        ]
      : [];
  return [
    [
      "policy-widened",
      is
        ? `the gate's roles get another permissions boundary, ${quote(is.name)} instead of ${quote(was.name)}`
        : `the gate's roles lose their permissions boundary ${quote(was.name)}: nothing but their own policies limits them any more`,
    ],
  ];
};

/** Rules of an organization go by the path. */
const path: Row<Roles> = value(
  "policy-widened",
  (roles) => roles.path,
  (is, was) =>
    `the gate's roles are made anew under the path ${quote(is)} instead of ${quote(was)}; rules of your account that name the old path no longer hold for them`,
);
