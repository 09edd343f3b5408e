import { buildResourcePolicy } from "../../gate/openapi/resource-policy.ts";
import { gateTag } from "../names.ts";
import { actions, type PolicyPlace, type PolicyRow } from "./row.ts";

/** API Gateway's ARNs have no account. */
export const at =
  (...paths: readonly string[]) =>
  ({ partition, region }: PolicyPlace): string[] =>
    paths.map((path) => `arn:${partition}:apigateway:${region}::${path}`);

/** What belongs to an API or a plan has its tags ("API Gateway resources that can be tagged"). */
export const isTagged = () => ({
  StringLike: { [`aws:ResourceTag/${gateTag}`]: "*" },
});
/** Nor is there a tag on what is not there. */
export const untagged =
  "if it was deleted by hand, run `refresh` first: its condition asks for a tag";

/** An API's own policy has an action beside the method ("Create and attach an API Gateway resource policy to an API"). */
const withOwnPolicy =
  (path: string): PolicyRow["resources"] =>
  (place, gate) =>
    buildResourcePolicy(gate, "") === undefined ? [] : at(path)(place);

/** REST API, its document, deployments, stage with its limits, gateway responses and cache. */
export const apiRows: readonly PolicyRow[] = [
  {
    sid: "CreateApi",
    access: "write",
    actions: actions("apigateway", "POST"),
    resources: at("/restapis"),
    condition: ({ names }) => ({
      StringLike: { "apigateway:Request/ApiName": names },
    }),
  },
  {
    sid: "ChangeApi",
    access: "write",
    actions: actions("apigateway", "POST PUT PATCH DELETE"),
    resources: at("/restapis/*"),
    condition: isTagged,
    note: untagged,
  },
  {
    // Without a condition: one that was deleted by hand has no tags, and must be answered 404.
    sid: "ReadApi",
    access: "read",
    actions: actions("apigateway", "GET"),
    resources: at("/restapis/*"),
  },
  {
    // What a run that was killed, or a lost state, has left is found by its name.
    sid: "FindApi",
    access: "read",
    actions: actions("apigateway", "GET"),
    resources: at("/restapis"),
  },
  {
    // Also asked when something is created with tags.
    sid: "TagApi",
    access: "write",
    actions: actions("apigateway", "PUT DELETE"),
    resources: at("/tags/*"),
  },
  {
    // Allows nothing without `CreateApi`.
    sid: "CreateApiPolicy",
    access: "write",
    actions: actions("apigateway", "UpdateRestApiPolicy"),
    resources: withOwnPolicy("/restapis"),
  },
  {
    sid: "ChangeApiPolicy",
    access: "write",
    actions: actions("apigateway", "UpdateRestApiPolicy"),
    resources: withOwnPolicy("/restapis/*"),
    condition: isTagged,
    note: untagged,
  },
];
