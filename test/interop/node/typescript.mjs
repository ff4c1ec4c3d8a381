// SPDX-License-Identifier: Apache-2.0
// The published TypeScript client's way to call: node:http2, a connection for each call, five bytes cut off.
// stdin: [{path, hex}]; stdout: [{hex, status}].
import http2 from 'node:http2';
import { readFileSync } from 'node:fs';

const address = process.argv[2];

function call({ path, hex }) {
	return new Promise((resolve, reject) => {
		const message = Buffer.from(hex, 'hex');
		const head = Buffer.alloc(5);
		const session = http2.connect(`http://${address}`);
		const parts = [];
		let status;

		head.writeUInt32BE(message.length, 1);
		session.on('error', reject);
		const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc',
			te: 'trailers', 'x-service-name': 'unknown-service' });
		stream.on('response', (headers) => { status = headers['grpc-status'] ?? status; });
		stream.on('trailers', (headers) => { status = headers['grpc-status'] ?? status; });
		stream.on('data', (part) => parts.push(part));
		stream.on('error', reject);
		stream.on('end', () => {
			session.close();
			resolve({ hex: Buffer.concat(parts).subarray(5).toString('hex'), status: Number(status) });
		});
		stream.end(Buffer.concat([head, message]));
	});
}

const answers = [];
for (const one of JSON.parse(readFileSync(0, 'utf8')))
	answers.push(await call(one).catch((e) => ({ hex: '', status: String(e) })));
console.log(JSON.stringify(answers));
