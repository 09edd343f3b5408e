/** `{name}` stands for one segment, `{name+}` for one or more; a slash at the path's end does not count. */
export function matchesPath(template: string, path: string): boolean {
  const wanted = template.split("/");
  const given = path.replace(/\/$/, "").split("/");
  const fits = template.endsWith("+}")
    ? given.length >= wanted.length
    : given.length === wanted.length;
  return (
    fits &&
    wanted.every(
      (segment, at) => segment.startsWith("{") || segment === given[at],
    )
  );
}
