// Reads an OpenAPI 3.0 document from its text, JSON or YAML, and works out its base path.

import { parse } from "yaml";
import { badRequest } from "../control/errors.ts";
import { isObject, type Json } from "../control/input.ts";

/** @throws ServiceError "Invalid OpenAPI input." for anything that is no OpenAPI 3.0 document */
export function readDocument(text: string): Json {
  const document = parseText(text);
  // Swagger 2.0 is not read here: the gate writes OpenAPI 3.0. AWS takes no 3.1 in REST APIs.
  const version = isObject(document) ? document["openapi"] : undefined;
  if (
    !isObject(document) ||
    typeof version !== "string" ||
    !/^3\.0\.\d+$/.test(version)
  )
    throw invalid();
  if (!isObject(document["paths"]) || !isObject(document["info"]))
    throw invalid();
  return document;
}

const invalid = (): Error => badRequest("Invalid OpenAPI input.");

function parseText(text: string): unknown {
  try {
    return text.trimStart().startsWith("{") ? JSON.parse(text) : parse(text);
  } catch {
    throw invalid();
  }
}

export type BasepathMode = "ignore" | "prepend" | "split";

/** The path in front of every path of the document: "" or "/a/b", without a trailing slash. */
export function prefixOf(document: Json, mode: BasepathMode): string {
  const base = basePath(document);
  if (mode === "ignore" || base === "") return "";
  return mode === "prepend" ? base : base.replace(/^\/[^/]+/, "");
}

/** A server variable named `basePath` wins, even where the URL does not use it. */
function basePath(document: Json): string {
  const servers = document["servers"];
  const server: unknown = Array.isArray(servers) ? servers[0] : undefined;
  if (!isObject(server)) return "";
  const variables = isObject(server["variables"]) ? server["variables"] : {};
  const defaultOf = (name: string): string => {
    const variable = variables[name];
    return isObject(variable) ? String(variable["default"]) : "";
  };
  const url = typeof server["url"] === "string" ? server["url"] : "";
  const path = variables["basePath"]
    ? defaultOf("basePath")
    : url.replace(/^\w+:\/\/[^/]*/, "");
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    defaultOf(name),
  );
  const trimmed = filled.replace(/^\/+|\/+$/g, "");
  return trimmed === "" ? "" : `/${trimmed}`;
}
