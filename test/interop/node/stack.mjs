// SPDX-License-Identifier: Apache-2.0
// grpc-js with proto-loader against a running daemon.
// stdin: {address, proto, rows: [{rpc, request}], token}; stdout: a JSON line for each finding,
// {answers: [...]} for the rows and {ok, label, note} for the rest.
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { readFileSync, readdirSync } from 'node:fs';

const { address, proto, rows, token } = JSON.parse(readFileSync(0, 'utf8'));
const files = readdirSync(`${proto}/coresdk/v1`).map((name) => `coresdk/v1/${name}`);
const packages = grpc.loadPackageDefinition(loader.loadSync(
	[...files, 'grpc/health/v1/health.proto', 'grpc/reflection/v1/reflection.proto'],
	{ includeDirs: [proto], keepCase: true, longs: String, enums: String, bytes: String, defaults: true }));
const { coresdk: { v1 }, grpc: { health, reflection } } = packages;
const plain = grpc.credentials.createInsecure();
const options = { 'grpc.use_local_subchannel_pool': 1 };
const clients = {};

const client = (service) => clients[service] ??= new v1[service](address, plain, options);
const say = (ok, label, note) => console.log(JSON.stringify({ ok: Boolean(ok), label, note: String(note ?? '') }));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function unary(stub, rpc, request, more = {}, metadata = new grpc.Metadata()) {
	return new Promise((resolve) => stub[rpc](request, metadata, more,
		(e, answer) => resolve(e ? { code: grpc.status[e.code], details: e.details } : { answer })));
}

// The first message of a stream, which is then given up.
function first(stub, rpc, request, more = {}) {
	return new Promise((resolve) => {
		const stream = stub[rpc](request, new grpc.Metadata(), more);
		let answer;
		stream.on('data', (message) => { answer ??= message; stream.cancel(); });
		stream.on('error', (e) => resolve(answer ? { answer, code: grpc.status[e.code] } :
			{ code: grpc.status[e.code], details: e.details }));
		stream.on('end', () => resolve({ code: 'OK' }));
	});
}

async function run() {
	const answers = [];
	for (const { rpc, request, streams } of rows) {
		const [service, method] = rpc.split('/');
		const stub = client(service);
		// MintAgentToken is in no descriptor: made of its two messages.
		if (stub[method] === undefined)
			answers.push({ absent: true });
		else
			answers.push(await (streams ? first : unary)(stub, method, request));
	}
	console.log(JSON.stringify({ answers }));
}

async function healthy() {
	const stub = new health.v1.Health(address, plain, options);
	say((await unary(stub, 'Check', {})).answer?.status === 'SERVING', 'health: Check');
	const watched = await first(stub, 'Watch', {});
	say(watched.answer?.status === 'SERVING' && watched.code === 'CANCELLED', 'health: Watch, then cancelled', JSON.stringify(watched));
	stub.close();
}

async function reflected() {
	const stub = new reflection.v1.ServerReflection(address, plain, options);
	const talk = stub.ServerReflectionInfo();
	const got = [];
	const ended = new Promise((resolve) => { talk.on('end', () => resolve('end')); talk.on('error', resolve); });
	talk.on('data', (message) => got.push(message));
	talk.write({ list_services: '' });
	talk.write({ file_containing_symbol: 'coresdk.v1.AuthService' });
	talk.end();
	const end = await ended;
	const services = got[0]?.list_services_response?.service.map((s) => s.name) ?? [];
	say(end === 'end' && services.includes('coresdk.v1.AuthService') && services.includes('grpc.health.v1.Health') &&
		got[1]?.file_descriptor_response?.file_descriptor_proto.length > 0, 'reflection: services and a file', `${end} ${services}`);
	stub.close();
}

async function bounded() {
	const late = await unary(client('PolicyService'), 'Evaluate', { rule: 'data.authz.allow', input_json: '{}' }, { deadline: Date.now() - 1 });
	say(late.code === 'DEADLINE_EXCEEDED', 'deadline: one that is over', JSON.stringify(late));
	const slow = await unary(client('PolicyService'), 'Evaluate', { rule: 'data.slow.allow', input_json: '{}' }, { deadline: Date.now() + 20 });
	// Who is first, the client's timer or the sidecar's denial, is the machine's choice.
	say(slow.code === 'DEADLINE_EXCEEDED' || slow.answer?.reason?.includes('longer than it may'), 'deadline: a policy that takes too long', JSON.stringify(slow));
	const open = await first(client('PolicyService'), 'WatchPolicyUpdates', { last_bundle_version: 'r1' }, { deadline: Date.now() + 200 });
	say(open.code === 'DEADLINE_EXCEEDED', 'deadline: of a stream', JSON.stringify(open));
	const send = (size) => unary(client('MaskingService'), 'Mask', { json_value: JSON.stringify({ a: 'x '.repeat(size / 2) }) });
	say(JSON.parse((await send(1000 << 10)).answer?.masked_json ?? '{}').a?.length === 1000 << 10, 'messages: 1000 KiB there and back');
	const whole = await send(3 << 20);
	say(whole.answer?.masked_json === '"[REDACTED]"' && whole.answer.error.status === 400, 'messages: 3 MiB are masked whole', whole.code);
	say((await send(5 << 20)).code === 'RESOURCE_EXHAUSTED', 'messages: 5 MiB are too much');
}

async function many() {
	const calls = Array.from({ length: 200 }, () => unary(client('AuthService'), 'ValidateToken', { token, tenant: { tenant_id: 'acme' } }));
	say((await Promise.all(calls)).every(({ answer }) => answer?.valid), '200 calls at once');
	const metadata = new grpc.Metadata();
	for (let i = 0; i < 40; i++)
		metadata.add(`x-more-${i}`, 'v'.repeat(100));
	metadata.add('trace-bin', Buffer.from([0, 255, 1]));
	say((await unary(client('AuthService'), 'ValidateToken', { token }, {}, metadata)).answer?.valid, 'metadata: 40 more, and a binary one');
	const zipped = new v1.AuthService(address, plain, { ...options, 'grpc.default_compression_algorithm': 2 });
	const answer = await unary(zipped, 'ValidateToken', { token });
	say(answer.code === 'UNIMPLEMENTED' || answer.answer?.valid, 'compressed: served or refused by name', JSON.stringify(answer));
	zipped.close();
}

async function kept() {
	const stub = new v1.PolicyService(address, plain, { ...options, 'grpc.keepalive_time_ms': 100, 'grpc.keepalive_timeout_ms': 1000,
		'grpc.keepalive_permit_without_calls': 1 });
	await unary(stub, 'Evaluate', { rule: 'data.authz.allow', input_json: '{}' });
	const before = stub.getChannel().getConnectivityState(false);
	let left = false;
	stub.getChannel().watchConnectivityState(before, Date.now() + 1500, (e) => { left = !e; });
	await pause(1600);
	const { answer } = await unary(stub, 'Evaluate', { rule: 'data.myapp.allow', input_json: '{}' });
	say(before === grpc.connectivityState.READY && !left && answer?.result, 'keepalive: pings on an idle connection are answered', `${before} ${left}`);
	stub.close();
}

await run();
await healthy();
await reflected();
await bounded();
await many();
await kept();
for (const one of Object.values(clients))
	one.close();
