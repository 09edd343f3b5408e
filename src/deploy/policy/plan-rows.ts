import type { Gate } from "../../gate/gate.ts";
import { gateTag } from "../names.ts";
import { at, isTagged, untagged } from "./api-rows.ts";
import { actions, type PolicyPlace, type PolicyRow } from "./row.ts";

const getsTagged = () => ({
  StringLike: { [`aws:RequestTag/${gateTag}`]: "*" },
});

const withPlans =
  (resources: (place: PolicyPlace) => string[]) =>
  (place: PolicyPlace, { plans }: Gate): string[] =>
    plans.length > 0 ? resources(place) : [];

/** Usage plans and their keys, of a gate with `plans`. */
export const planRows: readonly PolicyRow[] = [
  {
    sid: "CreatePlans",
    access: "write",
    actions: actions("apigateway", "POST"),
    resources: withPlans(at("/usageplans", "/apikeys")),
    condition: getsTagged,
  },
  {
    sid: "ChangePlans",
    access: "write",
    actions: actions("apigateway", "POST PATCH DELETE"),
    resources: withPlans(at("/usageplans/*", "/apikeys/*")),
    condition: isTagged,
    note: untagged,
  },
  {
    sid: "ReadPlans",
    access: "read",
    actions: actions("apigateway", "GET"),
    resources: withPlans(at("/usageplans/*", "/apikeys/*")),
  },
];
