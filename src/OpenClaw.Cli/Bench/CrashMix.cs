using Google.Protobuf;

namespace OpenClaw.Cli.Bench;

/// <summary>
/// The type <c>crash-mix</c>: tasks that do nothing, some of which end their process by a real SIGSEGV. Its script is no sample plugin:
/// it is written for a cluster of our own and is gone with it, so that no cluster offers to be crashed unless somebody put it there.
/// Pure.
/// </summary>
internal static class CrashMix
{
    public const string Type = "crash-mix";

    /// <summary>The share of the tasks that crash, in percent, when nothing else is said.</summary>
    public const double DefaultPercent = 1;

    // The shell's parent is the process that runs the script. The first signal may only take .NET's own handler away: what did not come
    // from the processor cannot happen again by itself.
    public const string Script = """
        _G["process_crash-mix"] = function(data)
          if type(data) == "table" and data.crash then
            for _ = 1, 100 do
              os.execute("kill -SEGV $PPID")
            end
            error("this process should have crashed by now")
          end
        end

        """;

    /// <summary>The payload of a task that crashes.</summary>
    public static ByteString CrashPayload { get; } = ByteString.CopyFromUtf8("""{"crash":true}""");

    /// <summary>How many of the first so many tasks crash. They are spread evenly.</summary>
    // A tenth of a percent is no binary fraction: 3,000 of them must not make 2.
    public static long Expected(long tasks, double percent) => (long)((tasks * percent / 100) + 1e-6);

    /// <summary>Whether the task of this number, from 0 on, crashes.</summary>
    public static bool Crashes(long index, double percent) => index >= 0 && Expected(index + 1, percent) > Expected(index, percent);
}
