// Loaded before every Node function of the local cloud (`--require`): HTTPS by real names goes through the cloud's proxy, as
// everywhere else. ministack would turn calls to AWS hosts and to localhost into plain ones to itself, which no Lambda does.
// CommonJS, because an ES module or TypeScript here would add some 100 ms to every cold start.

const https = require("node:https");
const { syncBuiltinESMExports } = require("node:module");

const { request } = https;
// Whatever agent a function brings along: only this one heeds HTTPS_PROXY and NO_PROXY.
const agent = new https.Agent({ proxyEnv: process.env });

/** Takes what https.request takes: (url[, options][, callback]) or (options[, callback]). */
function requestThroughProxy(...given) {
  const callback = given.find((one) => typeof one === "function");
  const [first, second] = given.filter((one) => one !== callback);
  const isUrl = typeof first === "string" || first instanceof URL;
  const complete = isUrl
    ? [first, { ...second, agent }]
    : [{ ...first, agent }];
  return request.call(https, ...complete, callback);
}

// Not writable: ministack's own replacement is an assignment in sloppy mode, and comes to nothing.
Object.defineProperty(https, "request", {
  value: requestThroughProxy,
  writable: false,
});
syncBuiltinESMExports();
