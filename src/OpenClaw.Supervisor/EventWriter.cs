using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Supervision;

namespace OpenClaw.Supervisor;

/// <summary>Tells events to whoever started the supervisor, if that was asked for.</summary>
internal sealed class EventWriter : IDisposable
{
    private readonly LineWriter? lines;
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle? descriptor;

    public EventWriter(int? number)
    {
        // Taken over, so that no child holds the reader's end open after us.
        descriptor = number is { } given ? Descriptors.Adopt(given) : null;
        lines = descriptor is null ? null : new LineWriter((int)descriptor.DangerousGetHandle());
    }

    public void Tell(SupervisorEvent what) => lines?.Say(what.ToJson());

    public void Dispose()
    {
        lines?.Dispose();
        descriptor?.Dispose();
    }
}
