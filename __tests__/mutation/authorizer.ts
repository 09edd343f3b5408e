// Every test of the authorizer that runs in this process, in one file: see scripts/mutation.ts. The quick and exact ones
// first, because a change is dead with the first test that fails; the long corpora last.
import "../authorizer/attacks-calls.test.ts";
import "../authorizer/condition.test.ts";
import "../authorizer/context.test.ts";
import "../authorizer/decide.test.ts";
import "../authorizer/keys.test.ts";
import "../authorizer/lru-cache.test.ts";
import "../authorizer/readers.test.ts";
import "../authorizer/envelope.test.ts";
import "../authorizer/settings.test.ts";
import "../authorizer/custom.test.ts";
import "../authorizer/handler.test.ts";
import "../authorizer/issuer-keys.test.ts";
import "../authorizer/aws.test.ts";
import "../authorizer/secret-source.test.ts";
import "../authorizer/secrets.test.ts";
import "../authorizer/jwt.test.ts";
import "../authorizer/token-table.test.ts";
import "../authorizer/json.test.ts";
import "../authorizer/attacks.test.ts";
import "../authorizer/transport.test.ts";
