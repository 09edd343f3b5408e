// What holds when neither an input nor the config file says otherwise. Pure.

export const defaults = {
  path: "myservice",
  methods: "GET,POST",
  upstreamHeader: "Authorization: Bearer",
  tokenHeader: "Authorization",
  stage: "v1",
  /** Seconds API Gateway caches an allowed result: the longest a revoked token can still pass. */
  cacheTtl: 0,
  /** What OpenID Connect has every issuer support (Discovery 1.0, section 3). */
  algorithm: "RS256",
  /** Seconds by which an issuer's clock may run ahead of Lambda's. */
  clockSkew: 30,
  githubIssuer: "https://token.actions.githubusercontent.com",
  authorizerType: "token",
  authorizerHandler: "authorizer.handler",
  logRetentionDays: 30,
  /** Requests a second and burst over the whole stage: a lid on what a leaked token can spend. */
  throttle: { rate: 100, burst: 200 },
} as const;
