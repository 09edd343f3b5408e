// The suites that matter most, with AWS read otherwise where nobody knows (docs/aws-open-questions.md): each value of each
// switch of the local API Gateway is played.
import {
  defaultReadings,
  type Readings,
} from "../../../local/apigateway/data/collaborators.ts";
import { otherReadings, playAgain } from "../../fixtures/readings.ts";

/** Every value there is; the compiler asks for those of a new switch. */
const values: {
  readonly [Name in Exclude<keyof Readings, "keyDelaySeconds">]: Record<
    Readings[Name],
    true
  >;
} = {
  answerNames: { dropped: true, remapped: true },
  basePathInEvents: { kept: true, "left-out": true },
  contentCoding: { "after-authorizer": true, "before-routing": true },
  emptySegments: { "leading-merged": true, merged: true },
  headerSources: { "any-case": true, exact: true },
  headerTargets: { beside: true, replace: true },
  malformedUrls: { passed: true, refused: true },
  methodOverride: {
    "after-authorizer": true,
    "before-routing": true,
    ignored: true,
  },
  pathValues: { kept: true, requoted: true },
  repeatedKeys: { first: true, last: true },
  undeclaredBodies: { bytes: true, text: true },
  unknownPath: {
    "default-4xx": true,
    "invalid-signature": true,
    "missing-token": true,
  },
};

test("every value of every switch is played", () => {
  for (const [name, all] of Object.entries(values))
    expect(
      new Set(
        [defaultReadings, ...otherReadings].map(
          (readings) => readings[name as keyof typeof values],
        ),
      ),
    ).toEqual(
      new Set([
        ...Object.keys(all),
        ...(otherReadings.every((one) => name in one) ? [] : [undefined]),
      ]),
    );
});

playAgain(() => {
  jest.requireActual("./gate-credentials.test.ts");
  jest.requireActual("./gate-paths.test.ts");
  jest.requireActual("./gate-document.test.ts");
  jest.requireActual("./gate-bodies.test.ts");
  jest.requireActual("./gate-domain.test.ts");
});
