// Access by model: the conditions under which no call can name a model outside the list.
import {
  type HttpMethod,
  isHttp,
  type Route,
  type Upstream,
} from "../../gate/gate.ts";
import { parametersOf, targetUrl } from "../../gate/paths.ts";
import type { Config } from "../from-inputs.ts";
import type { Located } from "../location.ts";
import { listed, quoted } from "../messages.ts";
import { checkList, type Checks } from "./value-checks.ts";

type RouteConfig = Config["routes"][number];

const mostModels = 100;

/** Names as services have them, and nothing that means something in JSON or a template. */
const modelName = /^[A-Za-z0-9._:/@+~-]{1,256}$/;

const bodyMethods: readonly HttpMethod[] = ["POST", "PUT", "PATCH"];

/** @returns the models of the route, sorted; what is invalid was reported */
export function checkModels(
  route: Located<RouteConfig>,
  { methods, path }: Pick<Route, "methods" | "path">,
): string[] | undefined {
  const given = route.at("models");
  if (given === undefined) return undefined;
  const models = checkList("model", given.items(), {
    faultOf: (text) =>
      modelName.test(text)
        ? undefined
        : "is not the name of a model: use letters, digits and . _ : / @ + ~ -, at most 256",
    most: mostModels,
  });
  const without = methods.filter((method) => !bodyMethods.includes(method));
  if (without.length > 0)
    given.report(
      `\`models\` on a route with ${listed(without)}, which has no body that names one: use ${listed(bodyMethods)} only, and another route for the rest`,
    );
  if (parametersOf(path).length > 0)
    given.report(
      `\`models\` on ${quoted(path)}: below a parameter the caller chooses the endpoint, and some take the model from elsewhere (files, batches). Write the path in full, and the URL of its upstream`,
    );
  return models.sort();
}

interface OtherModels {
  /** URLs of which services of the kind take the model from the body all the same. */
  readonly except?: RegExp;
  /** What completes `with the kind …, which`. */
  readonly otherwise: string;
}

/** Kinds that do not take the model from the body's `model`; undefined for those that do. */
const otherModels: Readonly<Record<Upstream["kind"], OtherModels | undefined>> =
  {
    http: undefined,
    openai: undefined,
    anthropic: undefined,
    "azure-openai": {
      except: /^https:\/\/[^/]+\/openai\/v1\//,
      otherwise:
        "names its model in the path, outside of /openai/v1/: name the deployments in the consumers' `routes` (`/azure/deployments/NAME/**`)",
    },
    gemini: {
      except: /\/openai\//,
      otherwise:
        "names its model in the path, outside of /v1beta/openai/: name the models in the consumers' `routes` (`/gemini/v1beta/models/NAME:generateContent`)",
    },
    bedrock: {
      except: /\/openai\/v1\//,
      otherwise:
        "names its model in the path, outside of /openai/v1/: name the models in the consumers' `routes` (`/bedrock/model/NAME/**`)",
    },
    mcp: { otherwise: "has tools and no models: remove them" },
    sagemaker: {
      otherwise: "is one endpoint with its own model: remove them",
    },
    lambda: undefined,
    mock: undefined,
  };

interface Setting extends Pick<Checks, "config"> {
  readonly upstreams: readonly Upstream[];
  /** Whether a user's own authorizer decides alone. */
  readonly isAlone: boolean;
}

/** Reports `models` where it could not be enforced: with another kind of service, a cached answer, or no authorizer of the gate's. */
export function checkModelRoutes(
  routes: readonly {
    readonly route: Route;
    readonly given: Located<RouteConfig>;
  }[],
  { config, isAlone, upstreams }: Setting,
): void {
  const ttl = config.value.auth["cache-ttl"] ?? 0;
  for (const { route, given } of routes) {
    const models = given.at("models");
    if (models === undefined) continue;
    // A call that was allowed would let through one with another Content-Type, whose body nobody checks.
    if (ttl > 0)
      models.report(
        `\`models\` with auth.cache-ttl ${ttl}: use 0, since each call's Content-Type has to be looked at`,
      );
    if (isAlone)
      models.report(
        "`models` with an authorizer of your own and no upstream with a secret: nobody would look at the Content-Type, by which API Gateway chooses what to check; check the model in your service instead",
      );
    const upstream = upstreams.find(({ name }) => name === route.upstream);
    if (upstream === undefined) continue;
    const other = otherModels[upstream.kind];
    const url = isHttp(upstream) ? targetUrl(route, upstream) : "";
    if (other && other.except?.test(url) !== true)
      models.report(
        `\`models\` with the kind ${upstream.kind}, which ${other.otherwise}`,
      );
  }
}
