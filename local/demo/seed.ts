// Puts into the local cloud what a user has in AWS before the first run: the secrets of upstreams.

import aws4 from "aws4";
import type { Cloud } from "../cloud/cloud.ts";

/** Puts an SSM SecureString in the cloud's region. */
export async function putParameter(
  cloud: Cloud,
  name: string,
  value: string,
): Promise<void> {
  const endpoint = new URL(cloud.env["AWS_ENDPOINT_URL"] ?? "");
  const body = JSON.stringify({
    Name: name,
    Value: value,
    Type: "SecureString",
    Overwrite: true,
  });
  const { headers } = aws4.sign(
    {
      service: "ssm",
      region: cloud.env["AWS_REGION"] ?? "",
      host: endpoint.host,
      method: "POST",
      path: "/",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "AmazonSSM.PutParameter",
      },
      body,
    },
    {
      accessKeyId: cloud.env["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: cloud.env["AWS_SECRET_ACCESS_KEY"] ?? "",
    },
  );
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: headers as Record<string, string>,
    body,
  });
  if (!answer.ok)
    throw new Error(
      `the parameter ${name} could not be put: ${await answer.text()}`,
    );
}
