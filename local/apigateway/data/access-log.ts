// The line that a stage's access log gets for each call. What there is no value for is `-`. Values are put in as they are: whether AWS
// escapes quotes in them is not documented, so the less forgiving reading.
import { contextValue, type Exchange, type Refusal } from "./exchange.ts";

/** Documented for access logs, but nothing that is measured here. */
const unmeasured = [
  "authorizer.integrationLatency",
  "integration.status",
  "integrationLatency",
];

export function accessLine(
  exchange: Exchange,
  format: string,
  { now, refusal }: { now: number; refusal: Refusal | undefined },
): string {
  const { response, time } = exchange;
  const length = response.getHeader("content-length");
  const measured: Readonly<Record<string, string>> = {
    status: String(response.statusCode),
    responseLatency: String(now - time),
    ...(length === undefined ? {} : { responseLength: String(length) }),
  };
  return format.replace(
    /\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)/g,
    (_all, name: string) =>
      unmeasured.includes(name)
        ? "-"
        : (measured[name] ?? contextValue(exchange, name, refusal) ?? "-"),
  );
}
