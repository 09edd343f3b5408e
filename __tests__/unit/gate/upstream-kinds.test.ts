// By which question of which path the proof learns whether a service takes the gate's credential.
import {
  questionsOf,
  type UpstreamKindName,
} from "../../../src/gate/upstream-kinds.ts";

const asked = (
  kind: UpstreamKindName,
  url: string,
  query: Readonly<Record<string, string>> = {},
) =>
  questionsOf({ kind, url, query }).map(({ method, path, search }) =>
    [method, path + search].join(" "),
  );

const version = "?api-version=2024-10-21";

test.each<[UpstreamKindName, string, string[]]>([
  [
    "openai",
    "https://api.openai.com/v1",
    ["GET /models", "POST /chat/completions"],
  ],
  [
    "openai",
    "https://vllm.example.com",
    ["GET /v1/models", "POST /v1/chat/completions"],
  ],
  [
    "openai",
    "https://api.groq.com/openai/v1",
    ["GET /models", "POST /chat/completions"],
  ],
  // A base that SDKs take as it is: what is below it is theirs.
  ["openai", "https://example.com/v1beta/openai", ["GET /models"]],
  // The kind counts, where there is one.
  [
    "openai",
    "https://generativelanguage.googleapis.com/v1beta/openai",
    ["GET /models"],
  ],
  // One route for one call.
  [
    "openai",
    "https://api.openai.com/v1/chat/completions",
    ["GET /models", "POST "],
  ],
  [
    "anthropic",
    "https://api.anthropic.com",
    ["GET /v1/models", "POST /v1/messages/count_tokens", "POST /v1/messages"],
  ],
  [
    "anthropic",
    "https://api.anthropic.com/v1",
    ["GET /models", "POST /messages/count_tokens", "POST /messages"],
  ],
  [
    "anthropic",
    "https://api.anthropic.com/v1/messages",
    ["POST /count_tokens", "POST "],
  ],
  [
    "azure-openai",
    "https://r.openai.azure.com/openai",
    [
      `GET /models${version}`,
      `POST /deployments/ai-gate-proof/chat/completions${version}`,
    ],
  ],
  [
    "azure-openai",
    "https://r.openai.azure.com/openai/v1",
    ["GET /models", "POST /chat/completions"],
  ],
  ["azure-openai", "https://r.openai.azure.com/openai/deployments/gpt", []],
  [
    "gemini",
    "https://generativelanguage.googleapis.com",
    ["GET /v1beta/models", "POST /v1beta/models/gemini-2.5-flash:countTokens"],
  ],
  [
    "gemini",
    "https://generativelanguage.googleapis.com/v1beta",
    ["GET /models", "POST /models/gemini-2.5-flash:countTokens"],
  ],
  [
    "gemini",
    "https://generativelanguage.googleapis.com/v1beta/openai",
    ["GET /models", "POST /chat/completions"],
  ],
  // Without a kind, the services that have one URL are known by it.
  [
    "http",
    "https://api.openai.com/v1",
    ["GET /models", "POST /chat/completions"],
  ],
  [
    "http",
    "https://api.anthropic.com/v1",
    ["GET /models", "POST /messages/count_tokens", "POST /messages"],
  ],
  ["http", "https://api.openai.com.example.com/v1", []],
  ["http", "https://scorer.example.com/v1", []],
  ["openai", "https://example.com/{tenant}/v1", []],
])("%s at %s is asked %j", (kind, url, expected) => {
  expect(asked(kind, url)).toEqual(expected);
});

test("what the gate sends with every call is left out", () => {
  const url = "https://r.openai.azure.com/openai";
  const query = { "api-version": "2025-01-01" };
  expect(asked("azure-openai", url, query)).toEqual([
    "GET /models",
    "POST /deployments/ai-gate-proof/chat/completions",
  ]);
});
