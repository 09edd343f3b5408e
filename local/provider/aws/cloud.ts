// The AWS API as resource types see it: signed calls in the three protocols that the services here speak.
import { textOf, type Properties } from "../values.ts";
import { sendWithRetries, type Sender } from "./retry.ts";
import { childText, findChild, parseXml, type XmlElement } from "./xml.ts";

export interface Cloud extends Sender {
  readonly region: string;
  readonly account: string;
  readonly partition: string;
}

interface RestCall {
  readonly service: "apigateway" | "lambda";
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly body?: Properties | string;
}

/** A REST-JSON call (API Gateway, Lambda). Answers the parsed body, `{}` where there is none; throws AwsError. */
export async function restCall(
  cloud: Sender,
  call: RestCall,
): Promise<Properties> {
  const body =
    call.body === undefined
      ? ""
      : typeof call.body === "string"
        ? call.body
        : JSON.stringify(call.body);
  const headers = body === "" ? {} : { "Content-Type": "application/json" };
  const answer = await sendWithRetries(cloud, { ...call, headers, body });
  return answer === "" ? {} : (JSON.parse(answer) as Properties);
}

const JSON_SERVICES = {
  logs: { target: "Logs_20140328", version: "1.1" },
  monitoring: { target: "GraniteServiceVersion20100801", version: "1.0" },
  dynamodb: { target: "DynamoDB_20120810", version: "1.0" },
  wafv2: { target: "AWSWAF_20190729", version: "1.1" },
} as const;

/** An AWS-JSON call (CloudWatch, CloudWatch Logs, DynamoDB, WAF). */
export async function jsonCall(
  cloud: Sender,
  service: keyof typeof JSON_SERVICES,
  operation: string,
  body: Properties,
): Promise<Properties> {
  const { target, version } = JSON_SERVICES[service];
  const headers = {
    "Content-Type": `application/x-amz-json-${version}`,
    "X-Amz-Target": `${target}.${operation}`,
  };
  const call = {
    service,
    operation,
    method: "POST",
    path: "/",
    headers,
    body: JSON.stringify(body),
  };
  const answer = await sendWithRetries(cloud, call);
  return answer === "" ? {} : (JSON.parse(answer) as Properties);
}

const QUERY_VERSIONS = { iam: "2010-05-08", sts: "2011-06-15" } as const;

/** An AWS-query call (IAM, STS). Answers the result element; texts of it are read with `childText`. */
export async function queryCall(
  cloud: Sender,
  service: keyof typeof QUERY_VERSIONS,
  operation: string,
  parameters: Readonly<Record<string, string>>,
): Promise<XmlElement> {
  const form = new URLSearchParams({
    Action: operation,
    Version: QUERY_VERSIONS[service],
    ...parameters,
  });
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  const call = {
    service,
    operation,
    method: "POST",
    path: "/",
    headers,
    body: form.toString(),
  };
  const answer = parseXml(await sendWithRetries(cloud, call));
  const result = findChild(answer, `${operation}Result`) ?? answer;
  return typeof result === "string" ? {} : (result as XmlElement);
}

/** Who the credentials belong to (STS). */
export async function callerIdentity(
  sender: Sender,
): Promise<{ account: string; arn: string; userId: string }> {
  const result = await queryCall(sender, "sts", "GetCallerIdentity", {});
  return {
    account: childText(result, "Account"),
    arn: childText(result, "Arn"),
    userId: childText(result, "UserId"),
  };
}

/** The ARN of something of API Gateway; AWS leaves the account out of these. */
export function gatewayArn(cloud: Cloud, path: string): string {
  return `arn:${cloud.partition}:apigateway:${cloud.region}::${path}`;
}

/** AWS writes times as epoch seconds in some protocols and as texts in others; Terraform's state has RFC 3339. */
export function timeOf(answer: Properties, key: string): string {
  const value = answer[key];
  if (value === undefined || value === null) return "";
  const time = new Date(
    typeof value === "number" ? value * 1000 : textOf(answer, key),
  );
  return time.toISOString().replace(/\.\d{3}Z$/, "Z");
}
