using OpenClaw.Hosting.Logs;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Manager.Logs;

/// <summary>One log that a gathering reads: a page of lines that wait for their turn, and the place behind those that had it. Owned by its gathering.</summary>
internal sealed class LogFeed(string worker, string name, ILogSource? local)
{
    /// <summary>Whose log it is; empty: the manager's.</summary>
    public string Worker { get; } = worker;

    /// <summary>Among the logs of its program.</summary>
    public string Name { get; } = name;

    /// <summary>The log itself when it is this manager's.</summary>
    public ILogSource? Local { get; } = local;

    /// <summary>What it is called in places.</summary>
    public string Key { get; } = KeyOf(worker, name);

    /// <summary>Behind the last line that was told; empty: nothing was read yet.</summary>
    public string Place { get; set; } = "";

    /// <summary>What to ask when nothing was read yet; null: what the gathering asks.</summary>
    public ReadLog? Start { get; set; }

    /// <summary>Lines that were read and not told yet.</summary>
    public Queue<LogPartLine> Lines { get; } = new();

    /// <summary>Behind the page that <see cref="Lines"/> are of.</summary>
    public string PageEnd { get; set; } = "";

    /// <summary>The answer that is under way; null: none.</summary>
    public Task? Asking { get; set; }

    /// <summary>Characters that its page has from the pool.</summary>
    public int Taken { get; set; }

    /// <summary>What it sends is no page of a log: it is not asked again.</summary>
    public bool IsBroken { get; set; }

    public long AskedAt { get; set; }

    /// <summary>Its end, as of the beginning, was not reached yet.</summary>
    public bool IsBehind { get; set; } = true;

    /// <summary>Lines of other logs wait until this one has caught up, so that all come in the order of their times.</summary>
    public bool Holds { get; set; }

    /// <summary>It cannot be asked now.</summary>
    public bool IsAway { get; set; }

    public static string KeyOf(string worker, string name) => worker.Length == 0 ? "manager/" + name : $"{OfWorkers}{worker}/{name}";

    /// <summary>Whether a log, as it is called in places, is a worker's.</summary>
    public static bool IsOfWorker(string key) => key.StartsWith(OfWorkers, StringComparison.Ordinal);

    private const string OfWorkers = "worker/";
}
