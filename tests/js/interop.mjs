// grpc.testing.TestService of another implementation, as server and as client. Arguments: the folders of our and of gRPC's .proto files.
// Prints "port N" when its server listens. A line "run CASE HOST:PORT" runs one case of the public interop list against that address
// and is answered with "ok CASE" or "failed CASE: why". Ends with its standard input.
import assert from 'node:assert/strict';
import readline from 'node:readline';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import protobuf from 'protobufjs';

const includeDirs = process.argv.slice(2);
const load = (file) => grpc.loadPackageDefinition(loader.loadSync(file, { keepCase: true, defaults: true, includeDirs })).grpc;
const { TestService, UnimplementedService } = load('grpc/testing/test.proto').testing;
const { Health } = load('grpc/health/v1/health.proto').health.v1;
const root = new protobuf.Root();
root.resolvePath = (_, target) => (target.startsWith('google/protobuf/') || target.startsWith('/') ? target : `${includeDirs[0]}/${target}`);
root.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto']);
const decode = (type, bytes) => root.lookupType(type).decode(bytes);

const say = (line) => process.stdout.write(`${line}\n`);
const zeros = (size) => ({ body: Buffer.alloc(size) });
const INITIAL = 'x-grpc-test-echo-initial';
const TRAILING = 'x-grpc-test-echo-trailing-bin';
const SPECIAL = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';

// ---- the server ----

const trailersOf = (call) => {
  const trailers = new grpc.Metadata();
  for (const value of call.metadata.get(TRAILING)) trailers.add(TRAILING, value);
  const initial = call.metadata.get(INITIAL);
  if (initial.length > 0) {
    const headers = new grpc.Metadata();
    for (const value of initial) headers.add(INITIAL, value);
    call.sendMetadata(headers);
  }
  return trailers;
};
const failure = ({ response_status: status }) => (status && status.code ? { code: status.code, details: status.message } : null);
const sendAll = async (call, request) => {
  for (const wanted of request.response_parameters) {
    if (wanted.interval_us > 0) await new Promise((go) => setTimeout(go, wanted.interval_us / 1000));
    call.write({ payload: zeros(wanted.size) });
  }
};
const server = new grpc.Server();
server.addService(TestService.service, {
  EmptyCall: (_, done) => done(null, {}),
  UnaryCall(call, done) {
    const trailers = trailersOf(call);
    done(failure(call.request), { payload: zeros(call.request.response_size) }, trailers);
  },
  async StreamingOutputCall(call) {
    await sendAll(call, call.request);
    call.end();
  },
  StreamingInputCall(call, done) {
    let size = 0;
    call.on('data', (request) => (size += request.payload.body.length));
    call.on('end', () => done(null, { aggregated_payload_size: size }));
  },
  FullDuplexCall(call) {
    const trailers = trailersOf(call);
    let sending = Promise.resolve();
    call.on('data', (request) => {
      sending = sending.then(() => {
        const failed = failure(request);
        return failed ? call.emit('error', failed) : sendAll(call, request);
      });
    });
    call.on('end', () => sending.then(() => call.end(trailers)));
  },
});

// ---- the client ----

const unary = (client, method, request, metadata = new grpc.Metadata()) =>
  new Promise((resolve) => {
    const answer = {};
    const call = client[method](request, metadata, (error, reply) => Object.assign(answer, { reply }));
    call.on('metadata', (headers) => (answer.headers = headers));
    call.on('status', (status) => resolve(Object.assign(answer, { status })));
  });
const ended = (call) => new Promise((resolve) => call.on('error', () => {}).on('status', resolve));
const next = (call) => new Promise((resolve) => call.once('data', resolve));
const hasCode = (status, code, details) => {
  assert.equal(status.code, code, `${status.code} ${status.details}`);
  if (details !== undefined) assert.equal(status.details, details);
};
const hasEchoes = (headers, status) => {
  assert.deepEqual(headers.get(INITIAL), ['test_initial_metadata_value']);
  assert.deepEqual(status.metadata.get(TRAILING), [Buffer.from([0xab, 0xab, 0xab])]);
};
const echoes = () => {
  const metadata = new grpc.Metadata();
  metadata.set(INITIAL, 'test_initial_metadata_value');
  metadata.set(TRAILING, Buffer.from([0xab, 0xab, 0xab]));
  return metadata;
};

const cases = {
  async empty_unary({ test }) {
    const { status, reply } = await unary(test, 'EmptyCall', {});
    hasCode(status, 0);
    assert.deepEqual(reply, {});
  },
  async large_unary({ test }) {
    const { status, reply } = await unary(test, 'UnaryCall', { response_size: 314159, payload: zeros(271828) });
    hasCode(status, 0);
    assert.ok(reply.payload.body.equals(Buffer.alloc(314159)));
  },
  async client_streaming({ test }) {
    const reply = await new Promise((resolve, reject) => {
      const call = test.StreamingInputCall((error, answer) => (error ? reject(error) : resolve(answer)));
      for (const size of [27182, 8, 1828, 45904]) call.write({ payload: zeros(size) });
      call.end();
    });
    assert.equal(reply.aggregated_payload_size, 74922);
  },
  async server_streaming({ test }) {
    const wanted = [31415, 9, 2653, 58979];
    const call = test.StreamingOutputCall({ response_parameters: wanted.map((size) => ({ size })) });
    const got = [];
    call.on('data', (reply) => got.push(reply.payload.body.length));
    hasCode(await ended(call), 0);
    assert.deepEqual(got, wanted);
  },
  async ping_pong({ test }) {
    const call = test.FullDuplexCall();
    const end = ended(call);
    for (const [size, sent] of [[31415, 27182], [9, 8], [2653, 1828], [58979, 45904]]) {
      call.write({ response_parameters: [{ size }], payload: zeros(sent) });
      assert.equal((await next(call)).payload.body.length, size);
    }
    call.on('data', () => assert.fail('nothing more was due'));
    call.end();
    hasCode(await end, 0);
  },
  async empty_stream({ test }) {
    const call = test.FullDuplexCall();
    call.on('data', () => assert.fail('nothing was due'));
    call.end();
    hasCode(await ended(call), 0);
  },
  async timeout_on_sleeping_server({ test }) {
    const call = test.FullDuplexCall(new grpc.Metadata(), { deadline: Date.now() + 1 });
    call.on('data', () => {});
    call.write({ payload: zeros(27182) });
    hasCode(await ended(call), grpc.status.DEADLINE_EXCEEDED);
  },
  async cancel_after_begin({ test }) {
    const call = test.StreamingInputCall(() => {});
    const end = ended(call);
    call.cancel();
    hasCode(await end, grpc.status.CANCELLED);
  },
  async cancel_after_first_response({ test }) {
    const call = test.FullDuplexCall();
    const end = ended(call);
    call.write({ response_parameters: [{ size: 31415 }], payload: zeros(27182) });
    assert.equal((await next(call)).payload.body.length, 31415);
    call.cancel();
    hasCode(await end, grpc.status.CANCELLED);
  },
  async status_code_and_message({ test }) {
    const response_status = { code: 2, message: 'test status message' };
    hasCode((await unary(test, 'UnaryCall', { response_status })).status, 2, 'test status message');
    const call = test.FullDuplexCall();
    call.on('data', () => {});
    call.write({ response_status });
    call.end();
    hasCode(await ended(call), 2, 'test status message');
  },
  async special_status_message({ test }) {
    hasCode((await unary(test, 'UnaryCall', { response_status: { code: 2, message: SPECIAL } })).status, 2, SPECIAL);
  },
  async unimplemented_method({ test }) {
    hasCode((await unary(test, 'UnimplementedCall', {})).status, grpc.status.UNIMPLEMENTED);
  },
  async unimplemented_service({ none }) {
    hasCode((await unary(none, 'UnimplementedCall', {})).status, grpc.status.UNIMPLEMENTED);
  },
  async custom_metadata({ test }) {
    const { status, headers } = await unary(test, 'UnaryCall', { response_size: 314159, payload: zeros(271828) }, echoes());
    hasCode(status, 0);
    hasEchoes(headers, status);
    const call = test.FullDuplexCall(echoes());
    const first = new Promise((resolve) => call.on('metadata', resolve));
    call.on('data', () => {});
    call.write({ response_parameters: [{ size: 314159 }], payload: zeros(271828) });
    call.end();
    const end = await ended(call);
    hasCode(end, 0);
    hasEchoes(await first, end);
  },
  async client_compressed_unary({ test, gzip }) {
    const request = { expect_compressed: { value: true }, response_size: 314159, payload: zeros(271828) };
    // A probe first: a server that does not look would take this for compressed.
    hasCode((await unary(test, 'UnaryCall', request)).status, grpc.status.INVALID_ARGUMENT);
    const { status, reply } = await unary(gzip, 'UnaryCall', request);
    hasCode(status, 0);
    assert.equal(reply.payload.body.length, 314159);
    const plain = { ...request, expect_compressed: { value: false } };
    hasCode((await unary(test, 'UnaryCall', plain)).status, 0);
  },
  async server_compressed_unary({ test }) {
    for (const value of [true, false]) {
      const request = { response_compressed: { value }, response_size: 314159, payload: zeros(271828) };
      const { status, reply } = await unary(test, 'UnaryCall', request);
      hasCode(status, 0);
      assert.ok(reply.payload.body.equals(Buffer.alloc(314159)));
    }
  },
  async status_details({ test }) {
    const { status } = await unary(test, 'UnaryCall', { response_status: { code: 8, message: 'Die Schlange ist voll' } });
    hasCode(status, grpc.status.RESOURCE_EXHAUSTED, 'Die Schlange ist voll');
    assert.deepEqual(status.metadata.get('clw-code'), ['clw-task-queue-full']);
    assert.equal(status.metadata.get('clw-next-bin')[0].toString('utf8'), 'Wait a little');
    const { code, message, details } = decode('google.rpc.Status', status.metadata.get('grpc-status-details-bin')[0]);
    assert.deepEqual([code, message], [8, 'Die Schlange ist voll']);
    const [info, help, retry] = details.map(({ type_url: url, value }) => decode(url.split('/')[1], value));
    assert.deepEqual([info.reason, info.domain, info.metadata.queue], ['clw-task-queue-full', 'openclaw', 'größer']);
    assert.equal(help.links[0].description, 'Wait a little');
    assert.deepEqual([Number(retry.retryDelay.seconds), retry.retryDelay.nanos], [1, 500_000_000]);
  },
  async largest_failure({ test }) {
    const message = 'ü\n'.repeat(10_000);
    const { status } = await unary(test, 'UnaryCall', { response_status: { code: 8, message } });
    hasCode(status, grpc.status.RESOURCE_EXHAUSTED);
    assert.match(status.details, /^(ü\n)+ü?…$/);
  },
  async health({ health }) {
    assert.equal((await unary(health, 'Check', { service: '' })).reply.status, 1);
    hasCode((await unary(health, 'Check', { service: 'no.Such' })).status, grpc.status.NOT_FOUND);
    const call = health.Watch({ service: 'grpc.testing.TestService' });
    const end = ended(call);
    assert.equal((await next(call)).status, 1);
    call.cancel();
    hasCode(await end, grpc.status.CANCELLED);
  },
};

// ---- both ----

const clients = new Map();
const clientsOf = (address) => {
  if (!clients.has(address)) {
    const plain = grpc.credentials.createInsecure();
    const gzip = { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip };
    clients.set(address, {
      test: new TestService(address, plain),
      none: new UnimplementedService(address, plain),
      gzip: new TestService(address, plain, gzip),
      health: new Health(address, plain),
    });
  }
  return clients.get(address);
};

server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  say(`port ${port}`);
});
for await (const line of readline.createInterface({ input: process.stdin })) {
  const [, name, address] = line.split(' ');
  try {
    assert.ok(cases[name], 'there is no such case here');
    await cases[name](clientsOf(address));
    say(`ok ${name}`);
  } catch (error) {
    say(`failed ${name}: ${String(error.stack).replaceAll('\n', ' | ')}`);
  }
}
process.exit(0);
