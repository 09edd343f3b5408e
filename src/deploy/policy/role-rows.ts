import { actions, type PolicyPlace, type PolicyRow } from "./row.ts";

const roles =
  (suffix = "") =>
  ({ account, names, partition, rolePath }: PolicyPlace): string[] => [
    `arn:${partition}:iam::${account}:role${rolePath}${names}${suffix}`,
  ];

const passedTo = (service: "lambda" | "apigateway") => () => ({
  StringEquals: { "iam:PassedToService": `${service}.amazonaws.com` },
});

/** What could give a role more than it has is under the boundary's condition; nothing takes a boundary away. */
export const roleRows: readonly PolicyRow[] = [
  {
    sid: "EmpowerRoles",
    access: "write",
    actions: ({ boundary }) => [
      "iam:CreateRole",
      "iam:PutRolePolicy",
      "iam:UpdateAssumeRolePolicy",
      ...(boundary === undefined ? [] : ["iam:PutRolePermissionsBoundary"]),
    ],
    resources: roles(),
    condition: ({ boundary }) =>
      boundary === undefined
        ? undefined
        : { StringEquals: { "iam:PermissionsBoundary": boundary } },
    note: "one with a condition on a boundary needs the input `permissions-boundary`",
  },
  {
    sid: "ChangeRoles",
    access: "write",
    actions: actions(
      "iam",
      "DeleteRole DeleteRolePolicy ListInstanceProfilesForRole TagRole UntagRole",
    ),
    resources: roles(),
  },
  {
    sid: "ReadRoles",
    access: "read",
    actions: actions(
      "iam",
      "GetRole GetRolePolicy ListRolePolicies ListAttachedRolePolicies",
    ),
    resources: roles(),
  },
  {
    // With which API Gateway calls SageMaker endpoints; see `invokeRoleName`.
    sid: "PassCallRoles",
    access: "write",
    actions: actions("iam", "PassRole"),
    resources: (place, { upstreams }) =>
      upstreams.some(({ kind }) => kind === "sagemaker")
        ? roles(place.names.endsWith("*") ? "-call-*" : "")(place)
        : [],
    condition: passedTo("apigateway"),
  },
  {
    sid: "PassRoles",
    access: "write",
    actions: actions("iam", "PassRole"),
    resources: roles(),
    condition: passedTo("lambda"),
  },
];
