using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Cluster;

/// <summary>Names of workers on the command line.</summary>
internal static class WorkerNames
{
    /// <summary>The failure of a name that no worker has, with the nearest that one has.</summary>
    public static Failure Unknown(string name, StatusResponse status)
    {
        var nearest = NearestName.Find(name, status.Workers.Select(w => w.Id));
        return new(Catalogue.WorkerUnknown, $"There is no worker '{name}'{(nearest is null ? "" : $"; did you mean {nearest}?")}");
    }
}
