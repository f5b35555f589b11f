using System.Collections.Frozen;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;

namespace OpenClaw.Rpc.Server;

/// <summary>Puts services on Kestrel.</summary>
public static class RpcEndpoint
{
    /// <summary>
    /// Answers every gRPC call; put it first in the pipeline. What is neither a gRPC call nor a path of a service goes on to the next
    /// middleware.
    /// <para>
    /// Graceful stop: Kestrel sends GOAWAY on every connection and waits for open calls up to the host's shutdown timeout. Calls that
    /// would outlast it (streams, waits) have to be ended by <see cref="RpcServerOptions.Stopping"/>, which the caller fires first;
    /// their clients then get <c>clw-manager-stopping</c> and not a broken connection.
    /// </para>
    /// </summary>
    public static IApplicationBuilder MapRpc(this IApplicationBuilder app, RpcServerOptions options, params RpcService[] services)
    {
        var handlers = services.SelectMany(s => s.Handlers).ToFrozenDictionary(StringComparer.Ordinal);
        var names = services.Select(s => s.Name).ToFrozenSet(StringComparer.Ordinal);
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("OpenClaw.Rpc");
        return app.Use(next =>
            http =>
            {
                var path = http.Request.Path.Value ?? "";
                if (handlers.TryGetValue(path, out var handler))
                {
                    return Refusal(http) is { } status ? Refuse(http, status) : handler.InvokeAsync(http, options, logger);
                }
                return RpcProtocol.IsGrpc(http.Request.ContentType) && HttpMethods.IsPost(http.Request.Method)
                    ? Unknown(http, options, path, names)
                    : next(http);
            }
        );
    }

    /// <summary>
    /// Limits for an endpoint that carries gRPC: many calls on one connection, streams that may be quiet for hours, silent peers
    /// found by pings, bounded headers and frames.
    /// </summary>
    public static void LimitForRpc(this KestrelServerLimits limits, RpcLimits? wanted = null)
    {
        wanted ??= new();
        limits.Http2.MaxStreamsPerConnection = wanted.CallsPerConnection;
        limits.Http2.MaxFrameSize = 64 * 1024;
        limits.Http2.MaxRequestHeaderFieldSize = wanted.MetadataEntrySize;
        limits.Http2.InitialConnectionWindowSize = 4 * 1024 * 1024;
        limits.Http2.InitialStreamWindowSize = 1024 * 1024;
        limits.Http2.KeepAlivePingDelay = wanted.KeepAliveDelay;
        limits.Http2.KeepAlivePingTimeout = wanted.KeepAliveTimeout;
        limits.MaxRequestHeadersTotalSize = wanted.MetadataSize;
        limits.MaxRequestHeaderCount = wanted.MetadataEntries;
        limits.MaxConcurrentConnections = wanted.Connections;
        limits.RequestHeadersTimeout = wanted.HeadTimeout;
        limits.KeepAliveTimeout = wanted.IdleTimeout;
        // A stream may say nothing for hours; a peer that is gone is found by the pings, one that is slow inside a message by the options of the calls.
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
    }

    /// <summary>HTTP/2 alone, without TLS known beforehand.</summary>
    public static void UseRpc(this ListenOptions listen) => listen.Protocols = HttpProtocols.Http2;

    private static int? Refusal(HttpContext http) =>
        !HttpMethods.IsPost(http.Request.Method) ? StatusCodes.Status405MethodNotAllowed
        : !RpcProtocol.IsGrpc(http.Request.ContentType) ? StatusCodes.Status415UnsupportedMediaType
        : !HttpProtocol.IsHttp2(http.Request.Protocol) ? StatusCodes.Status426UpgradeRequired
        : null;

    private static Task Refuse(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        if (status == StatusCodes.Status405MethodNotAllowed)
        {
            http.Response.Headers.Allow = HttpMethods.Post;
        }
        return Task.CompletedTask;
    }

    private static Task Unknown(HttpContext http, RpcServerOptions options, string path, FrozenSet<string> services)
    {
        var service = path.LastIndexOf('/') is > 0 and var slash ? path[1..slash] : "";
        var what = services.Contains(service)
            ? $"The service {service} has no method {path[(service.Length + 2)..]}."
            : $"There is no service for {path}.";
        new RpcServerContext(http, options, timeout: null).End(new(Catalogue.Unimplemented, what));
        return Task.CompletedTask;
    }
}
