using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Loops;
using OpenClaw.Manager.Core;
using OpenClaw.Manager.Logs;
using OpenClaw.Manager.Security;
using OpenClaw.Rpc.Api;
using OpenClaw.Rpc.Server;
using OpenClaw.Store;
using OpenClaw.V1;

namespace OpenClaw.Manager.Sessions;

/// <summary><c>openclaw.v1.WorkerService</c>.</summary>
internal static class WorkerApi
{
    public static RpcService Create(OwnerLoop loop, ManagerCore core, LogRelay logs, ManagerCertificates certificates) =>
        new RpcService(WorkerMethods.Service)
            .Duplex(
                WorkerMethods.Session,
                (requests, responses, context) =>
                    new WorkerSession(loop, core, logs, context.Peer, certificates, context.ClientCertificate).RunAsync(
                        requests,
                        responses,
                        context
                    )
            )
            .Unary(
                WorkerMethods.ReportDeath,
                async (request, context) =>
                {
                    if (request.Worker.Length == 0 || request.Incarnation <= 0)
                    {
                        return new Failure(Catalogue.Usage, "A report of death names worker and incarnation");
                    }

                    if (certificates.Check(request.Worker, context.ClientCertificate, context.Peer) is { } stranger)
                    {
                        return stranger;
                    }

                    var held = await loop.AskAsync(() =>
                        core.OnDeathReported(new WorkerRef(request.Worker, request.Incarnation), request.Cause, WhyOf(request))
                    );
                    return new ReportDeathResponse { Released = held };
                }
            );

    private static Failure? WhyOf(ReportDeathRequest request) =>
        request.Code.Length == 0 ? null : new Failure(Catalogue.FindOrInternal(request.Code), request.Reason);
}
