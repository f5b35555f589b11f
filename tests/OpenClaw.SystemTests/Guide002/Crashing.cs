using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Guide002;

/// <summary>What the rows about crashes have in common: plugins that really crash, and cores where the test can look.</summary>
internal static class Crashing
{
    public const string Type = "boom";

    /// <summary>A C program that crashes as its payload says (tests/native/crash.c), as a task type.</summary>
    public static void AddBoom(Room room)
    {
        Checkout.Compile("crash.c", room.Path("tmp", Type), "-g", "-O0");
        File.Move(room.Path("tmp", Type), room.Path("plugins", Type));
    }

    /// <summary>Cores on, kept in the test's own directory.</summary>
    public static string KeepCores(Room room)
    {
        room.Environment["OPENCLAW_TASK_ENABLE_CORE_DUMPS"] = "true";
        room.Environment["OPENCLAW_TASK_CORE_PATH"] = room.Path("cores", "clw-core.%p");
        // What still runs at the end of a test is not waited for.
        room.Environment["OPENCLAW_WORKER_SHUTDOWN_GRACE"] = "1s";
        room.Environment["OPENCLAW_TASK_KILL_GRACE"] = "1s";
        return room.Path("cores");
    }

    /// <summary>Skips where the kernel gives cores to another program.</summary>
    public static void NeedKernelCores()
    {
        var pattern = File.ReadAllText("/proc/sys/kernel/core_pattern");
        Checkout.Unless(!pattern.StartsWith('|') && !pattern.StartsWith('@'), $"kernel.core_pattern is {pattern.Trim()}");
    }

    /// <summary>The text of a file once it says something; a file that is not there says nothing.</summary>
    public static async Task<string> SaysAsync(string file, string text)
    {
        string Read() => File.Exists(file) ? File.ReadAllText(file) : "";
        await Until.TrueAsync(() => Read().Contains(text, StringComparison.Ordinal), $"{file} says {text}", details: Read);
        return Read();
    }
}
