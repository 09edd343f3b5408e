// An authorizer of a user's own that does, in Node and in Python, what the token asks for: everything an authorizer should not.

/** Tokens and what the authorizer makes of them; each is also what a careless one might do. */
export const node = `
const statement = (Effect, Resource) => ({ Action: "execute-api:Invoke", Effect, Resource });
const answer = (policy, more = {}) => ({ principalId: "user", policyDocument: { Version: "2012-10-17", Statement: [policy] }, ...more });
exports.handler = async ({ authorizationToken, methodArn }) => {
  const token = authorizationToken.replace(/^Bearer /, "");
  const allow = statement("Allow", methodArn);
  console.log("asked");
  switch (token.split(".")[0]) {
    case "allow": return answer(allow);
    case "context": return answer(allow, { context: { consumer: token, upstream_plain: token, upstream_openai: "Bearer " + token, authorization: authorizationToken } });
    case "everything": return answer(statement("Allow", "*"));
    case "key": return answer(allow, { usageIdentifierKey: token, context: {} });
    case "breaking": return { ...answer(allow), principalId: "a\\r\\nX-Admin: 1" };
    case "nothing": return undefined;
    case "null": return null;
    case "text": return "Allow";
    case "no-policy": return { principalId: "user", context: { token } };
    case "no-principal": return { policyDocument: answer(allow).policyDocument };
    case "bare-policy": return { principalId: "user", policyDocument: {} };
    case "deny": return answer(statement("Deny", methodArn));
    case "other": return answer(statement("Allow", methodArn.replace("/POST/", "/GET/")));
    case "effect": return answer(statement("allow", methodArn));
    case "nested": return answer(allow, { context: { deep: { token } } });
    case "list": return answer(allow, { context: { deep: [token] } });
    case "megabyte": return answer(allow, { context: { long: "x".repeat(1024 * 1024) } });
    case "long-policy": return answer(statement("Allow", Array(2000).fill(methodArn)));
    case "never": return new Promise(() => setTimeout(() => undefined, 60_000));
    case "error": throw new Error("the database said " + token);
    case "almost": throw new Error("Unauthorized.");
    default: throw new Error("Unauthorized");
  }
};
`;

export const python = `
import time

def statement(effect, resource):
    return {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}

def answer(policy, **more):
    return {"principalId": "user", "policyDocument": {"Version": "2012-10-17", "Statement": [policy]}, **more}

def handler(event, context):
    token = event["authorizationToken"].replace("Bearer ", "")
    arn = event["methodArn"]
    allow = statement("Allow", arn)
    print("asked")
    kind = token.split(".")[0]
    if kind == "allow": return answer(allow)
    if kind == "context": return answer(allow, context={"consumer": token, "upstream_plain": token, "upstream_openai": "Bearer " + token, "authorization": token})
    if kind == "everything": return answer(statement("Allow", "*"))
    if kind == "key": return answer(allow, usageIdentifierKey=token, context={})
    if kind == "breaking": return {**answer(allow), "principalId": "a\\r\\nX-Admin: 1"}
    if kind == "nothing": return
    if kind == "null": return None
    if kind == "text": return "Allow"
    if kind == "no-policy": return {"principalId": "user", "context": {"token": token}}
    if kind == "no-principal": return {"policyDocument": answer(allow)["policyDocument"]}
    if kind == "bare-policy": return {"principalId": "user", "policyDocument": {}}
    if kind == "deny": return answer(statement("Deny", arn))
    if kind == "other": return answer(statement("Allow", arn.replace("/POST/", "/GET/")))
    if kind == "effect": return answer(statement("allow", arn))
    if kind == "nested": return answer(allow, context={"deep": {"token": token}})
    if kind == "list": return answer(allow, context={"deep": [token]})
    if kind == "megabyte": return answer(allow, context={"long": "x" * 1024 * 1024})
    if kind == "long-policy": return answer(statement("Allow", [arn] * 2000))
    if kind == "never": time.sleep(60)
    if kind == "error": raise Exception("the database said " + token)
    if kind == "almost": raise Exception("Unauthorized.")
    raise Exception("Unauthorized")
`;
