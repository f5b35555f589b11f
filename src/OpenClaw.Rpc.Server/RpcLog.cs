using Microsoft.Extensions.Logging;

namespace OpenClaw.Rpc.Server;

internal static partial class RpcLog
{
    [LoggerMessage(3001, LogLevel.Error, "clw-internal: the handler of {Method} threw")]
    public static partial void HandlerThrew(ILogger logger, string method, Exception exception);
}
