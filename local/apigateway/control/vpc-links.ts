// VPC links of REST APIs: ways from API Gateway to a network load balancer in a VPC. Here they lead where the URI says.
import { newId } from "../model.ts";
import { type Call, type Handler, param } from "./call.ts";
import { badRequest, notFound } from "./errors.ts";
import { text, texts } from "./input.ts";

/** AWS answers PENDING and takes minutes; a link that is not made yet serves nothing. */
export const createVpcLink: Handler = ({ body, region, store }) => {
  const targetArns = texts(body, "targetArns") ?? [];
  // One target is documented; the text is ours.
  if (targetArns.length !== 1)
    throw badRequest("Exactly one target must be specified");
  const link = {
    id: newId(6),
    name: text(body, "name") ?? "",
    region,
    status: "AVAILABLE",
    targetArns,
  };
  store.vpcLinks.set(link.id, link);
  return link;
};

export const getVpcLink: Handler = (call) => theLink(call);

export const deleteVpcLink: Handler = (call) => {
  call.store.vpcLinks.delete(theLink(call).id);
  return undefined;
};

function theLink(call: Call) {
  const link = call.store.vpcLinks.get(param(call, "link"));
  if (link?.region === call.region) return link;
  throw notFound("Invalid Vpc Link identifier specified"); // the text is ours
}
