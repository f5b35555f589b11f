namespace OpenClaw.Manager.Dispatch;

/// <summary>A type that is held back because its processes crash one after the other.</summary>
/// <param name="Type">The type.</param>
/// <param name="Crashes">Crashes in a row, of whatever tasks.</param>
/// <param name="Cause">Of the last one.</param>
/// <param name="Until">When the next attempt may begin.</param>
public sealed record CrashLoop(string Type, int Crashes, string Cause, DateTimeOffset Until);

/// <summary>
/// Crash loops by type. Every crash costs the start of a process, so a type that does nothing but crash takes the machine's time from the
/// others. After <see cref="Patience"/> crashes in a row without any other end of that type between, one attempt at a time is tried, after
/// a pause that doubles; any other end sets the type free. Pure; time comes in; owned by one caller.
/// </summary>
public sealed class CrashLoops
{
    public const int Patience = 5;

    /// <summary>Types that are remembered; beyond it the one that crashed longest ago is forgotten.</summary>
    private const int MostTypes = 1000;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, State> types = new(StringComparer.Ordinal);

    /// <summary>No type has crashed lately.</summary>
    public bool IsQuiet => types.Count == 0;

    /// <summary>Types that are held back.</summary>
    public IEnumerable<CrashLoop> All =>
        types.Where(t => t.Value.Crashes >= Patience).Select(t => new CrashLoop(t.Key, t.Value.Crashes, t.Value.Cause, t.Value.Until));

    /// <summary>An attempt of the type crashed. How many may be held from now on: 0 until <see cref="Due"/> says otherwise; null: no limit.</summary>
    public int? Crashed(string type, string cause, DateTimeOffset now)
    {
        if (!types.TryGetValue(type, out var state))
        {
            if (types.Count >= MostTypes)
            {
                types.Remove(types.MinBy(t => t.Value.At).Key);
            }

            types[type] = state = new State();
        }

        state.At = now;
        state.Cause = cause;
        state.Crashes++;
        if (state.Crashes < Patience)
        {
            return null;
        }

        if (!state.Probing && state.Crashes > Patience)
        {
            // One of those that were under way when the pause began.
            return 0;
        }

        var pause = FirstPause * Math.Pow(2, state.Pauses++);
        state.Until = now + (pause < LongestPause ? pause : LongestPause);
        state.Probing = false;
        return 0;
    }

    /// <summary>An attempt of the type ended in any other way. True: it was held back, and is free now.</summary>
    public bool Ended(string type) => types.Remove(type, out var state) && state.Crashes >= Patience;

    /// <summary>Types whose pause is over: one attempt may be tried.</summary>
    public IReadOnlyList<string> Due(DateTimeOffset now)
    {
        List<string>? due = null;
        foreach (var (type, state) in types)
        {
            if (state.Crashes >= Patience && !state.Probing && state.Until <= now)
            {
                state.Probing = true;
                (due ??= []).Add(type);
            }
        }

        return due ?? [];
    }

    private sealed class State
    {
        public int Crashes { get; set; }
        public int Pauses { get; set; }
        public bool Probing { get; set; }
        public string Cause { get; set; } = "";
        public DateTimeOffset At { get; set; }
        public DateTimeOffset Until { get; set; }
    }
}
