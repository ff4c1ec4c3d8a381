// SPDX-License-Identifier: Apache-2.0
// ask URL: what OPA's own client makes of the door's answers, as one JSON object.
import { OPAClient } from "@open-policy-agent/opa";

const client = new OPAClient(process.argv[2]);
const flag = (value) => ({ example: { flag: value } });
const named = (value) => (value === undefined ? "undefined" : value);

async function attempt(ask) {
	try {
		return named(await ask());
	} catch (e) {
		return `${e.name}: ${e.message}`;
	}
}

const out = {
	path: await client.evaluate("opa/examples/allow_request", flag(true)),
	pi: await client.evaluate("opa/examples/pi"),
	main: await client.evaluateDefault({ user: ["alice"] }),
	undefined: await attempt(() => client.evaluate("opa/examples/allow_request", flag(false))),
};
try {
	await client.evaluate("opa/examples/conflict", { clash: true });
} catch (e) {
	out.error = String(e.name || e);
}
const batch = await client.evaluateBatch("opa/examples/allow_request", { a: flag(true), b: flag(false) }, { fallback: true });
out.batch = Object.fromEntries(Object.entries(batch).map(([key, value]) => [key, named(value)]));
console.log(JSON.stringify(out));
