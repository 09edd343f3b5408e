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
  return mockOperation({
    description: "Preflight answer",
    cors: { origins },
    headers: {
      "Access-Control-Allow-Methods": `'${methods.join(",")}'`,
      "Access-Control-Allow-Headers": `'${[...allowed].join(",")}'`,
      "Access-Control-Max-Age": "'600'",
    },
  });
}

interface Reply {
  readonly description: string;
  readonly status?: string;
  /** Sources by name: literals in single quotes. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Velocity. */
  readonly body?: string;
  readonly contentType?: string;
}

interface MockAnswer extends Reply {
  /** Whose pages may read it. */
  readonly cors?: Cors | undefined;
  /** Requests of other types are answered 415: templates have no wildcard. */
  readonly types?: readonly string[];
  /** Another answer, and to which calls without a body (Velocity). */
  readonly instead?: Reply & { readonly status: string; readonly when: string };
}

/** An operation that API Gateway answers itself. */
export function mockOperation({
  cors,
  instead,
  types = ["application/json"],
  ...answer
}: MockAnswer) {
  const usual = buildReply(answer, cors);
  const other = instead && buildReply(instead, cors);
  const template = `{"statusCode":${usual.status}}`;
  return {
    responses: {
      [usual.status]: usual.declared,
      ...(other && { [other.status]: other.declared }),
    },
    "x-amazon-apigateway-integration": {
      type: "mock" as const,
      contentHandling,
      // What has no template would be taken for one, and fail as a 500.
      passthroughBehavior: "never",
      requestTemplates: {
        ...Object.fromEntries(types.map((type) => [type, template])),
        ...(instead && {
          // Taken for a call without a Content-Type.
          "application/json": `#if(${instead.when})\n{"statusCode":${instead.status}}\n#else\n${template}\n#end`,
        }),
      },
      responses: {
        default: usual.response,
        ...(other && { [other.status]: other.response }),
      },
    },
  };
}

/** Templates take no bytes: neither with a Content-Type nor with an Accept that is a binary type. */
const contentHandling = "CONVERT_TO_TEXT";

function buildReply(
  {
    body,
    contentType = "application/json",
    description,
    headers = {},
    status = "200",
  }: Reply,
  cors: Cors | undefined,
) {
  const origins = cors?.origins ?? [];
  const sources = {
    ...headers,
    ...(origins.length === 1 && { [allowOrigin]: originLiteral(origins) }),
    ...(cors && vary(origins)),
  };
  const names = new Set([
    ...Object.keys(sources),
    ...(cors ? [allowOrigin] : []),
  ]);
  const template = [
    ...(origins.length > 1 ? [originTemplate(origins)] : []),
    ...(body === undefined ? [] : [body]),
  ];
  return {
    status,
    declared: {
      description,
      ...(names.size > 0 && {
        headers: Object.fromEntries(
          [...names].map((name) => [name, { schema: { type: "string" } }]),
        ),
      }),
    },
    response: {
      statusCode: status,
      contentHandling,
      ...(names.size > 0 && {
        responseParameters: prefixed("method.response.header.", sources),
      }),
      ...(template.length > 0 && {
        responseTemplates: { [contentType]: template.join("\n") },
      }),
    },
  };
}

/**
 * Headers of gateway responses. These have no templates, and `method.request.header.Origin` finds nothing over HTTP/2, where
 * names are in lower case. So with several origins any page can read that it was refused, and no more, since its preflight fails.
 */
export const errorOrigin = (
  cors: Cors | undefined,
  exposed: readonly string[],
): Record<string, string> =>
  cors === undefined
    ? {}
    : prefixed("gatewayresponse.header.", {
        [allowOrigin]:
          cors.origins.length > 1 ? "'*'" : originLiteral(cors.origins),
        "Access-Control-Expose-Headers": `'${exposed.join(",")}'`,
        ...(cors.origins.length > 1 ? {} : vary(cors.origins)),
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
