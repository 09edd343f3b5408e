// A correction of the emulator's answer: its DescribeAlarms in XML leaves out an alarm's period, statistic, dimensions, actions and
// more, which its answer in JSON has. So a form's call is asked in JSON, and answered in AWS's XML (CloudWatch API Reference).
import type { IncomingMessage } from "node:http";

type Json = string | number | boolean | null | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [name: string]: Json;
}

export async function describeAlarms(
  backend: URL,
  { headers }: Pick<IncomingMessage, "headers">,
  form: string,
): Promise<{ status: number; text: string }> {
  const asked = new URLSearchParams(form);
  const AlarmNames = [...asked]
    .filter(([name]) => /^AlarmNames\.member\.\d+$/.test(name))
    .map(([, value]) => value);
  const prefix = asked.get("AlarmNamePrefix");
  const answer = await fetch(backend, {
    method: "POST",
    headers: {
      // The account and region are in it.
      authorization: headers.authorization ?? "",
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "GraniteServiceVersion20100801.DescribeAlarms",
    },
    body: JSON.stringify({
      ...(AlarmNames.length > 0 && { AlarmNames }),
      ...(prefix !== null && { AlarmNamePrefix: prefix }),
    }),
  });
  const result = (await answer.json()) as JsonObject;
  const text = `<DescribeAlarmsResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><DescribeAlarmsResult>${xml(result)}</DescribeAlarmsResult><ResponseMetadata><RequestId>local</RequestId></ResponseMetadata></DescribeAlarmsResponse>`;
  return { status: answer.status, text };
}

/** The operation's name in a form that asks for it. */
export const isDescribeAlarms = (service: string, form: string): boolean =>
  service === "monitoring" &&
  new URLSearchParams(form).get("Action") === "DescribeAlarms";

function xml(value: Json): string {
  if (Array.isArray(value))
    return value.map((one: Json) => `<member>${xml(one)}</member>`).join("");
  if (typeof value === "object" && value !== null)
    return Object.entries(value as JsonObject)
      .filter(([, one]) => one !== null)
      .map(([name, one]) => `<${name}>${xml(timed(name, one))}</${name}>`)
      .join("");
  return String(value).replace(
    /[<>&]/g,
    (character) => `&#${character.codePointAt(0)};`,
  );
}

const timed = (name: string, value: Json): Json =>
  name.endsWith("Timestamp") && typeof value === "number"
    ? new Date(value * 1000).toISOString()
    : value;
