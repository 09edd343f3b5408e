/** As JSON with the keys of every object in one order: a config that says the same in another order is no change. */
export const sortedJson = (value: object | null): string =>
  JSON.stringify(value, (_, one: unknown) =>
    typeof one === "object" && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(byKey))
      : one,
  );

const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number =>
  a < b ? -1 : 1;
