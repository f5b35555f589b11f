namespace OpenClaw.Core.Telemetry;

/// <summary>
/// What a line is about, which need not be who wrote it: the manager writes lines about workers, and those carry
/// <see cref="Worker"/>. <c>clw logs --component</c> takes these words.
/// </summary>
public static class Components
{
    public const string Manager = "manager";
    public const string Worker = "worker";
    public const string Supervisor = "supervisor";
    public const string Task = "task";
    public const string Gateway = "gateway";
    public const string Shipper = "shipper";
    public const string Cli = "cli";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Manager, Worker, Supervisor, Task, Gateway, Shipper, Cli];

    /// <summary>
    /// The component of a logger's category: the category itself if it is one, else the room that it names
    /// (<c>OpenClaw.Worker.Slots</c> is the worker's), else the program's own.
    /// </summary>
    public static string OfCategory(string category, string own)
    {
        ArgumentNullException.ThrowIfNull(category);
        if (All.Contains(category))
        {
            return category;
        }
        var parts = category.Split('.', 3);
        return parts is not ["OpenClaw", var room, ..]
            ? own
            : room switch
            {
                "Manager" => Manager,
                "Worker" => Worker,
                "Supervisor" => Supervisor,
                "Runner" => Task,
                "Channels" => Gateway,
                "Shipping" => Shipper,
                "Cli" => Cli,
                _ => own,
            };
    }
}
