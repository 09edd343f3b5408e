// The path below the gate, whichever way it led there.

/** The parameters of a path, put into its template. */
export const fillTemplate = (
  template: string,
  parameters: ReadonlyMap<string, string>,
): string =>
  template.replace(
    /\{([^}+]+)\+?\}/g,
    (_, name: string) => parameters.get(name) ?? "",
  );

/**
 * At a custom domain the path of an event begins with the base path that led here (seen in events of proxies; nobody says it of an
 * authorizer's). How much of it that is, API Gateway's own reading of the path tells, whichever way it does it.
 */
export function withoutBasePath(path: string, filled: string): string {
  const given = path.split("/");
  const end = path.endsWith("/") ? 1 : 0;
  const own = segmentsOf(filled);
  const extra = given.length - end - own.length;
  const isBehind =
    extra > 0 &&
    own.every(
      (segment, at) =>
        at === 0 || decodePercent(given[at + extra] ?? "") === segment,
    );
  return isBehind ? `/${given.slice(extra + 1).join("/")}` : path;
}

/** `%3A` is a colon to clients; an encoded slash stays within its segment. */
export const segmentsOf = (path: string): string[] =>
  path.replace(/\/$/, "").split("/").map(decodePercent);

/** Decodes once; an invalid percent sign stays. */
export const decodePercent = (text: string): string =>
  text.includes("%")
    ? text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (bytes) =>
        Buffer.from(bytes.replaceAll("%", ""), "hex").toString(),
      )
    : text;
