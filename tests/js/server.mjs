// The Echo service of another implementation, for our client to call.
// Prints "port N" when it listens; then one line per fact that a test waits for. Ends when its standard input ends.
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const { Echo } = grpc.loadPackageDefinition(
  loader.loadSync(process.argv[2], { keepCase: true, defaults: true }),
).openclaw.test.v1;
const say = (line) => process.stdout.write(`${line}\n`);
const fact = (call, text) => {
  say(`started ${text}`);
  call.on('cancelled', () => say(`cancelled ${text}`));
};
const sample = () => {
  const metadata = new grpc.Metadata();
  metadata.set('clw-code', 'clw-task-queue-full');
  metadata.set('clw-next-bin', Buffer.from('Warte fünf Sekunden'));
  metadata.set('x-extra-bin', Buffer.from([0, 255, 1]));
  return { code: grpc.status.RESOURCE_EXHAUSTED, details: 'voll: 100 % „normal“ 🦀\nzweite Zeile', metadata };
};

const server = new grpc.Server({ 'grpc.max_receive_message_length': 8 << 20 });
server.addService(Echo.service, {
  Unary(call, done) {
    const { text } = call.request;
    if (text.startsWith('hang')) return fact(call, text);
    if (text === 'fail') return done(sample());
    if (text === 'foreign') return done({ code: grpc.status.OUT_OF_RANGE, details: 'nein' });
    if (text === 'deadline') return done(null, { text: `${call.getDeadline() instanceof Date || Number.isFinite(call.getDeadline())}` });
    const trailers = new grpc.Metadata();
    if (text === 'metadata') {
      const headers = new grpc.Metadata();
      for (const value of call.metadata.get('x-ask')) headers.add('x-answer', value);
      call.sendMetadata(headers);
      trailers.set('x-end-bin', call.metadata.get('x-ask-bin')[0]);
    }
    done(null, { text, number: call.request.count, payload: call.request.payload }, trailers);
  },
  Repeat(call) {
    const { text, count, payload, fail } = call.request;
    for (let number = 0; number < count; number++) call.write({ text, number, payload });
    if (text.startsWith('hang')) return fact(call, text);
    if (fail) return call.emit('error', sample());
    call.end();
  },
  Join(call, done) {
    const texts = [];
    call.on('data', (request) => (request.fail ? done(sample()) : texts.push(request.text)));
    call.on('end', () => done(null, { text: texts.join(','), number: texts.length }));
  },
  Chat(call) {
    call.sendMetadata(new grpc.Metadata());
    call.on('data', (request) => {
      if (request.fail) return call.emit('error', sample());
      if (request.text.startsWith('hang')) return fact(call, request.text);
      call.write({ text: request.text, number: request.count, payload: request.payload });
    });
    call.on('end', () => call.end());
  },
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  say(`port ${port}`);
});
process.stdin.on('end', () => process.exit(0)).resume();
