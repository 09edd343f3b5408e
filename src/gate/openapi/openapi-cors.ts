// CORS as far as API Gateway can do it: preflight answers for every path, and headers on the gate's own errors. The answer to
// the call itself carries the upstream's headers, which API Gateway passes on unchanged. Pure.
import type { Cors } from "../gate.ts";
import type { Operation } from "./openapi-types.ts";

const allowOrigin = "Access-Control-Allow-Origin";

/** @returns the OPTIONS operation of a path, without its parameters. */
export function buildPreflight(
  { origins }: Cors,
  {
    methods,
    tokenHeaders,
  }: {
    readonly methods: readonly string[];
    readonly tokenHeaders: readonly string[];
  },
): Operation {
  // Fetch standard: the wildcard covers every header except Authorization.
  const headers = [...new Set(["*", "Authorization", ...tokenHeaders])];
  const parameters = {
    "Access-Control-Allow-Methods": `'${methods.join(",")}'`,
    "Access-Control-Allow-Headers": `'${headers.join(",")}'`,
    "Access-Control-Max-Age": "'600'",
    ...staticOrigin(origins),
  };
  return {
    responses: {
      "200": {
        description: "Preflight answer",
        headers: Object.fromEntries(
          [...new Set([...Object.keys(parameters), allowOrigin])].map(
            (name) => [name, { schema: { type: "string" } }] as const,
          ),
        ),
      },
    },
    "x-amazon-apigateway-integration": {
      type: "mock",
      requestTemplates: { "application/json": '{"statusCode":200}' },
      responses: {
        default: {
          statusCode: "200",
          responseParameters: prefixed("method.response.header.", parameters),
          ...templates(origins),
        },
      },
    },
  };
}

function prefixed(
  prefix: string,
  values: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [prefix + name, value]),
  );
}

/**
 * Headers of gateway responses. They know no templates, so with several origins they name the caller's: a page of another
 * origin can then read that it was refused, and no more, since its preflight fails.
 */
export function errorOrigin(cors: Cors | undefined): Record<string, string> {
  if (cors === undefined) return {};
  const [only = "*"] = cors.origins;
  const value =
    cors.origins.length > 1
      ? "method.request.header.Origin"
      : `'${plain(only)}'`;
  return {
    [`gatewayresponse.header.${allowOrigin}`]: value,
    ...(only !== "*" && { "gatewayresponse.header.Vary": "'Origin'" }),
  };
}

function staticOrigin(origins: readonly string[]): Record<string, string> {
  const [only = "*"] = origins;
  return {
    ...(origins.length === 1 && { [allowOrigin]: `'${plain(only)}'` }),
    ...(only !== "*" && { Vary: "'Origin'" }),
  };
}

function templates(origins: readonly string[]) {
  return origins.length > 1
    ? { responseTemplates: { "application/json": originTemplate(origins) } }
    : {};
}

/**
 * The rules let no other origin through; here is where one would get out of its quotes.
 * @throws Error for an origin with a character that means something to Velocity or in a header literal
 */
function plain(origin: string): string {
  if (!/^[A-Za-z0-9+.:/[\]_*-]+$/.test(origin))
    throw new Error("an origin has a character that no origin has");
  return origin;
}

/** Velocity: one line an origin. Header names have case there, and HTTP/2 callers write them low. */
function originTemplate(origins: readonly string[]): string {
  return origins
    .map(plain)
    .map((origin) => {
      const test = ["Origin", "origin"]
        .map((name) => `$input.params('${name}') == "${origin}"`)
        .join(" || ");
      return `#if(${test})#set($context.responseOverride.header.${allowOrigin} = "${origin}")#end`;
    })
    .join("\n");
}
