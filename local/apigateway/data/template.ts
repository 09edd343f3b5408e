// The small part of VTL that a gate's own documents use: references to `$context` and `$input`, lines that set a response header for
// one value of a request parameter, and a whole template that is one of two texts.

import { contextValue, type Exchange, headerSource } from "./exchange.ts";
import { queryValues, replaceHeaders } from "./headers.ts";

/** A template uses something that is not served here; AWS might render it, so the answer is a 500 and not a guess. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

/**
 * `body` is what `$input` reads: the request's in a request template, the backend's in a response template. Overridden
 * response headers are noted in the exchange.
 *
 * @throws TemplateError
 */
export function renderTemplate(
  exchange: Exchange,
  template: string,
  body: string,
): string {
  return overrideHeaders(exchange, choose(exchange, template)).replace(
    reference,
    (all, ...groups: unknown[]) => {
      const name = String(groups[0] ?? groups[1]);
      const value = lookUp(exchange, name, body);
      if (value === undefined) throw new TemplateError(`${all} is not served`);
      return value;
    },
  );
}

/** Quoted text in which Velocity finds nothing to fill in or to unescape, and that can stand in a header. */
const literal = String.raw`"[\x20\x21\x25-\x5b\x5d-\x7e]*"`;
const comparisons = (operator: "==" | "!=") => {
  const one = String.raw`\$input\.params\('[\w-]+'\) ${operator} ${literal}`;
  return String.raw`#if\((?<tests>${one}(?: \|\| ${one})*)\)`;
};
const overrideLine = new RegExp(
  `^${comparisons("==")}` +
    String.raw`#set\(\$context\.responseOverride\.header\.(?<name>[A-Za-z][\w-]*) = (?<value>${literal})\)#end$`,
);

const choice = new RegExp(
  `^${comparisons("!=")}` +
    String.raw`\n(?<yes>[^#$]*)\n#else\n(?<no>[^#$]*)\n#end$`,
);

/** `#if($input.params('A') != "" || …)`, a text, `#else`, another, `#end`, each in lines of its own. */
function choose(exchange: Exchange, template: string): string {
  const { tests, yes, no } = choice.exec(template)?.groups ?? {};
  if (tests === undefined || yes === undefined || no === undefined)
    return template;
  return holds(exchange, tests) ? yes : no;
}

/**
 * The other use of directives that is served, one a line and before any text, as CORS with several origins needs it:
 * `#if($input.params('A') == "x" || …)#set($context.responseOverride.header.B = "x")#end`
 *
 * @returns the text
 */
function overrideHeaders(exchange: Exchange, template: string): string {
  const lines = template.split("\n");
  const text = lines.findIndex((line) => !line.startsWith("#if("));
  const directives = text < 0 ? lines : lines.slice(0, text);
  const rest = lines.slice(directives.length).join("\n");
  const overrides = directives.map((line) => {
    const { tests, name, value } = overrideLine.exec(line)?.groups ?? {};
    if (tests === undefined || name === undefined || value === undefined)
      throw new TemplateError("these directives are not served");
    return { tests, name, value: value.slice(1, -1) };
  });
  if (/#[a-z@{#*]/i.test(rest))
    throw new TemplateError("these directives are not served");
  for (const { tests, name, value } of overrides)
    if (holds(exchange, tests))
      exchange.responseOverrides = replaceHeaders(
        exchange.responseOverrides ?? [],
        [[name, value]],
      );
  return rest;
}

function holds(exchange: Exchange, tests: string): boolean {
  const each = /params\('([\w-]+)'\) ([=!])= "([^"]*)"/g;
  return [...tests.matchAll(each)].some(
    ([, name = "", operator, value]) =>
      ((anyParameter(exchange, name) ?? "") === value) === (operator === "="),
  );
}

const dotted = String.raw`[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*(?:\([^)]*\))?)*`;
const reference = new RegExp(
  String.raw`\$!?(?:\{(${dotted})\}|(${dotted}))`,
  "g",
);

/** Java's `String.replace` with literals, as `$context.path.replace('/a', '')`: public templates call methods of strings so. */
const replacement =
  /^(?<field>[\w.]+)\.replace\('(?<old>[^'$#\\]+)', ?'(?<by>[^'$#\\]*)'\)$/;

/** The rendered reference; "" where AWS renders nothing; undefined when it is not served. */
function lookUp(
  exchange: Exchange,
  name: string,
  body: string,
): string | undefined {
  const dot = name.indexOf(".");
  const [root, rest] = [name.slice(0, Math.max(dot, 0)), name.slice(dot + 1)];
  if (root === "input") return input(exchange, rest, body);
  const replaced = replacement.exec(rest)?.groups;
  if (root === "context" && replaced !== undefined) {
    const { field = "", old = "", by = "" } = replaced;
    return contextValue(exchange, field)?.replaceAll(old, () => by);
  }
  if (rest.includes("(")) return undefined;
  return root === "context" ? (contextValue(exchange, rest) ?? "") : undefined;
}

function input(
  exchange: Exchange,
  call: string,
  body: string,
): string | undefined {
  if (call === "body") return body === "" ? "{}" : body;
  if (call === "json('$')") return asJson(body);
  const name = /^params\('([^']*)'\)$/.exec(call)?.[1];
  return name === undefined ? undefined : (anyParameter(exchange, name) ?? "");
}

/** `$input.params('x')` looks in the path, then the query string, then the headers. */
function anyParameter(exchange: Exchange, name: string): string | undefined {
  return (
    exchange.route?.pathParameters[name] ??
    queryValues(exchange.query, name).at(-1) ??
    headerSource(exchange, name)
  );
}

function asJson(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body === "" ? "{}" : body));
  } catch {
    throw new TemplateError("the body is no JSON");
  }
}
