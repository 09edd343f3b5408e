// IAM: roles.
import { queryCall, type Cloud } from "../aws/cloud.ts";
import { AwsError, unlessGone } from "../aws/error.ts";
import { retryWhile } from "../aws/retry.ts";
import { childText, members, type XmlElement } from "../aws/xml.ts";
import type { ResourceType } from "../resource.ts";
import {
  canonical,
  textOf,
  textsOf,
  type Properties,
  type Value,
} from "../values.ts";

/** `Tags.member.1.Key=…` as the query protocol writes lists. */
function tagMembers(
  tags: Readonly<Record<string, string>>,
): Record<string, string> {
  const entries = Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.flatMap(([key, value], index) => [
      [`Tags.member.${index + 1}.Key`, key],
      [`Tags.member.${index + 1}.Value`, value],
    ]),
  );
}

function normalised(document: string): string {
  return canonical(JSON.parse(document) as Value);
}

function given(
  inputs: Properties,
  names: Readonly<Record<string, string>>,
): Record<string, string> {
  const entries = Object.entries(names).map(
    ([name, wire]) => [wire, textOf(inputs, name)] as const,
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== ""));
}

function roleOutputs(role: XmlElement): Properties {
  const tags = members(role, "Tags").map((tag) => [
    childText(tag, "Key"),
    childText(tag, "Value"),
  ]);
  return {
    arn: childText(role, "Arn"),
    assumeRolePolicy: decodeURIComponent(
      childText(role, "AssumeRolePolicyDocument"),
    ),
    createDate: childText(role, "CreateDate"),
    description: childText(role, "Description"),
    maxSessionDuration: Number(childText(role, "MaxSessionDuration") || "3600"),
    name: childText(role, "RoleName"),
    path: childText(role, "Path"),
    permissionsBoundary: childText(role, "PermissionsBoundaryArn"),
    uniqueId: childText(role, "RoleId"),
    tags: Object.fromEntries(tags) as Properties,
  };
}

async function updateRole(
  cloud: Cloud,
  inputs: Properties,
  changed: ReadonlySet<string>,
): Promise<void> {
  const RoleName = textOf(inputs, "name");
  if (changed.has("assumeRolePolicy")) {
    const PolicyDocument = normalised(textOf(inputs, "assumeRolePolicy"));
    await queryCall(cloud, "iam", "UpdateAssumeRolePolicy", {
      PolicyDocument,
      RoleName,
    });
  }
  if (changed.has("description")) {
    await queryCall(cloud, "iam", "UpdateRoleDescription", {
      Description: textOf(inputs, "description"),
      RoleName,
    });
  }
  if (changed.has("maxSessionDuration")) {
    const MaxSessionDuration = textOf(inputs, "maxSessionDuration") || "3600";
    await queryCall(cloud, "iam", "UpdateRole", {
      MaxSessionDuration,
      RoleName,
    });
  }
  if (changed.has("permissionsBoundary")) {
    const PermissionsBoundary = textOf(inputs, "permissionsBoundary");
    if (PermissionsBoundary === "")
      await queryCall(cloud, "iam", "DeleteRolePermissionsBoundary", {
        RoleName,
      });
    else
      await queryCall(cloud, "iam", "PutRolePermissionsBoundary", {
        PermissionsBoundary,
        RoleName,
      });
  }
}

export const role: ResourceType = {
  label: "IAM Role",
  inputs: {
    assumeRolePolicy: { json: true },
    description: {},
    maxSessionDuration: { computed: true },
    name: { replaces: true },
    path: { replaces: true, computed: true },
    permissionsBoundary: {},
    tags: { free: true },
  },
  computed: ["arn", "createDate", "uniqueId"],
  autoname: { property: "name", longest: 64 },
  create: async (cloud, inputs, created) => {
    const answer = await queryCall(cloud, "iam", "CreateRole", {
      AssumeRolePolicyDocument: normalised(textOf(inputs, "assumeRolePolicy")),
      MaxSessionDuration: textOf(inputs, "maxSessionDuration") || "3600",
      Path: textOf(inputs, "path") || "/",
      RoleName: textOf(inputs, "name"),
      ...given(inputs, {
        description: "Description",
        permissionsBoundary: "PermissionsBoundary",
      }),
      ...tagMembers(textsOf(inputs, "tags")),
    });
    created(childText(answer, "RoleName"));
  },
  read: async (cloud, id) => {
    const answer = await unlessGone(
      queryCall(cloud, "iam", "GetRole", { RoleName: id }),
    );
    return answer && roleOutputs(answer);
  },
  update: async (cloud, { inputs, changed }) => {
    await updateRole(cloud, inputs, changed);
  },
  delete: async (cloud, id) => {
    // Detached policies take a moment to leave the role.
    const isBusy = (error: AwsError): boolean =>
      error.code === "DeleteConflict";
    await unlessGone(
      retryWhile(cloud.wait, isBusy, () =>
        queryCall(cloud, "iam", "DeleteRole", { RoleName: id }),
      ),
    );
  },
  tagging: {
    add: (cloud, state, tags) =>
      queryCall(cloud, "iam", "TagRole", {
        RoleName: textOf(state, "name"),
        ...tagMembers(tags),
      }),
    remove: (cloud, state, keys) => {
      const members = keys.map((key, index) => [
        `TagKeys.member.${index + 1}`,
        key,
      ]);
      const TagKeys = Object.fromEntries(members) as Record<string, string>;
      return queryCall(cloud, "iam", "UntagRole", {
        RoleName: textOf(state, "name"),
        ...TagKeys,
      });
    },
  },
};
