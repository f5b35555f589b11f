using OpenClaw.Core.Settings;

namespace OpenClaw.Hosting.Settings;

/// <summary>Ends the reading of a file at the place where its syntax breaks. Never leaves <see cref="ConfigReader"/>: it becomes a failure there.</summary>
internal sealed class ConfigSyntaxException(SourcePosition at, string message) : Exception(message)
{
    public SourcePosition At { get; } = at;
}
