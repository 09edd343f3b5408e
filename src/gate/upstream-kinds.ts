import type { HttpMethod } from "../../contract/authorizer-settings.ts";
/** A call that costs nothing: a GET, or a POST without the body that it needs. With a wrong key it is 401 or 403, never with a right one. */
interface Question {
  readonly method: "GET" | "POST";
  /**
   * Of the service, as its documentation has it, with a query if it needs one. An upstream's URL may hold the first segments
   * already; a path of one segment goes below any URL.
   */
  readonly paths: readonly string[];
}

/** What services of a kind have in common; the config may say each otherwise. */
export interface UpstreamKind {
  /** The service's own URL, where there is only one, or one a region: `{region}` stands for it. */
  readonly url?: string;
  /** In which the gate sends its credential, with the scheme if any. */
  readonly header: string;
  /** Where the service's own SDKs send their key, and so where callers may send the gate's. */
  readonly tokenHeaders: readonly string[];
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as well where `cors` lets pages call: without them the service allows no page to read its answers. */
  readonly pageHeaders?: Readonly<Record<string, string>>;
  /** Of a route that names none. */
  readonly methods?: readonly HttpMethod[];
  /** By which the proof learns whether the service takes the gate's credential; the first that a route allows is asked. */
  readonly questions?: readonly Question[];
}

export const upstreamKinds = {
  /** Any https service. */
  http: { header: "Authorization: Bearer", tokenHeaders: ["Authorization"] },
  openai: {
    url: "https://api.openai.com/v1",
    header: "Authorization: Bearer",
    tokenHeaders: ["Authorization"],
    questions: [
      { method: "GET", paths: ["/v1/models", "/models"] },
      { method: "POST", paths: ["/v1/chat/completions"] },
    ],
  },
  anthropic: {
    url: "https://api.anthropic.com",
    header: "x-api-key",
    // Its older SDKs send the one; its newer ones, and Claude Code, the other.
    tokenHeaders: ["x-api-key", "Authorization"],
    // The only version there is (API reference, "Versions").
    headers: { "anthropic-version": "2023-06-01" },
    // As its SDKs send it from a browser (`dangerouslyAllowBrowser`).
    pageHeaders: { "anthropic-dangerous-direct-browser-access": "true" },
    questions: [
      { method: "GET", paths: ["/v1/models"] },
      { method: "POST", paths: ["/v1/messages/count_tokens"] },
      { method: "POST", paths: ["/v1/messages"] },
    ],
  },
  "azure-openai": {
    header: "api-key",
    // `api-key` for keys; the newer endpoint `/openai/v1` takes OpenAI's SDK, which sends the other.
    tokenHeaders: ["api-key", "Authorization"],
    questions: [
      {
        method: "GET",
        paths: ["/openai/models?api-version=2024-10-21", "/v1/models"],
      },
      {
        method: "POST",
        paths: [
          "/openai/deployments/ai-gate-proof/chat/completions?api-version=2024-10-21",
          "/v1/chat/completions",
        ],
      },
    ],
  },
  gemini: {
    url: "https://generativelanguage.googleapis.com",
    header: "x-goog-api-key",
    // The latter for its endpoint `/v1beta/openai`.
    tokenHeaders: ["x-goog-api-key", "Authorization"],
    questions: [
      {
        method: "GET",
        paths: ["/v1beta/models", "/v1/models", "/openai/models"],
      },
      {
        method: "POST",
        paths: [
          "/v1beta/models/gemini-2.5-flash:countTokens",
          "/v1/models/gemini-2.5-flash:countTokens",
          "/openai/chat/completions",
        ],
      },
    ],
  },
  bedrock: {
    url: "https://bedrock-runtime.{region}.amazonaws.com",
    header: "Authorization: Bearer",
    // AWS's SDKs send a bearer token there (`AWS_BEARER_TOKEN_BEDROCK`), and OpenAI's for the path `/openai/v1`.
    tokenHeaders: ["Authorization"],
  },
  mcp: {
    header: "Authorization: Bearer",
    tokenHeaders: ["Authorization"],
    // Streamable HTTP: messages, the server's own stream, and the end of a session.
    methods: ["POST", "GET", "DELETE"],
  },
} as const satisfies Readonly<Record<string, UpstreamKind>>;

/** API Gateway calls these by other means than a URL, or answers itself: each has keys of its own. */
export const kindsWithoutUrl = ["lambda", "sagemaker", "mock"] as const;
export type KindWithoutUrl = (typeof kindsWithoutUrl)[number];

export type UpstreamKindName = keyof typeof upstreamKinds;

export const upstreamKind = (name: UpstreamKindName): UpstreamKind =>
  upstreamKinds[name];

/** Those that need no more than a URL and a secret; the others have keys that no input of the action gives. */
export const kindsOfInputs = [
  "http",
  "openai",
  "anthropic",
  "azure-openai",
  "gemini",
  "mcp",
  "mock",
] as const satisfies readonly (UpstreamKindName | KindWithoutUrl)[];

/** A question of an upstream, from where its URL ends: `/models`, or empty when the URL is the whole question. */
export interface AskedBelow {
  readonly method: Question["method"];
  readonly path: string;
  /** With its question mark; empty when there is none. */
  readonly search: string;
}

/** @returns the questions that an upstream answers; none where its URL depends on the call, or its service is not known. */
export function questionsOf({
  kind,
  models = [],
  query,
  url,
}: {
  readonly kind: UpstreamKindName;
  /** Of Bedrock, that the gate's own key opens. */
  readonly models?: readonly string[];
  readonly query: Readonly<Record<string, string>>;
  readonly url: string;
}): readonly AskedBelow[] {
  if (/[{}]/.test(url)) return [];
  const base = new URL(url).pathname.split("/").filter(Boolean);
  // Without a body Bedrock answers 400, once it knows that the key may call the model. An ARN has slashes.
  const own = models
    .filter((model) => !model.includes("/"))
    .map((model): Question => ({
      method: "POST",
      paths: [`/model/${model}/converse`],
    }));
  const service = upstreamKind(serviceOf(kind, url));
  const questions = [...(service.questions ?? []), ...own];
  return questions.flatMap(({ method, paths }) => {
    for (const text of paths) {
      const { pathname, searchParams } = new URL(text, url);
      const rest = restBelow(base, pathname.slice(1).split("/"));
      if (rest === undefined) continue;
      // What the gate itself sends with every call, a caller must not.
      for (const name of Object.keys(query)) searchParams.delete(name);
      const search = searchParams.size > 0 ? `?${searchParams.toString()}` : "";
      return [{ method, path: rest.map((one) => `/${one}`).join(""), search }];
    }
    return [];
  });
}

/** An upstream without a kind that is a service with one URL of its own is known by that. @param url `{NAME}` may stand in it */
export function serviceOf<Kind extends string>(
  kind: Kind,
  url: string,
): Kind | UpstreamKindName {
  if (kind !== "http") return kind;
  const origin = URL.parse(url)?.origin;
  const names = Object.keys(upstreamKinds) as UpstreamKindName[];
  const known = names.find((name) => {
    const own = upstreamKind(name).url;
    return own !== undefined && URL.parse(own)?.origin === origin;
  });
  return known ?? kind;
}

/** @returns what of the path is not in the URL's own; undefined when the one does not go on from the other. */
function restBelow(
  base: readonly string[],
  path: readonly string[],
): readonly string[] | undefined {
  for (let shared = Math.min(base.length, path.length); shared > 0; shared--)
    if (base.slice(-shared).join("/") === path.slice(0, shared).join("/"))
      return path.slice(shared);
  return base.length === 0 || path.length === 1 ? path : undefined;
}
