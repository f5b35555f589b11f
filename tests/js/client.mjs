// The client of another implementation, calling our Echo service. Arguments: echo.proto HOST:PORT.
// Prints "ok NAME" or "failed NAME: why" for each check and leaves with the number of failed ones.
import assert from 'node:assert/strict';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [, , proto, address] = process.argv;
const { Echo } = grpc.loadPackageDefinition(loader.loadSync(proto, { keepCase: true, defaults: true })).openclaw.test.v1;
const echo = new Echo(address, grpc.credentials.createInsecure());
const gzip = new Echo(address, grpc.credentials.createInsecure(), {
  'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip,
});

const unary = (client, request, metadata = new grpc.Metadata(), options = {}) =>
  new Promise((resolve) => {
    const answer = {};
    const call = client.Unary(request, metadata, options, (error, reply) => Object.assign(answer, { error, reply }));
    call.on('metadata', (headers) => (answer.headers = headers));
    call.on('status', (status) => resolve(Object.assign(answer, { status })));
    answer.call = call;
    if (options.started) options.started(call);
  });
const collect = (call) =>
  new Promise((resolve) => {
    const replies = [];
    let error = null;
    call.on('data', (reply) => replies.push(reply));
    call.on('error', (e) => (error = e));
    call.on('status', (status) => resolve({ replies, status, error }));
  });
const isSample = (status) => {
  assert.equal(status.code, grpc.status.RESOURCE_EXHAUSTED);
  assert.equal(status.details, 'Die Schlange ist voll: 100 % von „normal“ 🦀\nzweite Zeile');
  assert.deepEqual(status.metadata.get('clw-code'), ['clw-task-queue-full']);
  assert.equal(status.metadata.get('clw-next-bin')[0].toString('utf8'), 'Warte fünf Sekunden');
  assert.ok(status.metadata.get('grpc-status-details-bin')[0].includes('retry_after_ms'));
};

const checks = {
  async unary() {
    const { reply, status } = await unary(echo, { text: 'ünïcode', count: 7, payload: Buffer.alloc(300_000, 5) });
    assert.equal(status.code, 0);
    assert.deepEqual([reply.text, reply.number, reply.payload.length], ['ünïcode', 7, 300_000]);
  },
  async gzip() {
    const { reply, status } = await unary(gzip, { text: 'z'.repeat(100_000) });
    assert.equal(status.code, 0);
    assert.equal(reply.text.length, 100_000);
  },
  async manyAtOnce() {
    const replies = await Promise.all(Array.from({ length: 500 }, (_, count) => unary(echo, { count })));
    assert.deepEqual(replies.map((r) => r.reply.number), Array.from({ length: 500 }, (_, n) => n));
  },
  async serverStreaming() {
    const { replies, status } = await collect(echo.Repeat({ text: 'r', count: 2000 }));
    assert.equal(status.code, 0);
    assert.deepEqual(replies.map((r) => r.number), Array.from({ length: 2000 }, (_, n) => n));
  },
  async serverStreamingFails() {
    const { replies, status } = await collect(echo.Repeat({ count: 3, fail: true }));
    assert.equal(replies.length, 3);
    isSample(status);
  },
  async clientStreaming() {
    const reply = await new Promise((resolve, reject) => {
      const call = echo.Join((error, answer) => (error ? reject(error) : resolve(answer)));
      for (let n = 0; n < 1000; n++) call.write({ text: `${n}` });
      call.end();
    });
    assert.equal(reply.number, 1000);
    assert.ok(reply.text.endsWith('998,999'));
  },
  async clientStreamingFails() {
    const error = await new Promise((resolve) => {
      const call = echo.Join((e) => resolve(e));
      call.write({ fail: true });
    });
    isSample(error);
  },
  async duplexInterleaved() {
    const call = echo.Chat();
    for (let n = 0; n < 100; n++) {
      call.write({ count: n });
      const reply = await new Promise((resolve) => call.once('data', resolve));
      assert.equal(reply.number, n);
    }
    const end = new Promise((resolve) => call.on('status', resolve));
    call.on('data', () => assert.fail('nothing more was due'));
    call.end();
    assert.equal((await end).code, 0);
  },
  async duplexFails() {
    const call = echo.Chat();
    call.write({ text: 'a' });
    call.write({ fail: true });
    isSample((await collect(call)).status);
  },
  async failure() {
    isSample((await unary(echo, { text: 'fail' })).status);
  },
  async exception() {
    const { status } = await unary(echo, { text: 'throw' });
    assert.equal(status.code, grpc.status.INTERNAL);
    assert.ok(!status.details.includes('secret'));
  },
  async deadline() {
    const { status } = await unary(echo, { text: 'hang-js-deadline' }, undefined, { deadline: Date.now() + 80 });
    assert.equal(status.code, grpc.status.DEADLINE_EXCEEDED);
  },
  async cancel() {
    const started = (call) => setTimeout(() => call.cancel(), 50);
    const { status } = await unary(echo, { text: 'hang-js-cancel' }, undefined, { started });
    assert.equal(status.code, grpc.status.CANCELLED);
  },
  async metadata() {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    const sent = new grpc.Metadata();
    sent.add('x-ask', 'one');
    sent.add('x-ask', 'two');
    sent.set('x-ask-bin', bytes);
    const { status, headers } = await unary(echo, { text: 'metadata' }, sent);
    assert.equal(status.code, 0);
    assert.equal(headers.get('x-answer').join(', '), 'one, two');
    assert.deepEqual(status.metadata.get('x-end'), ['done']);
    assert.deepEqual(status.metadata.get('x-end-bin')[0], bytes);
  },
  async unknownMethod() {
    const call = new Promise((resolve) =>
      echo.makeUnaryRequest('/openclaw.test.v1.Echo/None', (x) => x, (x) => x, Buffer.alloc(0), (error) => resolve(error)),
    );
    assert.equal((await call).code, grpc.status.UNIMPLEMENTED);
  },
  async tooLarge() {
    const { status } = await unary(echo, { payload: Buffer.alloc(5 << 20) });
    assert.equal(status.code, grpc.status.RESOURCE_EXHAUSTED);
  },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    process.stdout.write(`ok ${name}\n`);
  } catch (error) {
    failed++;
    process.stdout.write(`failed ${name}: ${String(error.stack).replaceAll('\n', ' | ')}\n`);
  }
}
echo.close();
gzip.close();
process.exitCode = failed;
