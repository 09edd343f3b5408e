import { type ApiKey, newId } from "../model.ts";
import { type Call, type Handler, member, page, param } from "./call.ts";
import { badRequest, conflict } from "./errors.ts";
import { defined, flag, text, textMap, texts, without } from "./input.ts";
import {
  invalidPath,
  patched,
  type PatchRule,
  textRule,
  toFlag,
} from "./patch.ts";

/** Answers with the value, other than reads without `includeValue`. */
export const createApiKey: Handler = (call) => {
  const { body } = call;
  const tags = textMap(body, "tags") ?? {};
  const key: ApiKey = {
    id: newId(),
    ...defined({
      name: checkName(text(body, "name")) || undefined,
      description: checkDescription(text(body, "description")),
      customerId: text(body, "customerId"),
      tags: Object.keys(tags).length > 0 ? tags : undefined,
    }),
    value: checkValue(call, text(body, "value")),
    enabled: flag(body, "enabled") ?? false,
    createdDate: call.now,
    lastUpdatedDate: call.now,
    stageKeys: texts(body, "stageKeys") ?? [],
  };
  call.store.apiKeys.set(key.id, key);
  return key;
};

function checkValue(call: Call, value: string | undefined): string {
  if (!value) return newId(40);
  if (value.length < 20)
    throw badRequest("API Key value should be at least 20 characters");
  if (value.length > 128)
    throw badRequest("API Key value exceeds maximum size of 128 characters");
  if ([...call.store.apiKeys.values()].some((key) => key.value === value))
    throw conflict("API Key already exists");
  return value;
}

function checkName(name: string | undefined): string | undefined {
  if (name !== undefined && name.length > 1024)
    throw badRequest("Invalid API Key name, can be at most 1024 characters.");
  return name;
}

function checkDescription(description: string | undefined): string | undefined {
  if (description !== undefined && description.length > 125_000)
    throw badRequest("Invalid API Key description specified.");
  return description;
}

function theKey(call: Call): ApiKey {
  return member(
    call.store.apiKeys,
    param(call, "key"),
    "Invalid API Key identifier specified",
  );
}

export const getApiKey: Handler = (call) => {
  const { value, ...rest } = theKey(call);
  const shown = call.query.get("includeValue") === "true" ? { value } : {};
  return { ...rest, ...shown, tags: rest.tags ?? {} };
};

/** Newest first; `name` is a prefix, letter case counts. */
export const getApiKeys: Handler = (call) => {
  const prefix = call.query.get("name") ?? "";
  const withValues = call.query.get("includeValues") === "true";
  const keys = [...call.store.apiKeys.values()]
    .reverse()
    .filter(({ name = "" }) => name.startsWith(prefix));
  return page(
    call,
    keys.map(({ value, ...rest }) => (withValues ? { ...rest, value } : rest)),
  );
};

export const deleteApiKey: Handler = (call) => {
  const { id } = theKey(call);
  call.store.apiKeys.delete(id);
  for (const keys of call.store.planKeys.values()) keys.delete(id);
  return undefined;
};

const rules: readonly PatchRule<ApiKey>[] = [
  {
    path: /^\/name$/,
    ops: ["replace"],
    apply: (key, { value }) => {
      const name = checkName(value);
      if (name) key.name = name;
      else delete key.name;
    },
  },
  textRule<ApiKey>("description"),
  textRule<ApiKey>("customerId"),
  {
    path: /^\/enabled$/,
    ops: ["replace"],
    apply: (key, patch) => (key.enabled = toFlag(patch)),
  },
];

export const updateApiKey: Handler = (call) => {
  const changed = patched(theKey(call), call.body, {
    operation: "updateApiKey",
    rules,
    refuse: invalidPath(["/description", "/enabled", "/name", "/customerId"]),
  });
  checkDescription(changed.description);
  changed.lastUpdatedDate = call.now;
  call.store.apiKeys.set(changed.id, changed);
  return { ...without(changed, "value"), tags: changed.tags ?? {} };
};
