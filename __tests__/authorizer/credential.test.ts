// What may stand in the header, and what may not.
import { parseCredential } from "../../authorizer/credential.ts";
import { tokenA } from "./fixtures.ts";

const longest = "x".repeat(8192);

test.each([
  ["Authorization", `Bearer ${tokenA}`, tokenA],
  ["Authorization", `bearer ${tokenA}`, tokenA],
  ["authorization", `Bearer ${tokenA}`, tokenA],
  ["AUTHORIZATION", `Bearer ${tokenA}`, tokenA],
  ["Authorization", `Bearer ${longest}`, longest],
  ["Authorization", "Bearer a.b-c_d~e+f/g==", "a.b-c_d~e+f/g=="],
  ["x-api-key", tokenA, tokenA],
  ["X-Api-Key", longest, longest],
])("2.4 #24 %s: %.40s passes", (header, value, token) => {
  expect(parseCredential(header, value)).toBe(token);
});

const badBearers = [
  "",
  " ",
  "Bearer",
  "Bearer ",
  `Bearer  ${tokenA}`,
  `Bearer\t${tokenA}`,
  ` Bearer ${tokenA}`,
  `Bearer ${tokenA} `,
  `Bearer ${tokenA}\n`,
  `Bearer ${tokenA}\r\nX: y`,
  `\nBearer ${tokenA}`,
  `Bearer\u00a0${tokenA}`,
  `BEARER ${tokenA}`,
  `bEARER ${tokenA}`,
  `Basic ${tokenA}`,
  `Token ${tokenA}`,
  `Bearer: ${tokenA}`,
  `Bearer Bearer ${tokenA}`,
  `Bearer ${tokenA}, Bearer ${tokenA}`,
  `Bearer ${tokenA},${tokenA}`,
  `Bearer ${tokenA} ${tokenA}`,
  `Bearer "${tokenA}"`,
  `Bearer ${tokenA};v=1`,
  `Bearer ${tokenA}\0`,
  `Bearer ${tokenA}é`,
  "Bearer \u{1f600}",
  `Bearer ${longest}x`,
  `Bearer ${"x".repeat(1_000_000)}`,
  tokenA,
];

test.each(badBearers)("2.4 #24 Authorization: %.50j is refused", (value) => {
  expect(() => parseCredential("Authorization", value)).toThrow(
    /^credential-(malformed|too-long)$/,
  );
});

test.each([
  "",
  `Bearer ${tokenA}`,
  ` ${tokenA}`,
  `${tokenA} `,
  `${tokenA}\n`,
  `${tokenA},${tokenA}`,
  `${longest}x`,
])("2.4 #24 x-api-key: %.50j is refused", (value) => {
  expect(() => parseCredential("x-api-key", value)).toThrow(
    /^credential-(malformed|too-long)$/,
  );
});

test.each([
  undefined,
  null,
  1,
  true,
  {},
  [`Bearer ${tokenA}`],
  { toString: () => `Bearer ${tokenA}` },
])("2.4 #25 a value that is no string is refused (%#)", (value) => {
  expect(() => parseCredential("Authorization", value)).toThrow(
    /^credential-missing$/,
  );
});

test("2.2 #16 what is too long is refused before it is looked at", () => {
  expect(() => parseCredential("Authorization", "é".repeat(9000))).toThrow(
    /^credential-too-long$/,
  );
});
