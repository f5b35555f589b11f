"""grpc.testing.TestService of another implementation, as server and as client.

Argument: a file with a FileDescriptorSet (so that no generated code has to fit the version of protobuf that is installed).
Prints "port N" when its server listens. A line "run CASE HOST:PORT" runs one case of the public interop list against that address
and is answered with "ok CASE" or "failed CASE: why". Ends with its standard input.
"""
import sys
import threading
import time
import traceback
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

POOL = descriptor_pool.DescriptorPool()
with open(sys.argv[1], "rb") as file:
    for proto in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
        POOL.Add(proto)
FACTORY = message_factory.MessageFactory(POOL)


def message(name):
    descriptor = POOL.FindMessageTypeByName(name)
    return message_factory.GetMessageClass(descriptor) if hasattr(message_factory, "GetMessageClass") else FACTORY.GetPrototype(descriptor)


TEST = "grpc.testing.TestService"
Empty = message("grpc.testing.Empty")
SimpleRequest = message("grpc.testing.SimpleRequest")
SimpleResponse = message("grpc.testing.SimpleResponse")
InRequest = message("grpc.testing.StreamingInputCallRequest")
InResponse = message("grpc.testing.StreamingInputCallResponse")
OutRequest = message("grpc.testing.StreamingOutputCallRequest")
OutResponse = message("grpc.testing.StreamingOutputCallResponse")
HealthRequest = message("grpc.health.v1.HealthCheckRequest")
HealthResponse = message("grpc.health.v1.HealthCheckResponse")

INITIAL = "x-grpc-test-echo-initial"
TRAILING = "x-grpc-test-echo-trailing-bin"
SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"
CODES = {code.value[0]: code for code in grpc.StatusCode}


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


# ---- the server ----


def echo_metadata(context):
    for key, value in context.invocation_metadata():
        if key == INITIAL:
            context.send_initial_metadata(((key, value),))
        elif key == TRAILING:
            context.set_trailing_metadata(((key, value),))


def fail_if_asked(request, context):
    if request.response_status.code:
        context.abort(CODES[request.response_status.code], request.response_status.message)


def unary_call(request, context):
    echo_metadata(context)
    fail_if_asked(request, context)
    if request.response_compressed.value:
        context.set_compression(grpc.Compression.Gzip)
    response = SimpleResponse()
    response.payload.body = bytes(request.response_size)
    return response


def streaming_output(request, context):
    for wanted in request.response_parameters:
        time.sleep(wanted.interval_us / 1e6)
        response = OutResponse()
        response.payload.body = bytes(wanted.size)
        yield response


def streaming_input(requests, context):
    return InResponse(aggregated_payload_size=sum(len(request.payload.body) for request in requests))


def full_duplex(requests, context):
    echo_metadata(context)
    for request in requests:
        fail_if_asked(request, context)
        yield from streaming_output(request, context)


def serve():
    def handler(make, call, request, response):
        return make(call, request_deserializer=request.FromString, response_serializer=response.SerializeToString)

    server = grpc.server(futures.ThreadPoolExecutor(8))
    handlers = {
        "EmptyCall": handler(grpc.unary_unary_rpc_method_handler, lambda request, context: request, Empty, Empty),
        "UnaryCall": handler(grpc.unary_unary_rpc_method_handler, unary_call, SimpleRequest, SimpleResponse),
        "StreamingOutputCall": handler(grpc.unary_stream_rpc_method_handler, streaming_output, OutRequest, OutResponse),
        "StreamingInputCall": handler(grpc.stream_unary_rpc_method_handler, streaming_input, InRequest, InResponse),
        "FullDuplexCall": handler(grpc.stream_stream_rpc_method_handler, full_duplex, OutRequest, OutResponse),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(TEST, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


# ---- the client ----


class Stub:
    def __init__(self, address):
        self.channel = grpc.insecure_channel(address)
        unary, out = self.channel.unary_unary, self.channel.unary_stream
        self.empty = self.make(unary, TEST + "/EmptyCall", Empty, Empty)
        self.unary = self.make(unary, TEST + "/UnaryCall", SimpleRequest, SimpleResponse)
        self.output = self.make(out, TEST + "/StreamingOutputCall", OutRequest, OutResponse)
        self.input = self.make(self.channel.stream_unary, TEST + "/StreamingInputCall", InRequest, InResponse)
        self.duplex = self.make(self.channel.stream_stream, TEST + "/FullDuplexCall", OutRequest, OutResponse)
        self.no_method = self.make(unary, TEST + "/UnimplementedCall", Empty, Empty)
        self.no_service = self.make(unary, "grpc.testing.UnimplementedService/UnimplementedCall", Empty, Empty)
        self.check = self.make(unary, "grpc.health.v1.Health/Check", HealthRequest, HealthResponse)
        self.watch = self.make(out, "grpc.health.v1.Health/Watch", HealthRequest, HealthResponse)

    @staticmethod
    def make(kind, path, request, response):
        return kind("/" + path, request_serializer=request.SerializeToString, response_deserializer=response.FromString)


class Requests:
    """Requests of a stream, sent one by one until it is closed."""

    def __init__(self):
        self.items, self.ready, self.closed = [], threading.Condition(), False

    def send(self, item):
        with self.ready:
            self.items.append(item)
            self.ready.notify()

    def close(self):
        with self.ready:
            self.closed = True
            self.ready.notify()

    def __iter__(self):
        return self

    def __next__(self):
        with self.ready:
            self.ready.wait_for(lambda: self.items or self.closed)
            if self.items:
                return self.items.pop(0)
            raise StopIteration


def equal(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r:.300}, wanted {wanted!r:.300}")


def large(**more):
    request = SimpleRequest(response_size=314159, **more)
    request.payload.body = bytes(271828)
    return request


def out(*sizes, sent=0, **more):
    request = OutRequest(response_parameters=[{"size": size} for size in sizes], **more)
    request.payload.body = bytes(sent)
    return request


def refused(call, code, details=None):
    try:
        result = call()
        if hasattr(result, "__next__"):
            result = list(result)
    except grpc.RpcError as error:
        equal((error.code(), error.details() if details is not None else None), (code, details))
        return error
    raise AssertionError(f"{code} was due, got {result!r:.200}")


def empty_unary(stub):
    equal(stub.empty(Empty()), Empty())


def large_unary(stub):
    equal(stub.unary(large()).payload.body, bytes(314159))


def client_streaming(stub):
    requests = (InRequest(payload={"body": bytes(size)}) for size in (27182, 8, 1828, 45904))
    equal(stub.input(requests).aggregated_payload_size, 74922)


def server_streaming(stub):
    wanted = [31415, 9, 2653, 58979]
    equal([len(response.payload.body) for response in stub.output(out(*wanted))], wanted)


def ping_pong(stub):
    requests = Requests()
    call = stub.duplex(requests)
    for size, sent in ((31415, 27182), (9, 8), (2653, 1828), (58979, 45904)):
        requests.send(out(size, sent=sent))
        equal(len(next(call).payload.body), size)
    requests.close()
    equal((list(call), call.code()), ([], grpc.StatusCode.OK))


def empty_stream(stub):
    call = stub.duplex(iter(()))
    equal((list(call), call.code()), ([], grpc.StatusCode.OK))


def timeout_on_sleeping_server(stub):
    requests = Requests()
    requests.send(out(sent=27182))
    refused(lambda: stub.duplex(requests, timeout=0.001), grpc.StatusCode.DEADLINE_EXCEEDED)
    requests.close()


def cancel_after_begin(stub):
    requests = Requests()
    call = stub.input.future(requests)
    call.cancel()
    equal((call.cancelled(), call.code()), (True, grpc.StatusCode.CANCELLED))
    requests.close()


def cancel_after_first_response(stub):
    requests = Requests()
    call = stub.duplex(requests)
    requests.send(out(31415, sent=27182))
    equal(len(next(call).payload.body), 31415)
    call.cancel()
    refused(lambda: next(call), grpc.StatusCode.CANCELLED)
    requests.close()


def status_code_and_message(stub):
    status = {"code": 2, "message": "test status message"}
    refused(lambda: stub.unary(SimpleRequest(response_status=status)), grpc.StatusCode.UNKNOWN, status["message"])
    refused(lambda: stub.duplex(iter([OutRequest(response_status=status)])), grpc.StatusCode.UNKNOWN, status["message"])


def special_status_message(stub):
    refused(lambda: stub.unary(SimpleRequest(response_status={"code": 2, "message": SPECIAL})), grpc.StatusCode.UNKNOWN, SPECIAL)


def unimplemented_method(stub):
    refused(lambda: stub.no_method(Empty()), grpc.StatusCode.UNIMPLEMENTED)


def unimplemented_service(stub):
    refused(lambda: stub.no_service(Empty()), grpc.StatusCode.UNIMPLEMENTED)


def custom_metadata(stub):
    sent = ((INITIAL, "test_initial_metadata_value"), (TRAILING, b"\xab\xab\xab"))

    def check(call):
        equal(dict(call.initial_metadata()).get(INITIAL), "test_initial_metadata_value")
        equal(dict(call.trailing_metadata()).get(TRAILING), b"\xab\xab\xab")

    check(stub.unary.with_call(large(), metadata=sent)[1])
    call = stub.duplex(iter([out(314159, sent=271828)]), metadata=sent)
    equal([len(response.payload.body) for response in call], [314159])
    check(call)


def client_compressed_unary(stub):
    request = large(expect_compressed={"value": True})
    # A probe first: a server that does not look would take this for compressed.
    refused(lambda: stub.unary(request), grpc.StatusCode.INVALID_ARGUMENT)
    equal(len(stub.unary(request, compression=grpc.Compression.Gzip).payload.body), 314159)
    equal(len(stub.unary(large(expect_compressed={"value": False})).payload.body), 314159)


def server_compressed_unary(stub):
    for value in (True, False):
        equal(stub.unary(large(response_compressed={"value": value})).payload.body, bytes(314159))


def status_details(stub):
    status = {"code": 8, "message": "Die Schlange ist voll"}
    error = refused(lambda: stub.unary(SimpleRequest(response_status=status)), grpc.StatusCode.RESOURCE_EXHAUSTED, status["message"])
    trailers = dict(error.trailing_metadata())
    equal((trailers["clw-code"], trailers["clw-next-bin"].decode()), ("clw-task-queue-full", "Wait a little"))
    details = message("google.rpc.Status").FromString(trailers["grpc-status-details-bin"])
    equal((details.code, details.message), (8, status["message"]))
    info, help_, retry = (message(any_.type_url.split("/")[1]).FromString(any_.value) for any_ in details.details)
    equal((info.reason, info.domain, info.metadata["queue"]), ("clw-task-queue-full", "openclaw", "größer"))
    equal(help_.links[0].description, "Wait a little")
    equal((retry.retry_delay.seconds, retry.retry_delay.nanos), (1, 500_000_000))


def largest_failure(stub):
    status = {"code": 8, "message": "ü\n" * 10_000}
    error = refused(lambda: stub.unary(SimpleRequest(response_status=status)), grpc.StatusCode.RESOURCE_EXHAUSTED)
    equal((error.details()[:4], error.details()[-1]), ("ü\nü\n", "…"))


def health(stub):
    equal(stub.check(HealthRequest()).status, 1)
    refused(lambda: stub.check(HealthRequest(service="no.Such")), grpc.StatusCode.NOT_FOUND)
    call = stub.watch(HealthRequest(service=TEST))
    equal(next(call).status, 1)
    call.cancel()
    refused(lambda: next(call), grpc.StatusCode.CANCELLED)


# ---- both ----


def main():
    stubs = {}
    server, port = serve()
    say(f"port {port}")
    for line in sys.stdin:
        _, name, address = line.split()
        try:
            if address not in stubs:
                stubs[address] = Stub(address)
            globals()[name](stubs[address])
            say(f"ok {name}")
        except Exception:  # whatever it is, the test says it
            say(f"failed {name}: " + " | ".join(traceback.format_exc().splitlines()))
    server.stop(None)


main()
