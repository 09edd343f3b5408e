// AWS WAF: the web ACL in front of a stage.
import { jsonCall } from "../aws/cloud.ts";
import { type AwsError, unlessGone } from "../aws/error.ts";
import { retryWhile } from "../aws/retry.ts";
import type { ResourceType } from "../resource.ts";
import { mapOf, textOf } from "../values.ts";

export const webAclAssociation: ResourceType = {
  label: "WAFv2 WebACL Association",
  inputs: {
    resourceArn: { replaces: true },
    webAclArn: { replaces: true },
  },
  computed: [],
  create: async (cloud, inputs, created) => {
    const resource = textOf(inputs, "resourceArn");
    const acl = textOf(inputs, "webAclArn");
    const body = { ResourceArn: resource, WebACLArn: acl };
    // A new stage is not known to WAF at once.
    const isEarly = (error: AwsError): boolean =>
      error.code === "WAFUnavailableEntityException";
    await retryWhile(cloud.wait, isEarly, () =>
      jsonCall(cloud, "wafv2", "AssociateWebACL", body),
    );
    created(`${acl},${resource}`);
  },
  read: async (cloud, _id, state) => {
    const resource = textOf(state, "resourceArn");
    const found = await unlessGone(
      jsonCall(cloud, "wafv2", "GetWebACLForResource", {
        ResourceArn: resource,
      }),
    );
    const arn = textOf(mapOf(found ?? {}, "WebACL"), "ARN");
    return arn === "" ? undefined : { resourceArn: resource, webAclArn: arn };
  },
  delete: async (cloud, _id, state) => {
    await unlessGone(
      jsonCall(cloud, "wafv2", "DisassociateWebACL", {
        ResourceArn: textOf(state, "resourceArn"),
      }),
    );
  },
};
