// A gate without its secrets: kept as a stack output, so that the next run can tell what changes for callers. Pure.
import type { Gate, HttpMethod } from "../gate.ts";
import { targetUrl } from "../rules/targets.ts";

export interface GateSummary {
  readonly version: 1;
  readonly stageName: string;
  readonly tokenHeader: string;
  readonly auth: {
    readonly mode: "token" | "custom";
    readonly cacheTtl: number;
  };
  readonly routes: readonly RouteSummary[];
  readonly consumers: readonly ConsumerSummary[];
  /** Allowed origins; empty without CORS. */
  readonly origins: readonly string[];
}

export interface RouteSummary {
  readonly path: string;
  readonly methods: readonly HttpMethod[];
  /** Name of the upstream. */
  readonly upstream: string;
  /** Host the route leads to, with the port when it is not 443. */
  readonly host: string;
  /** The whole URL it leads to, with `{name}` placeholders. */
  readonly target: string;
  /** Whether the gate adds a credential. */
  readonly credential: boolean;
}

export interface ConsumerSummary {
  readonly id: string;
  readonly access: readonly string[];
  readonly expires?: string;
}

/** @returns plain JSON data; nothing in it is secret, and nothing in it changes unless the gate does. */
export function summarizeGate(gate: Gate): GateSummary {
  return {
    version: 1,
    stageName: gate.stageName,
    tokenHeader: gate.tokenHeader,
    auth: { mode: gate.auth.mode, cacheTtl: gate.auth.cacheTtl },
    routes: gate.routes.map(({ path, methods, upstream }) => {
      const service = gate.upstreams.find(({ name }) => name === upstream);
      const target = service ? targetUrl({ path }, service) : "";
      return {
        path,
        methods,
        upstream,
        host: /^https:\/\/([^/]+)/.exec(target)?.[1] ?? "",
        target,
        credential: service?.credential !== undefined,
      };
    }),
    consumers: gate.consumers.map(({ id, access, expires }) => ({
      id,
      access,
      ...(expires !== undefined && { expires }),
    })),
    origins: gate.cors?.origins ?? [],
  };
}
