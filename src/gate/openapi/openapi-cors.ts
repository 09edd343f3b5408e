// CORS as far as API Gateway can do it: preflight answers for every path, and headers on the gate's own errors. The answer to
// the call itself carries the upstream's headers, which API Gateway passes on unchanged.
import type { Cors } from "../gate.ts";

const allowOrigin = "Access-Control-Allow-Origin";

export function buildPreflight(
  { origins }: Cors,
  methods: readonly string[],
  tokenHeaders: readonly string[],
) {
  // Fetch standard: the wildcard covers every header except Authorization.
  const allowed = new Set(["*", "Authorization", ...tokenHeaders]);
  const headers = {
    "Access-Control-Allow-Methods": `'${methods.join(",")}'`,
    "Access-Control-Allow-Headers": `'${[...allowed].join(",")}'`,
    "Access-Control-Max-Age": "'600'",
    ...(origins.length === 1 && { [allowOrigin]: originLiteral(origins) }),
    ...vary(origins),
  };
  const names = new Set([...Object.keys(headers), allowOrigin]);
  return {
    responses: {
      "200": {
        description: "Preflight answer",
        headers: Object.fromEntries(
          [...names].map((name) => [name, { schema: { type: "string" } }]),
        ),
      },
    },
    "x-amazon-apigateway-integration": mockIntegration({
      responseParameters: prefixed("method.response.header.", headers),
      ...(origins.length > 1 && {
        responseTemplates: { "application/json": originTemplate(origins) },
      }),
    }),
  };
}

/** @returns an integration with which API Gateway answers 200 itself, to requests of these types. */
export const mockIntegration = (
  response: {
    readonly statusCode?: string;
    readonly responseParameters?: Readonly<Record<string, string>>;
    readonly responseTemplates?: Readonly<Record<string, string>>;
  },
  types: readonly string[] = ["application/json"],
) => {
  // Templates take no bytes: neither with a Content-Type nor with an Accept that is a binary type.
  const contentHandling = "CONVERT_TO_TEXT";
  return {
    type: "mock" as const,
    contentHandling,
    requestTemplates: Object.fromEntries(
      types.map((type) => [type, '{"statusCode":200}']),
    ),
    responses: { default: { statusCode: "200", contentHandling, ...response } },
  };
};

/**
 * Headers of gateway responses. These have no templates, so with several origins they name the caller's: a page of another
 * origin can then read that it was refused, and no more, since its preflight fails.
 */
export const errorOrigin = (
  cors: Cors | undefined,
  exposed: readonly string[],
): Record<string, string> =>
  cors === undefined
    ? {}
    : prefixed("gatewayresponse.header.", {
        [allowOrigin]:
          cors.origins.length > 1
            ? "method.request.header.Origin"
            : originLiteral(cors.origins),
        "Access-Control-Expose-Headers": `'${exposed.join(",")}'`,
        ...vary(cors.origins),
      });

export const prefixed = (
  prefix: string,
  values: Readonly<Record<string, string>>,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [prefix + name, value]),
  );

/** Headers of answers that API Gateway makes of an upstream's body alone. They cannot name one of several origins. */
export const answerOrigin = (
  cors: Cors | undefined,
): Readonly<Record<string, string>> =>
  cors?.origins.length === 1
    ? { [allowOrigin]: originLiteral(cors.origins), ...vary(cors.origins) }
    : {};

const vary = ([origin]: readonly string[]): Record<string, string> =>
  origin === "*" ? {} : { Vary: "'Origin'" };

const originLiteral = ([origin = "*"]: readonly string[]): string =>
  `'${assertPlain(origin)}'`;

/**
 * The rules let no other origin through; here is where one would get out of its quotes.
 * @throws Error for an origin with a character that means something to Velocity or in a header literal
 */
function assertPlain(origin: string): string {
  if (!/^[A-Za-z0-9+.:/[\]_*-]+$/.test(origin))
    throw new Error("an origin has a character that no origin has");
  return origin;
}

/** Velocity. Header names have case there, and HTTP/2 callers write them in lower case. */
const originTemplate = (origins: readonly string[]): string =>
  origins
    .map(assertPlain)
    .map(
      (origin) =>
        `#if($input.params('Origin') == "${origin}" || $input.params('origin') == "${origin}")#set($context.responseOverride.header.${allowOrigin} = "${origin}")#end`,
    )
    .join("\n");
