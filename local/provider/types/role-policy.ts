// IAM: inline policies of a role, and managed policies attached to one.
import { queryCall, type Cloud } from "../aws/cloud.ts";
import { unlessGone } from "../aws/error.ts";
import { childText, members } from "../aws/xml.ts";
import type { ResourceType } from "../resource.ts";
import { textOf, type Properties } from "../values.ts";

function putPolicy(cloud: Cloud, inputs: Properties): Promise<unknown> {
  return queryCall(cloud, "iam", "PutRolePolicy", {
    PolicyDocument: textOf(inputs, "policy"),
    PolicyName: textOf(inputs, "name"),
    RoleName: textOf(inputs, "role"),
  });
}

function policyKey(id: string): { RoleName: string; PolicyName: string } {
  const [RoleName = "", PolicyName = ""] = id.split(":");
  return { RoleName, PolicyName };
}

export const rolePolicy: ResourceType = {
  label: "IAM Role Policy",
  inputs: {
    name: { replaces: true },
    policy: { json: true },
    role: { replaces: true },
  },
  computed: [],
  autoname: { property: "name", longest: 128 },
  create: async (cloud, inputs, created) => {
    await putPolicy(cloud, inputs);
    created(`${textOf(inputs, "role")}:${textOf(inputs, "name")}`);
  },
  read: async (cloud, id) => {
    const answer = await unlessGone(
      queryCall(cloud, "iam", "GetRolePolicy", policyKey(id)),
    );
    if (!answer) return undefined;
    const policy = decodeURIComponent(childText(answer, "PolicyDocument"));
    return {
      name: childText(answer, "PolicyName"),
      role: childText(answer, "RoleName"),
      policy,
    };
  },
  update: async (cloud, { inputs }) => {
    await putPolicy(cloud, inputs);
  },
  delete: async (cloud, id) => {
    await unlessGone(
      queryCall(cloud, "iam", "DeleteRolePolicy", policyKey(id)),
    );
  },
};

export const rolePolicyAttachment: ResourceType = {
  label: "IAM Role Policy Attachment",
  inputs: { policyArn: { replaces: true }, role: { replaces: true } },
  computed: [],
  create: async (cloud, inputs, created) => {
    const key = {
      PolicyArn: textOf(inputs, "policyArn"),
      RoleName: textOf(inputs, "role"),
    };
    await queryCall(cloud, "iam", "AttachRolePolicy", key);
    created(`${key.RoleName}/${key.PolicyArn}`);
  },
  read: async (cloud, _id, state) => {
    const RoleName = textOf(state, "role");
    const policyArn = textOf(state, "policyArn");
    const answer = await unlessGone(
      queryCall(cloud, "iam", "ListAttachedRolePolicies", { RoleName }),
    );
    const attached = answer && members(answer, "AttachedPolicies");
    const found = attached?.some(
      (policy) => childText(policy, "PolicyArn") === policyArn,
    );
    return found ? { role: RoleName, policyArn } : undefined;
  },
  delete: async (cloud, _id, state) => {
    const key = {
      PolicyArn: textOf(state, "policyArn"),
      RoleName: textOf(state, "role"),
    };
    await unlessGone(queryCall(cloud, "iam", "DetachRolePolicy", key));
  },
};
